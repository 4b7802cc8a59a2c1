// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.WorkerState.Cause;
import org.einhyrningsins.core.model.Effect.Severity;
import org.einhyrningsins.core.model.Exit;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.Phase;
import org.einhyrningsins.core.model.Version;
import org.einhyrningsins.core.model.Words;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.Signal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Workers that end without having been told to: what their slot does next.
///
/// A worker that had been up and that somebody killed is replaced at once, and so are the first
/// that crashed: `burst` in a row. From then on they wait longer and longer, as those do that did
/// not come up. All is forgotten when a worker has proved itself: [Crashes#proof()].
final class Deaths {
    /// How far back deaths of workers that somebody killed are counted.
    private static final Duration WINDOW = Duration.ofMinutes(1);

    /// So many of those in a slot within that time are replaced at once. Whoever kills more of them
    /// (the kernel, since they use too much memory; a script that went wrong) goes on with it.
    private static final int MAX_KILLED = 50;

    /// So many in a row that got KILL, each within [#SECONDS] of its birth, are a crash loop: it is
    /// the kernel that runs out of memory, or a guard that they offend. Those that do not even live
    /// for a second are left to [#MAX_KILLED], which they reach within a minute: that is how
    /// somebody kills who tries how soon they are replaced.
    private static final int KILLED_IN_A_ROW = 5;

    private static final Duration SECOND = Duration.ofSeconds(1);

    private static final Duration SECONDS = Duration.ofSeconds(5);

    private Deaths() {}

    /// Whether it was up long enough for its end to say nothing about its definition. A canary is
    /// not done with that before its watch is over, nor the first of a rollout before its trial is.
    static boolean provedItself(Draft draft, Worker worker) {
        return !(draft.rollout != null && draft.rollout.watches(worker))
                && !Probation.watches(draft, worker)
                && worker.state() instanceof WorkerState.Ready ready
                && draft.now.since(ready.since()).compareTo(Crashes.STABLE) >= 0;
    }

    /// Forgets the failures of slots whose worker has proved itself.
    static void forgive(Draft draft) {
        for (Slot slot : draft.slots) {
            Moment when = slot.forgiven();
            if (when != null && when.reached(draft.now)) {
                draft.put(slot.forgive());
            }
        }
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
            replaceReady(draft, worker, exit);
        } else {
            Slot slot = draft.slot(worker.id().slot());
            Slot after = exit.isOwnDoing() ? crashed(draft, worker) : slot;
            backOff(draft, worker, after, "ended before it was up: " + exit);
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
        if (slot.current() != null) {
            draft.tellToGo(slot.current(), Cause.RETIRED);
        }
        if (slot.successor() != null) {
            draft.tellToGo(slot.successor(), Cause.WITHDRAWN);
        }
    }

    private static void replaceReady(Draft draft, Worker worker, Exit exit) {
        Slot slot = draft.slot(worker.id().slot());
        String how = exit.toString();
        if (!exit.isOwnDoing()) {
            replaceKilled(draft, worker, slot, exit);
        } else if (exit.success() && provedItself(draft, worker)) {
            refill(draft, worker, slot.forgive(), Duration.ZERO, how);
        } else {
            replaceCrashed(draft, worker, how);
        }
    }

    private static void replaceKilled(Draft draft, Worker worker, Slot slot, Exit exit) {
        String how = exit.toString();
        boolean atBirth =
                exit.signal() == Signal.KILL.number()
                        && lived(draft, worker).compareTo(SECOND) >= 0
                        && lived(draft, worker).compareTo(SECONDS) < 0;
        if (atBirth && killedAgainAndAgain(draft, worker, slot.past())) {
            int row = Math.max(slot.past().quickDeaths(), slot.past().burst().size());
            Crashes crashes = slot.past().crashes().and(draft.now, lived(draft, worker)).looping();
            Slot after = slot.crashed(crashes);
            backOff(draft, worker, after.past(after.past().failing(row)), how);
            return;
        }
        List<Moment> recent = recent(slot.past().burst(), draft.now, WINDOW);
        if (recent.size() < Math.max(MAX_KILLED, policy(draft, worker).burst())) {
            recent.add(draft.now);
            Slot after = slot.past(slot.past().killed(recent));
            refill(draft, worker, after, Duration.ZERO, how);
        } else {
            String often = how + ", " + (recent.size() + 1) + " times within a minute";
            Crashes crashes = slot.past().crashes().and(draft.now, lived(draft, worker)).looping();
            backOff(draft, worker, slot.crashed(crashes), often);
        }
    }

