// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.WorkerId;

import java.time.Duration;

/// Step of a program: the event, then the deadlines, then what follows from the state.
final class ProgramStep {
    private static final Duration MAX_EXTENSION = Duration.ofHours(1);

    private ProgramStep() {}

    static Transition run(Program program, ProgramEvent programEvent, Moment now) {
        StepContext stepContext = new StepContext(program, now);
        apply(stepContext, programEvent);
        DeadlineHandler.expire(stepContext);
        reconcile(stepContext);
        if (program.crashLoop()
                && stepContext.phase instanceof ProgramPhase.Running
                && !stepContext.crashLoop()) {
            stepContext.report(
                    ProgramEffect.Severity.INFO,
                    null,
                    "crash loop over: " + why(program, stepContext, programEvent));
        }
        return new Transition(stepContext.program(), stepContext.effects);
    }

    private static String why(Program before, StepContext after, ProgramEvent programEvent) {
        if (after.serving.generation() != before.serving().generation()) {
            return "generation " + after.serving.generation() + " serves";
        }
        if (after.program().outcome() != null) {
            return "it is not to run again";
        }
        return programEvent instanceof ProgramEvent.Requested
                ? "it begins anew, as the operator wishes"
                : "its workers stay up";
    }

    private static void apply(StepContext stepContext, ProgramEvent programEvent) {
        switch (programEvent) {
            case ProgramEvent.Exited e -> exited(stepContext, e);
            case ProgramEvent.LeaderExited e -> leaderExited(stepContext, e);
            case ProgramEvent.Suspended e ->
                    HealthMonitor.suspended(stepContext, e.worker(), e.by());
            case ProgramEvent.Resumed e -> HealthMonitor.suspended(stepContext, e.worker(), null);
            case ProgramEvent.SpawnFailed e -> spawnFailed(stepContext, e);
            case ProgramEvent.Delayed e -> delayed(stepContext, e.worker());
            case ProgramEvent.Executed e -> executed(stepContext, e.worker());
            case ProgramEvent.Acked e -> acked(stepContext, e.worker());
            case ProgramEvent.Probed e -> probed(stepContext, e);
            case ProgramEvent.PartialAnswer e -> partialAnswer(stepContext, e);
            case ProgramEvent.ProbeNotRun e -> probeNotRun(stepContext, e);
            case ProgramEvent.Pinged e -> HealthMonitor.pinged(stepContext, e.worker());
            case ProgramEvent.WatchdogTriggered e ->
                    HealthMonitor.watchdogTriggered(stepContext, e.worker());
            case ProgramEvent.WatchdogIntervalSet e ->
                    HealthMonitor.watchdogIntervalSet(stepContext, e.worker(), e.interval());
            case ProgramEvent.MemoryMeasured e ->
                    HealthMonitor.memoryMeasured(stepContext, e.worker(), e.bytes());
            case ProgramEvent.Drained e -> drained(stepContext, e.worker());
            case ProgramEvent.Extended e -> extended(stepContext, e);
            case ProgramEvent.Admitted e -> DependencyGate.admitted(stepContext, e);
            case ProgramEvent.Deferred e -> DependencyGate.deferred(stepContext, e);
            case ProgramEvent.DependencyRestarted e -> DependencyGate.follow(stepContext, e);
            case ProgramEvent.DefinitionConfirmed ignored -> definitionConfirmed(stepContext);
            case ProgramEvent.FallbackLost e -> Rollback.dropFallback(stepContext, e.why());
            case ProgramEvent.Requested e -> {
                stepContext.versions.origin = e.origin();
                CommandHandler.execute(stepContext, e.ticket(), e.command());
            }
            case ProgramEvent.TaskEnded e -> ProgramTasks.ended(stepContext, e);
            case ProgramEvent.TaskOrdered e -> ProgramTasks.run(stepContext, e);
            case ProgramEvent.TaskRevoked e -> ProgramTasks.revoke(stepContext, e);
            case ProgramEvent.Due e -> ProgramTasks.due(stepContext, e);
            case ProgramEvent.DeadlinePassed ignored -> {}
        }
    }

    /// The file says what serves: it is the file's from now on, be it of a rollback.
    private static void definitionConfirmed(StepContext stepContext) {
        FailedVersionTracker.forget(stepContext);
        ProgramVersion serving = stepContext.serving;
        if (stepContext.rollout == null && serving.rollback() != null) {
            stepContext.report(Severity.INFO, null, "the file says what it was rolled back to");
            stepContext.serving = serving.madeBy(serving.origin().on(null));
        }
    }

