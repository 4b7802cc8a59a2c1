// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.WorkerState.Cause;
import org.einhyrningsins.spec.RolloutSpec.Strategy;

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

    private static void removeFrom(Draft draft, Slot slot) {
        draft.put(slot.refill(null).move(false));
        if (slot.successor() != null) {
            draft.tellToGo(slot.successor(), Cause.SCALED);
        }
        if (slot.current() != null) {
            draft.tellToGo(slot.current(), Cause.SCALED);
        }
    }

    /// Fills every empty slot that is due.
    static void refill(Draft draft) {
        for (Slot slot : draft.everySlot()) {
            if (due(draft, slot)) {
                Worker worker = draft.spawn(slot.index(), version(draft, slot));
                draft.put(draft.slot(slot.index()).current(worker).refill(null));
            }
        }
    }

    private static boolean due(Draft draft, Slot slot) {
        return slot.current() == null
                && slot.refill() != null
                && slot.refill().reached(draft.now)
                && draft.wants(slot)
                && !blocked(draft, slot);
    }

    private static Version version(Draft draft, Slot slot) {
        return slot.moved() && draft.rollout != null && !draft.rollout.draining()
                ? draft.rollout.target()
                : draft.serving;
    }

    /// Whether somebody must be gone first.
    private static boolean blocked(Draft draft, Slot slot) {
        for (Worker worker : slot.leaving()) {
            if (worker.state() instanceof WorkerState.Stopping s && !s.stuck()) {
                boolean waits =
                        switch (s.cause()) {
                            case STOPPED, RESTARTED, FAILED_START -> true;
                            case RETIRED, SCALED, WITHDRAWN -> alone(draft, worker);
                        };
                if (waits) {
                    return true;
                }
            }
        }
        return false;
    }

    /// Whether the program must not run twice in one slot.
    private static boolean alone(Draft draft, Worker worker) {
        return worker.version().spec().rollout().strategy() == Strategy.REPLACE
                || (draft.rollout != null && draft.rollout.strategy() == Strategy.REPLACE);
    }
}
