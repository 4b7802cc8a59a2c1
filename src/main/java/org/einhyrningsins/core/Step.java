// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.Effect;
import org.einhyrningsins.core.model.Effect.Severity;
import org.einhyrningsins.core.model.Event;
import org.einhyrningsins.core.model.Exit;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.Phase;
import org.einhyrningsins.core.model.Words;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.WorkerId;

import java.time.Duration;

/// One step of a program: the event, then the deadlines, then what follows from the state.
final class Step {
    private static final Duration MOST_EXTENSION = Duration.ofHours(1);

    private Step() {}

    static Transition take(Program program, Event event, Moment now) {
        Draft draft = new Draft(program, now);
        happen(draft, event);
        Deadlines.expire(draft);
        reconcile(draft);
        if (program.crashLoop() && draft.phase instanceof Phase.Running && !draft.crashLoop()) {
            draft.report(
                    Effect.Severity.INFO, null, "crash loop over: " + why(program, draft, event));
        }
        return new Transition(draft.program(), draft.effects);
    }

    private static String why(Program before, Draft after, Event event) {
        if (after.serving.generation() != before.serving().generation()) {
            return "generation " + after.serving.generation() + " serves";
        }
        if (after.program().outcome() != null) {
            return "it is not to run again";
        }
        return event instanceof Event.Requested
                ? "it begins anew, as the operator wishes"
                : "its workers stay up";
    }

    private static void happen(Draft draft, Event event) {
        switch (event) {
            case Event.Exited e -> exited(draft, e);
            case Event.LeaderExited e -> leaderExited(draft, e);
            case Event.Suspended e -> Upkeep.suspended(draft, e.worker(), e.by());
            case Event.Resumed e -> Upkeep.suspended(draft, e.worker(), null);
            case Event.SpawnFailed e -> spawnFailed(draft, e);
            case Event.Delayed e -> delayed(draft, e.worker());
            case Event.Executed e -> executed(draft, e.worker());
            case Event.Acked e -> acked(draft, e.worker());
            case Event.Probed e -> probed(draft, e);
            case Event.Unasked e -> unasked(draft, e);
            case Event.Pinged e -> Upkeep.pinged(draft, e.worker());
            case Event.Despaired e -> Upkeep.despaired(draft, e.worker());
            case Event.Retimed e -> Upkeep.retimed(draft, e.worker(), e.interval());
            case Event.Weighed e -> Upkeep.weighed(draft, e.worker(), e.bytes());
            case Event.Drained e -> drained(draft, e.worker());
            case Event.Extended e -> extended(draft, e);
            case Event.Admitted e -> Admission.admitted(draft, e);
            case Event.Deferred e -> Admission.deferred(draft, e);
            case Event.Affirmed ignored -> Setbacks.forget(draft);
            case Event.Forsaken e -> Rollback.forsake(draft, e.why());
            case Event.Requested e -> Commands.obey(draft, e.ticket(), e.command());
            case Event.DeadlinePassed ignored -> {}
        }
    }

    /// A rollout that commits may change the count, so slots are trimmed after it as well, and only
    /// then filled.
    static void reconcile(Draft draft) {
        Rollback.expire(draft);
        Slots.trim(draft);
        Rolling.advance(draft);
        Slots.trim(draft);
        Renewal.advance(draft);
        Slots.refill(draft);
        Deaths.forgive(draft);
        Admission.noteUp(draft);
        Setbacks.follow(draft);
        Answers.give(draft);
        Renewal.begin(draft);
        Upkeep.attend(draft);
    }

    static void exited(Draft draft, Event.Exited event) {
        Worker worker = known(draft, event.worker());
        boolean against = speaksAgainstRollout(draft, worker, event.exit());
        boolean renewal = Renewal.owns(draft, worker);
        draft.put(Draft.without(draft.slot(worker.id().slot()), worker));
        draft.noteEnd(worker, event.exit());
        if (worker.state() instanceof WorkerState.Stopping stopping) {
            draft.report(Severity.DEBUG, worker.id(), "gone: " + event.exit());
            Rolling.drained(draft, stopping, event.exit());
        } else if (renewal) {
            Renewal.failed(draft, worker, "ended before it took over: " + event.exit());
        } else if (against) {
            String why = how(draft, worker) + event.exit();
            Rolling.startFailed(draft, worker, why, event.exit().isOwnDoing());
        } else if (!Rollback.died(draft, worker, event.exit())) {
            Deaths.died(draft, worker, event.exit());
        }
    }

    private static void leaderExited(Draft draft, Event.LeaderExited event) {
        Worker worker = known(draft, event.worker());
        if (!(worker.state() instanceof WorkerState.Stopping stopping)) {
            exited(draft, new Event.Exited(event.worker(), event.exit()));
            draft.leaveBehind(worker, event.exit());
        } else if (stopping.leaderless()) {
            throw new IllegalStateException("nothing goes on without the process of " + worker);
        } else {
            draft.goOnWithout(worker, stopping, event.exit());
        }
    }

    private static String how(Draft draft, Worker worker) {
        if (worker.state() instanceof WorkerState.Starting) {
            return "ended before it was up: ";
        }
        if (draft.rollout != null && draft.rollout.watches(worker)) {
            return "ended while it was watched: ";
        }
        boolean trial = Probation.watches(draft, worker);
        return trial ? "ended on trial: " : "was up, but not for long: ";
    }

