// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// An order to the manager.
public sealed interface Effect {
    /// Start a process. Answered by [Event.SpawnFailed] or [Event.Delayed] at once, or
    /// [Event.Exited] some day.
    record Spawn(WorkerId worker, Version version) implements Effect {}

    /// Send a signal of its stop. A worker that is stopped (SIGSTOP, SIGTTIN …) gets CONT after it,
    /// or it would not be heard.
    ///
    /// @param group to the whole process group of the worker
    record Send(WorkerId worker, Signal signal, boolean group) implements Effect {}

    /// Send a signal to workers as they are, and tell whoever asked which of them got it.
    record Deliver(long ticket, Signal signal, List<WorkerId> workers) implements Effect {
        public Deliver {
            workers = List.copyOf(workers);
        }
    }

    /// Ask whether a worker is up, or well; answered by [Event.Probed].
    record Probe(WorkerId worker, AckSpec.Target target) implements Effect {}

    /// Wait for the answer no longer.
    record EndProbe(WorkerId worker) implements Effect {}

    /// Look how much memory a worker uses; answered by [Event.Weighed].
    record Weigh(WorkerId worker) implements Effect {}

    /// Tell whoever asked how it goes.
    record Progress(long ticket, String message) implements Effect {}

    /// Tell whoever asked what came of it.
    ///
    /// @param blame the worker whose last output explains a failure
    record Answer(long ticket, boolean done, String message, @Nullable WorkerId blame)
            implements Effect {}

    /// Write a line to the log and to those who follow events.
    ///
    /// @param worker whom it is about; null for the program
    record Report(Severity severity, @Nullable WorkerId worker, String message) implements Effect {}

    /// How much a report matters.
    enum Severity {
        /// Something failed that an operator should look at.
        ERROR,
        /// Something went wrong and is being dealt with.
        WARN,
        /// Something happened as it should.
        INFO,
        /// Of interest when looking for the cause of something.
        DEBUG
    }
}
