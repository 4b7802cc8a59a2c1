// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.PeriodicCheck;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.spec.HealthSpec;
import org.einhyrningsins.spec.HealthSpec.Reach;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

/// Health checks of workers that are up: when one is asked, what an answer says about whom, and in
/// which words a worker, or its program, is told to be unhealthy.
public final class HealthChecks {
    private HealthChecks() {}

    private static @Nullable HealthSpec spec(Worker worker) {
        return HealthMonitor.spec(worker).health();
    }

    // ---- asking and answers

    /// Asks when it is time, and has waited long enough for an answer.
    static void expire(StepContext stepContext, @Nullable Worker worker) {
        HealthSpec health = worker == null ? null : spec(worker);
        PeriodicCheck periodicCheck = worker == null ? null : worker.health().check();
        if (worker == null
                || !worker.up()
                || health == null
                || periodicCheck == null
                || !periodicCheck.due().reached(stepContext.now)) {
            return;
        }
        if (!periodicCheck.asked()) {
            stepContext.effects.add(new ProgramEffect.Probe(worker.id(), health.target()));
            PeriodicCheck asked = periodicCheck.sent(stepContext.now.plus(health.timeout()));
            stepContext.replace(worker.with(worker.health().checked(asked)));
            return;
        }
        stepContext.effects.add(new ProgramEffect.EndProbe(worker.id()));
        if (HealthMonitor.isLate(stepContext, periodicCheck.due())) {
            PeriodicCheck again = periodicCheck.skipped(stepContext.now.plus(health.every()));
            stepContext.replace(worker.with(worker.health().checked(again)));
        } else {
            String heard = periodicCheck.heard();
            String time = DurationText.of(health.timeout());
            String how = heard.isEmpty() ? "no answer within " + time : heard;
            missed(stepContext, worker, health, periodicCheck, how);
        }
    }

    /// A check had its answer, in time.
    static void checked(StepContext stepContext, ProgramEvent.Probed event) {
        WorkerId id = event.worker();
        Worker worker = stepContext.find(id);
        HealthSpec health = worker == null ? null : spec(worker);
        PeriodicCheck periodicCheck = worker == null ? null : worker.health().check();
        if (worker == null
                || !worker.up()
                || health == null
                || periodicCheck == null
                || !periodicCheck.asked()) {
            return;
        }
        if (!event.up()) {
            missed(stepContext, worker, health, periodicCheck, event.answer());
            return;
        }
        Moment next = stepContext.now.plus(health.every());
        if (!isConclusive(stepContext, worker, health)) {
            stepContext.replace(worker.with(worker.health().checked(periodicCheck.skipped(next))));
            return;
        }
        stepContext.replace(worker.with(worker.health().checked(periodicCheck.passed(next))));
        if (!HealthMonitor.isLarge(worker)) {
            stepContext.put(stepContext.slot(id.slot()).relapsed(0));
        }
        if (periodicCheck.misses() >= health.failures()) {
            boolean whole = isOfProgram(stepContext.count, health);
            stepContext.report(Severity.INFO, whole ? null : id, "is well again");
        }
    }

    /// A check could not be run: how the worker is, is as unknown as before.
    static void notRun(StepContext stepContext, WorkerId id) {
        Worker worker = stepContext.find(id);
        HealthSpec health = worker == null ? null : spec(worker);
        PeriodicCheck periodicCheck = worker == null ? null : worker.health().check();
        if (worker != null && health != null && periodicCheck != null && periodicCheck.asked()) {
            PeriodicCheck again = periodicCheck.skipped(stepContext.now.plus(health.every()));
            stepContext.replace(worker.with(worker.health().checked(again)));
        }
    }

    /// A check that fails had a part of its answer.
    static void partialAnswer(StepContext stepContext, Worker worker, String words) {
        PeriodicCheck periodicCheck = worker.health().check();
        if (periodicCheck != null && periodicCheck.asked()) {
            stepContext.replace(
                    worker.with(worker.health().checked(periodicCheck.withPartialAnswer(words))));
        }
    }

    private static void missed(
            StepContext stepContext,
            Worker worker,
            HealthSpec health,
            PeriodicCheck periodicCheck,
            String how) {
        boolean tells = isConclusive(stepContext, worker, health);
        int misses = periodicCheck.misses() + (tells ? 1 : 0);
        Moment next = stepContext.now.plus(health.every());
        Worker after =
                worker.with(worker.health().checked(periodicCheck.failed(next, misses, how)));
        stepContext.replace(after);
        stepContext.report(
                Severity.DEBUG,
                worker.id(),
                "health check: " + how + (tells ? "" : "; others may have been asked, so ignored"));
        if (tells && misses == health.failures()) {
            becameUnhealthy(stepContext, after, health);
        }
    }

