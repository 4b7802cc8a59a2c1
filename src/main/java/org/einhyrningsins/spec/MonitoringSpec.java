// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.einhyrningsins.spec.process.CgroupSpec;
import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// Monitoring of workers while they run; a component that is null is switched off.
///
/// @param health the health check
/// @param watchdog a worker without a sign of life for that long is replaced
/// @param maxAge a worker is replaced before it is older
/// @param memoryMax a worker that uses more is replaced; in bytes, at least 1
/// @param together limits of the control group that contains all its workers
public record MonitoringSpec(
        @Nullable HealthSpec health,
        @Nullable Duration watchdog,
        @Nullable Duration maxAge,
        @Nullable Long memoryMax,
        @Nullable CgroupSpec together) {
    /// No monitoring: a worker that runs is left alone.
    public static final MonitoringSpec NONE = new MonitoringSpec(null, null, null, null);

    /// Makes monitoring without limits of all workers together.
    public MonitoringSpec(
            @Nullable HealthSpec health,
            @Nullable Duration watchdog,
            @Nullable Duration maxAge,
            @Nullable Long memoryMax) {
        this(health, watchdog, maxAge, memoryMax, null);
    }
}
