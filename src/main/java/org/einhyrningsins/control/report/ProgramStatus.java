// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import org.einhyrningsins.spec.OperatorOverride;

import java.util.List;

/// Status of one program.
///
/// @param version the version that new workers get
/// @param condition how it is
/// @param intent operator overrides that differ from the file
/// @param after the programs that it starts after
/// @param workers by slot; a slot may have an old and a new one
/// @param sockets in the order of `bind`
public record ProgramStatus(
        String name,
        VersionStatus version,
        Condition condition,
        OperatorOverride intent,
        List<String> after,
        List<WorkerStatus> workers,
        List<SocketStatus> sockets) {
    /// Condition of a program: the word for it, its workers in numbers, and its troubles.
    ///
    /// @param ready workers that are up, of any generation
    /// @param wanted number of workers that there should be
    /// @param rollout the rollout in progress, or the result of the last one, in words; empty for
    ///   none
    /// @param note anything else worth knowing, in words; empty for nothing
    /// @param failures of its slots
    public record Condition(
            State state,
            int ready,
            int wanted,
            String rollout,
            String note,
            FailureStatus failures) {}

    /// See [Condition#state()].
    public State state() {
        return condition.state;
    }

    /// See [Condition#ready()].
    public int ready() {
        return condition.ready;
    }

    /// See [Condition#wanted()].
    public int wanted() {
        return condition.wanted;
    }

    /// See [Condition#rollout()].
    public String rollout() {
        return condition.rollout;
    }

    /// See [Condition#note()].
    public String note() {
        return condition.note;
    }

    /// See [Condition#failures()].
    public FailureStatus failures() {
        return condition.failures;
    }

    /// Returns the number of its version.
    public long generation() {
        return version.generation();
    }

    public ProgramStatus {
        after = List.copyOf(after);
        workers = List.copyOf(workers);
        sockets = List.copyOf(sockets);
    }

    /// The one word for it.
    public enum State {
        /// As many workers are up as are wanted.
        RUNNING("running"),
        STARTING("starting"),
        /// Waiting: to be started when its dependencies are up.
        WAITING("waiting"),
        STOPPING("stopping"),
        STOPPED("stopped"),
        /// Given up, or a worker failed that is not to run again; an operator must start it again.
        FAILED("failed"),
        /// All its workers ended with success.
        DONE("done"),
        /// Up, with fewer workers than wanted.
        DEGRADED("degraded"),
        ROLLING("rolling"),
        /// Waiting before the next try to start a worker, or trying again.
        BACKING_OFF("backing-off"),
        /// Workers crash again and again; none has proved itself since.
        CRASH_LOOP("crash-loop");

        private final String word;

        State(String word) {
            this.word = word;
        }

        /// Returns the word for people and the wire.
        public String word() {
            return word;
        }
    }
}