    private static void becameUnhealthy(StepContext stepContext, Worker worker, HealthSpec health) {
        String what = failed(worker, health);
        if (isOfProgram(stepContext.count, health)) {
            stepContext.report(
                    Severity.WARN,
                    null,
                    "is not well: "
                            + what
                            + "; any of its workers may have been asked, so none is replaced");
        } else if (worker.ready()) {
            stepContext.report(Severity.WARN, worker.id(), "is not well: " + what);
        } else {
            String why = "came up, but is not well: " + what;
            boolean renewal = WorkerReplacement.isReplacement(stepContext, worker);
            boolean successor = worker.equals(stepContext.slot(worker.id().slot()).successor());
            WorkerStop.begin(
                    stepContext, worker, successor ? StopCause.WITHDRAWN : StopCause.FAILED_START);
            DeadlineHandler.failed(stepContext, worker, why, renewal);
        }
    }

    /// Describes what is wrong with a worker that is unhealthy.
    public static String illness(Worker worker) {
        HealthSpec health = spec(worker);
        return "not well: " + (health == null ? "" : failed(worker, health));
    }

    /// Returns what the last check that failed had for an answer, in words.
    public static String answer(Worker worker) {
        PeriodicCheck periodicCheck = worker.health().check();
        return periodicCheck == null ? "" : periodicCheck.answer();
    }

    private static String failed(Worker worker, HealthSpec health) {
        String answer = answer(worker);
        String what = DurationText.checks(health.failures());
        return answer.isEmpty()
                ? what
                : what + (health.failures() == 1 ? ": " : ", the last: ") + answer;
    }

    // ---- what they say

    /// True if the worker is known to be unhealthy.
    public static boolean isIll(Worker worker, int count) {
        HealthSpec health = spec(worker);
        return health != null && hasFailed(worker, health) && !isOfProgram(count, health);
    }

    /// True if the answers given for all workers show that the program is unhealthy.
    public static boolean showsIllness(Worker worker, int count) {
        HealthSpec health = spec(worker);
        return health != null && hasFailed(worker, health) && isOfProgram(count, health);
    }

    private static boolean hasFailed(Worker worker, HealthSpec health) {
        PeriodicCheck periodicCheck = worker.health().check();
        return worker.ready()
                && periodicCheck != null
                && periodicCheck.misses() >= health.failures();
    }

    /// True if an answer says something only about the program: its workers share the socket, and
    /// one of them answers.
    private static boolean isOfProgram(int count, HealthSpec health) {
        return health.reach() == Reach.PROGRAM && count != 1;
    }

    /// True if an answer counts: no other process than the one meant can have given it.
    private static boolean isConclusive(StepContext stepContext, Worker worker, HealthSpec health) {
        return switch (health.reach()) {
            case WORKER -> true;
            case SLOT -> isAlone(stepContext.slot(worker.id().slot()), worker);
            case PROGRAM -> isOfProgram(stepContext.count, health) || isAlone(stepContext, worker);
        };
    }

    private static boolean isAlone(StepContext stepContext, Worker worker) {
        for (Slot slot : stepContext.slots) {
            if (!isAlone(slot, worker)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isAlone(Slot slot, Worker worker) {
        for (Worker other : slot.workers()) {
            if (!other.id().equals(worker.id()) && !other.stuck()) {
                return false;
            }
        }
        return true;
    }

    // ---- who is asked

    /// Returns the check of a worker as its definition, which may have changed, wants it.
    static @Nullable PeriodicCheck next(StepContext stepContext, Worker worker) {
        HealthSpec health = spec(worker);
        PeriodicCheck periodicCheck = worker.health().check();
        if (health == null || (sharesItsCheck(worker) && !isDelegate(stepContext, worker))) {
            return null;
        }
        Moment next = stepContext.now.plus(health.every());
        if (periodicCheck == null) {
            return PeriodicCheck.first(next);
        }
        boolean sooner = !periodicCheck.asked() && next.compareTo(periodicCheck.due()) < 0;
        return sooner ? periodicCheck.skipped(next) : periodicCheck;
    }

    /// True if the worker is the one that is checked: of workers that share a socket any may
    /// answer, so only one is asked: the one asked before, else the first.
    private static boolean isDelegate(StepContext stepContext, Worker worker) {
        Worker first = null;
        for (Slot slot : stepContext.slots) {
            Worker current = slot.current();
            if (current != null && current.ready() && sharesItsCheck(current)) {
                if (current.health().check() != null) {
                    return isSame(current, worker);
                }
                first = first == null ? current : first;
            }
        }
        return isSame(first, worker);
    }

    private static boolean sharesItsCheck(Worker worker) {
        HealthSpec health = spec(worker);
        return health != null && health.reach() == Reach.PROGRAM;
    }

    private static boolean isSame(@Nullable Worker one, Worker other) {
        return one != null && one.id().equals(other.id());
    }
}
