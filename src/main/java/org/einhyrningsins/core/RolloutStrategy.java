// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.WorkerState.Cause;
import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.OldWorkerCounts;
import org.einhyrningsins.core.model.PendingRequest;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.VersionFailure;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.core.model.WorkerLosses;
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
final class RolloutStrategy {
    private RolloutStrategy() {}

    // ---- begin

    /// Begins a rollout; one that is under way is over. Slots where nothing runs have nothing to
    /// lose: they get the target at once.
    static void begin(
            StepContext stepContext,
            ProgramVersion target,
            Strategy strategy,
            @Nullable Set<Integer> scope) {
        abort(stepContext, "superseded by a newer rollout");
        if (stepContext.phase instanceof ProgramPhase.Failed) {
            DependencyGate.ask(stepContext);
        }
        boolean ill = CanaryWatch.programIsIll(stepContext);
        int workers = target.spec().workers();
        int before = stepContext.serving.spec().workers();
        boolean byHand = stepContext.count != before;
        Integer change = byHand || workers == before ? null : workers;
        FailedVersionTracker.overtake(stepContext);
        Rollout rollout = Rollout.of(target, strategy, scope, change, stepContext.now);
        stepContext.rollout = rollout;
        WorkerReplacement.abandon(stepContext);
        rollout = rollout.old(oldWorkers(stepContext, rollout));
        for (Slot slot : stepContext.slots) {
            stepContext.put(slot.past(slot.past().lost(WorkerLosses.NONE)));
            if (inScope(stepContext, rollout, slot) && slot.current() == null) {
                Slot moved = stepContext.slot(slot.index()).afresh(stepContext.now).move(true);
                stepContext.put(moved.past(moved.past().ended(slot.finished())));
            }
        }
        boolean tried = target.spec().rollout().proof().probation().isPositive();
        boolean replaces = anyUp(stepContext, rollout) || rollout.isDebut(stepContext.serving);
        rollout = tried && replaces ? rollout : rollout.prove();
        stepContext.rollout = rollout.canary(CanaryWatch.first(stepContext, rollout, ill));
        stepContext.report(
                Severity.INFO, null, "rolling to " + target.words() + ", " + name(strategy));
    }

    private static OldWorkerCounts oldWorkers(StepContext stepContext, Rollout rollout) {
        int before = 0;
        boolean up = false;
        for (Slot slot : stepContext.slots) {
            Worker current = slot.current();
            if (current != null && inScope(stepContext, rollout, slot)) {
                before++;
                up |= current.ready() && isOf(stepContext.serving, current);
            }
        }
        return new OldWorkerCounts(before, up, 0, 0);
    }

    private static boolean isOf(ProgramVersion programVersion, Worker worker) {
        return worker.version().generation() == programVersion.generation();
    }

    /// True if a slot that is to be moved has a worker that serves: only then is there something to
    /// lose.
    private static boolean anyUp(StepContext stepContext, Rollout rollout) {
        for (Slot slot : stepContext.slots) {
            if (inScope(stepContext, rollout, slot) && up(slot.current())) {
                return true;
            }
        }
        return false;
    }

    // ---- advance

    /// Goes on as far as it may.
    static void advance(StepContext stepContext) {
        Rollout rollout = stepContext.rollout;
        if (rollout == null) {
            return;
        }
        if (!rollout.draining()) {
            FirstWorkerTrial.judge(stepContext, rollout);
            CanaryWatch.watch(stepContext); // first: one that is not well takes over from nobody
            move(stepContext);
        }
        Rollout moved = stepContext.rollout;
        if (moved != null
                && !moved.draining()
                && !moved.holds()
                && !moved.held()
                && complete(stepContext, moved)) {
            commit(stepContext, moved);
        }
        if (stepContext.rollout != null && stepContext.rollout.draining()) {
            finishWhenDrained(stepContext, stepContext.rollout);
        }
    }

    private static void move(StepContext stepContext) {
        Rollout rollout = stepContext.rollout;
        if (rollout == null) {
            return;
        }
        switch (rollout.strategy()) {
            case SMOOTH -> smooth(stepContext, rollout);
            case FLEET -> fleet(stepContext, rollout);
            case REPLACE -> replace(stepContext, rollout);
        }
    }

    private static void smooth(StepContext stepContext, Rollout rollout) {
        for (Slot slot : stepContext.slots) {
            boolean comes = concerns(stepContext, rollout, slot) && !slot.moved();
            if (comes && rollout.proved() && up(slot.successor())) {
                takeOver(stepContext, rollout, slot);
            }
        }
        spawnSuccessors(stepContext, rollout);
    }

