// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.Effect.Severity;
import org.einhyrningsins.spec.RestartSpec;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Workers that end without having been told to: what their slot does next.
///
/// A worker that had been up is replaced at once. Failures in a row wait longer and longer; a slot
/// is forgiven when a worker of it has been up for [#STABLE]. Workers that come up and die again
/// and again are failures too, from the `burst`-th within a minute on.
final class Deaths {
    /// A worker that was up that long was a good one.
    private static final Duration STABLE = Duration.ofSeconds(10);

    /// How far back deaths of workers that had been up are counted.
    private static final Duration WINDOW = Duration.ofMinutes(1);

    private Deaths() {}

    /// Whether it was up long enough for its end to say nothing about its definition.
    static boolean provedItself(Draft draft, Worker worker) {
        return worker.state() instanceof WorkerState.Ready ready
                && draft.now.since(ready.since()).compareTo(STABLE) >= 0;
    }

    static void died(Draft draft, Worker worker, Exit exit) {
        RestartSpec policy = draft.serving.spec().restart();
        Slot slot = draft.slot(worker.id().slot());
        boolean over =
                switch (policy.when()) {
                    case ALWAYS -> false;
                    case ON_FAILURE -> exit.success();
                    case NEVER -> true;
                };
        if (over) {
            draft.report(Severity.INFO, worker.id(), "ended: " + exit + "; not replaced");
            draft.put(slot.finish(exit.toString()).refill(null));
            return;
        }
        if (worker.ready()) {
            replaceReady(draft, worker, slot, exit.toString());
        } else {
            failedToStart(draft, worker, "ended before it was up: " + exit);
        }
    }

    private static void replaceReady(Draft draft, Worker worker, Slot slot, String how) {
        RestartSpec policy = draft.serving.spec().restart();
        if (provedItself(draft, worker)) {
            refill(draft, worker, slot.history(0, List.of(), how), Duration.ZERO, how);
            return;
        }
        List<Moment> recent = recent(slot.burst(), draft.now, WINDOW);
        if (slot.quickDeaths() == 0 && recent.size() < policy.burst()) {
            recent.add(draft.now);
            refill(draft, worker, slot.history(0, recent, how), Duration.ZERO, how);
        } else {
            backOff(draft, worker, slot, how);
        }
    }

    /// It never came up, or could not be spawned at all.
    static void failedToStart(Draft draft, Worker worker, String why) {
        backOff(draft, worker, draft.slot(worker.id().slot()), why);
    }

    private static void backOff(Draft draft, Worker worker, Slot slot, String why) {
        int failures = slot.quickDeaths() + 1;
        Duration delay = draft.serving.spec().restart().backoff().delay(failures);
        refill(draft, worker, slot.history(failures, slot.burst(), why), delay, why);
    }

    private static void refill(Draft draft, Worker worker, Slot slot, Duration delay, String why) {
        draft.put(slot.refill(draft.now.plus(delay)).restarted());
        if (gaveUp(draft)) {
            return;
        }
        String next = delay.isZero() ? "replaced at once" : "next try in " + Words.of(delay);
        draft.report(Severity.WARN, worker.id(), why + "; " + next);
    }

    /// Counts the death, and marks the program failed if there were too many. A rollout under way
    /// has a budget of its own, and may be the cure.
    private static boolean gaveUp(Draft draft) {
        RestartSpec.GiveUp limit = draft.serving.spec().restart().giveUp();
        if (limit == null || !(draft.phase instanceof Phase.Running) || draft.advancing()) {
            return false;
        }
        List<Moment> recent = recent(draft.deaths, draft.now, limit.within());
        recent.add(draft.now);
        draft.deaths = recent;
        if (recent.size() < limit.deaths()) {
            return false;
        }
        String why =
                "gave up after " + recent.size() + " deaths within " + Words.of(limit.within());
        draft.phase = new Phase.Failed(why);
        draft.report(
                Severity.ERROR, null, why + "; nothing is respawned until you start or reload it");
        return true;
    }

    private static List<Moment> recent(List<Moment> moments, Moment now, Duration within) {
        List<Moment> recent = new ArrayList<>(moments);
        recent.removeIf(then -> now.since(then).compareTo(within) > 0);
        return recent;
    }
}
