// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// How workers that are up are looked after; what is null is not.
///
/// @param health how they are asked whether they are well
/// @param watchdog a worker that gives no sign of life for that long is replaced
/// @param maxAge a worker is replaced before it is older
/// @param memoryMax a worker is replaced when it uses more, in bytes, at least 1
public record CareSpec(
        @Nullable HealthSpec health,
        @Nullable Duration watchdog,
        @Nullable Duration maxAge,
        @Nullable Long memoryMax) {
    /// Nothing: a worker that runs is left alone.
    public static final CareSpec NONE = new CareSpec(null, null, null, null);
}
