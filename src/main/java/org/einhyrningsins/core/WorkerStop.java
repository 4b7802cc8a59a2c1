// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.spec.DrainSpec;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.StopSpec;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// The stop of a worker, step by step: its first signal ([#begin]), the next ones when it has not
/// gone in time ([#goOn]), and the same for what is left of its process group.
final class WorkerStop {
    /// Time that is longer than any limit in a definition.
    private static final Duration NO_LIMIT = DrainSpec.UNLIMITED.dividedBy(2);

    /// Time for a worker to vanish after its last signal; then nothing waits for it.
    private static final Duration MAX_AFTER_LAST_SIGNAL = Duration.ofSeconds(10);

    /// Maximum time to serve what waits at its own sockets, before it is told to stop.
    static final Duration MAX_DRAIN = Duration.ofSeconds(1);

    /// Minimum time for that: a handshake takes a network round trip.
    static final Duration MIN_DRAIN = Duration.ofMillis(200);

    private WorkerStop() {}

    /// Sends the first signal of a worker's stop and moves it to those that are leaving. Where its
    /// slot ends and others go on, what waits at its own sockets is served first.
    static void begin(
            StepContext stepContext, Worker worker, StopCause cause, @Nullable Signal first) {
        List<StopSpec.Step> steps = worker.version().spec().stop().steps();
        if (first == null && drainsFirst(stepContext, worker)) {
            Moment latest = stepContext.now.plus(MAX_DRAIN);
            moveToLeaving(
                    stepContext,
                    worker,
                    worker.withState(WorkerState.Stopping.draining(cause, steps, latest)));
            stepContext.report(Severity.DEBUG, worker.id(), "gets nothing new: " + cause.words());
            return;
        }
        StopSpec.Step step = firstStep(stepContext, worker, cause);
        StopSpec.Step begin = first == null ? step : new StopSpec.Step(first, step.patience());
        WorkerState.Stopping going =
                new WorkerState.Stopping(cause, steps, stepContext.now, false, null, null);
        moveToLeaving(
                stepContext,
                worker,
                worker.withState(
                        afterSignal(stepContext, going, begin, steps.subList(1, steps.size()))));
        stepContext.effects.add(send(worker, begin.signal(), false));
        stepContext.report(Severity.DEBUG, worker.id(), begin.signal() + " sent: " + cause.words());
    }

    /// The first step of a worker's stop. One that serves and has a successor may have longer.
    private static StopSpec.Step firstStep(
            StepContext stepContext, Worker worker, StopCause cause) {
        StopSpec.Step step = worker.version().spec().stop().steps().getFirst();
        Duration timeout = worker.version().spec().rollout().drain().timeout();
        boolean succeeded =
                switch (cause) {
                    case RETIRED, REPLACED -> !HealthChecks.isIll(worker, stepContext.count);
                    case WITHDRAWN -> worker.up();
                    case SCALED, STOPPED, RESTARTED, FAILED_START, HUNG, OVERDUE, LEFT_BEHIND ->
                            false;
                };
        return timeout != null && succeeded ? new StopSpec.Step(step.signal(), timeout) : step;
    }

    /// Gives an old worker of a rollout only the usual time to stop from now on, if it may have had
    /// longer.
    static void shorten(StepContext stepContext, Worker worker) {
        boolean longer = worker.version().spec().rollout().drain().timeout() != null;
        if (longer
                && worker.state() instanceof WorkerState.Stopping s
                && !s.draining()
                && !s.rest().isEmpty()) {
            Duration patience = worker.version().spec().stop().steps().getFirst().patience();
            Moment latest = Moment.earlier(s.deadline(), stepContext.now.plus(patience));
            stepContext.replace(worker.withState(s.until(latest)));
        }
    }

    private static void moveToLeaving(StepContext stepContext, Worker worker, Worker going) {
        Slot slot = stepContext.slot(worker.id().slot());
        List<Worker> leaving = new ArrayList<>(slot.leaving());
        leaving.add(going);
        stepContext.put(StepContext.without(slot, worker).leaving(leaving));
    }

    private static boolean drainsFirst(StepContext stepContext, Worker worker) {
        if (!worker.version().spec().ownQueue()
                || stepContext.wants(stepContext.slot(worker.id().slot()))) {
            return false;
        }
        for (Slot slot : stepContext.slots) {
            if (stepContext.wants(slot)) {
                return true;
            }
        }
        return false;
    }

    /// Sends the first signal: what waited is served, or has waited for too long.
    static void signal(StepContext stepContext, Worker worker, WorkerState.Stopping state) {
        StopSpec.Step begin = firstStep(stepContext, worker, state.cause());
        List<StopSpec.Step> rest = state.rest().subList(1, state.rest().size());
        stepContext.replace(worker.withState(afterSignal(stepContext, state, begin, rest)));
        stepContext.effects.add(send(worker, begin.signal(), state.leaderless()));
        stepContext.report(
                Severity.DEBUG, worker.id(), begin.signal() + " sent: " + state.cause().words());
    }

    static void begin(StepContext stepContext, Worker worker, StopCause cause) {
        begin(stepContext, worker, cause, null);
    }

