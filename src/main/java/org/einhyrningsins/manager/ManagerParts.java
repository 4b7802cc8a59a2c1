// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.manager.handover.SnapshotBuilder;
import org.einhyrningsins.manager.handover.StateRecorder;
import org.einhyrningsins.manager.http.HttpListener;
import org.einhyrningsins.manager.operate.CommandDispatcher;
import org.einhyrningsins.manager.operate.EventQueries;
import org.einhyrningsins.manager.operate.HttpData;
import org.einhyrningsins.manager.operate.Reloader;
import org.einhyrningsins.manager.operate.StatusReports;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.LaunchOptions;
import org.einhyrningsins.manager.runtime.StartDirectory;
import org.einhyrningsins.manager.spawn.WorkerOutput;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.spec.fact.FactKind;

import java.util.List;

/// The parts of one manager, wired. They are made once, in the order of the fields, and know each
/// other through this object: programs report to the parts that give them commands, so there is no
/// order in which each could be handed all that it uses.
final class ManagerParts {
    final ManagerRuntime runtime;
    final ProgramTable programTable = new ProgramTable();
    final SocketUpkeep sockets;
    final SystemdNotifier service;
    final ManagerFiles files;
    final KeptOverrides overrides;
    final ManagerState state;
    final StateRecorder recorder;
    final WorkerParts workers;
    final Reloader reloader;
    final ManagerCommands commands;
    final CommandDispatcher commandDispatcher;
    final ManagerSettings settings;
    final Shutdown shutdown;
    final ProgramFactory programs;

    /// Makes all of them; opens nothing yet.
    ///
    /// @param words the command line that the options were read from
    ManagerParts(LaunchOptions options, List<String> words) {
        StartDirectory.path(); // by and by it may be there no more
        runtime = ManagerRuntime.of(options);
        sockets = new SocketUpkeep(this);
        service =
                new SystemdNotifier(
                        System.getenv(),
                        sockets.passed().names(),
                        programTable,
                        runtime.managerLog());
        files = new ManagerFiles(this);
        overrides = new KeptOverrides(this);
        state = new ManagerState(this);
        SnapshotBuilder snapshots =
                new SnapshotBuilder(sockets.table(), programTable, runtime.managerLog(), state);
        recorder = new StateRecorder(snapshots::manager);
        int nothing = Descriptors.openNull();
        WorkerOutput output =
                new WorkerOutput(
                        runtime.eventLoop(),
                        nothing,
                        (level, program, message) ->
                                files.facts()
                                        .record(level, program, program, FactKind.OUTPUT, message));
        workers = WorkerParts.of(runtime, programTable, sockets.table(), output, nothing);
        reloader =
                new Reloader(
                        runtime.options(),
                        HostFacts.surroundings(),
                        programTable,
                        sockets.table(),
                        workers.spawner(),
                        runtime.managerLog(),
                        new ReloadHosting(this));
        StatusReports reports = new StatusReports(sockets.table(), output);
        commands = new ManagerCommands(this, snapshots, words);
        commandDispatcher =
                new CommandDispatcher(
                        programTable,
                        reports,
                        reloader,
                        runtime.history(),
                        runtime.managerLog(),
                        commands,
                        new EventQueries(
                                programTable, reports, files.facts().store(), workers.spawner()));
        var pages = new HttpData(programTable, reports, output, commands, state::numbers);
        settings =
                new ManagerSettings(
                        this,
                        new HttpListener(
                                runtime.eventLoop(),
                                runtime.buffer(),
                                runtime.managerLog(),
                                sockets.files(),
                                pages));
        shutdown = new Shutdown(this);
        programs = new ProgramFactory(this);
    }
}
