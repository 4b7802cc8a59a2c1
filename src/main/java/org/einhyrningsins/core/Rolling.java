// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.WorkerState.Cause;
import org.einhyrningsins.core.model.Effect;
import org.einhyrningsins.core.model.Effect.Severity;
import org.einhyrningsins.core.model.Exit;
import org.einhyrningsins.core.model.Losses;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.OldWorkers;
import org.einhyrningsins.core.model.Phase;
import org.einhyrningsins.core.model.Setback;
import org.einhyrningsins.core.model.Version;
import org.einhyrningsins.core.model.Wait;
import org.einhyrningsins.core.model.Words;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.RolloutSpec;
import org.einhyrningsins.spec.RolloutSpec.Strategy;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.WorkerId;
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
        abort(draft, "superseded by a newer rollout");
        if (draft.phase instanceof Phase.Failed) {
            Admission.ask(draft);
        }
        boolean ill = Canaries.programIsIll(draft);
        int workers = target.spec().workers();
        int before = draft.serving.spec().workers();
        boolean byHand = draft.count != before;
        Integer change = byHand || workers == before ? null : workers;
        Setbacks.overtake(draft);
        Rollout rollout = Rollout.of(target, strategy, scope, change, draft.now);
        draft.rollout = rollout;
        Renewal.abandon(draft);
        rollout = rollout.old(oldWorkers(draft, rollout));
        for (Slot slot : draft.slots) {
            draft.put(slot.past(slot.past().lost(Losses.NONE)));
            if (inScope(draft, rollout, slot) && slot.current() == null) {
                Slot moved = draft.slot(slot.index()).afresh(draft.now).move(true);
                draft.put(moved.past(moved.past().ended(slot.finished())));
            }
        }
        boolean tried = target.spec().rollout().proof().probation().isPositive();
        boolean replaces = anyUp(draft, rollout) || rollout.isDebut(draft.serving);
        rollout = tried && replaces ? rollout : rollout.prove();
        draft.rollout = rollout.canary(Canaries.first(draft, rollout, ill));
        draft.report(
                Severity.INFO,
                null,
                "rolling to generation " + target.generation() + ", " + name(strategy));
    }

    private static OldWorkers oldWorkers(Draft draft, Rollout rollout) {
        int before = 0;
        boolean up = false;
        for (Slot slot : draft.slots) {
            Worker current = slot.current();
            if (current != null && inScope(draft, rollout, slot)) {
                before++;
                up |= current.ready() && isOf(draft.serving, current);
            }
        }
        return new OldWorkers(before, up, 0, 0);
    }

    private static boolean isOf(Version version, Worker worker) {
        return worker.version().generation() == version.generation();
    }

    /// Whether a slot that is to be moved has a worker that serves: only then is there something to
    /// lose.
    private static boolean anyUp(Draft draft, Rollout rollout) {
        for (Slot slot : draft.slots) {
            if (inScope(draft, rollout, slot) && up(slot.current())) {
                return true;
            }
        }
        return false;
    }

    // ---- advance

    /// Goes on as far as it may.
    static void advance(Draft draft) {
        Rollout rollout = draft.rollout;
        if (rollout == null) {
            return;
        }
        if (!rollout.draining()) {
            Probation.judge(draft, rollout);
            Canaries.watch(draft); // first: one that is not well takes over from nobody
            move(draft);
        }
        Rollout moved = draft.rollout;
        if (moved != null
                && !moved.draining()
                && !moved.holds()
                && !moved.held()
                && complete(draft, moved)) {
            commit(draft, moved);
        }
        if (draft.rollout != null && draft.rollout.draining()) {
            finishWhenDrained(draft, draft.rollout);
        }
    }

    private static void move(Draft draft) {
        Rollout rollout = draft.rollout;
        if (rollout == null) {
            return;
        }
        switch (rollout.strategy()) {
            case SMOOTH -> smooth(draft, rollout);
            case FLEET -> fleet(draft, rollout);
            case REPLACE -> replace(draft, rollout);
        }
    }

    private static void smooth(Draft draft, Rollout rollout) {
        for (Slot slot : draft.slots) {
            boolean comes = concerns(draft, rollout, slot) && !slot.moved();
            if (comes && rollout.proved() && up(slot.successor())) {
                takeOver(draft, rollout, slot);
            }
        }
        spawnSuccessors(draft, rollout);
    }

    private static void fleet(Draft draft, Rollout rollout) {
        spawnSuccessors(draft, rollout);
        boolean allUp = rollout.proved();
        for (Slot slot : draft.slots) {
            if (concerns(draft, rollout, slot)) {
                allUp &= up(slot.moved() ? slot.current() : slot.successor());
            }
        }
        if (!allUp || rollout.holds() || rollout.held()) {
            return;
        }
        for (Slot slot : draft.slots) {
            if (concerns(draft, rollout, slot) && !slot.moved()) {
                takeOver(draft, rollout, slot);
            }
        }
    }

    private static void replace(Draft draft, Rollout rollout) {
        Slot next = null;
        for (Slot slot : draft.slots) {
            if (concerns(draft, rollout, slot) && slot.moved() && !up(slot.current())) {
                return;
            }
            if (next == null && concerns(draft, rollout, slot) && !slot.moved()) {
                next = slot;
            }
        }
        if (next != null
                && Canaries.room(draft, rollout) > 0
                && Probation.room(draft, rollout) > 0) {
            makeRoom(draft, rollout, next);
        }
    }

    private static void makeRoom(Draft draft, Rollout rollout, Slot slot) {
        if (slot.current() != null) {
            draft.tellToGo(slot.current(), Cause.REPLACED);
            countReplaced(draft);
        }
        Moment when = rollout.retryAt().reached(draft.now) ? draft.now : rollout.retryAt();
        draft.put(draft.slot(slot.index()).move(true).refill(when));
    }

    private static void countReplaced(Draft draft) {
        Rollout rollout = draft.rollout;
        draft.rollout = rollout == null ? null : rollout.old(rollout.old().replaceOne());
    }

    private static void spawnSuccessors(Draft draft, Rollout rollout) {
        boolean waits = draft.phase instanceof Phase.Waiting;
        if (waits || !rollout.retryAt().reached(draft.now)) {
            return;
        }
        int room = Math.min(mayStart(draft) - empty(draft), most(draft) - processes(draft));
        room = Math.min(room, Canaries.room(draft, rollout));
        room = Math.min(room, Probation.room(draft, rollout));
        for (Slot slot : draft.slots) {
            if (room <= 0) {
                return;
            }
            if (concerns(draft, rollout, slot) && !slot.moved() && slot.successor() == null) {
                Worker worker = draft.spawn(slot.index(), rollout.target());
                draft.put(draft.slot(slot.index()).successor(worker));
                room--;
            }
        }
    }

    /// Slots that are to be refilled with the target come before those that have an old worker.
    private static int empty(Draft draft) {
        int empty = 0;
        for (Slot slot : draft.slots) {
            empty += slot.moved() && slot.current() == null && draft.wants(slot) ? 1 : 0;
        }
        return empty;
    }

    private static void takeOver(Draft draft, Rollout rollout, Slot slot) {
        if (slot.current() != null) {
            draft.tellToGo(slot.current(), Cause.RETIRED);
            countReplaced(draft);
        }
        Slot now = draft.slot(slot.index()).forgive(); // another version fails, or does not
        draft.put(now.current(now.successor()).successor(null).move(true).refill(null));
        progress(draft, rollout);
    }

    /// How many processes there may be, but for those that the operator ordered to go.
    static int most(Draft draft) {
        Rollout rollout = draft.rollout;
        RolloutSpec spec = (rollout == null ? draft.serving : rollout.target()).spec().rollout();
        return switch (rollout == null ? spec.strategy() : rollout.strategy()) {
            case SMOOTH -> draft.count + Math.max(1, spec.maxSurge());
            case FLEET -> 2 * draft.count;
            case REPLACE -> draft.count;
        };
    }

    /// Slots count whether they are filled or not, so that a refill never exceeds the surge.
    static int processes(Draft draft) {
        Version newest = draft.rollout == null ? draft.serving : draft.rollout.target();
        boolean counted = newest.spec().rollout().drain().counted();
        int processes = 0;
        for (Slot slot : draft.slots) {
            processes += slot.index() < draft.count ? 1 : 0;
            processes += slot.successor() != null ? 1 : 0;
            int failed = 0;
            for (Worker worker : slot.leaving()) {
                processes += drains(worker) && counted ? 1 : 0;
                failed += failed(worker) ? 1 : 0;
            }
            boolean taken = slot.current() != null || slot.index() >= draft.count;
            processes += taken ? failed : Math.max(0, failed - 1);
        }
        return processes;
    }

    /// Whether a worker is leaving since it failed. An empty slot is counted for one of those;
    /// others are extra, as are all of a slot that has somebody else or is not wanted any more.
    private static boolean failed(Worker worker) {
        return worker.state() instanceof WorkerState.Stopping s
                && !s.stuck()
                && (s.cause() == Cause.FAILED_START || s.cause() == Cause.HUNG);
    }

    /// How many empty slots may be refilled beside a worker of a rollout that was given up.
    static int room(Draft draft) {
        int crowding = 0;
        for (Slot slot : draft.slots) {
            crowding += slot.index() < draft.count && Slots.crowds(slot) ? 1 : 0;
        }
        return most(draft) - (processes(draft) - crowding);
    }

    /// How many workers of the target may begin to start now; without a rollout, any number.
    static int mayStart(Draft draft) {
        Rollout rollout = draft.rollout;
        if (rollout == null || rollout.draining()) {
            return Integer.MAX_VALUE;
        }
        int most = Math.max(1, rollout.target().spec().rollout().maxUnacked());
        return most - unacked(draft, rollout);
    }

    private static int unacked(Draft draft, Rollout rollout) {
        int unacked = 0;
        for (Slot slot : draft.slots) {
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

    /// Whether somebody in the slot is leaving for a rollout.
    private static boolean drains(Slot slot) {
        return slot.leaving().stream().anyMatch(Rolling::drains);
    }

    /// Whether a rollout waits for this worker to be gone.
    private static boolean drains(Worker worker) {
        return worker.state() instanceof WorkerState.Stopping s
                && !s.stuck()
                && switch (s.cause()) {
                    case RETIRED, WITHDRAWN, REPLACED -> true;
                    case SCALED, STOPPED, RESTARTED, FAILED_START, HUNG, LEFT_BEHIND -> false;
                };
    }

    /// Whether the slot is to be moved; one whose worker did its job and ended is left alone.
    static boolean concerns(Draft draft, Rollout rollout, Slot slot) {
        return inScope(draft, rollout, slot) && slot.finished() == null;
    }

    private static boolean inScope(Draft draft, Rollout rollout, Slot slot) {
        return slot.index() < draft.count && !slot.held() && rollout.covers(slot.index());
    }

    static boolean up(@Nullable Worker worker) {
        return worker != null && worker.ready();
    }

    private static boolean complete(Draft draft, Rollout rollout) {
        for (Slot slot : draft.slots) {
            if (concerns(draft, rollout, slot) && !(slot.moved() && up(slot.current()))) {
                return false;
            }
        }
        return !Probation.isOn(draft, rollout);
    }

    // ---- held, and for the first time

    /// Whether all that a rollout that is held may do is done.
    static boolean ready(Draft draft) {
        Rollout rollout = draft.rollout;
        if (rollout == null
                || rollout.draining()
                || rollout.holds()
                || !rollout.held()
                || Probation.isOn(draft, rollout)) {
            return false;
        }
        for (Slot slot : draft.slots) {
            Worker worker = slot.moved() ? slot.current() : slot.successor();
            if (concerns(draft, rollout, slot) && !up(worker)) {
                return false;
            }
        }
        return true;
    }

    /// Whether the rollout under way is the program's first: there is no older version to go back
    /// to.
    static boolean debuts(Draft draft) {
        Rollout rollout = draft.rollout;
        return rollout != null && rollout.isDebut(draft.serving);
    }

    /// A program that did not come up the first time does not run.
    private static void leave(Draft draft, String why) {
        draft.phase = new Phase.Failed(why);
        draft.fallback = null;
        for (Slot slot : draft.slots) {
            if (slot.current() != null) {
                draft.tellToGo(slot.current(), Cause.WITHDRAWN);
            }
            draft.put(draft.slot(slot.index()).refill(null));
        }
    }

    // ---- end

    /// The target has proved itself: from now on it is what the program is.
    private static void commit(Draft draft, Rollout rollout) {
        draft.fallback = Rollback.fallback(draft, rollout);
        draft.serving = rollout.target();
        if (rollout.workers() != null) {
            draft.count = rollout.workers();
        }
        for (Slot slot : draft.slots) {
            draft.put(slot.move(false));
        }
        draft.rollout = rollout.drain();
    }

    private static void finishWhenDrained(Draft draft, Rollout rollout) {
        for (Slot slot : draft.slots) {
            if (drains(slot)) {
                return;
            }
        }
        String took = Words.of(draft.now.since(rollout.began()));
        String killed = rollout.old().killedWords();
        end(
                draft,
                rollout,
                killed.isEmpty() ? Severity.INFO : Severity.WARN,
                true,
                "rolled to generation " + generation(rollout) + " in " + took + killed);
    }

    /// One that was told to go is gone.
    static void drained(Draft draft, WorkerState.Stopping state, Exit exit) {
        boolean replaced = state.cause() == Cause.RETIRED || state.cause() == Cause.REPLACED;
        boolean killed =
                state.leaderless()
                        ? state.sent() == Signal.KILL // not how its own process had ended
                        : exit.equals(Exit.UNKNOWN) || exit.signal() == Signal.KILL.number();
        Rollout rollout = draft.rollout;
        if (rollout != null && replaced && killed && state.rest().isEmpty()) {
            draft.rollout = rollout.old(rollout.old().killOne());
        }
    }

    /// A worker of the target did not come up, or not for long. One that was up and ended by itself
    /// ends the rollout at once; else it is over after `retries` of them. A slot that served
    /// already does not wait for its next try.
    ///
    /// @param own whether it was the worker's own failure
    static void startFailed(Draft draft, Worker worker, String why, boolean own) {
        Rollout before = draft.rollout;
        if (before == null) {
            Deaths.failedToStart(draft, worker, why);
            return;
        }
        if (before.watches(worker)) {
            canaryFailed(draft, before, worker, why);
            return;
        }
        if (own && worker.up() && !Deaths.provedItself(draft, worker)) {
            draft.report(Severity.WARN, worker.id(), why);
            giveUp(draft, before.failedOnce(why, worker.id(), draft.now));
            return;
        }
        int retries = tries(before.target().spec());
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
            return;
        }
        Slot slot = draft.slot(worker.id().slot());
        if (slot.moved() && slot.current() == null) {
            draft.put(slot.refill(rollout.retryAt()).restarted());
        }
    }

    /// How many starts may fail before the rollout does: what is never to run again has one.
    private static int tries(ProgramSpec spec) {
        boolean once = spec.restart().when() == RestartSpec.When.NEVER;
        return once ? 1 : Math.max(1, spec.rollout().retries());
    }

    /// One that is watched has no second try.
    static void canaryFailed(Draft draft, Rollout rollout, Worker worker, String why) {
        String what = "canary " + why;
        draft.report(Severity.WARN, worker.id(), what);
        giveUp(draft, rollout.failedOnce(what, worker.id(), draft.now));
    }

    /// The old version comes back where it was replaced, unless it did not serve either.
    private static void giveUp(Draft draft, Rollout rollout) {
        if (rollout.isDebut(draft.serving)) {
            withdraw(draft, false);
            String verdict = "did not come up: " + rollout.lastFailure();
            end(draft, rollout, Severity.ERROR, false, verdict);
            return;
        }
        Setback setback = Setbacks.of(draft, rollout);
        withdraw(draft, rollout.old().up() || rollout.canary() != null);
        draft.rollout = null;
        Setbacks.begin(draft, setback);
    }

    /// Ends a rollout because the operator wants something else. One that is draining has
    /// succeeded.
    static void abort(Draft draft, String why) {
        Rollout rollout = draft.rollout;
        if (rollout == null) {
            return;
        }
        if (rollout.draining()) {
            end(
                    draft,
                    rollout,
                    Severity.INFO,
                    true,
                    "rolled; its last old workers are still leaving" + rollout.old().killedWords());
        } else {
            withdraw(draft, rollout.canary() != null);
            end(draft, rollout, Severity.WARN, false, why);
        }
    }

    /// Ends a rollout that is under way, and brings the old version back for all that it moved.
    static void goBack(Draft draft, String why) {
        Rollout rollout = draft.rollout;
        if (rollout != null) {
            withdraw(draft, true);
            end(draft, rollout, Severity.WARN, false, why);
        }
    }

    /// Takes back all of a rollout that does not serve yet.
    ///
    /// @param back whether those that serve are to be replaced by the old version
    private static void withdraw(Draft draft, boolean back) {
        for (Slot slot : draft.slots) {
            if (slot.successor() != null) {
                draft.tellToGo(slot.successor(), Cause.WITHDRAWN);
            }
            if (slot.moved()) {
                moveBack(draft, draft.slot(slot.index()), back);
            }
        }
    }

    /// @param back whether a worker that serves is to be replaced
    static void moveBack(Draft draft, Slot slot, boolean back) {
        Worker current = slot.current();
        if (current != null && current.ready() && back) {
            draft.put(slot.forgive());
            draft.replace(current.with(current.care().recall()));
        }
        boolean alone = draft.rollout != null && draft.rollout.strategy() == Strategy.REPLACE;
        if (current != null && !current.ready()) {
            draft.tellToGo(current, alone ? Cause.REPLACED : Cause.WITHDRAWN);
        }
        Slot moved = draft.slot(slot.index());
        boolean empty = moved.current() == null && moved.finished() == null;
        if (empty && (moved.past().ended() != null || draft.serving.spec().endsByItself())) {
            draft.put(endedBadly(draft, moved).move(false));
        } else {
            draft.put(empty ? moved.move(false).forgive().refill(draft.now) : moved.move(false));
        }
    }

    /// A slot in which nothing was to run before the rollout, or that has a job: the version that
    /// is kept does not run because another failed.
    private static Slot endedBadly(Draft draft, Slot slot) {
        Rollout rollout = draft.rollout;
        WorkerId blame = rollout == null ? null : rollout.blame();
        boolean own = blame != null && blame.slot() == slot.index();
        String how = rollout != null && own ? rollout.lastFailure() : "its rollout was given up";
        Slot.Past past = slot.past().failed(1, List.of(), how, own ? blame : null);
        return slot.past(past).refill(null).finish(how);
    }

    /// @param done whether the target serves
    private static void end(
            Draft draft, Rollout rollout, Severity severity, boolean done, String verdict) {
        if (!done && rollout.isDebut(draft.serving)) {
            leave(draft, verdict);
        }
        draft.rollout = null;
        draft.setback = null;
        draft.verdict = verdict;
        draft.report(severity, null, verdict);
        for (Wait wait : List.copyOf(draft.waits)) {
            if (wait.until() == Wait.Until.ROLLED || wait.until() == Wait.Until.READY) {
                draft.answer(wait, done, verdict, done ? null : rollout.blame());
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

    static void tell(Draft draft, String message) {
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