    private static void fleet(StepContext stepContext, Rollout rollout) {
        spawnSuccessors(stepContext, rollout);
        boolean allUp = rollout.proved();
        for (Slot slot : stepContext.slots) {
            if (concerns(stepContext, rollout, slot)) {
                allUp &= up(slot.moved() ? slot.current() : slot.successor());
            }
        }
        if (!allUp || rollout.holds() || rollout.held()) {
            return;
        }
        for (Slot slot : stepContext.slots) {
            if (concerns(stepContext, rollout, slot) && !slot.moved()) {
                takeOver(stepContext, rollout, slot);
            }
        }
    }

    private static void replace(StepContext stepContext, Rollout rollout) {
        Slot next = null;
        for (Slot slot : stepContext.slots) {
            if (concerns(stepContext, rollout, slot) && slot.moved() && !up(slot.current())) {
                return;
            }
            if (next == null && concerns(stepContext, rollout, slot) && !slot.moved()) {
                next = slot;
            }
        }
        if (next != null
                && CanaryWatch.room(stepContext, rollout) > 0
                && FirstWorkerTrial.room(stepContext, rollout) > 0) {
            makeRoom(stepContext, rollout, next);
        }
    }

    private static void makeRoom(StepContext stepContext, Rollout rollout, Slot slot) {
        if (slot.current() != null) {
            stepContext.tellToGo(slot.current(), Cause.REPLACED);
            countReplaced(stepContext);
        }
        Moment when =
                rollout.retryAt().reached(stepContext.now) ? stepContext.now : rollout.retryAt();
        stepContext.put(stepContext.slot(slot.index()).move(true).refill(when));
    }

    private static void countReplaced(StepContext stepContext) {
        Rollout rollout = stepContext.rollout;
        stepContext.rollout = rollout == null ? null : rollout.old(rollout.old().replaceOne());
    }

    private static void spawnSuccessors(StepContext stepContext, Rollout rollout) {
        boolean waits = stepContext.phase instanceof ProgramPhase.Waiting;
        if (waits || !rollout.retryAt().reached(stepContext.now)) {
            return;
        }
        int room =
                Math.min(
                        mayStart(stepContext) - empty(stepContext),
                        most(stepContext) - processes(stepContext));
        room = Math.min(room, CanaryWatch.room(stepContext, rollout));
        room = Math.min(room, FirstWorkerTrial.room(stepContext, rollout));
        for (Slot slot : stepContext.slots) {
            if (room <= 0) {
                return;
            }
            if (concerns(stepContext, rollout, slot) && !slot.moved() && slot.successor() == null) {
                Worker worker = stepContext.spawn(slot.index(), rollout.target());
                stepContext.put(stepContext.slot(slot.index()).successor(worker));
                room--;
            }
        }
    }

    /// Slots that are to be refilled with the target come before those that have an old worker.
    private static int empty(StepContext stepContext) {
        int empty = 0;
        for (Slot slot : stepContext.slots) {
            empty += slot.moved() && slot.current() == null && stepContext.wants(slot) ? 1 : 0;
        }
        return empty;
    }

    private static void takeOver(StepContext stepContext, Rollout rollout, Slot slot) {
        if (slot.current() != null) {
            stepContext.tellToGo(slot.current(), Cause.RETIRED);
            countReplaced(stepContext);
        }
        Slot now = stepContext.slot(slot.index()).forgive(); // another version fails, or does not
        stepContext.put(now.current(now.successor()).successor(null).move(true).refill(null));
        progress(stepContext, rollout);
    }

    /// Returns the maximum of processes, without those that the operator ordered to stop.
    static int most(StepContext stepContext) {
        Rollout rollout = stepContext.rollout;
        RolloutSpec spec =
                (rollout == null ? stepContext.serving : rollout.target()).spec().rollout();
        return switch (rollout == null ? spec.strategy() : rollout.strategy()) {
            case SMOOTH -> stepContext.count + Math.max(1, spec.maxSurge());
            case FLEET -> 2 * stepContext.count;
            case REPLACE -> stepContext.count;
        };
    }

    /// Slots count whether they are filled or not, so that a refill never exceeds the surge.
    static int processes(StepContext stepContext) {
        ProgramVersion newest =
                stepContext.rollout == null ? stepContext.serving : stepContext.rollout.target();
        boolean counted = newest.spec().rollout().drain().counted();
        int processes = 0;
        for (Slot slot : stepContext.slots) {
            processes += slot.index() < stepContext.count ? 1 : 0;
            processes += slot.successor() != null ? 1 : 0;
            int failed = 0;
            for (Worker worker : slot.leaving()) {
                processes += drains(worker) && counted ? 1 : 0;
                failed += failed(worker) ? 1 : 0;
            }
            boolean taken = slot.current() != null || slot.index() >= stepContext.count;
            processes += taken ? failed : Math.max(0, failed - 1);
        }
        return processes;
    }

