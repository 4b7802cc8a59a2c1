// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.PendingRequest;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.spec.CanarySpec;
import org.einhyrningsins.spec.MonitoringSpec;
import org.einhyrningsins.spec.RestartSpec.When;
import org.einhyrningsins.spec.RolloutSpec.Strategy;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What must hold after every step of a program, whatever happened. Follows one program from step
/// to step, since some promises are about more than one of them.
final class Laws {
    /// A promise that was broken.
    static final class Broken extends RuntimeException {
        private static final long serialVersionUID = 1;

        Broken(String message) {
            super(message);
        }
    }

    private boolean calm;
    private final Set<Long> open = new HashSet<>();
    private final Set<Long> answered = new HashSet<>();
    private final Set<WorkerId> mustBeAlone = new HashSet<>();
    private final Map<WorkerId, Integer> generations = new HashMap<>();
    private final Conditions conditions = new Conditions();
    private final TrialLaws trials = new TrialLaws();
    private int allowed;

    /// @param calm nobody dies by chance and all who came up stay up
    Laws(boolean calm) {
        this.calm = calm;
    }

    void check(Program before, ProgramEvent programEvent, Moment now, Transition step) {
        Program after = step.program();
        answers(programEvent, step.effects());
        waitsAreKnown(after);
        conditions.note(before, programEvent, now, step.effects());
        DeathLaws.check(before, programEvent, now, step);
        for (ProgramEffect programEffect : step.effects()) {
            switch (programEffect) {
                case ProgramEffect.Spawn spawn -> spawned(before, after, spawn);
                case ProgramEffect.Send send -> sent(before, after, send, now);
                default -> {}
            }
        }
        servesWhatProvedItself(before, programEvent, after);
        processes(before, after);
        unacked(before, after);
        noSlotIsForgotten(after);
        beginsInItsTurn(before, programEvent, after);
        watchesItsCanary(before, programEvent, now, after);
        trials.check(before, programEvent, now, step);
        keepsWhatWasSetByHand(before, programEvent, after);
        if (calm) {
            keepsTheReady(before, programEvent, after);
        }
        deadlines(now, after);
        restsAfterAStep(after, now);
    }