    /// A rollout that commits may change the count, so slots are trimmed after it as well, and only
    /// then filled.
    static void reconcile(StepContext stepContext) {
        Rollback.expire(stepContext);
        SlotScaling.adjustSlots(stepContext);
        RolloutStrategy.advance(stepContext);
        ProgramTasks.advance(stepContext);
        ProgramTasks.advanceSchedule(stepContext);
        SlotScaling.adjustSlots(stepContext);
        WorkerReplacement.advance(stepContext);
        SlotScaling.refill(stepContext);
        RestartPolicy.forgetFailures(stepContext);
        DependencyGate.noteUp(stepContext);
        DependencyGate.noteRestarted(stepContext);
        FailedVersionTracker.reportProgress(stepContext);
        RequestAnswers.answerAll(stepContext);
        WorkerReplacement.begin(stepContext);
        HealthMonitor.applyDefinition(stepContext);
    }

    static void exited(StepContext stepContext, ProgramEvent.Exited event) {
        Worker worker = require(stepContext, event.worker());
        boolean against = speaksAgainstRollout(stepContext, worker, event.exit());
        boolean renewal = WorkerReplacement.isReplacement(stepContext, worker);
        stepContext.put(StepContext.without(stepContext.slot(worker.id().slot()), worker));
        stepContext.noteEnd(worker, event.exit());
        if (worker.state() instanceof WorkerState.Stopping stopping) {
            stepContext.report(Severity.DEBUG, worker.id(), "gone: " + event.exit());
            RolloutStrategy.oldWorkerEnded(stepContext, stopping, event.exit());
        } else if (renewal) {
            WorkerReplacement.failed(
                    stepContext, worker, "ended before it took over: " + event.exit());
        } else if (against) {
            String why = how(stepContext, worker) + event.exit();
            RolloutFailure.startFailed(stepContext, worker, why, event.exit().isOwnDoing());
        } else if (!Rollback.died(stepContext, worker, event.exit())) {
            RestartPolicy.died(stepContext, worker, event.exit());
        }
    }

    private static void leaderExited(StepContext stepContext, ProgramEvent.LeaderExited event) {
        Worker worker = require(stepContext, event.worker());
        if (!(worker.state() instanceof WorkerState.Stopping stopping)) {
            exited(stepContext, new ProgramEvent.Exited(event.worker(), event.exit()));
            WorkerStop.beginForGroup(stepContext, worker, event.exit());
        } else if (stopping.leaderless()) {
            throw new IllegalStateException("nothing goes on without the process of " + worker);
        } else {
            WorkerStop.goOnWithGroup(stepContext, worker, stopping, event.exit());
        }
    }

    private static String how(StepContext stepContext, Worker worker) {
        if (worker.state() instanceof WorkerState.Starting) {
            return "ended before it was up: ";
        }
        if (stepContext.rollout != null && stepContext.rollout.watches(worker)) {
            return "ended while it was watched: ";
        }
        boolean trial = FirstWorkerTrial.isOnTrial(stepContext, worker);
        return trial ? "ended on trial: " : "was up, but not for long: ";
    }

    /// A successor that ends does, as it never took over, unless it is a job that did its work. One
    /// that took over does unless it was up for long, or ended well and is not meant to be
    /// replaced.
    private static boolean speaksAgainstRollout(
            StepContext stepContext, Worker worker, WorkerExit workerExit) {
        if (!stepContext.onTrial(worker)) {
            return false;
        }
        boolean successor = worker.equals(stepContext.slot(worker.id().slot()).successor());
        ProgramSpec spec = worker.version().spec();
        boolean done = workerExit.success() && spec.restart().when() != RestartSpec.When.ALWAYS;
        if (successor) {
            return !(done && spec.endsByItself() && stepContext.serving.spec().endsByItself());
        }
        return !(done || RestartPolicy.isStable(stepContext, worker));
    }

    private static void spawnFailed(StepContext stepContext, ProgramEvent.SpawnFailed event) {
        Worker worker = require(stepContext, event.worker());
        boolean renewal = WorkerReplacement.isReplacement(stepContext, worker);
        stepContext.put(StepContext.without(stepContext.slot(worker.id().slot()), worker));
        String why = "cannot start: " + event.why();
        if (worker.state() instanceof WorkerState.Stopping) {
            stepContext.report(Severity.INFO, worker.id(), why + "; it was not wanted any more");
        } else {
            DeadlineHandler.failed(stepContext, worker, why, renewal);
        }
    }

    /// Delays a worker's start: it does not execute its program yet, so time alone is no ack.
    private static void delayed(StepContext stepContext, WorkerId id) {
        Worker worker = stepContext.find(id);
        if (worker != null && worker.state() instanceof WorkerState.Starting) {
            Moment latest = stepContext.now.plus(worker.version().spec().ack().timeout());
            stepContext.replace(worker.withState(WorkerState.Starting.delayed(latest)));
        }
    }

