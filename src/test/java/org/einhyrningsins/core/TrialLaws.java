// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.FallbackVersion;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RestartSpec.When;
import org.einhyrningsins.spec.RolloutSpec.Strategy;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// What must hold of a version that has not proved itself, told from what happened alone: a second
/// opinion on [FirstWorkerTrial], [Rollback] and the end of a rollout.
final class TrialLaws {
    private static final Duration YOUNG = Duration.ofSeconds(10);

    private final Map<WorkerId, Moment> born = new HashMap<>();
    private final Map<WorkerId, Moment> up = new HashMap<>();

    /// Generations whose rollout began while old workers served.
    private final Set<Integer> guarded = new HashSet<>();

    /// Generations of which a worker lived for long enough.
    private final Set<Integer> proved = new HashSet<>();

    /// Workers lost untold, by generation and slot.
    private final Map<Integer, Map<Integer, Integer>> lost = new HashMap<>();

    void check(Program before, ProgramEvent programEvent, Moment now, Transition step) {
        Program after = step.program();
        note(before, now, step);
        for (ProgramEffect programEffect : step.effects()) {
            if (programEffect instanceof ProgramEffect.Send send) {
                toldToGo(before, programEvent, after, send.worker());
            }
        }
        if (programEvent instanceof ProgramEvent.Exited exited) {
            ended(before, exited, now, step);
        }
        goesBackWithReason(before, after);
    }

    /// Not everything was seen: what began meanwhile is not judged.
    void recovered(Program noted, Program after) {
        guarded.clear();
        lost.clear();
        Rollout rollout = after.rollout();
        if (rollout != null && noted.rollout() != null && noted.rollout().proved()) {
            proved.add(rollout.target().generation());
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new Laws.Broken(otherwise);
        }
    }

    // ---- what is known

    private void note(Program before, Moment now, Transition step) {
        for (ProgramEffect programEffect : step.effects()) {
            if (programEffect instanceof ProgramEffect.Spawn spawn) {
                born.put(spawn.worker(), now);
            }
        }
        Rollout was = before.rollout();
        Rollout is = step.program().rollout();
        if (is != null && (was == null || !sameTarget(was, is))) {
            begins(before, is);
        }
        ready(before, now);
        ready(step.program(), now);
    }

    private void ready(Program program, Moment now) {
        for (Slot slot : program.slots()) {
            for (Worker worker : slot.workers()) {
                if (worker.ready()) {
                    up.putIfAbsent(worker.id(), now);
                    prove(worker, now);
                }
            }
        }
    }

    private static boolean sameTarget(Rollout one, Rollout other) {
        return one.target().generation() == other.target().generation();
    }

    private void begins(Program before, Rollout rollout) {
        for (Slot slot : before.slots()) {
            boolean serves = slot.current() != null && slot.current().ready();
            boolean covered = slot.index() < before.count() && rollout.covers(slot.index());
            if (serves && covered && !slot.held()) {
                guarded.add(rollout.target().generation());
            }
        }
    }

    private void prove(Worker worker, Moment now) {
        ProgramSpec spec = worker.version().spec();
        boolean timer = spec.ack().mode() instanceof AckSpec.Timer;
        Moment since = (timer ? born : up).get(worker.id());
        if (since != null && since.plus(spec.rollout().proof().probation()).reached(now)) {
            proved.add(worker.version().generation());
        }
    }

    // ---- on trial

    /// No old worker is told to go before the first new one has lived for long enough; with
    /// `replace`, one.
    private void toldToGo(Program before, ProgramEvent programEvent, Program after, WorkerId id) {
        Worker is = Laws.find(after, id);
        Worker was = Laws.find(before, id);
        Rollout acting = before.rollout();
        boolean over = acting != null && after.serving().equals(acting.target());
        Rollout rollout = after.rollout() == null && over ? acting : after.rollout();
        if (rollout == null
                || is == null
                || was == null
                || !was.ready()
                || didItsJob(before, programEvent, id.slot())
                || !rollout.covers(id.slot())
                || rollout.owns(is)
                || !(is.state() instanceof WorkerState.Stopping going)
                || was.state() instanceof WorkerState.Stopping) {
            return;
        }
        int generation = rollout.target().generation();
        boolean none = rollout.target().spec().rollout().proof().probation().isZero();
        boolean first =
                rollout.strategy() == Strategy.REPLACE && !others(after, rollout, id.slot());
        boolean replaced =
                going.cause() == StopCause.RETIRED || going.cause() == StopCause.REPLACED;
        require(
                !replaced
                        || none
                        || first
                        || !guarded.contains(generation)
                        || proved.contains(generation),
                "told to go while the new version was on trial: " + id + " " + Lines.of(after));
    }

