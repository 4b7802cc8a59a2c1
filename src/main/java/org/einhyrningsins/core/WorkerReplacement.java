// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.PendingRequest;
import org.einhyrningsins.core.model.PreviousExit;
import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.spec.MonitoringSpec;
import org.einhyrningsins.spec.RestartSpec.Backoff;
import org.einhyrningsins.spec.RolloutSpec;
import org.einhyrningsins.spec.RolloutSpec.Strategy;
import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// Replaces workers that run and should not go on: those whose rollout went back, that are ill, use
/// too much memory, or are old. A small rollout of one slot at the same version: the new one first,
/// where the strategy does not forbid it, and never more at once than `max-surge`. It waits while a
/// rollout is under way. A replacement that does not come up leaves the old one where it is, and is
/// tried again later and later.
final class WorkerReplacement {
    /// The share of `max-age` over which the workers are spread is 1 / SPREAD, so that those that
    /// came together do not go together.
    private static final int SPREAD = 10;

    /// Factor whose multiples, taken modulo 2^64, lie far from each other: the golden ratio.
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private static final int FRACTION_BITS = 20;

    /// Words for the fate of a worker whose replacement does not come up.
    static final String STAYS = "the one it was to replace stays and is tried again";

    private WorkerReplacement() {}

    // ---- who

    /// Describes why a worker is to be replaced; null if it is not.
    ///
    /// @param count the program's worker count
    static @Nullable String replacementReason(Worker worker, int count, Moment now) {
        if (!worker.ready()) {
            return null;
        }
        if (worker.health().recalled()) {
            return "its rollout went back";
        }
        MonitoringSpec spec = worker.version().spec().monitoring();
        if (HealthChecks.isIll(worker, count)) {
            return HealthChecks.illness(worker);
        }
        if (HealthMonitor.isLarge(worker) && spec.memoryMax() != null) {
            String most = DurationText.bytes(spec.memoryMax());
            return "uses "
                    + DurationText.bytes(worker.health().memoryBytes())
                    + ", allowed are "
                    + most;
        }
        Moment old = ageDeadline(worker);
        return old != null && old.reached(now) && spec.maxAge() != null
                ? "max-age of " + DurationText.of(spec.maxAge()) + " is near"
                : null;
    }

    /// Returns the time when a worker is too old: at 90 to 100 percent of `max-age`, always the
    /// same for the same worker; null without a limit.
    private static @Nullable Moment ageDeadline(Worker worker) {
        Duration age = worker.version().spec().monitoring().maxAge();
        if (age == null) {
            return null;
        }
        long seed = worker.id().incarnation() + worker.version().spec().name().hashCode();
        long fraction = (seed * GOLDEN) >>> (Long.SIZE - FRACTION_BITS);
        long millis = age.toMillis();
        long sooner = ((millis / SPREAD) * fraction) >> FRACTION_BITS;
        return worker.startedAt().plus(Duration.ofMillis(millis - sooner));
    }

    /// Returns the next time when a slot's worker is due for replacement; null if nothing is, or if
    /// it was due at the last step.
    static @Nullable Moment due(Program program, Slot slot) {
        Worker worker = slot.current();
        if (worker == null || !worker.ready()) {
            return null;
        }
        Moment asOf = program.asOf();
        boolean ails = replacementReason(worker, program.count(), asOf) != null;
        Moment next = ails ? notBefore(worker, slot, program.count()) : ageDeadline(worker);
        return next == null || next.reached(asOf) ? null : next;
    }

    /// True if it is unhealthy or too large, and would not be replaced for another reason.
    private static boolean isUnfit(Worker worker, int count) {
        return !worker.health().recalled()
                && (HealthChecks.isIll(worker, count) || HealthMonitor.isLarge(worker));
    }

    /// True if workers are left whose rollout was rolled back.
    static boolean hasRolledBackWorkers(StepContext stepContext) {
        for (Slot slot : stepContext.slots) {
            if (slot.current() != null && slot.current().health().recalled()) {
                return true;
            }
        }
        return false;
    }

    /// True if replacements for it failed so often that those who wait for one are told.
    static boolean replacementFailed(StepContext stepContext, Worker worker) {
        return worker.health().tries()
                >= Math.max(1, stepContext.serving.spec().rollout().retries());
    }

