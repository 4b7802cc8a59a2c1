// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.source.ConfigProblem;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.manager.control.AccessControl;
import org.einhyrningsins.manager.control.ControlServer;
import org.einhyrningsins.manager.handover.CrashRecovery;
import org.einhyrningsins.manager.handover.SnapshotWriter;
import org.einhyrningsins.manager.runtime.LaunchOptions;
import org.einhyrningsins.manager.runtime.RuntimePaths;
import org.einhyrningsins.manager.runtime.StartException;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.posix.kernel.OpenFileLimits;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Niceness;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.manager.ControlSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;

/// Starts a manager from its file: what [FreshStart] and [CrashStart] have in common.
final class ManagerStart {
    private final ManagerParts parts;
    private final ChildReaper children;
    private final LoadResult loadResult;

    /// Reads the file and brings the settings of the manager into force. Makes nothing but a lock
    /// file.
    ManagerStart(ManagerParts parts, ChildReaper children) throws StartException {
        this.parts = parts;
        this.children = children;
        loadResult = parts.reloader.load();
        ServicesSpec services = services();
        parts.settings.take(services);
        parts.files.open(services).takeLock();
        renice();
    }

    /// Opens the control socket, and starts the programs or takes over those of a manager that was
    /// killed.
    void run() throws StartException {
        ServicesSpec services = parts.settings.last();
        RuntimePaths paths = parts.files.paths();
        OpenFileLimits.raiseOpenFiles();
        parts.workers.orphanReaper().begin();
        startLogAndSignals(parts, children);
        openControl(services.control(), paths);
        parts.workers.begin(paths); // nobody else has the control socket
        CrashRecovery crashRecovery = record(services, paths);
        if (crashRecovery != null) {
            new CrashStart(parts, crashRecovery).run(loadResult);
        } else if (loadResult instanceof LoadResult.Invalid invalid) {
            throw cannotStart(invalid);
        } else {
            new FreshStart(parts).run(services);
        }
        parts.sockets.passed().closeRest(parts.runtime.managerLog());
        parts.sockets.files().begin();
    }

    /// Writes the log by the loop, and takes signals.
    static void startLogAndSignals(ManagerParts parts, ChildReaper children) throws StartException {
        parts.runtime.logOutput().in(parts.runtime.eventLoop());
        new SignalReader(parts, children).open();
    }

    // ---- the file

    /// Returns the definitions in the file. If the file has problems, those of the manager that was
    /// killed: its workers have to be supervised all the same.
    private ServicesSpec services() throws StartException {
        return switch (loadResult) {
            case LoadResult.Valid valid -> {
                for (ConfigProblem warning : valid.warnings()) {
                    parts.runtime.managerLog().warn("", warning.render());
                }
                yield valid.services();
            }
            case LoadResult.Invalid invalid -> {
                LaunchOptions options = parts.runtime.options();
                ServicesSpec before =
                        CrashRecovery.settings(RuntimePaths.state(options, invalid.whereabouts()));
                if (before == null) {
                    throw cannotStart(invalid);
                }
                yield options.over(before);
            }
        };
    }

    private StartException cannotStart(LoadResult.Invalid invalid) {
        // who starts us again and again should not do so for what nobody mends meanwhile
        ExitStatus status = invalid.passing() ? ExitStatus.FAILED : ExitStatus.INVALID;
        return new StartException(
                status, "cannot start: " + problems(parts.runtime.options(), invalid));
    }

    /// The problems of the file, in words.
    static String problems(LaunchOptions options, LoadResult.Invalid invalid) {
        StringBuilder text =
                new StringBuilder().append(options.definition()).append(" has problems");
        for (ConfigProblem configProblem : invalid.problems()) {
            text.append('\n').append(configProblem.render());
        }
        return text.toString();
    }

    // ---- the process

    /// As with einhorn(1), not reason enough not to start.
    private void renice() {
        Integer nice = parts.runtime.options().nice();
        try {
            if (nice != null) {
                Niceness.renice(nice);
            }
        } catch (PosixException e) {
            parts.runtime
                    .managerLog()
                    .warn("", "keeps its niceness: " + e.getMessage() + " (--nice " + nice + ")");
        }
    }

    // ---- control socket and state directory

    private void openControl(ControlSpec spec, RuntimePaths paths) throws StartException {
        ManagerRuntime runtime = parts.runtime;
        paths.openControl(spec.forOthers());
        AccessControl accessControl = HostFacts.access(spec, runtime.managerLog());
        parts.files.open(
                ControlServer.open(
                        runtime.eventLoop(),
                        paths.control(),
                        spec,
                        accessControl,
                        runtime.buffer(),
                        parts.commandDispatcher));
        parts.settings.applyAccess(spec);
    }

    /// Records the state of this manager from now on.
    ///
    /// @return what a manager left that was killed; null if there is nothing
    private @Nullable CrashRecovery record(ServicesSpec services, RuntimePaths paths)
            throws StartException {
        StateDirectory state = paths.state();
        boolean unnoted = !state.has(SnapshotWriter.NOTES);
        int notes = SnapshotWriter.lock(state, parts.runtime.managerLog());
        if (notes < 0) {
            return null;
        }
        Path doors = RuntimePaths.workerDirectory(paths.control(), Processes.user());
        var now =
                new CrashRecovery.Now(
                        services,
                        loadResult instanceof LoadResult.Valid,
                        paths.control(),
                        doors,
                        parts.workers.cgroups(),
                        parts.overrides::before);
        CrashRecovery crashRecovery =
                CrashRecovery.find(state, unnoted, now, parts.runtime.managerLog());
        parts.state.record(state, notes);
        return crashRecovery;
    }
}