    /// Whether the new one of that slot was a job that has ended well: nothing is left to be tried.
    private static boolean didItsJob(Program before, ProgramEvent programEvent, int slot) {
        if (!(programEvent instanceof ProgramEvent.Exited exited)
                || exited.worker().slot() != slot) {
            return false;
        }
        Worker dead = Laws.find(before, exited.worker());
        return dead != null
                && exited.exit().success()
                && dead.version().spec().restart().when() != When.ALWAYS;
    }

    /// Whether another slot that is to be moved has been.
    private static boolean others(Program program, Rollout rollout, int but) {
        for (Slot slot : program.slots()) {
            boolean concerned =
                    slot.index() < program.count()
                            && rollout.covers(slot.index())
                            && !slot.held()
                            && slot.finished() == null;
            if (slot.index() != but && slot.moved() && concerned) {
                return true;
            }
        }
        return false;
    }

    /// A new worker that was up and ends by itself soon is the end of its rollout, and no old one
    /// is touched by that.
    private void ended(Program before, ProgramEvent.Exited event, Moment now, Transition step) {
        Program after = step.program();
        Worker dead = Laws.find(before, event.worker());
        if (dead == null || dead.state() instanceof WorkerState.Stopping) {
            return;
        }
        lost.computeIfAbsent(dead.version().generation(), _ -> new HashMap<>())
                .merge(dead.id().slot(), 1, Integer::sum);
        Rollout rollout = before.rollout();
        if (rollout == null
                || rollout.draining()
                || !rollout.owns(dead)
                || !event.exit().isOwnDoing()) {
            return;
        }
        boolean job = didItsJob(before, event, dead.id().slot());
        boolean wasUp = dead.ready() || dead.state() instanceof WorkerState.Settling;
        Moment since = up.get(dead.id());
        boolean young = since == null || now.since(since).compareTo(YOUNG) < 0;
        if (wasUp && young && !job) {
            Rollout is = after.rollout();
            require(
                    is == null || !sameTarget(is, rollout),
                    "went on although a new worker ended: " + Lines.of(after));
            boolean nothing =
                    after.phase() instanceof ProgramPhase.Failed; // there was no other version
            require(
                    nothing || after.serving().generation() != rollout.target().generation(),
                    "serves what has just failed: " + Lines.of(after));
            for (ProgramEffect programEffect : step.effects()) {
                boolean old =
                        programEffect instanceof ProgramEffect.Send send
                                && isOld(before, rollout, send);
                require(!old, "told an old worker to go when its rollout failed: " + programEffect);
            }
        }
    }

    private static boolean isOld(Program before, Rollout rollout, ProgramEffect.Send send) {
        Worker worker = Laws.find(before, send.worker());
        return worker != null
                && worker.ready()
                && !rollout.owns(worker)
                && before.replacementReason(worker) == null;
    }

    // ---- and after it

    /// A version is rolled back only within its time, and for what its workers did.
    private void goesBackWithReason(Program before, Program after) {
        FallbackVersion fallbackVersion = before.fallback();
        if (after.serving().generation() >= before.serving().generation()
                || fallbackVersion == null) {
            return;
        }
        @Nullable Map<Integer, Integer> slots = lost.get(before.serving().generation());
        require(
                slots != null || after.setback() != null,
                "rolled back for nothing: " + Lines.of(after));
        require(
                !fallbackVersion.until(before.serving()).reached(after.asOf()),
                "rolled back too late: " + Lines.of(after));
        require(
                after.rollout() == null && !after.verdict().startsWith("rolled"),
                "rolled back, and calls it well: " + Lines.of(after));
    }
}