    private static void executed(StepContext stepContext, WorkerId id) {
        Worker worker = stepContext.find(id);
        if (worker != null
                && worker.state() instanceof WorkerState.Starting starting
                && starting.delayed()) {
            WorkerState afresh = stepContext.starting(worker.version().spec().ack());
            stepContext.replace(
                    new Worker(id, worker.version(), stepContext.now, afresh, worker.health()));
        }
    }

    private static void acked(StepContext stepContext, WorkerId id) {
        Worker worker = stepContext.find(id);
        if (worker != null && worker.state() instanceof WorkerState.Starting) {
            DeadlineHandler.up(stepContext, worker);
        } else {
            stepContext.report(Severity.DEBUG, id, "duplicate or late ack ignored");
        }
    }

    /// For one that is to come up, it is an answer: it is not known to be up.
    private static void probeNotRun(StepContext stepContext, ProgramEvent.ProbeNotRun event) {
        Worker worker = stepContext.find(event.worker());
        if (worker != null && worker.state() instanceof WorkerState.Starting) {
            stepContext.report(Severity.WARN, worker.id(), "cannot run its check: " + event.why());
            probed(
                    stepContext,
                    new ProgramEvent.Probed(
                            event.worker(), false, "cannot be run: " + event.why()));
        } else {
            HealthChecks.notRun(stepContext, event.worker());
        }
    }

    private static void probed(StepContext stepContext, ProgramEvent.Probed event) {
        Worker worker = stepContext.find(event.worker());
        if (worker == null || !(worker.state() instanceof WorkerState.Starting starting)) {
            HealthChecks.checked(stepContext, event);
        } else if (event.up()) {
            DeadlineHandler.up(stepContext, worker);
        } else if (worker.version().spec().ack().mode() instanceof AckSpec.Probe probe) {
            Moment next = stepContext.now.plus(probe.every());
            stepContext.replace(
                    worker.withState(
                            starting.withPartialAnswer(event.answer()).withNextProbe(next)));
        }
    }

    /// Keeps the part of an answer that a failing probe has so far: should the rest not come in
    /// time, it is what is known.
    private static void partialAnswer(StepContext stepContext, ProgramEvent.PartialAnswer event) {
        Worker worker = stepContext.find(event.worker());
        if (worker != null && worker.state() instanceof WorkerState.Starting starting) {
            stepContext.replace(worker.withState(starting.withPartialAnswer(event.answer())));
        } else if (worker != null) {
            HealthChecks.partialAnswer(stepContext, worker, event.answer());
        }
    }

    private static void drained(StepContext stepContext, WorkerId id) {
        Worker worker = stepContext.find(id);
        if (worker != null && worker.state() instanceof WorkerState.Stopping s && s.draining()) {
            WorkerStop.signal(stepContext, worker, s);
        }
    }

    /// Extends a deadline, in all by at most an hour: else nobody could wait for the end of
    /// anything.
    private static void extended(StepContext stepContext, ProgramEvent.Extended event) {
        Worker worker = stepContext.find(event.worker());
        if (worker == null) {
            return;
        }
        Moment asked = stepContext.now.plus(event.time());
        switch (worker.state()) {
            case WorkerState.Starting s -> {
                Moment next =
                        bounded(
                                stepContext,
                                worker,
                                asked,
                                worker.startedAt().plus(MAX_EXTENSION),
                                s.deadline());
                stepContext.replace(worker.withState(s.until(next)));
            }
            case WorkerState.Stopping s when s.rest().isEmpty() || s.draining() -> {}
            case WorkerState.Stopping s -> {
                Moment first = s.latest();
                Moment latest = first == null ? stepContext.now.plus(MAX_EXTENSION) : first;
                Moment deadline = s.deadline();
                if (deadline != null) {
                    Moment next = bounded(stepContext, worker, asked, latest, deadline);
                    stepContext.replace(worker.withState(s.extended(next, latest)));
                }
            }
            case WorkerState.Settling ignored -> {}
            case WorkerState.Ready ignored -> {}
        }
    }

    /// The deadline of one that asks for a later one.
    ///
    /// @param latest that it may have
    private static Moment bounded(
            StepContext stepContext, Worker worker, Moment asked, Moment latest, Moment deadline) {
        boolean much = latest.compareTo(asked) < 0;
        Moment next = much ? latest : asked;
        if (deadline.reached(next) && !next.reached(deadline)) {
            if (much) {
                String most = DurationText.of(MAX_EXTENSION);
                String what = "asks for more time than the " + most + " that it may have in all";
                stepContext.report(Severity.WARN, worker.id(), what);
            }
            return next;
        }
        return deadline;
    }

    private static Worker require(StepContext stepContext, WorkerId id) {
        Worker worker = stepContext.find(id);
        if (worker == null) {
            throw new IllegalStateException(
                    "worker " + id + " of '" + stepContext.name + "' ended twice, or never began");
        }
        return worker;
    }
}
