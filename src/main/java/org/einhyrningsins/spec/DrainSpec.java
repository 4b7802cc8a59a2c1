// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// Treatment of the old workers that a rollout has told to stop.
///
/// @param counted true if they count for `max-surge` until they are gone
/// @param timeout time that each has after the first signal of its stop; null for the time of
///   `stop`, [#UNLIMITED] for no limit
public record DrainSpec(boolean counted, @Nullable Duration timeout) {
    /// Default: old workers count, and are stopped like any other.
    public static final DrainSpec DEFAULT = new DrainSpec(true, null);

    /// No limit: a hundred years.
    public static final Duration UNLIMITED = Duration.ofDays(36_500);
}
