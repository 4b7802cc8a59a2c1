// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// In Berlin the clock goes from 02:00 to 03:00 on 29 March 2026, and from 03:00 back to 02:00 on
/// 25 October.
class ScheduleTimesTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    /// The next times, `29T03:30+02:00`.
    private static List<String> times(String cron, String after, int count) {
        return times(cron, BERLIN, after, count);
    }

    private static List<String> times(String cron, ZoneId zone, String after, int count) {
        List<String> times = new ArrayList<>();
        Instant last = Instant.parse(after);
        for (int i = 0; i < count; i++) {
            ZonedDateTime next = ScheduleTimes.next(CronExpression.of(cron), zone, last);
            Objects.requireNonNull(next);
            assertThat(next.toInstant()).isAfter(last);
            last = next.toInstant();
            String text = next.toOffsetDateTime().toString();
            times.add(text.substring(8));
        }
        return times;
    }

    @Test
    void aTimeThatTheClockLeavesOutComesAnHourLater() {
        assertThat(times("30 2 * * *", "2026-03-28T00:00:00Z", 3))
                .containsExactly("28T02:30+01:00", "29T03:30+02:00", "30T02:30+02:00");
        assertThat(times("0 2 * * *", "2026-03-28T12:00:00Z", 2))
                .containsExactly("29T03:00+02:00", "30T02:00+02:00");
    }

    @Test
    void aTimeThatTheClockShowsTwiceComesOnce() {
        assertThat(times("30 2 * * *", "2026-10-24T00:00:00Z", 3))
                .containsExactly("24T02:30+02:00", "25T02:30+02:00", "26T02:30+01:00");
        assertThat(times("0,30 1-3 * * *", "2026-10-24T23:59:00Z", 5))
                .containsExactly(
                        "25T02:00+02:00",
                        "25T02:30+02:00",
                        "25T03:00+01:00",
                        "25T03:30+01:00",
                        "26T01:00+01:00");
    }

    @Test
    void everyHourGoesByTheTimeThatPasses() {
        assertThat(times("*/30 * * * *", "2026-10-24T23:59:00Z", 5))
                .containsExactly(
                        "25T02:00+02:00",
                        "25T02:30+02:00",
                        "25T02:00+01:00",
                        "25T02:30+01:00",
                        "25T03:00+01:00");
        assertThat(times("*/30 * * * *", "2026-03-29T00:29:00Z", 4))
                .containsExactly(
                        "29T01:30+01:00", "29T03:00+02:00", "29T03:30+02:00", "29T04:00+02:00");
        assertThat(times("15 */1 * * *", "2026-03-29T00:00:00Z", 3))
                .containsExactly("29T01:15+01:00", "29T03:15+02:00", "29T04:15+02:00");
    }

    /// Lord Howe Island moves by half an hour.
    @Test
    void aChangeNeedNotBeAnHour() {
        ZoneId island = ZoneId.of("Australia/Lord_Howe");
        assertThat(times("*/15 * * * *", island, "2026-04-04T14:29:00Z", 5))
                .containsExactly(
                        "05T01:30+11:00",
                        "05T01:45+11:00",
                        "05T01:30+10:30",
                        "05T01:45+10:30",
                        "05T02:00+10:30");
        assertThat(times("15 2 * * *", island, "2026-10-03T00:00:00Z", 2))
                .containsExactly("04T02:45+11:00", "05T02:15+11:00");
    }

    @Test
    void everyMinuteOfTwoDaysComesOnce() {
        Instant last = Instant.parse("2026-10-24T22:00:00Z");
        for (int i = 0; i < 60 * 48; i++) {
            ZonedDateTime next = ScheduleTimes.next(CronExpression.of("* * * * *"), BERLIN, last);
            Objects.requireNonNull(next);
            assertThat(next.toInstant()).isEqualTo(last.plusSeconds(60));
            last = next.toInstant();
        }
    }
}
