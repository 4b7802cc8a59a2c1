// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.Effect.Severity;
import org.einhyrningsins.core.WorkerState.Cause;
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

    /// Whether it was up long enough for its end to say nothing about its definition. A canary is
    /// not done with that before its watch is over.
    static boolean provedItself(Draft draft, Worker worker) {
        return !(draft.rollout != null && draft.rollout.watches(worker))
                && worker.state() instanceof WorkerState.Ready ready
                && draft.now.since(ready.since()).compareTo(STABLE) >= 0;
    }

    static void died(Draft draft, Worker worker, Exit exit) {
        boolean over =
                switch (policy(draft, worker).when()) {
                    case ALWAYS -> false;
                    case ON_FAILURE -> exit.success();
                    case NEVER -> true;
                };
        if (over) {
            finish(draft, worker, exit.success(), exit.toString());
        } else if (worker.ready()) {
            replaceReady(draft, worker, draft.slot(worker.id().slot()), exit.toString());
        } else {
            failedToStart(draft, worker, "ended before it was up: " + exit);
        }
    }

    /// That of the definition its slot is refilled with.
    private static RestartSpec policy(Draft draft, Worker worker) {
        Version version = draft.onTrial(worker) ? worker.version() : draft.serving;
        return version.spec().restart();
    }

    /// The slot stays empty, and needs no successor either.
    private static void finish(Draft draft, Worker worker, boolean well, String how) {
        Slot slot = draft.slot(worker.id().slot());
        Slot after =
                well
                        ? slot.forgive()
                        : slot.history(
                                slot.past().quickDeaths() + 1,
                                slot.past().burst(),
                                how,
                                worker.id());
        draft.report(well ? Severity.INFO : Severity.WARN, worker.id(), how + "; not replaced");
        draft.put(after.finish(how).refill(null));
        if (slot.successor() != null) {
            draft.tellToGo(slot.successor(), Cause.WITHDRAWN);
        }
    }

    private static void replaceReady(Draft draft, Worker worker, Slot slot, String how) {
        if (provedItself(draft, worker)) {
            Slot forgiven = slot.history(0, List.of(), how, worker.id());
            refill(draft, worker, forgiven, Duration.ZERO, how);
            return;
        }
        List<Moment> recent = recent(slot.past().burst(), draft.now, WINDOW);
        if (slot.past().quickDeaths() == 0 && recent.size() < policy(draft, worker).burst()) {
            recent.add(draft.now);
            refill(draft, worker, slot.history(0, recent, how, worker.id()), Duration.ZERO, how);
        } else {
            backOff(draft, worker, slot, how);
        }
    }

    /// It was up, and had to be ended.
    static void hung(Draft draft, Worker worker, String why) {
        if (policy(draft, worker).when() == RestartSpec.When.NEVER) {
            finish(draft, worker, false, why);
        } else {
            replaceReady(draft, worker, draft.slot(worker.id().slot()), why);
        }
    }

    /// It never came up, or could not be spawned at all.
    static void failedToStart(Draft draft, Worker worker, String why) {
        if (policy(draft, worker).when() == RestartSpec.When.NEVER) {
            finish(draft, worker, false, why);
        } else {
            backOff(draft, worker, draft.slot(worker.id().slot()), why);
        }
    }

    private static void backOff(Draft draft, Worker worker, Slot slot, String why) {
        int failures = slot.past().quickDeaths() + 1;
        Duration delay = policy(draft, worker).backoff().delay(failures);
        refill(
                draft,
                worker,
                slot.history(failures, slot.past().burst(), why, worker.id()),
                delay,
                why);
    }

    private static void refill(Draft draft, Worker worker, Slot slot, Duration delay, String why) {
        draft.put(slot.refill(draft.now.plus(delay)).restarted());
        if (!(draft.phase instanceof Phase.Running)) {
            draft.report(Severity.WARN, worker.id(), why + "; not replaced, as it gave up before");
        } else if (!gaveUp(draft, why)) {
            String next = delay.isZero() ? "replaced at once" : "next try in " + Words.of(delay);
            draft.report(Severity.WARN, worker.id(), why + "; " + next);
        }
    }

    /// Counts the death, and marks the program failed if there were too many. A rollout under way
    /// has a budget of its own, and may be the cure.
    private static boolean gaveUp(Draft draft, String last) {
        RestartSpec.GiveUp limit = draft.serving.spec().restart().giveUp();
        if (limit == null || draft.advancing()) {
            return false;
        }
        List<Moment> recent = recent(draft.deaths, draft.now, limit.within());
        recent.add(draft.now);
        draft.deaths = recent;
        if (recent.size() < limit.deaths()) {
            return false;
        }
        String why =
                "gave up after "
                        + recent.size()
                        + " deaths within "
                        + Words.of(limit.within())
                        + ", last: "
                        + last;
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
