// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec.schedule;

import org.jspecify.annotations.Nullable;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.zone.ZoneOffsetTransition;

/// Times of a schedule in a time zone.
///
/// Where the clock is set forward, a time that it leaves out comes as much later: 02:30 is 03:30.
/// Where it is set back, a time that it shows twice comes once, the first time; but an expression
/// for every hour (`*`, `*/N`) goes by the time that passes, and comes both times.
public final class ScheduleTimes {
    private ScheduleTimes() {}

    /// The first time of a schedule after another; null if there is none.
    ///
    /// @param after milliseconds since 1970, as is the result
    public static @Nullable Long next(ScheduleSpec schedule, long after) {
        ZonedDateTime next =
                next(schedule.cron(), schedule.timeZone(), Instant.ofEpochMilli(after));
        return next == null ? null : next.toInstant().toEpochMilli();
    }

    static @Nullable ZonedDateTime next(CronExpression cron, ZoneId zone, Instant after) {
        ZoneOffsetTransition back = cron.everyHour() ? setBack(zone, after) : null;
        LocalDateTime local = LocalDateTime.ofInstant(after, zone);
        while (true) {
            local = cron.next(local);
            if (local == null) {
                return null;
            }
            ZonedDateTime first = local.atZone(zone);
            ZonedDateTime next =
                    first.toInstant().isAfter(after) || !cron.everyHour()
                            ? first
                            : first.withLaterOffsetAtOverlap();
            if (back != null && next.toInstant().isAfter(back.getInstant())) {
                next = earlier(next, again(cron, zone, back));
            }
            if (next.toInstant().isAfter(after)) {
                return next;
            }
        }
    }

    /// The next time that the clock is set back; null if it never is.
    private static @Nullable ZoneOffsetTransition setBack(ZoneId zone, Instant after) {
        ZoneOffsetTransition change = zone.getRules().nextTransition(after);
        return change == null || change.isGap() ? null : change;
    }

    /// The first time after the clock was set back.
    private static @Nullable ZonedDateTime again(
            CronExpression cron, ZoneId zone, ZoneOffsetTransition back) {
        LocalDateTime first = cron.next(back.getDateTimeAfter().minusMinutes(1));
        return first == null ? null : first.atZone(zone).withLaterOffsetAtOverlap();
    }

    private static ZonedDateTime earlier(ZonedDateTime one, @Nullable ZonedDateTime other) {
        return other != null && other.isBefore(one) ? other : one;
    }
}
