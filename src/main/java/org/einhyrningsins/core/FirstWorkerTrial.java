// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.RolloutSpec.Strategy;
import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// The trial of a rollout's first new worker: it has to live for a while before any old worker is
/// told to go. The time counts from its ack, or, since a timer says nothing about a worker, with
/// that from its start. Whoever dies on trial ends the rollout: see [RolloutStrategy].
///
/// With `fleet` all new workers come at once, and the first that lived long enough speaks for all;
/// with `replace` the first slot has its new worker already, and no other is touched.
final class FirstWorkerTrial {
    private FirstWorkerTrial() {}

    /// Notes that the time is over.
    static void checkResult(StepContext stepContext, Rollout rollout) {
        if (rollout.proved()) {
            return;
        }
        for (Slot slot : stepContext.slots) {
            if (hasPassed(stepContext, rollout, slot.current())
                    || hasPassed(stepContext, rollout, slot.successor())) {
                stepContext.rollout = rollout.trialPassed();
                return;
            }
        }
    }

    /// True if the rollout goes no further than its first worker, unless the operator left no slot
    /// to move.
    static boolean isOn(StepContext stepContext, Rollout rollout) {
        boolean some = false;
        for (Slot slot : stepContext.slots) {
            some |= RolloutStrategy.includes(stepContext, rollout, slot);
        }
        return some && !rollout.proved();
    }

    private static boolean hasPassed(
            StepContext stepContext, Rollout rollout, @Nullable Worker worker) {
        Moment end = worker == null ? null : end(rollout, worker);
        return end != null && end.reached(stepContext.now);
    }

    /// Returns the end of a worker's trial; null while it is not up, or if it is not of the target.
    private static @Nullable Moment end(Rollout rollout, Worker worker) {
        if (!(worker.state() instanceof WorkerState.Ready ready) || !rollout.owns(worker)) {
            return null;
        }
        boolean timer = worker.version().spec().ack().mode() instanceof AckSpec.Timer;
        return (timer ? worker.startedAt() : ready.since()).plus(duration(rollout));
    }

    private static Duration duration(Rollout rollout) {
        return rollout.target().spec().rollout().proof().probation();
    }

    /// Returns the earliest end of a trial; null if no worker is up, or one has passed.
    static @Nullable Moment due(Program program, Rollout rollout) {
        Moment earliest = null;
        if (!rollout.proved()) {
            for (Slot slot : program.slots()) {
                for (Worker worker : slot.workers()) {
                    earliest = Moment.earlier(earliest, end(rollout, worker));
                }
            }
        }
        return earliest;
    }

    /// Returns the number of further slots that may get a worker of the target now.
    static int remainingSlots(StepContext stepContext, Rollout rollout) {
        if (rollout.proved() || rollout.strategy() == Strategy.FLEET) {
            return Integer.MAX_VALUE;
        }
        int begun = 0;
        for (Slot slot : stepContext.slots) {
            boolean has = slot.moved() || slot.successor() != null;
            begun += RolloutStrategy.includes(stepContext, rollout, slot) && has ? 1 : 0;
        }
        return 1 - begun;
    }

    /// True if a worker is on trial, or belongs to a rollout whose first worker is.
    static boolean isOnTrial(StepContext stepContext, Worker worker) {
        return stepContext.rollout != null
                && !stepContext.rollout.proved()
                && stepContext.onTrial(worker);
    }

    /// Describes the state of the trial for status; null if none is going on.
    static @Nullable String words(Program program, Moment now) {
        Rollout rollout = program.rollout();
        Moment due = rollout == null || rollout.draining() ? null : due(program, rollout);
        if (due == null) {
            return null;
        }
        Duration rest = due.reached(now) ? Duration.ZERO : due.since(now);
        return "the first new worker is on trial for another " + DurationText.of(rest);
    }
}