    private static boolean killedAgainAndAgain(Draft draft, Worker worker, Slot.Past past) {
        int row = 1;
        Moment later = draft.now;
        for (Moment earlier : past.burst().reversed()) {
            if (later.since(earlier).compareTo(SECONDS) >= 0) {
                break;
            }
            row++;
            later = earlier;
        }
        int most = Math.max(KILLED_IN_A_ROW, policy(draft, worker).burst());
        return past.crashLoop() || row >= most;
    }

    private static void replaceCrashed(Draft draft, Worker worker, String how) {
        Slot slot = draft.slot(worker.id().slot());
        if (lived(draft, worker).compareTo(Crashes.YOUNG) >= 0) {
            refill(draft, worker, slot.forgive(), Duration.ZERO, how);
            return;
        }
        Slot crashed = crashed(draft, worker);
        int failures = slot.past().quickDeaths() + 1;
        int burst = policy(draft, worker).burst();
        if (failures <= burst) {
            fail(draft, worker, crashed, Duration.ZERO, how);
        } else {
            Duration delay = policy(draft, worker).backoff().delay(failures - burst);
            fail(draft, worker, crashed, delay, how);
        }
    }

    private static Duration lived(Draft draft, Worker worker) {
        return draft.now.since(worker.born());
    }

    /// Its slot, with one more crash in the row.
    private static Slot crashed(Draft draft, Worker worker) {
        Slot slot = draft.slot(worker.id().slot());
        Crashes crashes = slot.past().crashes().and(draft.now, lived(draft, worker));
        boolean loop = Crashes.isLoop(crashes, slot.index(), draft.slots, draft.count, draft.now);
        return slot.crashed(loop ? crashes.looping() : crashes);
    }

    /// It was up, and had to be ended.
    static void hung(Draft draft, Worker worker, String why) {
        if (policy(draft, worker).when() == RestartSpec.When.NEVER) {
            finish(draft, worker, false, why);
        } else {
            replaceCrashed(draft, worker, why);
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
        Duration delay = policy(draft, worker).backoff().delay(slot.past().quickDeaths() + 1);
        fail(draft, worker, slot, delay, why);
    }

    private static void fail(Draft draft, Worker worker, Slot slot, Duration delay, String why) {
        int failures = slot.past().quickDeaths() + 1;
        refill(
                draft,
                worker,
                slot.history(failures, slot.past().burst(), why, worker.id()),
                delay,
                why);
    }

    private static void refill(Draft draft, Worker worker, Slot slot, Duration delay, String why) {
        boolean before = draft.crashLoop();
        draft.put(slot.refill(draft.now.plus(delay)).restarted());
        if (!(draft.phase instanceof Phase.Running)) {
            draft.report(Severity.WARN, worker.id(), why + "; not replaced, as it gave up before");
        } else if (!gaveUp(draft, worker, why)) {
            String next = delay.isZero() ? "replaced at once" : "next try in " + Words.of(delay);
            tell(draft, worker, slot.past(), before, why + "; " + next);
        }
    }

    /// A crash loop is told once, when it begins.
    private static void tell(
            Draft draft, Worker worker, Slot.Past past, boolean before, String how) {
        String advice = Advice.about(past);
        String message = advice.isEmpty() ? how : how + "; " + advice;
        if (!past.crashLoop()) {
            draft.report(Severity.WARN, worker.id(), message);
        } else if (before) {
            draft.report(Severity.DEBUG, worker.id(), message);
        } else {
            boolean inTurn = past.quickDeaths() < Crashes.LOOP;
            String many = inTurn ? "slots fail in turn" : past.quickDeaths() + " failures in a row";
            draft.report(Severity.ERROR, worker.id(), "crash loop: " + many + ", last: " + message);
        }
    }

    /// Counts the death, and marks the program failed if there were too many. A rollout under way
    /// has a budget of its own, and may be the cure.
    private static boolean gaveUp(Draft draft, Worker worker, String last) {
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
        if (Rollback.insteadOfGivingUp(draft, worker.id(), why)) {
            return true;
        }
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
