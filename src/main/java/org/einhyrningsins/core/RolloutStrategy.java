// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.OldWorkerCounts;
import org.einhyrningsins.core.model.PendingRequest;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.core.model.WorkerLosses;
import org.einhyrningsins.spec.RolloutSpec.Strategy;
import org.einhyrningsins.spec.RolloutTasksSpec.Stage;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

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
        RolloutFailure.abort(stepContext, "superseded by a newer rollout");
        if (stepContext.phase instanceof ProgramPhase.Failed) {
            DependencyGate.requestAdmission(stepContext);
        }
        int workers = target.spec().workers();
        int before = stepContext.serving.spec().workers();
        boolean byHand = stepContext.count != before;
        Integer change = byHand || workers == before ? null : workers;
        FailedVersionTracker.supersede(stepContext);
        Rollout rollout = Rollout.of(target, strategy, scope, change, stepContext.now);
        stepContext.rollout = rollout;
        WorkerReplacement.abandon(stepContext);
        stepContext.rollout = rollout.old(oldWorkers(stepContext, rollout));
        ProgramTasks.drop(stepContext, null);
        ProgramTasks.before(stepContext, target);
        for (Slot slot : stepContext.slots) {
            stepContext.put(slot.past(slot.past().lost(WorkerLosses.NONE)));
        }
        if (!ProgramTasks.hold(stepContext)) {
            moveFirst(stepContext);
        }
        stepContext.report(
                Severity.INFO,
                null,
                "rolling to " + target.words() + ", " + strategy.name().toLowerCase(Locale.ROOT));
    }

    /// Decides what comes first, when nothing is in the way of new workers any more: slots without
    /// a worker get the target at once, then a canary and a trial are as the old workers are now.
    static void moveFirst(StepContext stepContext) {
        Rollout begun = stepContext.rollout;
        if (begun == null) {
            return;
        }
        boolean ill = CanaryWatch.programIsIll(stepContext);
        Rollout rollout = begun.old(oldWorkers(stepContext, begun));
        stepContext.rollout = rollout;
        for (Slot slot : List.copyOf(stepContext.slots)) {
            if (inScope(stepContext, rollout, slot) && slot.current() == null) {
                Slot moved = slot.reset(stepContext.now).move(true);
                stepContext.put(moved.past(moved.past().ended(slot.finished())));
            }
        }
        boolean tried = rollout.target().spec().rollout().proof().probation().isPositive();
        boolean replaces = anyUp(stepContext, rollout) || rollout.isFirst(stepContext.serving);
        rollout = tried && replaces ? rollout : rollout.trialPassed();
        stepContext.rollout = rollout.canary(CanaryWatch.initial(stepContext, rollout, ill));
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
            if (inScope(stepContext, rollout, slot) && isReady(slot.current())) {
                return true;
            }
        }
        return false;
    }

    // ---- advance

    /// Goes on as far as it may.
    static void advance(StepContext stepContext) {
        Rollout rollout = stepContext.rollout;
        if (rollout == null || ProgramTasks.hold(stepContext)) {
            return;
        }
        if (!rollout.draining()) {
            FirstWorkerTrial.checkResult(stepContext, rollout);
            CanaryWatch.watch(stepContext); // first: one that is not well takes over from nobody
            move(stepContext);
        }
        Rollout moved = stepContext.rollout;
        if (moved != null
                && !moved.draining()
                && !moved.waitsForCanary()
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
            boolean comes = includes(stepContext, rollout, slot) && !slot.moved();
            if (comes && rollout.proved() && isReady(slot.successor())) {
                takeOver(stepContext, rollout, slot);
            }
        }
        spawnSuccessors(stepContext, rollout);
    }

    private static void fleet(StepContext stepContext, Rollout rollout) {
        spawnSuccessors(stepContext, rollout);
        boolean allUp = rollout.proved();
        for (Slot slot : stepContext.slots) {
            if (includes(stepContext, rollout, slot)) {
                allUp &= isReady(slot.moved() ? slot.current() : slot.successor());
            }
        }
        if (!allUp || rollout.waitsForCanary() || rollout.held()) {
            return;
        }
        for (Slot slot : stepContext.slots) {
            if (includes(stepContext, rollout, slot) && !slot.moved()) {
                takeOver(stepContext, rollout, slot);
            }
        }
    }

    private static void replace(StepContext stepContext, Rollout rollout) {
        Slot next = null;
        for (Slot slot : stepContext.slots) {
            if (includes(stepContext, rollout, slot) && slot.moved() && !isReady(slot.current())) {
                return;
            }
            if (next == null && includes(stepContext, rollout, slot) && !slot.moved()) {
                next = slot;
            }
        }
        if (next != null
                && CanaryWatch.remainingSlots(stepContext, rollout) > 0
                && FirstWorkerTrial.remainingSlots(stepContext, rollout) > 0) {
            makeRoom(stepContext, rollout, next);
        }
    }

    private static void makeRoom(StepContext stepContext, Rollout rollout, Slot slot) {
        if (slot.current() != null) {
            WorkerStop.begin(stepContext, slot.current(), StopCause.REPLACED);
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
                        RolloutCapacity.maxStarts(stepContext)
                                - RolloutCapacity.emptySlots(stepContext),
                        RolloutCapacity.maxProcesses(stepContext)
                                - RolloutCapacity.processes(stepContext));
        room = Math.min(room, CanaryWatch.remainingSlots(stepContext, rollout));
        room = Math.min(room, FirstWorkerTrial.remainingSlots(stepContext, rollout));
        for (Slot slot : stepContext.slots) {
            if (room <= 0) {
                return;
            }
            if (includes(stepContext, rollout, slot) && !slot.moved() && slot.successor() == null) {
                Worker worker = stepContext.spawn(slot.index(), rollout.target());
                stepContext.put(stepContext.slot(slot.index()).successor(worker));
                room--;
            }
        }
    }

    private static void takeOver(StepContext stepContext, Rollout rollout, Slot slot) {
        if (slot.current() != null) {
            WorkerStop.begin(stepContext, slot.current(), StopCause.RETIRED);
            countReplaced(stepContext);
        }
        Slot now =
                stepContext
                        .slot(slot.index())
                        .forgetFailures(); // another version fails, or does not
        stepContext.put(now.current(now.successor()).successor(null).move(true).refill(null));
        reportProgress(stepContext, rollout);
    }

    /// True if the slot is to be moved; one whose worker did its job and ended is left alone.
    static boolean includes(StepContext stepContext, Rollout rollout, Slot slot) {
        return inScope(stepContext, rollout, slot) && slot.finished() == null;
    }

    private static boolean inScope(StepContext stepContext, Rollout rollout, Slot slot) {
        return slot.index() < stepContext.count && !slot.held() && rollout.covers(slot.index());
    }

    static boolean isReady(@Nullable Worker worker) {
        return worker != null && worker.ready();
    }

    private static boolean complete(StepContext stepContext, Rollout rollout) {
        for (Slot slot : stepContext.slots) {
            if (includes(stepContext, rollout, slot)
                    && !(slot.moved() && isReady(slot.current()))) {
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
                || rollout.waitsForCanary()
                || !rollout.held()
                || FirstWorkerTrial.isOn(stepContext, rollout)) {
            return false;
        }
        for (Slot slot : stepContext.slots) {
            Worker worker = slot.moved() ? slot.current() : slot.successor();
            if (includes(stepContext, rollout, slot) && !isReady(worker)) {
                return false;
            }
        }
        return true;
    }

    /// True if the rollout under way is the program's first: there is no older version to go back
    /// to.
    static boolean isFirst(StepContext stepContext) {
        Rollout rollout = stepContext.rollout;
        return rollout != null && rollout.isFirst(stepContext.serving);
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
        if (rollout.scope() == null) {
            DependencyGate.rolled(stepContext);
        }
    }

    private static void finishWhenDrained(StepContext stepContext, Rollout rollout) {
        for (Slot slot : stepContext.slots) {
            if (RolloutCapacity.drains(slot)) {
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
    static void oldWorkerEnded(
            StepContext stepContext, WorkerState.Stopping state, WorkerExit workerExit) {
        boolean replaced =
                state.cause() == StopCause.RETIRED || state.cause() == StopCause.REPLACED;
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

    /// @param done whether the target serves
    static void end(
            StepContext stepContext,
            Rollout rollout,
            Severity severity,
            boolean done,
            String verdict) {
        if (!done && rollout.isFirst(stepContext.serving)) {
            RolloutFailure.failProgram(stepContext, verdict);
        }
        stepContext.rollout = null;
        stepContext.setback = null;
        stepContext.verdict = verdict;
        stepContext.report(severity, null, verdict);
        ProgramTasks.drop(stepContext, Stage.BEFORE);
        if (done) {
            ProgramTasks.after(stepContext, rollout.target());
        }
        for (PendingRequest pendingRequest : List.copyOf(stepContext.waits)) {
            if (pendingRequest.until() == PendingRequest.Until.ROLLED
                    || pendingRequest.until() == PendingRequest.Until.READY) {
                stepContext.answer(pendingRequest, done, verdict, done ? null : rollout.blame());
            }
        }
    }

    private static void reportProgress(StepContext stepContext, Rollout rollout) {
        int moved = 0;
        int all = 0;
        for (Slot slot : stepContext.slots) {
            if (includes(stepContext, rollout, slot)) {
                all++;
                moved += slot.moved() ? 1 : 0;
            }
        }
        notifyWaiting(stepContext, moved + " of " + all + " replaced");
    }

    static void notifyWaiting(StepContext stepContext, String message) {
        for (PendingRequest pendingRequest : stepContext.waits) {
            if (pendingRequest.until() == PendingRequest.Until.ROLLED) {
                stepContext.effects.add(
                        new ProgramEffect.Progress(
                                pendingRequest.ticket(), stepContext.name + ": " + message));
            }
        }
    }
}
