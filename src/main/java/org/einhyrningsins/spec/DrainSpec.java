// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// How a rollout treats the old workers that it told to go.
///
/// @param counted whether they count for `max-surge` until they are gone
/// @param timeout how long each has after the first signal of its stop; null for as long as `stop`
///   has it, [#UNLIMITED] for as long as it takes
public record DrainSpec(boolean counted, @Nullable Duration timeout) {
    /// They count, and are stopped as any other.
    public static final DrainSpec DEFAULT = new DrainSpec(true, null);

    /// No limit: a hundred years.
    public static final Duration UNLIMITED = Duration.ofDays(36_500);
}