    /// Returns the time before which a worker is not replaced: one that replaced an unhealthy one
    /// and is unhealthy itself is left alone for a while, longer and longer.
    private static @Nullable Moment notBefore(Worker worker, Slot slot, int count) {
        Moment retry = worker.health().retry();
        int relapses = slot.past().relapses();
        if (relapses == 0
                || !isUnfit(worker, count)
                || !(worker.state() instanceof WorkerState.Ready ready)) {
            return retry;
        }
        Moment rested = ready.since().plus(backoff(worker).delay(relapses));
        return retry == null || retry.compareTo(rested) < 0 ? rested : retry;
    }

    private static Backoff backoff(Worker worker) {
        return worker.version().spec().restart().backoff();
    }

    /// True if a worker is to take over from one that is to be replaced.
    static boolean isReplacement(StepContext stepContext, Worker worker) {
        Worker successor = stepContext.slot(worker.id().slot()).successor();
        return stepContext.rollout == null
                && successor != null
                && successor.id().equals(worker.id());
    }

    // ---- how

    /// Lets replacements that are up take over.
    static void advance(StepContext stepContext) {
        if (stepContext.rollout != null) {
            return;
        }
        for (Slot slot : stepContext.slots) {
            if (slot.successor() != null) {
                takeSlot(stepContext, slot, slot.successor());
            }
        }
    }

    /// Begins with as many as it may, the most urgent first.
    static void begin(StepContext stepContext) {
        if (stepContext.rollout != null || !(stepContext.phase instanceof ProgramPhase.Running)) {
            return;
        }
        if (mustRunAlone(stepContext)) {
            makeRoom(stepContext);
        } else {
            spawnSuccessors(stepContext);
        }
    }

    /// True if the old worker has to go first: one of the two must not run beside another.
    private static boolean mustRunAlone(StepContext stepContext) {
        boolean alone = stepContext.serving.spec().rollout().strategy() == Strategy.REPLACE;
        for (Slot slot : stepContext.slots) {
            for (Worker worker : slot.workers()) {
                alone |=
                        worker.health().recalled()
                                && !worker.stuck()
                                && worker.version().spec().rollout().strategy() == Strategy.REPLACE;
            }
        }
        return alone;
    }

    /// Lets a replacement take the slot; it may replace a dead worker as well as an old one. A
    /// worker that is healthy again, or whose definition has changed, keeps its place.
    private static void takeSlot(StepContext stepContext, Slot slot, Worker successor) {
        Worker current = slot.current();
        if (current != null
                && replacementReason(current, stepContext.count, stepContext.now) == null) {
            WorkerStop.begin(stepContext, successor, StopCause.WITHDRAWN);
            return;
        }
        if (current != null && !successor.ready()) {
            return;
        }
        if (current != null) {
            count(stepContext, current);
            WorkerStop.begin(stepContext, current, StopCause.RETIRED);
        }
        stepContext.put(
                stepContext.slot(slot.index()).current(successor).successor(null).refill(null));
    }

    /// Counts a replacement as a restart, unless the old worker is recalled by a rollback.
    private static void count(StepContext stepContext, Worker old) {
        Slot slot = stepContext.slot(old.id().slot());
        int relapses = isUnfit(old, stepContext.count) ? slot.past().relapses() + 1 : 0;
        String why = replacementReason(old, stepContext.count, stepContext.now);
        if (why == null || old.health().recalled()) {
            stepContext.put(slot.relapsed(relapses));
        } else {
            PreviousExit replaced =
                    new PreviousExit(old.id(), old.startedAt(), stepContext.now, null, why);
            stepContext.put(slot.relapsed(relapses).last(replaced).restarted());
        }
    }

    private static void spawnSuccessors(StepContext stepContext) {
        RolloutSpec spec = stepContext.serving.spec().rollout();
        int most =
                Math.min(
                        RolloutCapacity.maxProcesses(stepContext),
                        stepContext.count + Math.max(1, spec.maxSurge()));
        int room =
                Math.min(
                        most - RolloutCapacity.processes(stepContext),
                        spec.maxUnacked() - starting(stepContext));
        for (Worker worker = nextWithoutSuccessor(stepContext, false);
                room > 0 && worker != null;
                worker = nextWithoutSuccessor(stepContext, false), room--) {
            explain(stepContext, worker, "to be replaced: ");
            Worker successor = stepContext.spawn(worker.id().slot(), stepContext.serving);
            stepContext.put(stepContext.slot(worker.id().slot()).successor(successor));
        }
    }