    /// What holds for a step by which another manager goes on, from what was written down a while
    /// before and what is there. Those who waited have lost their connections.
    void recovered(Program noted, Moment now, Transition step) {
        Program after = step.program();
        open.clear();
        calm = false; // who is called ready may have been told to go, unknown to this manager
        mustBeAlone.clear();
        waitsAreKnown(after);
        for (ProgramEffect programEffect : step.effects()) {
            if (programEffect instanceof ProgramEffect.Spawn spawn) {
                spawned(noted, after, spawn);
            }
        }
        allowed = Math.max(limit(after), processes(after));
        trials.recovered(noted, after);
        noSlotIsForgotten(after);
        deadlines(now, after);
        restsAfterAStep(after, now);
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new Broken(otherwise);
        }
    }

    // ---- answers

    private void answers(ProgramEvent programEvent, List<ProgramEffect> effects) {
        if (programEvent instanceof ProgramEvent.Requested requested) {
            open.add(requested.ticket());
        }
        for (ProgramEffect programEffect : effects) {
            switch (programEffect) {
                case ProgramEffect.Answer answer -> {
                    require(answered.add(answer.ticket()), "answered twice: " + answer.ticket());
                    require(open.remove(answer.ticket()), "nobody asked: " + answer.ticket());
                }
                case ProgramEffect.Deliver deliver -> {
                    require(answered.add(deliver.ticket()), "answered twice: " + deliver.ticket());
                    require(open.remove(deliver.ticket()), "nobody asked: " + deliver.ticket());
                }
                case ProgramEffect.Progress progress ->
                        require(
                                open.contains(progress.ticket()),
                                "progress after the answer: " + progress.ticket());
                default -> {}
            }
        }
    }

    private void waitsAreKnown(Program after) {
        Set<Long> waiting = new HashSet<>();
        for (PendingRequest pendingRequest : after.waits()) {
            waiting.add(pendingRequest.ticket());
        }
        require(waiting.equals(open), "waits " + waiting + " but unanswered are " + open);
    }

    // ---- spawns and signals

    private void spawned(Program before, Program after, ProgramEffect.Spawn spawn) {
        WorkerId id = spawn.worker();
        int generation = spawn.version().generation();
        require(generations.put(id, generation) == null, "spawned twice: " + id);
        require(
                after.phase() instanceof ProgramPhase.Running,
                "spawned although " + after.phase() + ": " + id);
        Rollout rollout = after.rollout();
        boolean target = rollout != null && generation == rollout.target().generation();
        require(
                target || generation == after.serving().generation(),
                "spawned of neither the serving nor the target generation: " + id);
        Slot slot = after.slots().get(id.slot());
        boolean refilled = slot.current() != null && slot.current().id().equals(id);
        require(
                refilled || (slot.successor() != null && slot.successor().id().equals(id)),
                "spawned and neither current nor successor: " + id);
        for (Worker worker : slot.workers()) {
            if (refilled && !worker.stuck() && mustBeAlone.contains(worker.id())) {
                throw new Broken("runs beside " + worker.id() + ", which was to go first: " + id);
            }
        }
        require(
                slot.leaving().stream().noneMatch(w -> !w.stuck() && blocks(w) && refilled),
                "refilled while somebody has to be gone first: " + id);
        require(
                before.pool().nextIncarnation() <= id.incarnation(),
                "incarnation used again: " + id);
    }

    private static boolean blocks(Worker worker) {
        return worker.state() instanceof WorkerState.Stopping s
                && switch (s.cause()) {
                    case STOPPED, RESTARTED, FAILED_START, HUNG, REPLACED -> true;
                    default -> false;
                };
    }

    private void sent(Program before, Program after, ProgramEffect.Send send, Moment now) {
        Worker was = find(before, send.worker());
        Worker is = find(after, send.worker());
        if (is == null || !(is.state() instanceof WorkerState.Stopping going)) {
            return;
        }
        if (was != null && was.state() instanceof WorkerState.Stopping) {
            return;
        }
        Worker current = was == null ? null : before.slots().get(is.id().slot()).current();
        boolean replacing =
                strategy(before) == Strategy.REPLACE && was != null && was.equals(current);
        if (going.cause() == StopCause.REPLACED
                || (replacing && going.cause() != StopCause.SCALED)) {
            mustBeAlone.add(is.id());
        }
        if (was != null && was.ready() && before.rollout() == null && after.rollout() == null) {
            boolean overtaken = going.cause() == StopCause.OVERDUE && after.tasks().queued();
            String why = overtaken ? "another is due" : conditions.why(is, going.cause(), now);
            require(why != null, "replaced although it was well: " + is.id() + " " + going);
        }
        if (going.cause() == StopCause.RETIRED && is.id().slot() < after.count()) {
            Worker heir = after.slots().get(is.id().slot()).current();
            require(
                    isDone(after, is)
                            || (heir != null
                                    && heir.ready()
                                    && (heir.version().generation() > is.version().generation()
                                            || (before.rollout() == null
                                                    && heir.id().incarnation()
                                                            > is.id().incarnation()))),
                    "retired without a ready successor: " + is.id());
        }
    }

    /// A job that did its work in a newer version is not needed in an older one.
    private static boolean isDone(Program after, Worker old) {
        Slot slot = after.slots().get(old.id().slot());
        return slot.endedWell() && old.version().generation() < after.versions().next() - 1;
    }

    static @Nullable Worker find(Program program, WorkerId id) {
        if (id.slot() >= program.slots().size()) {
            return null;
        }
        for (Worker worker : program.slots().get(id.slot()).workers()) {
            if (worker.id().equals(id)) {
                return worker;
            }
        }
        return null;
    }

    private static @Nullable Strategy strategy(Program program) {
        return program.rollout() == null ? null : program.rollout().strategy();
    }

    /// Respawns use another version only after a rollout that succeeded, or a definition for later.
    private static void servesWhatProvedItself(
            Program before, ProgramEvent programEvent, Program after) {
        if (before.serving().generation() == after.serving().generation()) {
            return;
        }
        boolean noted =
                programEvent instanceof ProgramEvent.Requested requested
                        && (requested.command() instanceof ProgramCommand.Apply
                                || requested.command() instanceof ProgramCommand.Reset)
                        && (before.phase() instanceof ProgramPhase.Stopped
                                || before.phase() instanceof ProgramPhase.Waiting
                                || after.count() == 0 // nobody serves by it
                                || before.count() == 0); // nobody was to serve
        boolean draining = after.rollout() != null && after.rollout().draining();
        boolean rolledBack =
                before.fallback() != null
                        && before.fallback().version().equals(after.serving())
                        && after.setback() != null
                        && after.setback().rolled();
        require(
                noted
                        || rolledBack
                        || draining
                        || after.isFirstRollout()
                        || before.isFirstRollout() // nothing has proved itself yet
                        || after.verdict().startsWith("rolled"),
                "serves what did not prove itself: " + Lines.of(after));
    }

    // ---- how many

    /// Above the limit only what was there before the limit fell.
    private void processes(Program before, Program after) {
        int limit = limit(after);
        int more = Math.max(0, after.count() - before.count());
        int most = Math.max(limit, Math.max(limit(before), allowed) + more);
        int processes = processes(after);
        if (processes > Math.max(most, processes(before, counted(after)) + more)) {
            throw new Broken(processes + " processes, allowed are " + most);
        }
        allowed = processes > limit ? processes : limit;
    }

    private static int limit(Program program) {
        Rollout rollout = program.rollout();
        Strategy strategy =
                rollout == null
                        ? program.serving().spec().rollout().strategy()
                        : rollout.strategy();
        ProgramVersion programVersion = rollout == null ? program.serving() : rollout.target();
        return switch (strategy) {
            case SMOOTH ->
                    program.count() + Math.max(1, programVersion.spec().rollout().maxSurge());
            case FLEET -> 2 * program.count();
            case REPLACE -> Integer.MAX_VALUE / 2;
        };
    }

    /// Leftovers of what the operator ordered do not count, nor those who hang in the kernel; an
    /// empty slot counts as if it were filled again.
    private static int processes(Program program) {
        return processes(program, counted(program));
    }

    private static boolean counted(Program program) {
        Rollout rollout = program.rollout();
        ProgramVersion newest = rollout == null ? program.serving() : rollout.target();
        return newest.spec().rollout().drain().counted();
    }

    /// @param counted whether workers count that leave for a rollout
    private static int processes(Program program, boolean counted) {
        int processes = 0;
        for (Slot slot : program.slots()) {
            int own = slot.current() != null ? 1 : 0;
            own += slot.successor() != null ? 1 : 0;
            for (Worker worker : slot.leaving()) {
                boolean counts =
                        worker.state() instanceof WorkerState.Stopping s
                                && !s.stuck()
                                && switch (s.cause()) {
                                    case SCALED, STOPPED, RESTARTED, LEFT_BEHIND -> false;
                                    case RETIRED, WITHDRAWN, REPLACED -> counted;
                                    case FAILED_START, HUNG, OVERDUE -> true;
                                };
                own += counts ? 1 : 0;
            }
            boolean refilledBeside = slot.current() == null && !isWaitedFor(slot);
            processes += own + (refilledBeside && slot.index() < program.count() ? 1 : 0);
        }
        return processes;
    }

    private static boolean isWaitedFor(Slot slot) {
        return slot.leaving().stream()
                .anyMatch(
                        worker ->
                                worker.state() instanceof WorkerState.Stopping s
                                        && !s.stuck()
                                        && (s.cause() == StopCause.WITHDRAWN
                                                || s.cause() == StopCause.FAILED_START
                                                || s.cause() == StopCause.HUNG
                                                || s.cause() == StopCause.REPLACED));
    }

    /// Above the limit only what a manager found that did not see all of them come up.
    private static void unacked(Program before, Program after) {
        Rollout rollout = after.rollout();
        if (rollout == null || rollout.draining()) {
            return;
        }
        int unacked = unacked(after, rollout);
        int most = rollout.target().spec().rollout().maxUnacked();
        require(
                unacked <= Math.max(most, unacked(before, rollout)),
                unacked + " starting at once, allowed are " + most);
    }

    private static int unacked(Program program, Rollout rollout) {
        int unacked = 0;
        for (Slot slot : program.slots()) {
            for (Worker worker : slot.workers()) {
                boolean starting = worker.state() instanceof WorkerState.Starting;
                unacked += starting && rollout.owns(worker) ? 1 : 0;
            }
        }
        return unacked;
    }

    // ---- nothing is lost

    private static void noSlotIsForgotten(Program after) {
        for (Slot slot : after.slots()) {
            if (after.wants(slot) && slot.current() == null) {
                boolean later = slot.refill() != null && !slot.refill().reached(after.asOf());
                boolean awaited = slot.leaving().stream().anyMatch(w -> !w.stuck());
                Rollout rollout = after.rollout();
                boolean rationed = rollout != null && slot.moved();
                require(
                        later || awaited || rationed,
                        "slot " + slot.index() + " is empty and nobody thinks of it");
            }
            for (Worker worker : slot.leaving()) {
                require(
                        worker.state() instanceof WorkerState.Stopping,
                        "leaving without having been told: " + worker.id());
            }
            require(
                    slot.current() == null
                            || !(slot.current().state() instanceof WorkerState.Stopping),
                    "current and told to go: slot " + slot.index());
            require(
                    slot.successor() == null
                            || (after.rollout() == null
                                    ? slot.current() != null
                                            && slot.successor().version().generation()
                                                    == after.serving().generation()
                                    : !after.rollout().draining()
                                            && after.rollout().owns(slot.successor())),
                    "a successor that nobody asked for: slot " + slot.index());
            require(
                    slot.finished() == null || slot.current() == null,
                    "finished with a worker in it: slot " + slot.index());
        }
    }

    private static void keepsTheReady(Program before, ProgramEvent programEvent, Program after) {
        boolean asked =
                programEvent instanceof ProgramEvent.Requested requested
                        && (requested.command() instanceof ProgramCommand.Stop
                                || requested.command() instanceof ProgramCommand.Restart);
        boolean replacing =
                strategy(before) == Strategy.REPLACE
                        || strategy(after) == Strategy.REPLACE
                        || goesBackAlone(before)
                        || goesBackAlone(after)
                        || (after.serving().spec().rollout().strategy() == Strategy.REPLACE
                                && after.slots().stream()
                                        .flatMap(slot -> slot.workers().stream())
                                        .map(worker -> worker.version().spec().monitoring())
                                        .anyMatch(care -> !care.equals(MonitoringSpec.NONE)));
        int promised = Math.min(before.ready(), after.count());
        for (Slot slot : before.slots()) {
            boolean gone = slot.index() >= after.count();
            Slot now = gone ? slot : after.slots().get(slot.index());
            boolean ended = programEvent instanceof ProgramEvent.Exited && now.finished() != null;
            boolean done = !gone && (now.endedWell() || ended);
            boolean ready = slot.current() != null && slot.current().ready();
            promised -= (gone || done) && ready ? 1 : 0;
        }
        require(
                asked || replacing || after.ready() >= promised,
                "only " + after.ready() + " workers are ready of " + promised);
    }

    // ---- canaries

    /// A rollout goes beyond its canary when the time is over or the operator says so, and it is
    /// over when one of them dies.
    private static void watchesItsCanary(
            Program before, ProgramEvent programEvent, Moment now, Program after) {
        Rollout was = before.rollout();
        Rollout is = after.rollout();
        if (was == null || !was.waitsForCanary()) {
            return;
        }
        boolean goesOn = is != null && is.target().generation() == was.target().generation();
        boolean serves = after.serving().generation() == was.target().generation();
        Moment until = was.watchedUntil();
        if (serves || (goesOn && is != null && !is.waitsForCanary())) {
            boolean promoted =
                    programEvent instanceof ProgramEvent.Requested r
                            && r.command() instanceof ProgramCommand.Promote;
            require(
                    promoted || (until != null && until.reached(now)),
                    "went on too early: " + Lines.of(after));
        } else if (goesOn && !(programEvent instanceof ProgramEvent.Requested)) {
            int most = Math.max(wanted(was), begun(before));
            require(begun(after) <= most, "more than the canary: " + Lines.of(after));
        }
        if (programEvent instanceof ProgramEvent.Exited exited) {
            Worker dead = find(before, exited.worker());
            boolean didItsJob =
                    dead != null
                            && exited.exit().success()
                            && dead.version().spec().restart().when() != When.ALWAYS;
            boolean canary = dead != null && was.watches(dead) && dead.ready() && !didItsJob;
            require(!canary || !goesOn, "did not mind a dead canary: " + Lines.of(after));
        }
    }

    private static int wanted(Rollout rollout) {
        CanarySpec canary = rollout.target().spec().rollout().canary();
        return canary == null ? 0 : canary.workers();
    }

    private static int begun(Program program) {
        int begun = 0;
        for (Slot slot : program.slots()) {
            boolean wanted =
                    slot.index() < program.count() && !slot.held() && slot.finished() == null;
            begun += wanted && (slot.moved() || slot.successor() != null) ? 1 : 0;
        }
        return begun;
    }

    /// Whether workers are left of a rollout that went back and that cannot run beside another.
    private static boolean goesBackAlone(Program program) {
        boolean recalls = false;
        boolean alone = program.serving().spec().rollout().strategy() == Strategy.REPLACE;
        for (Slot slot : program.slots()) {
            for (Worker worker : slot.workers()) {
                recalls |= worker.health().recalled();
                alone |= worker.version().spec().rollout().strategy() == Strategy.REPLACE;
            }
        }
        return recalls && alone;
    }

    // ---- order

    /// Who comes after others and has no worker left begins when it is admitted; nobody waits for
    /// one that is hindered.
    private static void beginsInItsTurn(Program before, ProgramEvent programEvent, Program after) {
        boolean runs = after.phase() instanceof ProgramPhase.Running;
        if (runs && !(before.phase() instanceof ProgramPhase.Running) && before.ready() == 0) {
            boolean first = after.serving().spec().after().isEmpty();
            boolean somebodyStarts = before.phase() instanceof ProgramPhase.Failed;
            require(
                    first || somebodyStarts || programEvent instanceof ProgramEvent.Admitted,
                    "did not wait its turn: " + Lines.of(after));
        }
        if (after.phase() instanceof ProgramPhase.Waiting waiting) {
            require(
                    waiting.by() == null || after.waits().stream().noneMatch(Laws::isForTheStart),
                    "waited for, and hindered: " + after.waits());
            require(after.ready() == 0, "waits, and has ready workers: " + Lines.of(after));
        }
    }

    private static boolean isForTheStart(PendingRequest pendingRequest) {
        return pendingRequest.waitsForStart()
                || pendingRequest.until() == PendingRequest.Until.ROLLED;
    }

    // ---- the operator

    /// Only the operator takes back what the operator set.
    private static void keepsWhatWasSetByHand(
            Program before, ProgramEvent programEvent, Program after) {
        ProgramCommand programCommand =
                programEvent instanceof ProgramEvent.Requested r ? r.command() : null;
        boolean scales =
                programCommand instanceof ProgramCommand.ScaleBy
                        || programCommand instanceof ProgramCommand.ScaleTo
                        || programCommand instanceof ProgramCommand.Reset;
        if (before.operatorOverride().workers() != null && !scales) {
            require(
                    after.count() == before.count(),
                    "scaled to " + before.count() + " by hand, and is " + Lines.of(after));
        }
        boolean starts =
                programCommand instanceof ProgramCommand.Start
                        || programCommand instanceof ProgramCommand.Restart
                        || programCommand instanceof ProgramCommand.Debut;
        if (before.operatorOverride().stopped()
                && !starts
                && !(programCommand instanceof ProgramCommand.Reset)) {
            require(
                    after.operatorOverride().stopped(),
                    "stopped by hand, and is " + Lines.of(after));
        }
        for (int slot : before.operatorOverride().held()) {
            boolean released = starts || scales || programCommand instanceof ProgramCommand.Stop;
            require(
                    released || slot >= after.count() || after.slots().get(slot).held(),
                    "held by hand, and is not: slot " + slot + " of " + Lines.of(after));
        }
    }

    // ---- time

    private static void deadlines(Moment now, Program after) {
        Moment next = after.earliestDeadline();
        require(
                next == null || !next.reached(now) || aProbeIsDue(after, now),
                "the next deadline is not in the future");
        boolean quiet =
                after.rollout() == null && after.waits().isEmpty() && after.fallback() == null;
        for (Slot slot : after.slots()) {
            quiet &=
                    slot.successor() == null
                            && slot.failuresForgottenAt() == null
                            && slot.leaving().isEmpty()
                            && (slot.current() == null
                                    ? !after.wants(slot)
                                    : slot.current().ready()
                                            && !slot.current().health().recalled()
                                            && slot.current()
                                                    .version()
                                                    .spec()
                                                    .monitoring()
                                                    .equals(MonitoringSpec.NONE));
        }
        require(!quiet || next == null, "a quiet program has a deadline");
    }

    /// A worker is asked for the first time as soon as the manager comes back.
    private static boolean aProbeIsDue(Program program, Moment now) {
        Transition asked = program.step(new ProgramEvent.DeadlinePassed(), now);
        Moment next = asked.program().earliestDeadline();
        return asked.effects().stream().allMatch(e -> e instanceof ProgramEffect.Probe)
                && (next == null || !next.reached(now));
    }

    /// Whatever a step makes possible is done by that step; but for a first probe.
    private static void restsAfterAStep(Program after, Moment now) {
        Moment next = after.earliestDeadline();
        if (next != null && next.reached(now)) {
            return;
        }
        Transition again = after.step(new ProgramEvent.DeadlinePassed(), now);
        require(
                again.effects().isEmpty() && again.program().equals(after),
                "not at rest after the step: "
                        + again.effects().stream().map(Lines::of).toList()
                        + " "
                        + Lines.of(again.program()));
    }

    Set<Long> open() {
        return open;
    }
}
