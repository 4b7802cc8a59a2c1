// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.PeriodicCheck;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.spec.MonitoringSpec;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// How workers are, told from what happened alone: a second opinion on what [HealthMonitor] makes
/// of it.
final class Conditions {
    private final Map<WorkerId, Integer> misses = new HashMap<>();
    private final Map<WorkerId, Moment> signs = new HashMap<>();
    private final Map<WorkerId, Long> weights = new HashMap<>();
    private final Set<WorkerId> hopeless = new HashSet<>();

    void note(Program before, ProgramEvent programEvent, Moment now, List<ProgramEffect> effects) {
        switch (programEvent) {
            case ProgramEvent.Probed e when isAsked(before, e.worker()) -> {
                if (!e.up()) {
                    misses.merge(e.worker(), 1, Integer::sum);
                } else if (alone(before, e.worker())) {
                    misses.remove(e.worker());
                }
            }
            case ProgramEvent.Pinged e -> signs.put(e.worker(), now);
            case ProgramEvent.MemoryMeasured e -> weights.put(e.worker(), e.bytes());
            case ProgramEvent.WatchdogTriggered e -> hopeless.add(e.worker());
            default -> {}
        }
        for (ProgramEffect programEffect : effects) {
            if (programEffect instanceof ProgramEffect.EndProbe end) {
                misses.merge(end.worker(), 1, Integer::sum);
            }
        }
    }

    /// What comes when nobody waits for it any more is no answer.
    private static boolean isAsked(Program program, WorkerId id) {
        Worker worker = Laws.find(program, id);
        PeriodicCheck periodicCheck = worker == null ? null : worker.health().check();
        return worker != null && worker.up() && periodicCheck != null && periodicCheck.asked();
    }

    private static boolean alone(Program program, WorkerId id) {
        int others = 0;
        for (Slot slot : program.slots()) {
            others += slot.index() == id.slot() ? slot.workers().size() - 1 : 0;
        }
        return others == 0;
    }

    /// Why a worker that was ready, and that no rollout replaces, may be told to go for that cause;
    /// null if it may not.
    @Nullable String why(Worker worker, StopCause cause, Moment now) {
        return switch (cause) {
            case SCALED, STOPPED, RESTARTED -> "the operator wants it";
            case OVERDUE ->
                    worker.overdue() != null && worker.overdue().reached(now) ? "late" : null;
            case HUNG -> isSilent(worker, now) ? "silent" : null;
            case RETIRED, REPLACED -> ailment(worker, now);
            case LEFT_BEHIND -> "it was gone";
            case FAILED_START, WITHDRAWN -> null;
        };
    }

    private boolean isSilent(Worker worker, Moment now) {
        Duration chosen = worker.health().interval();
        Duration interval =
                chosen == null ? worker.version().spec().monitoring().watchdog() : chosen;
        Moment sign = signs.getOrDefault(worker.id(), worker.startedAt());
        return interval != null
                && (hopeless.contains(worker.id()) || sign.plus(interval).reached(now));
    }

    private @Nullable String ailment(Worker worker, Moment now) {
        if (worker.health().recalled()) {
            return "its rollout went back";
        }
        MonitoringSpec care = worker.version().spec().monitoring();
        if (care.health() != null
                && misses.getOrDefault(worker.id(), 0) >= care.health().failures()) {
            return "ill";
        } else if (care.memoryMax() != null
                && weights.getOrDefault(worker.id(), 0L) > care.memoryMax()) {
            return "large";
        }
        Duration age = care.maxAge();
        Duration least = age == null ? null : age.multipliedBy(9).dividedBy(10);
        return least != null && now.since(worker.startedAt()).compareTo(least) >= 0 ? "old" : null;
    }
}