    /// Returns the first worker that is to be replaced and has no successor yet; null if there is
    /// none.
    ///
    /// @param back true for only those whose rollout was rolled back
    private static @Nullable Worker nextWithoutSuccessor(StepContext stepContext, boolean back) {
        Worker first = null;
        for (Slot slot : stepContext.slots) {
            Worker worker = slot.current();
            if (worker != null
                    && slot.successor() == null
                    && (worker.health().recalled() || !back)
                    && isDue(stepContext, slot)
                    && (first == null || isMoreUrgent(worker, first))) {
                first = worker;
            }
        }
        return first;
    }

    /// Orders workers by the number of failed replacements, so that one that cannot be replaced
    /// keeps no other waiting.
    private static boolean isMoreUrgent(Worker one, Worker other) {
        if (one.health().tries() != other.health().tries()) {
            return one.health().tries() < other.health().tries();
        }
        return one.health().recalled() == other.health().recalled()
                ? one.id().incarnation() < other.id().incarnation()
                : one.health().recalled();
    }

    private static int starting(StepContext stepContext) {
        int starting = 0;
        for (Slot slot : stepContext.slots) {
            Worker successor = slot.successor();
            starting += successor != null && !successor.up() ? 1 : 0;
        }
        return starting;
    }

    /// Stops an old worker to make room, in one slot after the other, so that at most one is empty
    /// for that; none while a request waits for all to be up, and only recalled ones while one
    /// waits for a rollback.
    private static void makeRoom(StepContext stepContext) {
        for (Slot slot : stepContext.slots) {
            if (stepContext.wants(slot) && (slot.current() == null || !slot.current().ready())) {
                return;
            }
        }
        boolean onlyBack = false;
        for (PendingRequest pendingRequest : stepContext.waits) {
            boolean forAll =
                    pendingRequest.waitsForStart()
                            && !pendingRequest.waitsForEnd(stepContext.serving.spec());
            if (forAll || pendingRequest.until() == PendingRequest.Until.SCALED) {
                return;
            }
            onlyBack |= pendingRequest.until() == PendingRequest.Until.BACK;
        }
        Worker worker = nextWithoutSuccessor(stepContext, onlyBack);
        if (worker != null) {
            explain(stepContext, worker, "replaced: ");
            count(stepContext, worker);
            WorkerStop.begin(stepContext, worker, StopCause.REPLACED);
            stepContext.put(stepContext.slot(worker.id().slot()).refill(stepContext.now));
        }
    }

    private static boolean isDue(StepContext stepContext, Slot slot) {
        Worker worker = slot.current();
        if (worker == null
                || !stepContext.wants(slot)
                || replacementReason(worker, stepContext.count, stepContext.now) == null) {
            return false;
        }
        Moment when = notBefore(worker, slot, stepContext.count);
        return when == null || when.reached(stepContext.now);
    }

    private static void explain(StepContext stepContext, Worker worker, String what) {
        stepContext.report(
                Severity.INFO,
                worker.id(),
                what + replacementReason(worker, stepContext.count, stepContext.now));
    }

    /// A replacement did not come up: who was to be replaced stays.
    static void failed(StepContext stepContext, Worker successor, String why) {
        Worker current = stepContext.slot(successor.id().slot()).current();
        String what = "the replacement failed: " + why;
        if (current == null) {
            stepContext.report(Severity.WARN, successor.id(), what);
            return;
        }
        Duration delay = backoff(successor).delay(current.health().tries() + 1);
        Moment next = stepContext.now.plus(delay);
        stepContext.replace(current.with(current.health().replacementFailed(next)));
        stepContext.report(
                Severity.WARN,
                successor.id(),
                what + "; the old one stays, next try in " + DurationText.of(delay));
    }

    /// A rollout begins: it brings new ones for all.
    static void abandon(StepContext stepContext) {
        for (Slot slot : stepContext.slots) {
            if (slot.successor() != null) {
                WorkerStop.begin(stepContext, slot.successor(), StopCause.WITHDRAWN);
            }
        }
    }
}
