// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// An order to the manager.
public sealed interface ProgramEffect {
    /// Start a process. Answered by [ProgramEvent.SpawnFailed] or [ProgramEvent.Delayed] at once,
    /// or [ProgramEvent.Exited] some day.
    record Spawn(WorkerId worker, ProgramVersion version) implements ProgramEffect {}

    /// Send a signal of its stop. A worker that is stopped (SIGSTOP, SIGTTIN …) gets CONT after it,
    /// or it would not be heard.
    ///
    /// @param group to the whole process group of the worker
    record Send(WorkerId worker, Signal signal, boolean group) implements ProgramEffect {}

    /// Send a signal to workers as they are, and tell whoever asked which of them got it.
    record Deliver(long ticket, Signal signal, List<WorkerId> workers) implements ProgramEffect {
        public Deliver {
            workers = List.copyOf(workers);
        }
    }

    /// Ask whether a worker is up, or well; answered by [ProgramEvent.Probed].
    record Probe(WorkerId worker, AckSpec.Target target) implements ProgramEffect {}

    /// Wait for the answer no longer.
    record EndProbe(WorkerId worker) implements ProgramEffect {}

    /// Look how much memory a worker uses; answered by [ProgramEvent.MemoryMeasured].
    record MeasureMemory(WorkerId worker) implements ProgramEffect {}

    /// Run a task as a program of its own; answered by [ProgramEvent.TaskEnded] some day.
    record RunTask(TaskStage stage) implements ProgramEffect {}

    /// Stop a task: its end is no longer waited for.
    record EndTask(TaskStage stage) implements ProgramEffect {}

    /// Tell whoever asked how it goes.
    record Progress(long ticket, String message) implements ProgramEffect {}

    /// Tell whoever asked what came of it.
    ///
    /// @param blame the worker whose last output explains a failure
    record Answer(long ticket, boolean done, String message, @Nullable WorkerId blame)
            implements ProgramEffect {}

    /// Write a line to the log and to those who follow events.
    ///
    /// @param worker its subject; null for the program
    record Report(Severity severity, @Nullable WorkerId worker, String message)
            implements ProgramEffect {}

    /// Severity of a report.
    enum Severity {
        /// A failure that an operator should look at.
        ERROR,
        /// A problem that is being handled.
        WARN,
        /// A normal event.
        INFO,
        /// Detail for the search of a cause.
        DEBUG
    }
}
