// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.Effect.Severity;
import org.einhyrningsins.core.WorkerState.Cause;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RolloutSpec.Strategy;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// Rolling replacement: new workers in, old ones out, and never the other way round unless the
/// strategy says so.
final class Rolling {
    private Rolling() {}

    // ---- begin

    /// Begins a rollout; one that is under way is over. Slots where nothing runs have nothing to
    /// lose: they get the target at once.
    static void begin(
            Draft draft, Version target, Strategy strategy, @Nullable Set<Integer> scope) {
        supersede(draft);
        if (draft.phase instanceof Phase.Failed) {
            draft.phase = new Phase.Running();
            draft.deaths = List.of();
        }
        Rollout rollout = Rollout.of(target, strategy, scope, draft.now);
        draft.rollout = rollout;
        for (Slot slot : draft.everySlot()) {
            if (inScope(draft, rollout, slot) && slot.current() == null) {
                draft.put(slot.afresh(draft.now).move(true));
            }
        }
        draft.report(
                Severity.INFO,
                null,
                "rolling to generation " + target.generation() + ", " + name(strategy));
    }

    private static void supersede(Draft draft) {
        Rollout before = draft.rollout;
        if (before == null) {
            return;
        }
        if (before.draining()) {
            end(draft, before, true, "rolled; its last old workers are still leaving");
        } else {
            withdraw(draft);
            end(draft, before, false, "superseded by a newer rollout");
        }
    }

    // ---- advance

    /// Goes on as far as it may.
    static void advance(Draft draft) {
        Rollout rollout = draft.rollout;
        if (rollout == null) {
            return;
        }
        if (!rollout.draining()) {
            switch (rollout.strategy()) {
                case SMOOTH -> smooth(draft, rollout);
                case FLEET -> fleet(draft, rollout);
                case REPLACE -> replace(draft, rollout);
            }
            if (complete(draft, rollout)) {
                commit(draft, rollout);
            }
        }
        if (draft.rollout != null && draft.rollout.draining()) {
            finishWhenDrained(draft, draft.rollout);
        }
    }

    private static void smooth(Draft draft, Rollout rollout) {
        for (Slot slot : draft.everySlot()) {
            if (concerns(draft, rollout, slot) && !slot.moved() && up(slot.successor())) {
                takeOver(draft, rollout, slot);
            }
        }
        int surge = Math.max(1, rollout.target().spec().rollout().maxSurge());
        spawnSuccessors(draft, rollout, draft.count + surge);
    }

    private static void fleet(Draft draft, Rollout rollout) {
        spawnSuccessors(draft, rollout, 2 * draft.count);
        boolean allUp = true;
        for (Slot slot : draft.slots) {
            if (concerns(draft, rollout, slot)) {
                allUp &= up(slot.moved() ? slot.current() : slot.successor());
            }
        }
        for (Slot slot : allUp ? draft.everySlot() : List.<Slot>of()) {
            if (concerns(draft, rollout, slot) && !slot.moved()) {
                takeOver(draft, rollout, slot);
            }
        }
    }

    private static void replace(Draft draft, Rollout rollout) {
        for (Slot slot : draft.everySlot()) {
            if (!concerns(draft, rollout, slot) || (slot.moved() && up(slot.current()))) {
                continue;
            }
            if (!slot.moved()) {
                if (slot.current() != null) {
                    draft.tellToGo(slot.current(), Cause.RETIRED);
                }
                Moment when = rollout.retryAt().reached(draft.now) ? draft.now : rollout.retryAt();
                draft.put(draft.slot(slot.index()).move(true).refill(when));
            }
            return;
        }
    }

    private static void spawnSuccessors(Draft draft, Rollout rollout, int most) {
        if (!rollout.retryAt().reached(draft.now)) {
            return;
        }
        int processes = processes(draft);
        int unacked = unacked(draft, rollout);
        int maxUnacked = Math.max(1, rollout.target().spec().rollout().maxUnacked());
        for (Slot slot : draft.everySlot()) {
            if (processes >= most || unacked >= maxUnacked) {
                return;
            }
            if (concerns(draft, rollout, slot) && !slot.moved() && slot.successor() == null) {
                Worker worker = draft.spawn(slot.index(), rollout.target());
                draft.put(draft.slot(slot.index()).successor(worker));
                processes++;
                unacked++;
            }
        }
    }

    private static void takeOver(Draft draft, Rollout rollout, Slot slot) {
        if (slot.current() != null) {
            draft.tellToGo(slot.current(), Cause.RETIRED);
        }
        Slot now = draft.slot(slot.index());
        draft.put(now.current(now.successor()).successor(null).move(true).refill(null));
        progress(draft, rollout);
    }

    /// Slots count whether they are filled or not, so that a refill never exceeds the surge.
    private static int processes(Draft draft) {
        int processes = 0;
        for (Slot slot : draft.slots) {
            processes += slot.index() < draft.count && !slot.held() ? 1 : 0;
            processes += slot.successor() != null ? 1 : 0;
            for (Worker worker : slot.leaving()) {
                processes += drains(worker) ? 1 : 0;
            }
        }
        return processes;
    }

    private static int unacked(Draft draft, Rollout rollout) {
        int unacked = 0;
        for (Slot slot : draft.slots) {
            for (Worker worker : slot.workers()) {
                boolean starting = worker.state() instanceof WorkerState.Starting;
                unacked += starting && rollout.owns(worker) ? 1 : 0;
            }
        }
        return unacked;
    }

    /// Whether a rollout waits for this worker to be gone.
    private static boolean drains(Worker worker) {
        return worker.state() instanceof WorkerState.Stopping s
                && !s.stuck()
                && (s.cause() == Cause.RETIRED || s.cause() == Cause.WITHDRAWN);
    }

