// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.VersionOrigin;
import org.einhyrningsins.manager.channel.WorkerSockets;
import org.einhyrningsins.manager.control.PendingCommand;
import org.einhyrningsins.manager.history.RecordedDefinitions;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.manager.runtime.RuntimePaths;
import org.einhyrningsins.manager.runtime.StartException;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.UnknownAccountException;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.fact.FactKind;
import org.einhyrningsins.spec.manager.BuildInfo;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// The start of a manager that goes on for no other: binds all sockets, then starts the programs.
final class FreshStart {
    private final ManagerParts parts;
    private final ManagerLog managerLog;

    FreshStart(ManagerParts parts) {
        this.parts = parts;
        managerLog = parts.runtime.managerLog();
    }

    /// Starts what the file says.
    ///
    /// @throws StartException if one of the sockets cannot be bound: then nothing is started
    void run(ServicesSpec services) throws StartException {
        Map<String, OperatorOverride> byHand = parts.overrides.before();
        RecordedDefinitions recorded =
                RecordedDefinitions.of(
                        services.programs(),
                        byHand,
                        parts.runtime.history(),
                        parts.reloader::objections,
                        managerLog);
        bind(services, recorded.programs().values());
        parts.reloader.files().applied();
        managerLog.info(
                "",
                "einhyrningsins "
                        + BuildInfo.text()
                        + ", pid "
                        + Processes.self()
                        + ", "
                        + parts.runtime.options().definition());
        parts.files
                .facts()
                .note(
                        "",
                        FactKind.CONFIG_READ,
                        "manager started, pid "
                                + Processes.self()
                                + ", with "
                                + parts.runtime.options().definition(),
                        Map.of());
        for (ProgramSpec spec : recorded.programs().values()) {
            OperatorOverride its = byHand.getOrDefault(spec.name(), OperatorOverride.NONE);
            ProgramHost host =
                    parts.programs.host(spec, recorded.withEffectiveRollback(spec.name(), its));
            openWorkerSockets(host, spec);
            parts.programTable.add(host);
        }
        for (ProgramHost host : parts.programTable.all()) {
            start(host, byHand.getOrDefault(host.name(), OperatorOverride.NONE));
        }
        // else what serves already would be nobody's to the next one
        parts.recorder.changedForGood();
    }

    private void bind(ServicesSpec services, Collection<ProgramSpec> programs)
            throws StartException {
        RuntimePaths paths = parts.files.paths();
        try {
            parts.sockets.table().open(programs);
            parts.sockets.keepCopies();
            parts.settings.http().prepare(services.http());
            parts.settings.http().commit();
            WorkerSockets.removeLeftovers(paths.openWorkers());
            paths.writePidFile(managerLog);
        } catch (IOException e) {
            throw new StartException(ExitStatus.FAILED, "cannot start: " + RuntimeFiles.why(e));
        } catch (SocketTable.CannotBind | PosixException e) {
            throw new StartException(ExitStatus.FAILED, "cannot start: " + e.getMessage());
        }
    }

    private static void openWorkerSockets(ProgramHost host, ProgramSpec spec) {
        try {
            host.prepare(spec);
        } catch (IOException | PosixException | UnknownAccountException e) {
            // its first start fails with that, and the others start
        }
    }

    private void start(ProgramHost host, OperatorOverride byHand) {
        Program program = host.program();
        if (!byHand.none()) {
            managerLog.info(
                    host.name(),
                    "as an operator set it before: "
                            + byHand.withRollbackWords(program.newest().workers()));
        }
        if (byHand.stopped() || program.newest().startedByHand()) {
            return;
        }
        announce(program.serving().spec(), program.count());
        PendingCommand start =
                PendingCommand.withoutClient(Clock.origin(VersionOrigin.Made.START, "the start"));
        start.addProgram();
        ProgramCommand command = new ProgramCommand.Start(slots(program.count(), byHand.held()));
        parts.commandDispatcher.programs().ask(host, command, start);
    }

    /// The slots that are started; null for all.
    private static @Nullable Set<Integer> slots(int count, List<Integer> held) {
        if (held.isEmpty()) {
            return null;
        }
        Set<Integer> slots = new TreeSet<>();
        for (int slot = 0; slot < count; slot++) {
            if (!held.contains(slot)) {
                slots.add(slot);
            }
        }
        return slots;
    }

    private void announce(ProgramSpec spec, int workers) {
        List<String> addresses = new ArrayList<>();
        for (BoundSocket boundSocket : parts.sockets.table().of(spec)) {
            addresses.add(boundSocket.address());
        }
        String on = addresses.isEmpty() ? "" : " on " + String.join(", ", addresses);
        managerLog.info(
                spec.name(), "starting " + (workers == 1 ? "1 worker" : workers + " workers") + on);
    }
}
