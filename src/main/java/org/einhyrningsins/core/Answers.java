// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.spec.WorkerId;

import java.util.List;

/// Commands whose outcome is known are answered, each exactly once.
final class Answers {
    private Answers() {}

    static void give(Draft draft) {
        for (Wait wait : List.copyOf(draft.waits)) {
            switch (wait.until()) {
                case UP -> up(draft, wait, false);
                case SCALED -> up(draft, wait, true);
                case GONE -> gone(draft, wait);
                case ROLLED -> {}
            }
        }
    }

    private static void up(Draft draft, Wait wait, boolean noneAbove) {
        if (!(draft.phase instanceof Phase.Running)) {
            notRunning(draft, wait);
            return;
        }
        int ready = 0;
        boolean all = true;
        for (Slot slot : draft.slots) {
            if (slot.index() >= draft.count) {
                all &= !noneAbove || vacant(slot);
            } else if (wait.covers(slot.index()) && !slot.held()) {
                if (failing(draft, slot)) {
                    fail(draft, wait, slot);
                    return;
                }
                boolean up = slot.current() != null && slot.current().ready();
                ready += up ? 1 : 0;
                all &= up || slot.finished() != null;
            }
        }
        if (all) {
            String took = Words.of(draft.now.since(wait.began()));
            say(draft, wait, true, Words.workers(ready) + " ready, " + took);
        }
    }

    private static void notRunning(Draft draft, Wait wait) {
        if (draft.phase instanceof Phase.Failed failed) {
            say(draft, wait, false, failed.why());
        } else if (wait.until() == Wait.Until.SCALED) {
            say(draft, wait, true, "noted; it is stopped");
        } else {
            say(draft, wait, false, "stopped meanwhile by the operator");
        }
    }

    private static boolean failing(Draft draft, Slot slot) {
        return slot.quickDeaths() >= Math.max(1, draft.serving.spec().rollout().retries());
    }

    private static void fail(Draft draft, Wait wait, Slot slot) {
        String message =
                "worker "
                        + slot.index()
                        + " failed "
                        + slot.quickDeaths()
                        + " times, last: "
                        + slot.trouble()
                        + "; it is tried again with growing delays";
        WorkerId blame = slot.current() == null ? null : slot.current().id();
        draft.answer(wait, false, draft.name + ": " + wait.verb() + " failed: " + message, blame);
    }

    private static void gone(Draft draft, Wait wait) {
        boolean all = true;
        int stuck = 0;
        for (Slot slot : draft.slots) {
            if (wait.covers(slot.index())) {
                if (startedAgain(draft, wait, slot)) {
                    say(draft, wait, false, "started again meanwhile by the operator");
                    return;
                }
                all &= vacant(slot);
                stuck += vacant(slot) ? slot.leaving().size() : 0;
            }
        }
        if (all && stuck > 0) {
            say(draft, wait, false, Words.workers(stuck) + " cannot be killed; see the log");
        } else if (all) {
            say(draft, wait, true, "stopped, " + Words.of(draft.now.since(wait.began())));
        }
    }

    private static boolean startedAgain(Draft draft, Wait wait, Slot slot) {
        return draft.phase instanceof Phase.Running
                && !(slot.held() && wait.scope() != null)
                && slot.index() < draft.count;
    }

    /// Nobody is left but who cannot be killed.
    private static boolean vacant(Slot slot) {
        return slot.workers().stream().allMatch(Worker::stuck);
    }

    private static void say(Draft draft, Wait wait, boolean done, String message) {
        draft.answer(wait, done, draft.name + ": " + message, null);
    }
}
