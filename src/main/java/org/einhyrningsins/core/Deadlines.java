// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.WorkerState.Cause;
import org.einhyrningsins.core.model.Effect;
import org.einhyrningsins.core.model.Effect.Severity;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.Words;
import org.einhyrningsins.spec.AckSpec;
import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// What time does to workers.
final class Deadlines {
    private static final String NOT_EXECUTED =
            ": its program is not even executed yet; the kernel waits for whoever owns the file,"
                    + " its interpreter or directory";

    private Deadlines() {}

    /// Every deadline that has passed takes effect. One may be the end of a rollout and change
    /// other workers, so each is looked at again when its turn comes.
    static void expire(Draft draft) {
        for (Slot slot : draft.slots) {
            if (reached(draft, slot.deadline())) {
                expire(draft, slot);
            }
        }
    }

    private static void expire(Draft draft, Slot slot) {
        for (Worker seen : slot.workers()) {
            Worker worker = draft.find(seen.id());
            if (worker != null && reached(draft, worker.deadline())) {
                expire(draft, worker);
            }
        }
    }

    private static boolean reached(Draft draft, @Nullable Moment deadline) {
        return deadline != null && deadline.reached(draft.now);
    }

    private static void expire(Draft draft, Worker worker) {
        switch (worker.state()) {
            case WorkerState.Starting s when !s.deadline().reached(draft.now) ->
                    probe(draft, worker, s);
            case WorkerState.Starting s when s.delayed() ->
                    notUpInTime(draft, worker, NOT_EXECUTED);
            case WorkerState.Starting ignored when byTimer(worker) -> up(draft, worker);
            case WorkerState.Starting s when s.unheard() -> startAnother(draft, worker);
            case WorkerState.Starting ignored -> notUpInTime(draft, worker, "");
            case WorkerState.Settling s -> {
                if (s.until().reached(draft.now)) {
                    ready(draft, worker);
                }
                Upkeep.expire(draft, worker.id());
            }
            case WorkerState.Ready ignored -> Upkeep.expire(draft, worker.id());
            case WorkerState.Stopping s -> draft.insist(worker, s);
        }
    }

    private static void probe(Draft draft, Worker worker, WorkerState.Starting state) {
        if (worker.version().spec().ack().mode() instanceof AckSpec.Probe probe) {
            draft.effects.add(new Effect.Probe(worker.id(), probe.target()));
        }
        draft.replace(worker.in(new WorkerState.Starting(state.deadline(), null)));
    }

    private static boolean byTimer(Worker worker) {
        return worker.version().spec().ack().mode() instanceof AckSpec.Timer;
    }

    /// A worker is up. One on trial has to stay so for a while.
    static void up(Draft draft, Worker starting) {
        Worker worker = starting.with(starting.care().pinged(draft.now));
        Duration settle = worker.version().spec().rollout().settle();
        if ((draft.onTrial(worker) || Renewal.owns(draft, worker)) && settle.isPositive()) {
            draft.report(Severity.DEBUG, worker.id(), "up; to stay so for " + Words.of(settle));
            draft.replace(worker.in(new WorkerState.Settling(draft.now.plus(settle))));
        } else {
            ready(draft, worker);
        }
    }

    private static void ready(Draft draft, Worker worker) {
        Duration took = draft.now.since(worker.born());
        draft.report(Severity.DEBUG, worker.id(), "ready after " + Words.of(took));
        draft.replace(worker.in(new WorkerState.Ready(draft.now)));
    }

    private static void notUpInTime(Draft draft, Worker worker, String more) {
        String time = Words.of(worker.version().spec().ack().timeout());
        String why = "not up within " + time + more;
        boolean successor = worker.equals(draft.slot(worker.id().slot()).successor());
        boolean renewal = Renewal.owns(draft, worker);
        draft.tellToGo(worker, successor ? Cause.WITHDRAWN : Cause.FAILED_START);
        failed(draft, worker, why, renewal);
    }

    /// What it had to say may have been lost with the manager it was said to, so nobody counts it.
    private static void startAnother(Draft draft, Worker worker) {
        boolean successor = worker.equals(draft.slot(worker.id().slot()).successor());
        draft.report(
                Severity.WARN,
                worker.id(),
                "not heard to be up, and may have said so to the manager that was killed; another"
                        + " is started");
        draft.tellToGo(worker, successor ? Cause.WITHDRAWN : Cause.FAILED_START);
        if (!successor) {
            draft.put(draft.slot(worker.id().slot()).refill(draft.now));
        }
    }

    /// @param renewal whether it was to take over from one that is ill or old
    static void failed(Draft draft, Worker worker, String why, boolean renewal) {
        if (renewal) {
            Renewal.failed(draft, worker, why);
        } else if (draft.onTrial(worker)) {
            Rolling.startFailed(draft, worker, why, true);
        } else if (Rollback.failed(draft, worker, true, why)) {
            return; // the slot has the older version
        } else if (worker.ready()) {
            Deaths.hung(draft, worker, why);
        } else {
            Deaths.failedToStart(draft, worker, why);
        }
    }
}
