// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.core.Recovery;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.manager.channel.WorkerSockets;
import org.einhyrningsins.manager.handover.CrashRecovery;
import org.einhyrningsins.manager.history.RecordedDefinitions;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.manager.runtime.RuntimePaths;
import org.einhyrningsins.manager.runtime.StartException;
import org.einhyrningsins.manager.socket.SocketHolder;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.manager.BuildInfo;
import org.einhyrningsins.spec.manager.ServicesSpec;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The start of a manager in place of one that was killed: takes over its workers and sockets, and
/// then brings everything to what the file says now, unless that has problems.
final class CrashStart {
    private final ManagerParts parts;
    private final CrashRecovery crashRecovery;
    private final ManagerLog managerLog;

    CrashStart(ManagerParts parts, CrashRecovery crashRecovery) {
        this.parts = parts;
        this.crashRecovery = crashRecovery;
        managerLog = parts.runtime.managerLog();
    }

    /// Goes on where the other stopped. If it fails, what is there stays for the next one.
    void run(LoadResult loadResult) throws StartException {
        parts.shutdown.leaveAll(true);
        managerLog.info("", "einhyrningsins " + BuildInfo.text() + ", pid " + Processes.self());
        managerLog.warn("", crashRecovery.summary());
        String missing = crashRecovery.missing(parts.files.paths().state());
        if (missing != null) {
            managerLog.warn("", missing);
            parts.overrides.readUnhosted();
        }
        parts.state.continueFrom(
                parts.state.history().afterCrash(crashRecovery.manager().history()));
        Map<ProgramHost, Recovery.Found> found = takeOver();
        parts.settings.reopenHttp();
        parts.overrides.adoptCurrent();
        parts.reloader.trials().resume(crashRecovery.manager().pending().trial());
        parts.workers.orphanReaper().sweepAfterRecovery();
        found.forEach(ProgramHost::recover);
        found.keySet().forEach(host -> parts.runtime.history().programChanged(host.program()));
        parts.recorder.changedForGood(); // one that is killed soon would leave less than it found
        switch (loadResult) {
            case LoadResult.Valid valid -> bringUpToDate(valid.services());
            case LoadResult.Invalid invalid -> {
                parts.reloader.files().rolledBack();
                managerLog.error(
                        "",
                        ManagerStart.problems(parts.runtime.options(), invalid)
                                + "\n"
                                + "running the previous configuration; fix the file, then"
                                + " reload");
            }
        }
        if (crashRecovery.manager().pending().stopping()) {
            parts.commands.everyProgram(new ProgramCommand.Start(null));
        }
    }

    /// Takes the sockets out of the workers, binds those that nobody has any more, and hosts the
    /// programs.
    private Map<ProgramHost, Recovery.Found> takeOver() throws StartException {
        try {
            fetchSockets();
            Map<ProgramHost, Recovery.Found> found = new LinkedHashMap<>();
            for (CrashRecovery.Found each : crashRecovery.programs()) {
                found.put(parts.programs.resume(each.image()), each.found());
            }
            return found;
        } catch (IOException e) {
            throw new StartException(ExitStatus.FAILED, "cannot go on: " + RuntimeFiles.why(e));
        } catch (SocketTable.CannotBind | PosixException e) {
            String why = e.getMessage() + crashRecovery.advice();
            throw new StartException(ExitStatus.FAILED, "cannot go on: " + why);
        }
    }

    private void fetchSockets() throws StartException, IOException, SocketTable.CannotBind {
        RuntimePaths paths = parts.files.paths();
        SocketTable table = parts.sockets.table();
        SocketHolder.HolderProcess left = SocketHolder.find(paths.state());
        crashRecovery.fetchInto(table, parts.sockets.passed(), left);
        if (left != null) {
            Descriptors.close(left.pidfd());
        }
        WorkerSockets.removeLeftovers(paths.openWorkers());
        paths.writePidFile(managerLog);
        int bound = table.open(crashRecovery.needed());
        parts.recorder.resume(crashRecovery.files());
        if (bound > 0 && parts.recorder.writeManager(crashRecovery.files())) {
            parts.sockets.keepCopies();
        }
    }

    private void bringUpToDate(ServicesSpec services) {
        parts.reloader.files().applied();
        RecordedDefinitions rollbacks =
                RecordedDefinitions.of(
                        services.programs(),
                        parts.overrides.unhosted(),
                        parts.runtime.history(),
                        programs -> List.of(),
                        managerLog);
        parts.overrides.settleUnhosted(rollbacks);
        parts.reloader.bringUpToDate(
                services,
                parts.runtime.options().reset(),
                parts.overrides.unhostedAndStopped(),
                rollbacks,
                parts.commandDispatcher);
        parts.overrides.forgetUnhosted();
    }
}
