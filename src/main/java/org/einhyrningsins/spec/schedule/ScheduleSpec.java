// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec.schedule;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.time.ZoneId;

/// When a job runs by itself.
///
/// @param times the times, as [CronExpression] reads them
/// @param zone name of the time zone they are in, `Europe/Berlin`; null for the machine's
/// @param overlap what becomes of a run that is due while the one before it goes on
/// @param jitter maximum of a random delay of each run
/// @param catchUp true if a run that was missed is made up for
public record ScheduleSpec(
        String times, @Nullable String zone, Overlap overlap, Duration jitter, boolean catchUp) {
    /// Maximum of [#jitter].
    public static final Duration MAX_JITTER = Duration.ofDays(1);

    /// What becomes of a run that is due while the one before it goes on.
    public enum Overlap {
        /// It is left out.
        SKIP,
        /// It begins when the other ends. One waits at most.
        WAIT,
        /// The other is stopped first.
        KILL
    }

    /// The expression.
    CronExpression cron() {
        return CronExpression.of(times);
    }

    /// The zone.
    public ZoneId timeZone() {
        return zone == null ? ZoneId.systemDefault() : ZoneId.of(zone);
    }
}
