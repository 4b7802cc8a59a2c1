// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.spec.RolloutSpec;
import org.jspecify.annotations.Nullable;

/// The number of workers that may run and start during a rollout: `max-surge`, `max-unacked`, and
/// what is left of them.
final class RolloutCapacity {
    private RolloutCapacity() {}

    /// Returns the maximum of processes, without those that the operator ordered to stop.
    static int maxProcesses(StepContext stepContext) {
        Rollout rollout = stepContext.rollout;
        RolloutSpec spec =
                (rollout == null ? stepContext.serving : rollout.target()).spec().rollout();
        return switch (rollout == null ? spec.strategy() : rollout.strategy()) {
            case SMOOTH -> stepContext.count + Math.max(1, spec.maxSurge());
            case FLEET -> 2 * stepContext.count;
            case REPLACE -> stepContext.count;
        };
    }

    /// Slots count whether they are filled or not, so that a refill never exceeds the surge.
    static int processes(StepContext stepContext) {
        ProgramVersion newest =
                stepContext.rollout == null ? stepContext.serving : stepContext.rollout.target();
        boolean counted = newest.spec().rollout().drain().counted();
        int processes = 0;
        for (Slot slot : stepContext.slots) {
            processes += slot.index() < stepContext.count ? 1 : 0;
            processes += slot.successor() != null ? 1 : 0;
            int failed = 0;
            for (Worker worker : slot.leaving()) {
                processes += drains(worker) && counted ? 1 : 0;
                failed += failed(worker) ? 1 : 0;
            }
            boolean taken = slot.current() != null || slot.index() >= stepContext.count;
            processes += taken ? failed : Math.max(0, failed - 1);
        }
        return processes;
    }

    /// True if a worker is stopping since it failed. An empty slot is counted for one of those;
    /// others are extra, as are all of a slot that has another worker or is not wanted any more.
    private static boolean failed(Worker worker) {
        return worker.state() instanceof WorkerState.Stopping s
                && !s.stuck()
                && (s.cause() == StopCause.FAILED_START
                        || s.cause() == StopCause.HUNG
                        || s.cause() == StopCause.OVERDUE);
    }

    /// Returns the number of empty slots to refill beside workers of a rollout that was given up.
    static int freeSlots(StepContext stepContext) {
        int crowding = 0;
        for (Slot slot : stepContext.slots) {
            crowding +=
                    slot.index() < stepContext.count && SlotScaling.isExtraProcess(slot) ? 1 : 0;
        }
        return maxProcesses(stepContext) - (processes(stepContext) - crowding);
    }

    /// Returns the number of workers of the target that may start now; MAX_VALUE: any.
    static int maxStarts(StepContext stepContext) {
        Rollout rollout = stepContext.rollout;
        if (rollout == null || rollout.draining()) {
            return Integer.MAX_VALUE;
        }
        int most = Math.max(1, rollout.target().spec().rollout().maxUnacked());
        return most - unacked(stepContext, rollout);
    }

    private static int unacked(StepContext stepContext, Rollout rollout) {
        int unacked = 0;
        for (Slot slot : stepContext.slots) {
            unacked += unacked(rollout, slot.current()) ? 1 : 0;
            unacked += unacked(rollout, slot.successor()) ? 1 : 0;
        }
        return unacked;
    }

    private static boolean unacked(Rollout rollout, @Nullable Worker worker) {
        return worker != null
                && worker.state() instanceof WorkerState.Starting
                && rollout.owns(worker);
    }

    /// Slots that are to be refilled with the target come before those that have an old worker.
    static int emptySlots(StepContext stepContext) {
        int empty = 0;
        for (Slot slot : stepContext.slots) {
            empty += slot.moved() && slot.current() == null && stepContext.wants(slot) ? 1 : 0;
        }
        return empty;
    }

    /// True if a worker of the slot is stopping for a rollout.
    static boolean drains(Slot slot) {
        return slot.leaving().stream().anyMatch(RolloutCapacity::drains);
    }

    /// True if a rollout waits for this worker to be gone.
    static boolean drains(Worker worker) {
        return worker.state() instanceof WorkerState.Stopping s
                && !s.stuck()
                && switch (s.cause()) {
                    case RETIRED, WITHDRAWN, REPLACED -> true;
                    case SCALED, STOPPED, RESTARTED, FAILED_START, HUNG, OVERDUE, LEFT_BEHIND ->
                            false;
                };
    }
}
