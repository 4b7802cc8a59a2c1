// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.WorkerState.Cause;
import org.einhyrningsins.core.model.Version;
import org.einhyrningsins.spec.RolloutSpec.Strategy;

import java.util.ArrayList;
import java.util.List;

/// Keeps as many slots as are wanted, with a worker in each.
final class Slots {
    private Slots() {}

    /// Adds missing slots; empties and then drops those above the count.
    static void trim(Draft draft) {
        while (draft.slots.size() < draft.count) {
            draft.slots.add(Slot.empty(draft.slots.size(), draft.now));
        }
        for (int i = draft.slots.size() - 1; i >= draft.count; i--) {
            removeFrom(draft, draft.slot(i));
            if (draft.slot(i).vacant() && i == draft.slots.size() - 1) {
                draft.slots.removeLast();
            }
        }
    }

    /// Should it be wanted again before its workers are gone, it begins anew.
    private static void removeFrom(Draft draft, Slot slot) {
        draft.put(slot.hold(false).finish(null).forgive().refill(null).move(false));
        if (slot.successor() != null) {
            draft.tellToGo(slot.successor(), Cause.SCALED);
        }
        if (slot.current() != null) {
            draft.tellToGo(slot.current(), Cause.SCALED);
        }
    }

    /// Fills every empty slot that is due, as far as the rollout's limits allow.
    static void refill(Draft draft) {
        List<Slot> due = new ArrayList<>();
        for (Slot slot : draft.slots) {
            if (due(draft, slot)) {
                due.add(slot);
            }
        }
        if (due.isEmpty()) {
            return;
        }
        int mayStart = Rolling.mayStart(draft);
        int room = Rolling.room(draft);
        for (Slot slot : due) {
            boolean onTrial = onTrial(draft, slot);
            boolean crowds = crowds(slot);
            if ((onTrial && mayStart <= 0) || (crowds && room <= 0)) {
                continue;
            }
            mayStart -= onTrial ? 1 : 0;
            room -= crowds ? 1 : 0;
            Worker worker = draft.spawn(slot.index(), version(draft, slot));
            draft.put(slot.current(worker).refill(null));
        }
    }

    private static boolean due(Draft draft, Slot slot) {
        return slot.current() == null
                && (slot.refill() == null || slot.refill().reached(draft.now))
                && draft.wants(slot)
                && !blocked(draft, slot);
    }

    private static boolean onTrial(Draft draft, Slot slot) {
        return slot.moved() && draft.advancing();
    }

    private static Version version(Draft draft, Slot slot) {
        Rollout rollout = draft.rollout;
        return rollout != null && onTrial(draft, slot) ? rollout.target() : draft.serving;
    }

    /// Whether somebody must be gone first.
    private static boolean blocked(Draft draft, Slot slot) {
        for (Worker worker : slot.leaving()) {
            if (worker.state() instanceof WorkerState.Stopping s && !s.stuck()) {
                boolean waits =
                        switch (s.cause()) {
                            case STOPPED, RESTARTED, FAILED_START, HUNG, REPLACED -> true;
                            case RETIRED, SCALED, WITHDRAWN, LEFT_BEHIND ->
                                    alone(draft, slot, worker);
                        };
                if (waits) {
                    return true;
                }
            }
        }
        return false;
    }

    /// Whether the program must not run twice in one slot.
    private static boolean alone(Draft draft, Slot slot, Worker worker) {
        return isReplaced(worker.version())
                || isReplaced(version(draft, slot))
                || (draft.rollout != null && draft.rollout.strategy() == Strategy.REPLACE);
    }

    private static boolean isReplaced(Version version) {
        return version.spec().rollout().strategy() == Strategy.REPLACE;
    }

    /// Whether the empty slot still has a worker of a rollout that was given up: a new one beside
    /// it is one more process than the slot is counted for.
    static boolean crowds(Slot slot) {
        return slot.current() == null
                && leaves(slot, Cause.WITHDRAWN)
                && !leaves(slot, Cause.FAILED_START)
                && !leaves(slot, Cause.HUNG);
    }

    private static boolean leaves(Slot slot, Cause cause) {
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
