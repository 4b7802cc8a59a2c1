// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.BitSet;
import java.util.Random;

class CronExpressionTest {
    private static final LocalDateTime START = LocalDateTime.of(2026, 12, 1, 7, 30, 12);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "* * * * *           | 2026-12-01T07:31",
                "30 7 * * *          | 2026-12-02T07:30",
                "31 7 * * *          | 2026-12-01T07:31",
                "30 2 * * 1-5        | 2026-12-02T02:30",
                "30 2 * * sat,SUN    | 2026-12-05T02:30",
                "0 0 * * 7           | 2026-12-06T00:00",
                "0 0 * * 5-7         | 2026-12-04T00:00",
                "*/20 8-17/4 * * *   | 2026-12-01T08:00",
                "5/20 7 * * *        | 2026-12-01T07:45",
                "0 12 1,15 * fri     | 2026-12-01T12:00",
                "0 0 13 * fri        | 2026-12-04T00:00",
                "0 0 */2 * fri       | 2026-12-11T00:00",
                "0 0 29 feb *        | 2028-02-29T00:00",
                "0 0 29 2 *          | 2028-02-29T00:00",
                "@hourly             | 2026-12-01T08:00",
                "@Daily              | 2026-12-02T00:00",
                "@weekly             | 2026-12-06T00:00",
                "@monthly            | 2027-01-01T00:00",
                "@yearly             | 2027-01-01T00:00",
            })
    void comesNext(String text, String expected) {
        assertThat(CronExpression.of(text).next(START)).isEqualTo(LocalDateTime.parse(expected));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "* * * *         | it has 4 fields",
                "hourly          | it has 1 field",
                "0 0 12 * * ?    | it has 6 fields",
                "@reboot         | '@reboot' is not known",
                "60 * * * *      | '60' cannot be the minute: it is from 0 to 59",
                "* 24 * * *      | '24' cannot be the hour: it is from 0 to 23",
                "* * 0 * *       | '0' cannot be the day of the month: it is from 1 to 31",
                "* * * 13 *      | '13' cannot be the month: it is from 1 to 12",
                "* * * * 8       | '8' cannot be the day of the week: it is from 0 to 7",
                "* * * * funday  | 'funday' cannot be the day of the week: write numbers or names",
                "*/0 * * * *     | '*/0' cannot be the minute: a step is at least 1",
                "9-5 * * * *     | '9-5' cannot be the minute: it begins after its end",
                "1,,2 * * * *    | '' cannot be the minute",
                "-5 * * * *      | '-5' cannot be the minute",
                "1-2-3 * * * *   | '1-2-3' cannot be the minute",
                "*-3 * * * *     | '*-3' cannot be the minute",
                "0 0 30 feb *    | there is no such day in any year",
                "0 0 31 4,6 *    | there is no such day in any year",
            })
    void isRefused(String text, String why) {
        assertThatThrownBy(() -> CronExpression.of(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(why);
    }

    /// Against a search that tries every minute of every day.
    @Test
    void isWhatTheFieldsSay() {
        Random random = new Random(31);
        for (int i = 0; i < 3_000; i++) {
            Made minutes = Made.of(random, 0, 59);
            Made hours = Made.of(random, 0, 23);
            Made days = Made.of(random, 1, 31);
            Made months = Made.of(random, 1, 12);
            Made week = Made.of(random, 0, 6);
            String text =
                    String.join(" ", minutes.text, hours.text, days.text, months.text, week.text);
            LocalDateTime after = START.plusMinutes(random.nextInt(4 * 525_600));
            LocalDateTime expected = null;
            LocalDate day = after.toLocalDate();
            for (int n = 0; n < 366 * 41 && expected == null; n++) {
                boolean either = !days.text.startsWith("*") && !week.text.startsWith("*");
                boolean month = days.numbers.get(day.getDayOfMonth());
                boolean weekday = week.numbers.get(day.getDayOfWeek().getValue() % 7);
                if (months.numbers.get(day.getMonthValue())
                        && (either ? month || weekday : month && weekday)) {
                    expected = first(day, hours.numbers, minutes.numbers, after);
                }
                day = day.plusDays(1);
            }
            if (expected == null) {
                assertThatThrownBy(() -> CronExpression.of(text)).as(text).isNotNull();
            } else {
                assertThat(CronExpression.of(text).next(after)).as(text).isEqualTo(expected);
            }
        }
    }

    private static @Nullable LocalDateTime first(
            LocalDate day, BitSet hours, BitSet minutes, LocalDateTime after) {
        for (int hour = 0; hour < 24; hour++) {
            for (int minute = 0; minute < 60; minute++) {
                LocalDateTime time = day.atTime(hour, minute);
                if (hours.get(hour) && minutes.get(minute) && time.isAfter(after)) {
                    return time;
                }
            }
        }
        return null;
    }

    private record Made(String text, BitSet numbers) {
        static Made of(Random random, int first, int last) {
            BitSet numbers = new BitSet();
            int one = first + random.nextInt(last - first + 1);
            int other = one + random.nextInt(last - one + 1);
            int step = 1 + random.nextInt((last - first) / 2);
            String text =
                    switch (random.nextInt(5)) {
                        case 0 -> "*/" + step;
                        case 1 -> Integer.toString(one);
                        case 2 -> one + "-" + other;
                        case 3 -> one + "," + other;
                        default -> "*";
                    };
            for (int i = first; i <= last; i++) {
                boolean in =
                        text.equals("*")
                                || (text.startsWith("*/") && (i - first) % step == 0)
                                || (i == one && !text.startsWith("*"))
                                || (text.contains("-") && i >= one && i <= other)
                                || (text.contains(",") && i == other);
                numbers.set(i, in);
            }
            return new Made(text, numbers);
        }
    }
}
