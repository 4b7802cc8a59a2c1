// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// Health data of a worker. Everything that its definition's
/// [org.einhyrningsins.spec.MonitoringSpec] needs to remember, and nothing that follows from it: so
/// a definition can change in place.
///
/// @param checkup its health checks; null if it has none, or another worker is checked
/// @param pinged time of its last sign of life, or when it was up; null before that
/// @param interval interval of its watchdog, if it chose another than its definition's; else null
/// @param weighing time of the next memory measurement; null for never
/// @param weight its memory at the last measurement, in bytes; 0 before the first
/// @param tries number of failed replacements in a row
/// @param retry time before which no further replacement is tried; null for none
/// @param recalled true if its rollout was rolled back: a worker of the version that serves is to
///   take over
/// @param suspended the signal that suspended it; null if it runs
public record WorkerHealth(
        @Nullable PeriodicCheck checkup,
        @Nullable Moment pinged,
        @Nullable Duration interval,
        @Nullable Moment weighing,
        long weight,
        int tries,
        @Nullable Moment retry,
        boolean recalled,
        @Nullable Signal suspended) {
    /// Health data of a worker that is not up yet.
    public static final WorkerHealth NONE =
            new WorkerHealth(null, null, null, null, 0, 0, null, false, null);

    public WorkerHealth checked(@Nullable PeriodicCheck next) {
        return new WorkerHealth(
                next, pinged, interval, weighing, weight, tries, retry, recalled, suspended);
    }

    public WorkerHealth pinged(Moment when) {
        return new WorkerHealth(
                checkup, when, interval, weighing, weight, tries, retry, recalled, suspended);
    }

    public WorkerHealth every(Duration chosen) {
        return new WorkerHealth(
                checkup, pinged, chosen, weighing, weight, tries, retry, recalled, suspended);
    }

    public WorkerHealth weighing(@Nullable Moment next) {
        return new WorkerHealth(
                checkup, pinged, interval, next, weight, tries, retry, recalled, suspended);
    }

    public WorkerHealth weighed(long bytes) {
        return new WorkerHealth(
                checkup, pinged, interval, weighing, bytes, tries, retry, recalled, suspended);
    }

    public WorkerHealth triedInVain(Moment next) {
        return new WorkerHealth(
                checkup, pinged, interval, weighing, weight, tries + 1, next, recalled, suspended);
    }

    public WorkerHealth recall() {
        return new WorkerHealth(
                checkup, pinged, interval, weighing, weight, 0, null, true, suspended);
    }

    public WorkerHealth suspended(@Nullable Signal by) {
        return new WorkerHealth(
                checkup, pinged, interval, weighing, weight, tries, retry, recalled, by);
    }
}