    /// True if a worker is stopping since it failed. An empty slot is counted for one of those;
    /// others are extra, as are all of a slot that has another worker or is not wanted any more.
    private static boolean failed(Worker worker) {
        return worker.state() instanceof WorkerState.Stopping s
                && !s.stuck()
                && (s.cause() == Cause.FAILED_START || s.cause() == Cause.HUNG);
    }

    /// Returns the number of empty slots to refill beside workers of a rollout that was given up.
    static int room(StepContext stepContext) {
        int crowding = 0;
        for (Slot slot : stepContext.slots) {
            crowding += slot.index() < stepContext.count && SlotScaling.crowds(slot) ? 1 : 0;
        }
        return most(stepContext) - (processes(stepContext) - crowding);
    }

    /// Returns the number of workers of the target that may start now; MAX_VALUE: any.
    static int mayStart(StepContext stepContext) {
        Rollout rollout = stepContext.rollout;
        if (rollout == null || rollout.draining()) {
            return Integer.MAX_VALUE;
        }
        int most = Math.max(1, rollout.target().spec().rollout().maxUnacked());
        return most - unacked(stepContext, rollout);
    }

    private static int unacked(StepContext stepContext, Rollout rollout) {
        int unacked = 0;
        for (Slot slot : stepContext.slots) {
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

    /// True if a worker of the slot is stopping for a rollout.
    private static boolean drains(Slot slot) {
        return slot.leaving().stream().anyMatch(RolloutStrategy::drains);
    }

    /// True if a rollout waits for this worker to be gone.
    private static boolean drains(Worker worker) {
        return worker.state() instanceof WorkerState.Stopping s
                && !s.stuck()
                && switch (s.cause()) {
                    case RETIRED, WITHDRAWN, REPLACED -> true;
                    case SCALED, STOPPED, RESTARTED, FAILED_START, HUNG, LEFT_BEHIND -> false;
                };
    }

    /// True if the slot is to be moved; one whose worker did its job and ended is left alone.
    static boolean concerns(StepContext stepContext, Rollout rollout, Slot slot) {
        return inScope(stepContext, rollout, slot) && slot.finished() == null;
    }

    private static boolean inScope(StepContext stepContext, Rollout rollout, Slot slot) {
        return slot.index() < stepContext.count && !slot.held() && rollout.covers(slot.index());
    }

    static boolean up(@Nullable Worker worker) {
        return worker != null && worker.ready();
    }

    private static boolean complete(StepContext stepContext, Rollout rollout) {
        for (Slot slot : stepContext.slots) {
            if (concerns(stepContext, rollout, slot) && !(slot.moved() && up(slot.current()))) {
                return false;
            }
        }
        return !FirstWorkerTrial.isOn(stepContext, rollout);
    }

    // ---- held, and for the first time

    /// True if a rollout that is held has done all that it may.
    static boolean ready(StepContext stepContext) {
        Rollout rollout = stepContext.rollout;
        if (rollout == null
                || rollout.draining()
                || rollout.holds()
                || !rollout.held()
                || FirstWorkerTrial.isOn(stepContext, rollout)) {
            return false;
        }
        for (Slot slot : stepContext.slots) {
            Worker worker = slot.moved() ? slot.current() : slot.successor();
            if (concerns(stepContext, rollout, slot) && !up(worker)) {
                return false;
            }
        }
        return true;
    }

    /// True if the rollout under way is the program's first: there is no older version to go back
    /// to.
    static boolean debuts(StepContext stepContext) {
        Rollout rollout = stepContext.rollout;
        return rollout != null && rollout.isDebut(stepContext.serving);
    }

    /// A program that did not come up the first time does not run.
    private static void leave(StepContext stepContext, String why) {
        stepContext.phase = new ProgramPhase.Failed(why);
        stepContext.fallback = null;
        for (Slot slot : stepContext.slots) {
            if (slot.current() != null) {
                stepContext.tellToGo(slot.current(), Cause.WITHDRAWN);
            }
            stepContext.put(stepContext.slot(slot.index()).refill(null));
        }
    }

    // ---- end

    /// The target has proved itself: from now on it is what the program is.
    private static void commit(StepContext stepContext, Rollout rollout) {
        stepContext.fallback = Rollback.fallback(stepContext, rollout);
        stepContext.serving = rollout.target();
        if (rollout.workers() != null) {
            stepContext.count = rollout.workers();
        }
        for (Slot slot : stepContext.slots) {
            stepContext.put(slot.move(false));
        }
        stepContext.rollout = rollout.drain();
    }

    private static void finishWhenDrained(StepContext stepContext, Rollout rollout) {
        for (Slot slot : stepContext.slots) {
            if (drains(slot)) {
                return;
            }
        }
        String took = DurationText.of(stepContext.now.since(rollout.began()));
        String killed = rollout.old().killedWords();
        end(
                stepContext,
                rollout,
                killed.isEmpty() ? Severity.INFO : Severity.WARN,
                true,
                "rolled to " + rollout.target().words() + " in " + took + killed);
    }

    /// Counts an old worker that is gone.
    static void drained(
            StepContext stepContext, WorkerState.Stopping state, WorkerExit workerExit) {
        boolean replaced = state.cause() == Cause.RETIRED || state.cause() == Cause.REPLACED;
        boolean killed =
                state.leaderless()
                        ? state.sent() == Signal.KILL // not how its own process had ended
                        : workerExit.equals(WorkerExit.UNKNOWN)
                                || workerExit.signal() == Signal.KILL.number();
        Rollout rollout = stepContext.rollout;
        if (rollout != null && replaced && killed && state.rest().isEmpty()) {
            stepContext.rollout = rollout.old(rollout.old().killOne());
        }
    }

    /// A worker of the target did not come up, or not for long. One that was up and ended by itself
    /// ends the rollout at once; else it is over after `retries` of them. A slot that served
    /// already does not wait for its next try.
    ///
    /// @param own whether it was the worker's own failure
    static void startFailed(StepContext stepContext, Worker worker, String why, boolean own) {
        Rollout before = stepContext.rollout;
        if (before == null) {
            RestartPolicy.failedToStart(stepContext, worker, why);
            return;
        }
        if (before.watches(worker)) {
            canaryFailed(stepContext, before, worker, why);
            return;
        }
        if (own && worker.up() && !RestartPolicy.provedItself(stepContext, worker)) {
            stepContext.report(Severity.WARN, worker.id(), why);
            giveUp(stepContext, before.failedOnce(why, worker.id(), stepContext.now));
            return;
        }
        int retries = tries(before.target().spec());
        Duration delay =
                worker.ready()
                        ? Duration.ZERO
                        : before.target().spec().restart().backoff().delay(before.failures() + 1);
        Rollout rollout = before.failedOnce(why, worker.id(), stepContext.now.plus(delay));
        stepContext.rollout = rollout;
        String tally = "start " + rollout.failures() + " of " + retries + " failed: " + why;
        stepContext.report(Severity.WARN, worker.id(), tally);
        tell(stepContext, "slot " + worker.id().slot() + ": " + tally);
        if (rollout.failures() >= retries) {
            giveUp(stepContext, rollout);
            return;
        }
        Slot slot = stepContext.slot(worker.id().slot());
        if (slot.moved() && slot.current() == null) {
            stepContext.put(slot.refill(rollout.retryAt()).restarted());
        }
    }

    /// Returns the number of failed starts that fail the rollout; 1 if never restarted.
    private static int tries(ProgramSpec spec) {
        boolean once = spec.restart().when() == RestartSpec.When.NEVER;
        return once ? 1 : Math.max(1, spec.rollout().retries());
    }

    /// Fails the rollout: a canary has no second try.
    static void canaryFailed(StepContext stepContext, Rollout rollout, Worker worker, String why) {
        String what = "canary " + why;
        stepContext.report(Severity.WARN, worker.id(), what);
        giveUp(stepContext, rollout.failedOnce(what, worker.id(), stepContext.now));
    }

    /// The old version comes back where it was replaced, unless it did not serve either.
    private static void giveUp(StepContext stepContext, Rollout rollout) {
        if (rollout.isDebut(stepContext.serving)) {
            withdraw(stepContext, false);
            String verdict = "did not come up: " + rollout.lastFailure();
            end(stepContext, rollout, Severity.ERROR, false, verdict);
            return;
        }
        VersionFailure versionFailure = FailedVersionTracker.of(stepContext, rollout);
        withdraw(stepContext, rollout.old().up() || rollout.canary() != null);
        stepContext.rollout = null;
        FailedVersionTracker.begin(stepContext, versionFailure);
    }

    /// Ends a rollout because the operator wants something else. One that is draining has
    /// succeeded.
    static void abort(StepContext stepContext, String why) {
        Rollout rollout = stepContext.rollout;
        if (rollout == null) {
            return;
        }
        if (rollout.draining()) {
            end(
                    stepContext,
                    rollout,
                    Severity.INFO,
                    true,
                    "rolled; its last old workers are still leaving" + rollout.old().killedWords());
        } else {
            withdraw(stepContext, rollout.canary() != null);
            end(stepContext, rollout, Severity.WARN, false, why);
        }
    }

    /// Ends a rollout that is under way, and brings the old version back for all that it moved.
    static void goBack(StepContext stepContext, String why) {
        Rollout rollout = stepContext.rollout;
        if (rollout != null) {
            withdraw(stepContext, true);
            end(stepContext, rollout, Severity.WARN, false, why);
        }
    }

    /// Takes back all of a rollout that does not serve yet.
    ///
    /// @param back whether those that serve are to be replaced by the old version
    private static void withdraw(StepContext stepContext, boolean back) {
        for (Slot slot : stepContext.slots) {
            if (slot.successor() != null) {
                stepContext.tellToGo(slot.successor(), Cause.WITHDRAWN);
            }
            if (slot.moved()) {
                moveBack(stepContext, stepContext.slot(slot.index()), back);
            }
        }
    }

    /// @param back whether a worker that serves is to be replaced
    static void moveBack(StepContext stepContext, Slot slot, boolean back) {
        Worker current = slot.current();
        if (current != null && current.ready() && back) {
            stepContext.put(slot.forgive());
            stepContext.replace(current.with(current.care().recall()));
        }
        boolean alone =
                stepContext.rollout != null && stepContext.rollout.strategy() == Strategy.REPLACE;
        if (current != null && !current.ready()) {
            stepContext.tellToGo(current, alone ? Cause.REPLACED : Cause.WITHDRAWN);
        }
        Slot moved = stepContext.slot(slot.index());
        boolean empty = moved.current() == null && moved.finished() == null;
        if (empty && (moved.past().ended() != null || stepContext.serving.spec().endsByItself())) {
            stepContext.put(endedBadly(stepContext, moved).move(false));
        } else {
            stepContext.put(
                    empty
                            ? moved.move(false).forgive().refill(stepContext.now)
                            : moved.move(false));
        }
    }

    /// A slot in which nothing was to run before the rollout, or that has a job: the version that
    /// is kept does not run because another failed.
    private static Slot endedBadly(StepContext stepContext, Slot slot) {
        Rollout rollout = stepContext.rollout;
        WorkerId blame = rollout == null ? null : rollout.blame();
        boolean own = blame != null && blame.slot() == slot.index();
        String how = rollout != null && own ? rollout.lastFailure() : "its rollout was given up";
        Slot.Past past = slot.past().failed(1, List.of(), how, own ? blame : null);
        return slot.past(past).refill(null).finish(how);
    }

    /// @param done whether the target serves
    private static void end(
            StepContext stepContext,
            Rollout rollout,
            Severity severity,
            boolean done,
            String verdict) {
        if (!done && rollout.isDebut(stepContext.serving)) {
            leave(stepContext, verdict);
        }
        stepContext.rollout = null;
        stepContext.setback = null;
        stepContext.verdict = verdict;
        stepContext.report(severity, null, verdict);
        for (PendingRequest pendingRequest : List.copyOf(stepContext.waits)) {
            if (pendingRequest.until() == PendingRequest.Until.ROLLED
                    || pendingRequest.until() == PendingRequest.Until.READY) {
                stepContext.answer(pendingRequest, done, verdict, done ? null : rollout.blame());
            }
        }
    }

    private static void progress(StepContext stepContext, Rollout rollout) {
        int moved = 0;
        int all = 0;
        for (Slot slot : stepContext.slots) {
            if (concerns(stepContext, rollout, slot)) {
                all++;
                moved += slot.moved() ? 1 : 0;
            }
        }
        tell(stepContext, moved + " of " + all + " replaced");
    }

    static void tell(StepContext stepContext, String message) {
        for (PendingRequest pendingRequest : stepContext.waits) {
            if (pendingRequest.until() == PendingRequest.Until.ROLLED) {
                stepContext.effects.add(
                        new ProgramEffect.Progress(
                                pendingRequest.ticket(), stepContext.name + ": " + message));
            }
        }
    }

    private static String name(Strategy strategy) {
        return strategy.name().toLowerCase(Locale.ROOT);
    }
}
