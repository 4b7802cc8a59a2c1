// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.StopSpec;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.List;

/// State of a worker. Each state holds only what exists in it.
public sealed interface WorkerState {
    /// Running, not yet known to be up.
    ///
    /// @param deadline time when it counts as up (ack by timer) or as failed (all other modes)
    /// @param nextProbe time of the next probe; null without one, or while an answer is due
    /// @param unheard whether it may have said that it is up to a manager that was killed: if it
    ///   says no more, that is not its failure
    /// @param delayed whether its process does not execute its program yet: see
    ///   [org.einhyrningsins.core.model.ProgramEvent.Delayed]
    /// @param answer what the last probe had for an answer, in words; empty for none yet
    record Starting(
            Moment deadline,
            @Nullable Moment nextProbe,
            boolean unheard,
            boolean delayed,
            String answer)
            implements WorkerState {
        Starting(Moment deadline, @Nullable Moment nextProbe) {
            this(deadline, nextProbe, false, false, "");
        }

        static Starting delayed(Moment deadline) {
            return new Starting(deadline, null, false, true, "");
        }

        Starting until(Moment later) {
            return new Starting(later, nextProbe, unheard, delayed, answer);
        }

        /// Returns the state with another time of the next probe; null while an answer is due.
        Starting withNextProbe(@Nullable Moment next) {
            return new Starting(deadline, next, unheard, delayed, answer);
        }

        Starting withPartialAnswer(String words) {
            return new Starting(deadline, nextProbe, unheard, delayed, words);
        }
    }

    /// Up, and to stay so for a while before anybody relies on it.
    record Settling(Moment until) implements WorkerState {}

    /// Up.
    record Ready(Moment since) implements WorkerState {}

    /// Told to go. It is gone when nobody of its process group is left.
    ///
    /// @param cause reason of the stop
    /// @param rest the steps that are still to come
    /// @param deadline time of the next of them, or, after the last, end of the wait; null when
    ///   nothing is hoped for any more
    /// @param draining whether it serves still what waits at its own sockets, to which nothing new
    ///   is to come; all steps are still to come
    /// @param sent the signal that was sent last; null for none yet
    /// @param leader exit of its own process, while others of its process group live; null while
    ///   that lives
    /// @param latest until when it may have more time than the steps give it; null if it has not
    ///   asked
    record Stopping(
            StopCause cause,
            List<StopSpec.Step> rest,
            @Nullable Moment deadline,
            boolean draining,
            @Nullable Signal sent,
            @Nullable WorkerExit leader,
            @Nullable Moment latest)
            implements WorkerState {
        public Stopping {
            rest = List.copyOf(rest);
        }

        Stopping(
                StopCause cause,
                List<StopSpec.Step> rest,
                @Nullable Moment deadline,
                boolean draining,
                @Nullable Signal sent,
                @Nullable WorkerExit leader) {
            this(cause, rest, deadline, draining, sent, leader, null);
        }

        /// Makes the state of a worker that was sent no signal yet, since it serves what waits at
        /// its own sockets.
        static Stopping draining(StopCause cause, List<StopSpec.Step> steps, Moment latest) {
            return new Stopping(cause, steps, latest, true, null, null);
        }

        /// Returns the state after a signal was sent.
        Stopping afterSignal(Signal signal, List<StopSpec.Step> later, Moment next) {
            return new Stopping(cause, later, next, false, signal, leader, latest);
        }

        Stopping until(@Nullable Moment next) {
            return new Stopping(cause, rest, next, draining, sent, leader, latest);
        }

        /// Returns the state with an extended deadline.
        Stopping extended(Moment next, Moment end) {
            return new Stopping(cause, rest, next, draining, sent, leader, end);
        }

        /// Returns the state after the end of its own process; others of its process group live.
        Stopping afterLeaderExit(WorkerExit ended) {
            return new Stopping(cause, rest, deadline, draining, sent, ended, latest);
        }

        /// True if only others of its process group are left of it.
        public boolean leaderless() {
            return leader != null;
        }

        /// True if connections that were being made when it was told to stop have had time to
        /// arrive.
        public boolean settled(Moment now) {
            Duration left = WorkerStop.MAX_DRAIN.minus(WorkerStop.MIN_DRAIN);
            return draining && deadline != null && deadline.reached(now.plus(left));
        }

        /// True if even KILL did not end it (it hangs in the kernel). Nothing waits for it.
        public boolean stuck() {
            return deadline == null;
        }
    }

    /// The word for it that operators read.
    default String word() {
        return switch (this) {
            case Starting ignored -> "starting";
            case Settling ignored -> "settling";
            case Ready ignored -> "ready";
            case Stopping ignored -> "stopping";
        };
    }
}
