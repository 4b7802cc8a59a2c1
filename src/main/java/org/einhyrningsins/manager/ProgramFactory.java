// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Recovery;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.channel.WorkerSocketFactory;
import org.einhyrningsins.manager.handover.AdoptedReleases;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.runtime.RuntimePaths;
import org.einhyrningsins.manager.snapshot.ProgramSnapshot;
import org.einhyrningsins.manager.task.Schedules;
import org.einhyrningsins.manager.task.TaskRuns;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;

/// Makes the hosts of programs, wired to the parts of this manager.
final class ProgramFactory {
    private final ManagerParts parts;
    private final ProgramEvents events;
    private final TaskRuns tasks;
    private final Schedules schedules;

    ProgramFactory(ManagerParts parts) {
        this.parts = parts;
        events = new ProgramEvents(parts);
        tasks = new TaskRuns(parts.runtime.eventLoop(), parts.programTable);
        schedules = new Schedules(parts.programTable, parts.runtime.managerLog());
    }

    /// Runs tasks for the programs that wait for them.
    TaskRuns tasks() {
        return tasks;
    }

    /// Tells jobs that are due by their schedules.
    ///
    /// @return when to come again; null if nothing is to come
    @Nullable Moment runDue() {
        return schedules.turn(parts.files.paths().state());
    }

    /// Makes the host of a program that is new.
    ///
    /// @param byHand what an operator had set of it
    ProgramHost host(ProgramSpec spec, OperatorOverride byHand) {
        parts.sockets.requestClose(); // they are bound already, and this may fail
        long incarnation = parts.programTable.nextIncarnation(spec.name());
        return new ProgramHost(
                parts.runtime.history().first(spec, byHand.rollback()),
                byHand,
                incarnation,
                surface());
    }

    /// Makes the host of a program that another manager had, and puts it in the table.
    ProgramHost resume(ProgramSnapshot image) throws IOException {
        Program program = AdoptedReleases.of(image, parts.reloader.planner()::renewed);
        ProgramSnapshot known =
                image.of(
                        Recovery.numberedFrom(
                                program, parts.runtime.history().next(program.name())));
        ProgramHost host = new ProgramHost(known, surface());
        parts.programTable.add(host, image.retiring());
        return host;
    }

    private ProgramHost.Surface surface() {
        ManagerRuntime runtime = parts.runtime;
        RuntimePaths paths = parts.files.paths();
        WorkerParts workers = parts.workers;
        return new ProgramHost.Surface(
                runtime.eventLoop(),
                workers.services(),
                parts.sockets.table(),
                new WorkerSocketFactory(
                        runtime.eventLoop(), paths, parts.sockets.files(), runtime.buffer()),
                paths.control(),
                events);
    }
}
