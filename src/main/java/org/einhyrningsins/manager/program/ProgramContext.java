// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.WorkerState;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.TaskStage;
import org.einhyrningsins.manager.spawn.WorkerTag;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

/// One program as the classes that act for it see it: its core state, its event queue, its reports.
interface ProgramContext {
    /// The core's state after the last step.
    Program program();

    /// Has an event happen: at once, or after all effects of the step under way.
    void take(ProgramEvent programEvent);

    /// Queues an event without a step; the caller is inside of a step, or one follows.
    void enqueue(ProgramEvent programEvent);

    /// Passes on a message to whoever asked.
    void progress(long ticket, String message);

    /// Answers whoever asked.
    ///
    /// @param lastWords the last lines of the worker to blame, below a line that says where they
    ///   are
    void answer(ProgramEffect.Answer answer, String lastWords);

    /// Reports something to the log and to those who follow events.
    ///
    /// @param worker the worker it is about; null for the program
    void report(ProgramEffect.Severity severity, @Nullable WorkerId worker, String message);

    /// Tells that a worker could not be started since its release is gone, or not whole.
    void missesRelease(ProgramVersion version);

    /// Has the task run that the program waits for.
    void taskOrdered();

    /// Has a task stopped whose end is no longer waited for.
    void taskDropped(TaskStage stage);

    default String name() {
        return program().name();
    }

    /// A worker of any slot; null if the core does not have it any more.
    default @Nullable Worker worker(WorkerId id) {
        for (var slot : program().slots()) {
            for (Worker worker : slot.workers()) {
                if (worker.id().equals(id)) {
                    return worker;
                }
            }
        }
        return null;
    }

    /// Returns whether it is a worker that has not acknowledged yet.
    default boolean isStarting(WorkerId id) {
        Worker worker = worker(id);
        return worker != null && worker.state() instanceof WorkerState.Starting;
    }

    /// The mark that a worker's processes carry in their environment.
    default String tag(WorkerId id) {
        return WorkerTag.of(name(), id);
    }
}