    /// The next signal for a worker that did not go.
    static void goOn(StepContext stepContext, Worker worker, WorkerState.Stopping state) {
        if (state.draining()) {
            signal(stepContext, worker, state);
            return;
        }
        if (state.rest().isEmpty()) {
            stepContext.report(
                    Severity.ERROR, worker.id(), "does not die; it hangs in the kernel, see wchan");
            stepContext.replace(worker.withState(state.until(null)));
            return;
        }
        StopSpec.Step next = state.rest().getFirst();
        List<StopSpec.Step> rest = state.rest().subList(1, state.rest().size());
        String who = state.leaderless() ? "the rest of it has not gone; " : "";
        String what = who.isEmpty() ? "has not gone; " : who;
        stepContext.report(Severity.WARN, worker.id(), what + next.signal() + " sent");
        stepContext.replace(worker.withState(afterSignal(stepContext, state, next, rest)));
        stepContext.effects.add(send(worker, next.signal(), state.leaderless()));
    }

    /// A worker that was told to go has ended, and others of its process group have not. They get
    /// the signal that it had, unless they had it too, and what is left of the steps and the time.
    static void goOnWithGroup(
            StepContext stepContext,
            Worker worker,
            WorkerState.Stopping state,
            WorkerExit workerExit) {
        WorkerState.Stopping left = state.afterLeaderExit(workerExit);
        Worker after = worker.withState(left);
        if (state.draining()) {
            signal(stepContext, after, left);
            return;
        }
        stepContext.replace(after);
        String how =
                workerExit.equals(WorkerExit.UNKNOWN)
                        ? workerExit.toString()
                        : "its process ended (" + workerExit + ")";
        String what = how + ", others of it live";
        boolean toGroup = stopSpec(worker).to() == StopSpec.To.GROUP || state.sent() == Signal.KILL;
        if (toGroup) {
            stepContext.report(Severity.DEBUG, worker.id(), what);
            return;
        }
        Signal signal = signalForGroup(worker, state);
        stepContext.effects.add(send(worker, signal, true));
        stepContext.report(
                Severity.INFO,
                worker.id(),
                what + ": " + signal + " sent to them" + nextStepWords(stepContext, left));
    }

    /// Returns the signal for the rest of the group: not ABRT, which was for the core of the one
    /// that hung.
    static Signal signalForGroup(Worker worker, WorkerState.Stopping state) {
        Signal sent = state.sent();
        return sent == null || sent == Signal.ABRT
                ? stopSpec(worker).steps().getFirst().signal()
                : sent;
    }

    private static String nextStepWords(StepContext stepContext, WorkerState.Stopping state) {
        Moment deadline = state.deadline();
        if (deadline == null || state.rest().isEmpty()) {
            return "";
        }
        Duration left = deadline.since(stepContext.now);
        return left.compareTo(NO_LIMIT) > 0
                ? ", and they have as long as they need"
                : ", " + state.rest().getFirst().signal() + " in " + DurationText.of(left);
    }

    /// A worker that ended and was not told to go by us has left others behind. Whoever sent the
    /// signal that it died of meant them too; or nobody saw how it ended, so perhaps it was told
    /// to. They are given the time for it.
    static void beginForGroup(StepContext stepContext, Worker worker, WorkerExit workerExit) {
        List<StopSpec.Step> steps = stopSpec(worker).steps();
        StopSpec.Step first = steps.getFirst();
        Signal asked = workerExit.asked();
        StopSpec.Step begin = asked == null ? first : new StopSpec.Step(asked, first.patience());
        Slot slot = stepContext.slot(worker.id().slot());
        WorkerState.Stopping left =
                new WorkerState.Stopping(
                        StopCause.LEFT_BEHIND, steps, stepContext.now, false, null, workerExit);
        List<Worker> leaving = new ArrayList<>(slot.leaving());
        leaving.add(
                worker.withState(
                        afterSignal(stepContext, left, begin, steps.subList(1, steps.size()))));
        stepContext.put(slot.leaving(leaving));
        stepContext.effects.add(send(worker, begin.signal(), true));
        stepContext.report(
                Severity.WARN,
                worker.id(),
                begin.signal() + " sent: " + StopCause.LEFT_BEHIND.words());
    }

    private static StopSpec stopSpec(Worker worker) {
        return worker.version().spec().stop();
    }

    private static WorkerState.Stopping afterSignal(
            StepContext stepContext,
            WorkerState.Stopping state,
            StopSpec.Step step,
            List<StopSpec.Step> rest) {
        Moment next =
                stepContext.now.plus(rest.isEmpty() ? MAX_AFTER_LAST_SIGNAL : step.patience());
        return state.afterSignal(step.signal(), rest, next);
    }

    private static ProgramEffect send(Worker worker, Signal signal, boolean leaderless) {
        boolean group =
                leaderless
                        || stopSpec(worker).to() == StopSpec.To.GROUP
                        || worker.version().spec().job() != null; // its leader is a monitor
        return new ProgramEffect.Send(worker.id(), signal, group || signal == Signal.KILL);
    }
}
