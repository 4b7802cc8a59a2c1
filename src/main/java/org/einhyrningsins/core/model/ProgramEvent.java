// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.Set;

/// Event of a program.
public sealed interface ProgramEvent {
    /// A worker ended, and nobody of its process group is left. Comes once for every worker that
    /// was spawned without error.
    record Exited(WorkerId worker, WorkerExit exit) implements ProgramEvent {}

    /// The process of a worker that was told to go ended, and others of it live: see
    /// [org.einhyrningsins.core.Program#waitsForGroupOf]. [Exited] follows when they are gone.
    record LeaderExited(WorkerId worker, WorkerExit exit) implements ProgramEvent {}

    /// The process of a worker was stopped by a signal: it lives and does nothing.
    record Suspended(WorkerId worker, Signal by) implements ProgramEvent {}

    /// A suspended worker continues.
    record Resumed(WorkerId worker) implements ProgramEvent {}

    /// A worker could not be spawned. Comes instead of [Exited]; late for one that was [Delayed].
    ///
    /// @param why the failed step with its errno, as a person reads it
    record SpawnFailed(WorkerId worker, String why) implements ProgramEvent {}

    /// The process of a worker is there, and does not execute its program yet: a file system, or
    /// whoever owns the file, makes the kernel wait. [Executed], [SpawnFailed] or [Exited] follows
    /// some day.
    record Delayed(WorkerId worker) implements ProgramEvent {}

    /// The process of a worker that was delayed executes its program.
    record Executed(WorkerId worker) implements ProgramEvent {}

    /// A worker said that it is up, in the way its ack mode has it.
    record Acked(WorkerId worker) implements ProgramEvent {}

    /// A probe had its answer.
    ///
    /// @param answer in words, on one line, at most a few hundred characters; empty if it is up
    record Probed(WorkerId worker, boolean up, String answer) implements ProgramEvent {}

    /// A probe has a part of an answer that says that it failed. [Probed] follows, if the rest
    /// comes in time.
    ///
    /// @param answer that part, in words
    record PartialAnswer(WorkerId worker, String answer) implements ProgramEvent {}

    /// A command that is to tell how a worker is could not be run, which says nothing about the
    /// worker.
    ///
    /// @param why as a person reads it
    record ProbeNotRun(WorkerId worker, String why) implements ProgramEvent {}

    /// A worker gave a sign of life.
    record Pinged(WorkerId worker) implements ProgramEvent {}

    /// A worker said that it is beyond help.
    record WatchdogTriggered(WorkerId worker) implements ProgramEvent {}

    /// A worker chose the time within which it is going to give signs of life.
    record WatchdogIntervalSet(WorkerId worker, Duration interval) implements ProgramEvent {}

    /// The memory of a worker was measured.
    record MemoryMeasured(WorkerId worker, long bytes) implements ProgramEvent {}

    /// No connection waits any more at the sockets of a worker that is to stop: see
    /// [org.einhyrningsins.core.WorkerState.Stopping#draining()].
    record Drained(WorkerId worker) implements ProgramEvent {}

    /// A worker asked for more time to start or to stop.
    record Extended(WorkerId worker, Duration time) implements ProgramEvent {}

    /// The program may start: its dependencies are up, or not waited for.
    ///
    /// @param without dependencies that are not waited for, since they are stopped
    record Admitted(Set<String> without) implements ProgramEvent {}

    /// The program may not start yet.
    ///
    /// @param on dependencies that it waits for
    /// @param by reason for a longer wait; null for none
    record Deferred(Set<String> on, ProgramPhase.@Nullable Blocker by) implements ProgramEvent {}

    /// A dependency with which the program is to be restarted was restarted, and is up again.
    ///
    /// @param program name of that dependency
    /// @param at when its restart was complete
    /// @param origin of the version that comes of it
    record DependencyRestarted(String program, Moment at, VersionOrigin origin)
            implements ProgramEvent {}

    /// The definition that serves was read again and is what is wanted.
    record DefinitionConfirmed() implements ProgramEvent {}

    /// The fallback version can no longer return: what it needs is used for something else.
    ///
    /// @param why the reason, in words
    record FallbackLost(String why) implements ProgramEvent {}

    /// The operator asked for something; answered exactly once.
    ///
    /// @param origin of a version that comes of it
    record Requested(long ticket, ProgramCommand command, VersionOrigin origin)
            implements ProgramEvent {
        /// Asked by nobody knows whom.
        public Requested(long ticket, ProgramCommand command) {
            this(ticket, command, VersionOrigin.NONE);
        }

        /// The answer that it came to nothing.
        public ProgramEffect.Answer failed(String why) {
            return new ProgramEffect.Answer(ticket, false, why, null);
        }
    }

    /// A task of the program has ended, or cannot be run.
    ///
    /// @param stage the stage with the task, as it was ordered
    /// @param failure why it failed, in words; null if it did not
    /// @param lines its last lines, to be appended to a message; may be empty
    record TaskEnded(TaskStage stage, @Nullable String failure, String lines, Duration took)
            implements ProgramEvent {}

    /// The program is a task and is to run for a rollout, unless it has.
    record TaskOrdered(TaskStage stage) implements ProgramEvent {}

    /// The program is a task that nobody waits for any more: it stops, if it runs for that.
    record TaskRevoked(TaskStage stage) implements ProgramEvent {}

    /// The program is a job with a schedule, and was due at that time, unless it knows.
    ///
    /// @param atMillis milliseconds since 1970
    /// @param run false if it is only to know that it was: no run is to begin
    /// @param missed number of times that passed without a run, since no manager was there, the
    ///   machine slept, or the clock was set; 1,000 at most
    record Due(long atMillis, boolean run, int missed) implements ProgramEvent {}

    /// Time passed.
    record DeadlinePassed() implements ProgramEvent {}
}
