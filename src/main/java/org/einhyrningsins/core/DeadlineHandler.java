// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.JobSpec;
import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// Applies deadlines of workers that have passed.
final class DeadlineHandler {
    private static final String NOT_EXECUTED =
            ": its program is not even executed yet; the kernel waits for whoever owns the file,"
                    + " its interpreter or directory";

    private DeadlineHandler() {}

    /// Applies every deadline that has passed. One may be the end of a rollout and change other
    /// workers, so each is checked again when its turn comes.
    static void expire(StepContext stepContext) {
        for (Slot slot : stepContext.slots) {
            if (reached(stepContext, slot.deadline())) {
                expire(stepContext, slot);
            }
        }
    }

    private static void expire(StepContext stepContext, Slot slot) {
        for (Worker seen : slot.workers()) {
            Worker worker = stepContext.find(seen.id());
            if (worker != null && reached(stepContext, worker.deadline())) {
                expire(stepContext, worker);
            }
        }
    }

    private static boolean reached(StepContext stepContext, @Nullable Moment deadline) {
        return deadline != null && deadline.reached(stepContext.now);
    }

    private static void expire(StepContext stepContext, Worker worker) {
        if (!(worker.state() instanceof WorkerState.Stopping)
                && reached(stepContext, worker.overdue())) {
            overdue(stepContext, worker);
            return;
        }
        switch (worker.state()) {
            case WorkerState.Starting s when !s.deadline().reached(stepContext.now) ->
                    probe(stepContext, worker, s);
            case WorkerState.Starting s when s.delayed() ->
                    notUpInTime(stepContext, worker, NOT_EXECUTED);
            case WorkerState.Starting ignored when byTimer(worker) -> up(stepContext, worker);
            case WorkerState.Starting s when s.unheard() -> startAnother(stepContext, worker);
            case WorkerState.Starting s -> notUpInTime(stepContext, worker, unanswered(worker, s));
            case WorkerState.Settling s -> {
                if (s.until().reached(stepContext.now)) {
                    ready(stepContext, worker);
                }
                HealthMonitor.expire(stepContext, worker.id());
            }
            case WorkerState.Ready ignored -> HealthMonitor.expire(stepContext, worker.id());
            case WorkerState.Stopping s -> WorkerStop.goOn(stepContext, worker, s);
        }
    }

    /// The worker of a job has taken too long.
    private static void overdue(StepContext stepContext, Worker worker) {
        JobSpec job = worker.version().spec().job();
        Duration limit = job == null ? null : job.timeout();
        String why = "timed out after " + (limit == null ? "" : DurationText.of(limit));
        WorkerStop.begin(stepContext, worker, StopCause.OVERDUE);
        RestartPolicy.hung(stepContext, worker, why);
    }

    private static void probe(StepContext stepContext, Worker worker, WorkerState.Starting state) {
        if (worker.version().spec().ack().mode() instanceof AckSpec.Probe probe) {
            stepContext.effects.add(new ProgramEffect.Probe(worker.id(), probe.target()));
        }
        stepContext.replace(worker.withState(state.withNextProbe(null)));
    }

    private static boolean byTimer(Worker worker) {
        return worker.version().spec().ack().mode() instanceof AckSpec.Timer;
    }

    /// A worker is up. One on trial has to stay so for a while.
    static void up(StepContext stepContext, Worker starting) {
        Worker worker = starting.with(starting.health().pinged(stepContext.now));
        Duration settle = worker.version().spec().rollout().settle();
        if ((stepContext.onTrial(worker) || WorkerReplacement.isReplacement(stepContext, worker))
                && settle.isPositive()) {
            stepContext.report(
                    Severity.DEBUG, worker.id(), "up; to stay so for " + DurationText.of(settle));
            stepContext.replace(
                    worker.withState(new WorkerState.Settling(stepContext.now.plus(settle))));
        } else {
            ready(stepContext, worker);
        }
    }

    private static void ready(StepContext stepContext, Worker worker) {
        Duration took = stepContext.now.since(worker.startedAt());
        stepContext.report(Severity.DEBUG, worker.id(), "ready after " + DurationText.of(took));
        stepContext.replace(worker.withState(new WorkerState.Ready(stepContext.now)));
    }

    private static void notUpInTime(StepContext stepContext, Worker worker, String more) {
        String time = DurationText.of(worker.version().spec().ack().timeout());
        String why = "not up within " + time + more;
        boolean successor = worker.equals(stepContext.slot(worker.id().slot()).successor());
        boolean renewal = WorkerReplacement.isReplacement(stepContext, worker);
        WorkerStop.begin(
                stepContext, worker, successor ? StopCause.WITHDRAWN : StopCause.FAILED_START);
        failed(stepContext, worker, why, renewal);
    }

    /// Describes the answer of a worker that is probed.
    private static String unanswered(Worker worker, WorkerState.Starting state) {
        if (worker.version().spec().ack().mode() instanceof AckSpec.Probe) {
            return "; its probe: " + (state.answer().isEmpty() ? "no answer" : state.answer());
        }
        return "";
    }

    /// Starts a replacement for a worker without an ack since the manager was killed. Its ack may
    /// have been lost, so this is not counted as a failure.
    private static void startAnother(StepContext stepContext, Worker worker) {
        boolean successor = worker.equals(stepContext.slot(worker.id().slot()).successor());
        stepContext.report(
                Severity.WARN,
                worker.id(),
                "no ack since the manager restarted (it may have been lost); starting a"
                        + " replacement");
        WorkerStop.begin(
                stepContext, worker, successor ? StopCause.WITHDRAWN : StopCause.FAILED_START);
        if (!successor) {
            stepContext.put(stepContext.slot(worker.id().slot()).refill(stepContext.now));
        }
    }

    /// @param renewal whether it was to take over from one that is ill or old
    static void failed(StepContext stepContext, Worker worker, String why, boolean renewal) {
        if (renewal) {
            WorkerReplacement.failed(stepContext, worker, why);
        } else if (stepContext.onTrial(worker)) {
            RolloutFailure.startFailed(stepContext, worker, why, true);
        } else if (Rollback.failed(stepContext, worker, true, why)) {
            return; // the slot has the older version
        } else if (worker.ready()) {
            RestartPolicy.hung(stepContext, worker, why);
        } else {
            RestartPolicy.failedToStart(stepContext, worker, why);
        }
    }
}
