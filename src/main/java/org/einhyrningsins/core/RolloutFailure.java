// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.core.model.VersionFailure;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.RolloutSpec.Strategy;
import org.einhyrningsins.spec.RolloutTasksSpec;
import org.einhyrningsins.spec.WorkerId;

import java.time.Duration;
import java.util.List;

/// Fails or aborts a rollout: counts the starts that failed, and brings the old version back where
/// it was replaced.
final class RolloutFailure {
    private RolloutFailure() {}

    /// A worker of the target did not come up, or not for long. One that was up and ended by itself
    /// ends the rollout at once; else it is over after `retries` of them. A slot that served
    /// already does not wait for its next try.
    ///
    /// @param own whether it was the worker's own failure
    static void startFailed(StepContext stepContext, Worker worker, String why, boolean own) {
        Rollout before = stepContext.rollout;
        if (before == null) {
            RestartPolicy.failedToStart(stepContext, worker, why);
            return;
        }
        if (before.watches(worker)) {
            canaryFailed(stepContext, before, worker, why);
            return;
        }
        if (own && worker.up() && !RestartPolicy.isStable(stepContext, worker)) {
            stepContext.report(Severity.WARN, worker.id(), why);
            giveUp(stepContext, before.failedOnce(why, worker.id(), stepContext.now));
            return;
        }
        int retries = maxFailures(before.target().spec());
        Duration delay =
                worker.ready()
                        ? Duration.ZERO
                        : before.target().spec().restart().backoff().delay(before.failures() + 1);
        Rollout rollout = before.failedOnce(why, worker.id(), stepContext.now.plus(delay));
        stepContext.rollout = rollout;
        String tally = "start " + rollout.failures() + " of " + retries + " failed: " + why;
        stepContext.report(Severity.WARN, worker.id(), tally);
        RolloutStrategy.notifyWaiting(stepContext, "slot " + worker.id().slot() + ": " + tally);
        if (rollout.failures() >= retries) {
            giveUp(stepContext, rollout);
            return;
        }
        Slot slot = stepContext.slot(worker.id().slot());
        if (slot.moved() && slot.current() == null) {
            stepContext.put(slot.refill(rollout.retryAt()).restarted());
        }
    }

    /// Returns the number of failed starts that fail the rollout; 1 if never restarted.
    private static int maxFailures(ProgramSpec spec) {
        boolean once = spec.restart().when() == RestartSpec.When.NEVER;
        return once ? 1 : Math.max(1, spec.rollout().retries());
    }

    /// Fails the rollout under way before it has started a worker.
    static void taskFailed(StepContext stepContext, String why) {
        Rollout rollout = stepContext.rollout;
        if (rollout != null && !rollout.draining()) {
            giveUp(stepContext, rollout.failedOnce(why, null, stepContext.now));
        }
    }

    /// Fails the rollout: a canary has no second try.
    static void canaryFailed(StepContext stepContext, Rollout rollout, Worker worker, String why) {
        String what = "canary " + why;
        stepContext.report(Severity.WARN, worker.id(), what);
        giveUp(stepContext, rollout.failedOnce(what, worker.id(), stepContext.now));
    }

    /// The old version comes back where it was replaced, unless it did not serve either.
    private static void giveUp(StepContext stepContext, Rollout rollout) {
        ProgramTasks.drop(stepContext, RolloutTasksSpec.Stage.BEFORE);
        if (rollout.isFirst(stepContext.serving)) {
            withdraw(stepContext, false);
            String verdict = "did not come up: " + rollout.lastFailure();
            RolloutStrategy.end(stepContext, rollout, Severity.ERROR, false, verdict);
            return;
        }
        VersionFailure versionFailure = FailedVersionTracker.of(stepContext, rollout);
        withdraw(stepContext, rollout.old().up() || rollout.canary() != null);
        stepContext.rollout = null;
        FailedVersionTracker.begin(stepContext, versionFailure);
    }

    /// A program that did not come up the first time does not run.
    static void failProgram(StepContext stepContext, String why) {
        stepContext.phase = new ProgramPhase.Failed(why);
        stepContext.fallback = null;
        for (Slot slot : stepContext.slots) {
            if (slot.current() != null) {
                WorkerStop.begin(stepContext, slot.current(), StopCause.WITHDRAWN);
            }
            stepContext.put(stepContext.slot(slot.index()).refill(null));
        }
    }

    /// Ends a rollout because the operator wants something else. One that is draining has
    /// succeeded.
    static void abort(StepContext stepContext, String why) {
        Rollout rollout = stepContext.rollout;
        if (rollout == null) {
            return;
        }
        if (rollout.draining()) {
            RolloutStrategy.end(
                    stepContext,
                    rollout,
                    Severity.INFO,
                    true,
                    "rolled; its last old workers are still leaving" + rollout.old().killedWords());
        } else {
            withdraw(stepContext, rollout.canary() != null);
            RolloutStrategy.end(stepContext, rollout, Severity.WARN, false, why);
        }
    }

    /// Ends a rollout that is under way, and brings the old version back for all that it moved.
    static void goBack(StepContext stepContext, String why) {
        Rollout rollout = stepContext.rollout;
        if (rollout != null) {
            withdraw(stepContext, true);
            RolloutStrategy.end(stepContext, rollout, Severity.WARN, false, why);
        }
    }

    /// Takes back all of a rollout that does not serve yet.
    ///
    /// @param back whether those that serve are to be replaced by the old version
    private static void withdraw(StepContext stepContext, boolean back) {
        for (Slot slot : stepContext.slots) {
            if (slot.successor() != null) {
                WorkerStop.begin(stepContext, slot.successor(), StopCause.WITHDRAWN);
            }
            if (slot.moved()) {
                moveBack(stepContext, stepContext.slot(slot.index()), back);
            }
        }
    }

    /// @param back whether a worker that serves is to be replaced
    static void moveBack(StepContext stepContext, Slot slot, boolean back) {
        Worker current = slot.current();
        if (current != null && current.ready() && back) {
            stepContext.put(slot.forgetFailures());
            stepContext.replace(current.with(current.health().markRolledBack()));
        }
        boolean alone =
                stepContext.rollout != null && stepContext.rollout.strategy() == Strategy.REPLACE;
        if (current != null && !current.ready()) {
            WorkerStop.begin(
                    stepContext, current, alone ? StopCause.REPLACED : StopCause.WITHDRAWN);
        }
        Slot moved = stepContext.slot(slot.index());
        boolean empty = moved.current() == null && moved.finished() == null;
        if (empty && (moved.past().ended() != null || stepContext.serving.spec().endsByItself())) {
            stepContext.put(endedBadly(stepContext, moved).move(false));
        } else {
            stepContext.put(
                    empty
                            ? moved.move(false).forgetFailures().refill(stepContext.now)
                            : moved.move(false));
        }
    }

    /// A slot in which nothing was to run before the rollout, or that has a job: the version that
    /// is kept does not run because another failed.
    private static Slot endedBadly(StepContext stepContext, Slot slot) {
        Rollout rollout = stepContext.rollout;
        WorkerId blame = rollout == null ? null : rollout.blame();
        boolean own = blame != null && blame.slot() == slot.index();
        String how = rollout != null && own ? rollout.lastFailure() : "its rollout was given up";
        Slot.Past past = slot.past().failed(1, List.of(), how, own ? blame : null);
        return slot.past(past).refill(null).finish(how);
    }
}
