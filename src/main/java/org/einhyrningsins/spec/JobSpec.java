// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.einhyrningsins.spec.schedule.ScheduleSpec;
import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// A program whose workers end by themselves, and how long and how often they may try.
///
/// @param timeout time after which a worker is stopped and has failed; null for no limit
/// @param retries number of new starts after a failure, 0 to 1,000
/// @param owner name of the program whose task it is; null for a job of its own
/// @param schedule when it runs by itself; null if it does not
public record JobSpec(
        @Nullable Duration timeout,
        int retries,
        @Nullable String owner,
        @Nullable ScheduleSpec schedule) {
    /// Maximum number of retries.
    public static final int MAX_RETRIES = 1_000;
}
