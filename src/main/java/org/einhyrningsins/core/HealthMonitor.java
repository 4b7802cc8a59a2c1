// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.PeriodicCheck;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.core.model.WorkerHealth;
import org.einhyrningsins.spec.MonitoringSpec;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// Looks after workers that are up: has them checked ([HealthChecks]), waits for their signs of
/// life, has their memory looked at. What it finds out goes into their [WorkerHealth]; what follows
/// from it is the business of [WorkerReplacement], but for one that hangs: that one is ended at
/// once, since it serves nobody and may hold what its successor needs.
final class HealthMonitor {
    /// Interval of memory measurements; at the same moments for all workers, so that the manager
    /// wakes up once for all of them.
    static final Duration MEMORY_INTERVAL = Duration.ofSeconds(5);

    /// Delay of a deadline that shows that the manager itself was away (stopped, replaced by
    /// execve, the machine suspended): what was missed meanwhile is held against no worker.
    private static final Duration LATE = Duration.ofMillis(250);

    private static final Duration MIN_INTERVAL = Duration.ofMillis(100);
    private static final Duration MAX_INTERVAL = Duration.ofDays(1);

    private HealthMonitor() {}

    static MonitoringSpec spec(Worker worker) {
        return worker.version().spec().monitoring();
    }

    // ---- time

    /// Returns the next deadline of a worker that is up; null for none.
    static @Nullable Moment deadline(Worker worker) {
        PeriodicCheck periodicCheck = worker.health().check();
        Moment earliest = periodicCheck == null ? null : periodicCheck.due();
        earliest = Moment.earlier(earliest, watchdogDeadline(worker));
        return Moment.earlier(earliest, worker.health().nextMemoryCheck());
    }

    /// Returns the deadline of the watchdog; null without one.
    private static @Nullable Moment watchdogDeadline(Worker worker) {
        Duration interval = interval(worker);
        Moment pinged = worker.health().pinged();
        return interval == null || pinged == null ? null : pinged.plus(interval);
    }

    private static @Nullable Duration interval(Worker worker) {
        Duration chosen = worker.health().interval();
        return spec(worker).watchdog() == null || chosen == null ? spec(worker).watchdog() : chosen;
    }

    /// Does what is due. Each may be the end of it, so it is looked for again.
    static void expire(StepContext stepContext, WorkerId id) {
        measureMemory(stepContext, stepContext.find(id));
        HealthChecks.expire(stepContext, stepContext.find(id));
        watch(stepContext, stepContext.find(id));
    }

    private static void measureMemory(StepContext stepContext, @Nullable Worker worker) {
        if (worker != null && worker.up() && due(stepContext, worker.health().nextMemoryCheck())) {
            stepContext.effects.add(new ProgramEffect.MeasureMemory(worker.id()));
            stepContext.replace(
                    worker.with(worker.health().nextMemoryCheck(nextMeasurement(stepContext.now))));
        }
    }

    private static boolean due(StepContext stepContext, @Nullable Moment when) {
        return when != null && when.reached(stepContext.now);
    }

    private static Moment nextMeasurement(Moment now) {
        long period = MEMORY_INTERVAL.toNanos();
        return new Moment((Math.floorDiv(now.nanos(), period) + 1) * period);
    }

    static boolean isLate(StepContext stepContext, Moment due) {
        return stepContext.now.since(due).compareTo(LATE) > 0;
    }

    private static void watch(StepContext stepContext, @Nullable Worker worker) {
        Moment silence = worker == null || !worker.up() ? null : watchdogDeadline(worker);
        if (worker == null || silence == null || !silence.reached(stepContext.now)) {
            return;
        }
        if (isLate(stepContext, silence)) {
            stepContext.replace(worker.with(worker.health().pinged(stepContext.now)));
            return;
        }
        Duration interval = interval(worker);
        String time = interval == null ? "" : " for " + DurationText.of(interval);
        hangs(stepContext, worker, "gave no sign of life" + time);
    }