    /// A successor that ends does, as it never took over, unless it is a job that did its work. One
    /// that took over does unless it was up for long, or ended well and is not meant to be
    /// replaced.
    private static boolean speaksAgainstRollout(Draft draft, Worker worker, Exit exit) {
        if (!draft.onTrial(worker)) {
            return false;
        }
        boolean successor = worker.equals(draft.slot(worker.id().slot()).successor());
        ProgramSpec spec = worker.version().spec();
        boolean done = exit.success() && spec.restart().when() != RestartSpec.When.ALWAYS;
        if (successor) {
            return !(done && spec.endsByItself() && draft.serving.spec().endsByItself());
        }
        return !(done || Deaths.provedItself(draft, worker));
    }

    private static void spawnFailed(Draft draft, Event.SpawnFailed event) {
        Worker worker = known(draft, event.worker());
        boolean renewal = Renewal.owns(draft, worker);
        draft.put(Draft.without(draft.slot(worker.id().slot()), worker));
        String why = "cannot start: " + event.why();
        if (worker.state() instanceof WorkerState.Stopping) {
            draft.report(Severity.INFO, worker.id(), why + "; it was not wanted any more");
        } else {
            Deadlines.failed(draft, worker, why, renewal);
        }
    }

    /// It is not up by having lived for a while: it does not live yet.
    private static void delayed(Draft draft, WorkerId id) {
        Worker worker = draft.find(id);
        if (worker != null && worker.state() instanceof WorkerState.Starting) {
            Moment latest = draft.now.plus(worker.version().spec().ack().timeout());
            draft.replace(worker.in(WorkerState.Starting.delayed(latest)));
        }
    }

    private static void executed(Draft draft, WorkerId id) {
        Worker worker = draft.find(id);
        if (worker != null
                && worker.state() instanceof WorkerState.Starting starting
                && starting.delayed()) {
            WorkerState afresh = draft.starting(worker.version().spec().ack());
            draft.replace(new Worker(id, worker.version(), draft.now, afresh, worker.care()));
        }
    }

    private static void acked(Draft draft, WorkerId id) {
        Worker worker = draft.find(id);
        if (worker != null && worker.state() instanceof WorkerState.Starting) {
            Deadlines.up(draft, worker);
        } else {
            draft.report(Severity.DEBUG, id, "said again, or too late, that it is up; ignored");
        }
    }

    /// For one that is to come up, it is an answer: it is not known to be up.
    private static void unasked(Draft draft, Event.Unasked event) {
        Worker worker = draft.find(event.worker());
        if (worker != null && worker.state() instanceof WorkerState.Starting) {
            draft.report(Severity.WARN, worker.id(), "cannot run its check: " + event.why());
            probed(draft, new Event.Probed(event.worker(), false));
        } else {
            Upkeep.unasked(draft, event.worker());
        }
    }

    private static void probed(Draft draft, Event.Probed event) {
        Worker worker = draft.find(event.worker());
        if (worker == null || !(worker.state() instanceof WorkerState.Starting starting)) {
            Upkeep.checked(draft, event.worker(), event.up());
        } else if (event.up()) {
            Deadlines.up(draft, worker);
        } else if (worker.version().spec().ack().mode() instanceof AckSpec.Probe probe) {
            Moment next = draft.now.plus(probe.every());
            draft.replace(worker.in(new WorkerState.Starting(starting.deadline(), next)));
        }
    }

    private static void drained(Draft draft, WorkerId id) {
        Worker worker = draft.find(id);
        if (worker != null && worker.state() instanceof WorkerState.Stopping s && s.draining()) {
            draft.drained(worker, s);
        }
    }

    /// More time than an hour in all is not given: else nobody could wait for the end of anything.
    private static void extended(Draft draft, Event.Extended event) {
        Worker worker = draft.find(event.worker());
        if (worker == null) {
            return;
        }
        Moment asked = draft.now.plus(event.time());
        switch (worker.state()) {
            case WorkerState.Starting s -> {
                Moment next =
                        cut(draft, worker, asked, worker.born().plus(MOST_EXTENSION), s.deadline());
                draft.replace(worker.in(s.until(next)));
            }
            case WorkerState.Stopping s when s.rest().isEmpty() || s.draining() -> {}
            case WorkerState.Stopping s -> {
                Moment first = s.latest();
                Moment latest = first == null ? draft.now.plus(MOST_EXTENSION) : first;
                Moment deadline = s.deadline();
                if (deadline != null) {
                    Moment next = cut(draft, worker, asked, latest, deadline);
                    draft.replace(worker.in(s.extended(next, latest)));
                }
            }
            case WorkerState.Settling ignored -> {}
            case WorkerState.Ready ignored -> {}
        }
    }

    /// The deadline of one that asks for a later one.
    ///
    /// @param latest that it may have
    private static Moment cut(
            Draft draft, Worker worker, Moment asked, Moment latest, Moment deadline) {
        boolean much = latest.compareTo(asked) < 0;
        Moment next = much ? latest : asked;
        if (deadline.reached(next) && !next.reached(deadline)) {
            if (much) {
                String most = Words.of(MOST_EXTENSION);
                String what = "asks for more time than the " + most + " that it may have in all";
                draft.report(Severity.WARN, worker.id(), what);
            }
            return next;
        }
        return deadline;
    }

    private static Worker known(Draft draft, WorkerId id) {
        Worker worker = draft.find(id);
        if (worker == null) {
            throw new IllegalStateException(
                    "worker " + id + " of '" + draft.name + "' ended twice, or never began");
        }
        return worker;
    }
}
