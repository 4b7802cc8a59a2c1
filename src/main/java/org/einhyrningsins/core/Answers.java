// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.Effect.Severity;
import org.einhyrningsins.core.model.Phase;
import org.einhyrningsins.core.model.Wait;
import org.einhyrningsins.core.model.Words;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// Commands whose outcome is known are answered, each exactly once.
final class Answers {
    private Answers() {}

    static void give(Draft draft) {
        for (Wait wait : List.copyOf(draft.waits)) {
            switch (wait.until()) {
                case UP, ENDED -> up(draft, wait, false);
                case SCALED -> up(draft, wait, true);
                case GONE -> gone(draft, wait);
                case ROLLED -> hindered(draft, wait);
                case READY -> ready(draft, wait);
                case RESTORED -> restored(draft, wait);
                case BACK -> back(draft, wait);
            }
        }
    }

    private static void up(Draft draft, Wait wait, boolean noneAbove) {
        if (!(draft.phase instanceof Phase.Running)) {
            notRunning(draft, wait);
            return;
        }
        int ready = 0;
        int held = 0;
        int done = 0;
        boolean all = true;
        boolean toItsEnd = wait.toItsEnd(draft.serving.spec());
        for (Slot slot : draft.slots) {
            if (slot.index() >= draft.count) {
                all &= !noneAbove || vacant(slot);
            } else if (wait.covers(slot.index()) && slot.held()) {
                held++;
            } else if (wait.covers(slot.index())) {
                boolean up = slot.current() != null && slot.current().ready();
                if (!up && failing(draft, wait, slot)) {
                    fail(draft, wait, slot);
                    return;
                }
                ready += up ? 1 : 0;
                done += slot.endedWell() ? 1 : 0;
                all &= (up && !toItsEnd) || slot.finished() != null;
            }
        }
        if (all && ready + done == 0 && held > 0 && wait.forStart()) {
            stoppedMeanwhile(draft, wait);
        } else if (all) {
            String took = Words.of(draft.now.since(wait.began()));
            String what = ready == 0 && done > 0 ? "done" : Words.workers(ready) + " ready";
            say(draft, wait, true, what + ", " + took);
        }
    }

    /// [Setbacks] answers; here is only who was forgotten.
    private static void restored(Draft draft, Wait wait) {
        if (draft.setback == null || !draft.setback.returning()) {
            draft.answer(wait, false, draft.verdict, null);
        }
    }

    private static void back(Draft draft, Wait wait) {
        if (!(draft.phase instanceof Phase.Running)) {
            notRunning(draft, wait);
            return;
        }
        if (draft.advancing()) {
            say(draft, wait, false, wentBack(wait) + ", and a newer rollout began meanwhile");
            return;
        }
        boolean all = true;
        for (Slot slot : draft.slots) {
            Worker current = slot.current();
            if (slot.index() < draft.count && !slot.held() && current == null) {
                if (slot.failing(draft.serving.spec(), true)) {
                    fail(draft, wait, slot);
                    return;
                }
                all &= slot.finished() != null;
            }
            if (current != null && current.care().recalled()) {
                if (Renewal.triedInVain(draft, current)) {
                    String why =
                            wentBack(wait) + ", but the old version does not come up; see the log";
                    say(draft, wait, false, why + "; " + Renewal.STAYS);
                    return;
                }
                all = false;
            }
            all &= (current == null || current.ready()) && !takenBack(draft, slot);
            all &= slot.index() < draft.count || vacant(slot);
        }
        if (all) {
            String took = Words.of(draft.now.since(wait.began()));
            int generation = draft.serving.generation();
            String words = wentBack(wait) + "; generation " + generation + " serves, " + took;
            say(draft, wait, true, words);
        }
    }

    private static void ready(Draft draft, Wait wait) {
        if (Rolling.ready(draft)) {
            say(draft, wait, true, "all new workers are up beside the old ones");
        } else {
            hindered(draft, wait);
        }
    }

    private static String wentBack(Wait wait) {
        return wait.verb().equals("abort") ? "aborted" : "rollout given up";
    }

    /// Whether workers of a version that was given up are still leaving.
    private static boolean takenBack(Draft draft, Slot slot) {
        for (Worker worker : slot.leaving()) {
            if (worker.version().generation() > draft.serving.generation() && !worker.stuck()) {
                return true;
            }
        }
        return false;
    }

    private static void notRunning(Draft draft, Wait wait) {
        if (draft.phase instanceof Phase.Failed failed) {
            say(draft, wait, false, failed.why());
        } else if (draft.phase instanceof Phase.Waiting waiting) {
            if (wait.until() != Wait.Until.SCALED) {
                hindered(draft, wait);
            } else if (!waiting.on().isEmpty()) {
                say(draft, wait, true, "noted; " + waiting.words());
            }
        } else if (wait.until() == Wait.Until.SCALED) {
            say(draft, wait, true, "noted; it is stopped");
        } else {
            stoppedMeanwhile(draft, wait);
        }
    }

    /// Nothing went wrong: whoever stopped it wanted that.
    private static void stoppedMeanwhile(Draft draft, Wait wait) {
        String what = "stopped meanwhile by the operator";
        draft.report(Severity.INFO, null, what);
        draft.answer(wait, false, what, null);
    }

    /// Nobody waits for one that does not start unless somebody does something.
    private static void hindered(Draft draft, Wait wait) {
        if (draft.phase instanceof Phase.Waiting waiting && waiting.by() != null) {
            draft.answer(wait, false, waiting.words(), null);
        }
    }

    private static boolean failing(Draft draft, Wait wait, Slot slot) {
        return slot.failing(draft.serving.spec(), wait.forStart());
    }

    private static void fail(Draft draft, Wait wait, Slot slot) {
        String message =
                "worker "
                        + slot.index()
                        + " failed "
                        + (slot.past().quickDeaths() == 1
                                ? "once: "
                                : slot.past().quickDeaths() + " times, last: ")
                        + slot.past().trouble()
                        + (slot.finished() == null
                                ? "; it is tried again with growing delays"
                                : "; it is not tried again, as its restart policy has it");
        say(draft, wait, false, wait.verb() + " failed: " + message, slot.past().blame());
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
        if (slot.current() != null || slot.successor() != null) {
            return false;
        }
        for (Worker worker : slot.leaving()) {
            if (!worker.stuck()) {
                return false;
            }
        }
        return true;
    }

    private static void say(Draft draft, Wait wait, boolean done, String message) {
        say(draft, wait, done, message, null);
    }

    private static void say(
            Draft draft, Wait wait, boolean done, String message, @Nullable WorkerId blame) {
        draft.report(done ? Severity.INFO : Severity.ERROR, null, message);
        draft.answer(wait, done, message, blame);
    }
}