    /// Stops a worker that hangs as systemd does: ABRT, so that there is a core dump, and then the
    /// signals of `stop`.
    private static void hangs(StepContext stepContext, Worker worker, String why) {
        Slot slot = stepContext.slot(worker.id().slot());
        boolean successor = worker.equals(slot.successor());
        boolean renewal = WorkerReplacement.isReplacement(stepContext, worker);
        boolean proved = !successor && RestartPolicy.isStable(stepContext, worker);
        WorkerStop.begin(
                stepContext, worker, successor ? StopCause.WITHDRAWN : StopCause.HUNG, Signal.ABRT);
        if (proved && Rollback.failed(stepContext, worker, true, why)) {
            return; // the slot has the older version
        } else if (proved) {
            RestartPolicy.hung(stepContext, worker, why);
        } else {
            DeadlineHandler.failed(stepContext, worker, why, renewal);
        }
    }

    // ---- what workers say

    /// @param by the signal that stopped it; null if it goes on
    static void suspended(StepContext stepContext, WorkerId id, @Nullable Signal by) {
        Worker worker = stepContext.find(id);
        if (worker == null || worker.health().suspended() == by) {
            return;
        }
        stepContext.replace(worker.with(worker.health().suspended(by)));
        if (by == null) {
            stepContext.report(Severity.INFO, id, "goes on after it was stopped by a signal");
        } else {
            String what = "stopped by SIG" + by + "; it does nothing until it gets SIGCONT";
            stepContext.report(Severity.WARN, id, what);
        }
    }

    static void pinged(StepContext stepContext, WorkerId id) {
        Worker worker = stepContext.find(id);
        if (worker != null && worker.up()) {
            stepContext.replace(worker.with(worker.health().pinged(stepContext.now)));
        }
    }

    static void watchdogTriggered(StepContext stepContext, WorkerId id) {
        Worker worker = stepContext.find(id);
        if (worker != null && worker.up() && spec(worker).watchdog() != null) {
            hangs(stepContext, worker, "said that it hangs");
        }
    }

    /// A worker may choose its own interval, between sensible bounds, once its definition says that
    /// it has a watchdog. It may do so before it is up.
    static void watchdogIntervalSet(StepContext stepContext, WorkerId id, Duration asked) {
        Worker worker = stepContext.find(id);
        if (worker == null || spec(worker).watchdog() == null) {
            return;
        }
        Duration least = asked.compareTo(MIN_INTERVAL) < 0 ? MIN_INTERVAL : asked;
        Duration chosen = least.compareTo(MAX_INTERVAL) > 0 ? MAX_INTERVAL : least;
        WorkerHealth workerHealth = worker.health().withInterval(chosen);
        stepContext.replace(
                worker.with(worker.up() ? workerHealth.pinged(stepContext.now) : workerHealth));
        stepContext.report(Severity.DEBUG, id, "set its watchdog to " + DurationText.of(chosen));
    }

    static void memoryMeasured(StepContext stepContext, WorkerId id, long bytes) {
        Worker worker = stepContext.find(id);
        if (worker != null && worker.up() && spec(worker).memoryMax() != null) {
            Worker after = worker.with(worker.health().measured(bytes));
            stepContext.replace(after);
            if (spec(worker).health() == null && !isLarge(after)) {
                stepContext.put(stepContext.slot(id.slot()).relapsed(0));
            }
        }
    }

    /// True if the worker uses more memory than its limit.
    static boolean isLarge(Worker worker) {
        Long most = spec(worker).memoryMax();
        return most != null && worker.health().memoryBytes() > most;
    }

    // ---- who is looked after

    /// Begins and ends what definitions, which may have changed in place, want for each worker.
    static void applyDefinition(StepContext stepContext) {
        for (Slot slot : stepContext.slots) {
            Worker current = slot.current();
            Worker successor = slot.successor();
            if (current != null && current.up()) {
                applyDefinition(stepContext, current);
            }
            if (successor != null && successor.up()) {
                applyDefinition(stepContext, successor);
            }
        }
    }

    private static void applyDefinition(StepContext stepContext, Worker worker) {
        WorkerHealth before = worker.health();
        WorkerHealth workerHealth = before.checked(HealthChecks.next(stepContext, worker));
        if (spec(worker).memoryMax() == null) {
            workerHealth = workerHealth.nextMemoryCheck(null).measured(0);
        } else if (workerHealth.nextMemoryCheck() == null) {
            workerHealth = workerHealth.nextMemoryCheck(nextMeasurement(stepContext.now));
        }
        if (before.check() != null && before.check().asked() && workerHealth.check() == null) {
            stepContext.effects.add(new ProgramEffect.EndProbe(worker.id()));
        }
        if (!workerHealth.equals(before)) {
            stepContext.replace(worker.with(workerHealth));
        }
    }
}
