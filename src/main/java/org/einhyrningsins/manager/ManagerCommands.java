// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.control.report.ManagerHead;
import org.einhyrningsins.control.report.ProgramStatus;
import org.einhyrningsins.control.report.StatusReport;
import org.einhyrningsins.control.wire.ControlRequest;
import org.einhyrningsins.control.wire.JsonId;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.VersionOrigin;
import org.einhyrningsins.manager.control.ControlServer;
import org.einhyrningsins.manager.control.PendingCommand;
import org.einhyrningsins.manager.handover.ReexecRequest;
import org.einhyrningsins.manager.handover.SnapshotBuilder;
import org.einhyrningsins.manager.operate.CommandDispatcher;
import org.einhyrningsins.manager.operate.EinhornState;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.Timestamp;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.fact.FactKind;
import org.einhyrningsins.spec.manager.LogSpec;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// Carries out what commands and signals ask of the manager itself or of every program.
final class ManagerCommands implements CommandDispatcher.ManagerActions {
    private final ManagerParts parts;
    private final ReexecRequest reexecRequest;

    /// Obeys from now on.
    ///
    /// @param snapshots builds what a re-exec hands over
    /// @param words the command line of the manager, for the one that replaces it
    ManagerCommands(ManagerParts parts, SnapshotBuilder snapshots, List<String> words) {
        this.parts = parts;
        reexecRequest =
                new ReexecRequest(
                        parts.runtime.eventLoop(),
                        parts.runtime.options(),
                        words,
                        parts.runtime.managerLog(),
                        snapshots::everything,
                        this::beforeReexec);
    }

    ReexecRequest reexecRequest() {
        return reexecRequest;
    }

    // ---- what signals ask for too

    /// Reloads all programs, as SIGHUP asks.
    void reloadAll() {
        if (parts.shutdown.stopping()) {
            parts.runtime.managerLog().warn("", "does not reload: everything is being stopped");
            return;
        }
        PendingCommand pendingCommand =
                PendingCommand.withoutClient(Clock.origin(VersionOrigin.Made.RELOAD, "HUP"));
        parts.reloader.reload(Set.of(), null, false, pendingCommand, parts.commandDispatcher);
    }

    /// Gives one command to every program, also to those that are leaving.
    void everyProgram(ProgramCommand programCommand) {
        for (ProgramHost host : parts.programTable.everyHost()) {
            PendingCommand pendingCommand = new PendingCommand(null, JsonId.NONE);
            pendingCommand.addProgram();
            parts.commandDispatcher.programs().ask(host, programCommand, pendingCommand);
        }
    }

    // ---- the stop, the re-exec

    @Override
    public void die(PendingCommand pendingCommand, @Nullable Signal first) {
        parts.shutdown.stop(pendingCommand, first);
    }

    @Override
    public boolean ending() {
        return parts.shutdown.stopping();
    }

    @Override
    public void reexec(PendingCommand pendingCommand) {
        reexecRequest.begin(pendingCommand, objection());
    }

    /// The reason why this is no time for a re-exec; null if there is none.
    private @Nullable String objection() {
        if (parts.reloader.trials().underWay()) {
            return "a reload that is to be confirmed is under way; try again after that";
        }
        return parts.commandDispatcher.programs().worksInOrder()
                ? "programs are being stopped or restarted one after the other; try again after"
                        + " that"
                : null;
    }

    /// Should the new program not come up after all, the one that is started next has everything.
    private void beforeReexec() {
        parts.recorder.writeIfDue();
        parts.files.facts().store().flush();
        parts.runtime.history().flush();
        parts.workers.output().prepareHandover();
    }

    // ---- what operators set

    @Override
    public void setByHand() {
        parts.overrides.setByHand();
    }

    @Override
    public void commanded(ControlRequest request, String who) {
        String words = request.command() + ' ' + String.join(" ", request.args());
        String message = words.strip() + ", by " + who;
        Map<String, String> details = Map.of("command", request.command(), "by", who);
        boolean named = false;
        for (String word : new LinkedHashSet<>(request.args())) {
            int colon = word.indexOf(':');
            String program = colon < 0 ? word : word.substring(0, colon);
            if (parts.programTable.get(program) != null) {
                parts.files.facts().note(program, FactKind.COMMAND, message, details);
                named = true;
            }
        }
        if (!named) {
            parts.files.facts().note("", FactKind.COMMAND, message, details);
        }
    }

    @Override
    public void requestSocketClose() {
        parts.sockets.requestClose();
        parts.recorder.changed();
    }

    @Override
    public String changeLogLevel(boolean more) {
        ManagerLog managerLog = parts.runtime.managerLog();
        LogSpec.Level level =
                more ? managerLog.spec().level().louder() : managerLog.spec().level().quieter();
        managerLog.configure(managerLog.spec().withLevel(level));
        return "the log's level is " + level.name().toLowerCase(Locale.ROOT);
    }

    // ---- reports

    @Override
    public Map<String, List<String>> groups() {
        return parts.settings.last().groups();
    }

    @Override
    public StatusReport report(List<ProgramStatus> list) {
        return new StatusReport(
                version(),
                Processes.self(),
                Clock.millisSince(parts.state.history().startedMillis()),
                parts.runtime.options().definition().toString(),
                parts.reloader.trials().leftMillis(),
                list,
                head(),
                Map.of());
    }

    private ManagerHead head() {
        byte[] host = Descriptors.readWhole("/proc/sys/kernel/hostname");
        StringBuilder started = new StringBuilder();
        Timestamp.append(started, parts.state.history().startedMillis());
        return new ManagerHead(
                new String(host, StandardCharsets.UTF_8).strip(),
                started.toString(),
                parts.reloader.files().isChanged(),
                groups());
    }

    @Override
    public String version() {
        return org.einhyrningsins.spec.manager.BuildInfo.text();
    }

    @Override
    public String state() {
        ControlServer control = parts.files.control();
        var general =
                new EinhornState.General(
                        control == null ? null : control.path(),
                        parts.runtime.options().pidFile(),
                        parts.runtime.managerLog().spec().level(),
                        !parts.shutdown.stopping());
        return new EinhornState(parts.sockets.table(), parts.programTable.everyHost(), general)
                .document();
    }
}
