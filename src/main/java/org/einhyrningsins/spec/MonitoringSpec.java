// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// How workers are looked after while they run; what is null is not.
///
/// @param health how they are asked whether they are well
/// @param watchdog a worker that gives no sign of life for that long is replaced
/// @param maxAge a worker is replaced before it is older
/// @param memoryMax a worker is replaced when it uses more, in bytes, at least 1
/// @param together the limits of the control group that all its workers are in
public record MonitoringSpec(
        @Nullable HealthSpec health,
        @Nullable Duration watchdog,
        @Nullable Duration maxAge,
        @Nullable Long memoryMax,
        @Nullable CgroupSpec together) {
    /// Nothing: a worker that runs is left alone.
    public static final MonitoringSpec NONE = new MonitoringSpec(null, null, null, null);

    /// Without limits of all workers together.
    public MonitoringSpec(
            @Nullable HealthSpec health,
            @Nullable Duration watchdog,
            @Nullable Duration maxAge,
            @Nullable Long memoryMax) {
        this(health, watchdog, maxAge, memoryMax, null);
    }
}