    /// Whether the slot is to be moved; one whose worker did its job and ended is left alone.
    private static boolean concerns(Draft draft, Rollout rollout, Slot slot) {
        return inScope(draft, rollout, slot) && slot.finished() == null;
    }

    private static boolean inScope(Draft draft, Rollout rollout, Slot slot) {
        return slot.index() < draft.count && !slot.held() && rollout.covers(slot.index());
    }

    private static boolean up(@Nullable Worker worker) {
        return worker != null && worker.ready();
    }

    private static boolean complete(Draft draft, Rollout rollout) {
        for (Slot slot : draft.slots) {
            if (concerns(draft, rollout, slot) && !(slot.moved() && up(slot.current()))) {
                return false;
            }
        }
        return true;
    }

    // ---- end

    /// The target has proved itself: from now on it is what the program is.
    private static void commit(Draft draft, Rollout rollout) {
        ProgramSpec before = draft.serving.spec();
        ProgramSpec after = rollout.target().spec();
        draft.serving = rollout.target();
        if (before.workers() != after.workers()) {
            draft.count = after.workers();
        }
        for (Slot slot : draft.everySlot()) {
            draft.put(slot.move(false));
        }
        draft.rollout = rollout.drain();
    }

    private static void finishWhenDrained(Draft draft, Rollout rollout) {
        for (Slot slot : draft.slots) {
            for (Worker worker : slot.leaving()) {
                if (drains(worker)) {
                    return;
                }
            }
        }
        String took = Words.of(draft.now.since(rollout.began()));
        end(draft, rollout, true, "rolled to generation " + generation(rollout) + " in " + took);
    }

    /// A worker of the target did not come up, or not for long. After `retries` of them, the
    /// rollout is over. A slot that served already does not wait for its next try.
    static void startFailed(Draft draft, Worker worker, String why) {
        Rollout before = draft.rollout;
        if (before == null) {
            Deaths.failedToStart(draft, worker, why);
            return;
        }
        int retries = Math.max(1, before.target().spec().rollout().retries());
        Duration delay =
                worker.ready()
                        ? Duration.ZERO
                        : before.target().spec().restart().backoff().delay(before.failures() + 1);
        Rollout rollout = before.failedOnce(why, worker.id(), draft.now.plus(delay));
        draft.rollout = rollout;
        String tally = "start " + rollout.failures() + " of " + retries + " failed: " + why;
        draft.report(Severity.WARN, worker.id(), tally);
        tell(draft, "slot " + worker.id().slot() + ": " + tally);
        if (rollout.failures() >= retries) {
            giveUp(draft, rollout);
        } else if (draft.slot(worker.id().slot()).current() == null) {
            Slot slot = draft.slot(worker.id().slot());
            draft.put(slot.refill(rollout.retryAt()).restarted());
        }
    }

    private static void giveUp(Draft draft, Rollout rollout) {
        int serving = withdraw(draft);
        String left =
                serving == 0
                        ? ""
                        : "; "
                                + Words.workers(serving)
                                + " of the new version, up before, serve on and are not replaced"
                                + " by it again";
        end(draft, rollout, false, "failed, old version kept: " + rollout.lastFailure() + left);
    }

    /// Ends a rollout because the operator wants something else.
    static void abort(Draft draft, String why) {
        Rollout rollout = draft.rollout;
        if (rollout != null) {
            if (!rollout.draining()) {
                withdraw(draft);
            }
            end(draft, rollout, false, why);
        }
    }

    /// Takes back all of a rollout that does not serve yet.
    ///
    /// @return how many of its workers serve
    private static int withdraw(Draft draft) {
        int serving = 0;
        for (Slot slot : draft.everySlot()) {
            if (slot.successor() != null) {
                draft.tellToGo(slot.successor(), Cause.WITHDRAWN);
            }
            if (slot.moved()) {
                serving += up(slot.current()) ? 1 : 0;
                moveBack(draft, draft.slot(slot.index()));
            }
        }
        return serving;
    }

    private static void moveBack(Draft draft, Slot slot) {
        Worker current = slot.current();
        if (current != null && !current.ready()) {
            draft.tellToGo(current, Cause.WITHDRAWN);
        }
        Slot now = draft.slot(slot.index()).move(false);
        draft.put(now.current() == null ? now.afresh(draft.now) : now);
    }

    private static void end(Draft draft, Rollout rollout, boolean done, String verdict) {
        draft.rollout = null;
        draft.verdict = verdict;
        draft.report(done ? Severity.INFO : Severity.ERROR, null, verdict);
        for (Wait wait : List.copyOf(draft.waits)) {
            if (wait.until() == Wait.Until.ROLLED) {
                draft.answer(
                        wait, done, draft.name + ": " + verdict, done ? null : rollout.blame());
            }
        }
    }

    private static void progress(Draft draft, Rollout rollout) {
        int moved = 0;
        int all = 0;
        for (Slot slot : draft.slots) {
            if (concerns(draft, rollout, slot)) {
                all++;
                moved += slot.moved() ? 1 : 0;
            }
        }
        tell(draft, moved + " of " + all + " replaced");
    }

    private static void tell(Draft draft, String message) {
        for (Wait wait : draft.waits) {
            if (wait.until() == Wait.Until.ROLLED) {
                draft.effects.add(new Effect.Progress(wait.ticket(), draft.name + ": " + message));
            }
        }
    }

    private static int generation(Rollout rollout) {
        return rollout.target().generation();
    }

    private static String name(Strategy strategy) {
        return strategy.name().toLowerCase(Locale.ROOT);
    }
}
