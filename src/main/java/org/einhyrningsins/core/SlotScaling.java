// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.spec.RolloutSpec.Strategy;

import java.util.ArrayList;
import java.util.List;

/// Keeps as many slots as are wanted, with a worker in each.
final class SlotScaling {
    private SlotScaling() {}

    /// Adds missing slots; empties and then drops those above the count.
    static void adjustSlots(StepContext stepContext) {
        while (stepContext.slots.size() < stepContext.count) {
            stepContext.slots.add(Slot.empty(stepContext.slots.size(), stepContext.now));
        }
        for (int i = stepContext.slots.size() - 1; i >= stepContext.count; i--) {
            removeFrom(stepContext, stepContext.slot(i));
            if (stepContext.slot(i).hasNoProcess() && i == stepContext.slots.size() - 1) {
                stepContext.slots.removeLast();
            }
        }
    }

    /// Should it be wanted again before its workers are gone, it begins anew.
    private static void removeFrom(StepContext stepContext, Slot slot) {
        stepContext.put(slot.hold(false).finish(null).forgetFailures().refill(null).move(false));
        if (slot.successor() != null) {
            WorkerStop.begin(stepContext, slot.successor(), StopCause.SCALED);
        }
        if (slot.current() != null) {
            WorkerStop.begin(stepContext, slot.current(), StopCause.SCALED);
        }
    }

    /// Fills every empty slot that is due, as far as the rollout's limits allow.
    static void refill(StepContext stepContext) {
        List<Slot> due = new ArrayList<>();
        for (Slot slot : stepContext.slots) {
            if (due(stepContext, slot)) {
                due.add(slot);
            }
        }
        if (due.isEmpty()) {
            return;
        }
        int mayStart = RolloutCapacity.maxStarts(stepContext);
        int room = RolloutCapacity.freeSlots(stepContext);
        for (Slot slot : due) {
            boolean onTrial = onTrial(stepContext, slot);
            boolean crowds = isExtraProcess(slot);
            if ((onTrial && mayStart <= 0) || (crowds && room <= 0)) {
                continue;
            }
            mayStart -= onTrial ? 1 : 0;
            room -= crowds ? 1 : 0;
            Worker worker = stepContext.spawn(slot.index(), version(stepContext, slot));
            stepContext.put(slot.current(worker).refill(null));
        }
    }

    private static boolean due(StepContext stepContext, Slot slot) {
        return slot.current() == null
                && (slot.refill() == null || slot.refill().reached(stepContext.now))
                && stepContext.wants(slot)
                && !blocked(stepContext, slot);
    }

    private static boolean onTrial(StepContext stepContext, Slot slot) {
        return slot.moved() && stepContext.advancing();
    }

    private static ProgramVersion version(StepContext stepContext, Slot slot) {
        Rollout rollout = stepContext.rollout;
        return rollout != null && onTrial(stepContext, slot)
                ? rollout.target()
                : stepContext.serving;
    }

    /// True if another worker must be gone first.
    private static boolean blocked(StepContext stepContext, Slot slot) {
        for (Worker worker : slot.leaving()) {
            if (worker.state() instanceof WorkerState.Stopping s && !s.stuck()) {
                boolean waits =
                        switch (s.cause()) {
                            case STOPPED, RESTARTED, FAILED_START, HUNG, OVERDUE, REPLACED -> true;
                            case RETIRED, SCALED, WITHDRAWN, LEFT_BEHIND ->
                                    mustRunAlone(stepContext, slot, worker);
                        };
                if (waits) {
                    return true;
                }
            }
        }
        return false;
    }

    /// True if the program must not run twice in one slot.
    private static boolean mustRunAlone(StepContext stepContext, Slot slot, Worker worker) {
        return isReplaced(worker.version())
                || isReplaced(version(stepContext, slot))
                || (stepContext.rollout != null
                        && stepContext.rollout.strategy() == Strategy.REPLACE);
    }

    private static boolean isReplaced(ProgramVersion programVersion) {
        return programVersion.spec().rollout().strategy() == Strategy.REPLACE;
    }

    /// True if the empty slot still has a worker of a rollout that was given up: a new one beside
    /// it is one more process than the slot is counted for.
    static boolean isExtraProcess(Slot slot) {
        return slot.current() == null
                && isStopping(slot, StopCause.WITHDRAWN)
                && !isStopping(slot, StopCause.FAILED_START)
                && !isStopping(slot, StopCause.HUNG);
    }

    private static boolean isStopping(Slot slot, StopCause cause) {
        for (Worker worker : slot.leaving()) {
            if (worker.state() instanceof WorkerState.Stopping s
                    && !s.stuck()
                    && s.cause() == cause) {
                return true;
            }
        }
        return false;
    }
}
