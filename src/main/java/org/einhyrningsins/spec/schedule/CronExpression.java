// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec.schedule;

import org.jspecify.annotations.Nullable;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Times of a schedule, as crontab(5) writes them: minute, hour, day of the month, month, and day
/// of the week, or a nickname such as `@daily`. It knows no time zone: see [ScheduleTimes].
public final class CronExpression {
    /// A 29 February on a certain day of the week is at most 40 years away.
    private static final int MAX_DAYS = 366 * 41;

    private static final Map<String, String> NICKNAMES =
            Map.of(
                    "@yearly", "0 0 1 1 *",
                    "@annually", "0 0 1 1 *",
                    "@monthly", "0 0 1 * *",
                    "@weekly", "0 0 * * 0",
                    "@daily", "0 0 * * *",
                    "@midnight", "0 0 * * *",
                    "@hourly", "0 * * * *");

    private static final List<String> MONTHS =
            List.of(
                    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov",
                    "dec");
    private static final List<String> DAYS =
            List.of("sun", "mon", "tue", "wed", "thu", "fri", "sat");

    private final BitSet minutes;
    private final BitSet hours;
    private final BitSet days;
    private final BitSet months;
    private final BitSet weekdays;

    /// Both fields of days are restricted: then either is enough.
    private final boolean eitherDay;

    private final boolean everyHour;

    private CronExpression(List<String> fields) {
        this.minutes = new Field("minute", 0, 59, List.of()).of(fields.get(0));
        this.hours = new Field("hour", 0, 23, List.of()).of(fields.get(1));
        this.days = new Field("day of the month", 1, 31, List.of()).of(fields.get(2));
        this.months = new Field("month", 1, 12, MONTHS).of(fields.get(3));
        BitSet week = new Field("day of the week", 0, 7, DAYS).of(fields.get(4));
        if (week.get(7)) { // both are Sunday
            week.set(0);
        }
        this.weekdays = week;
        this.eitherDay = !fields.get(2).startsWith("*") && !fields.get(4).startsWith("*");
        this.everyHour = fields.get(1).startsWith("*");
    }

    /// Reads an expression.
    ///
    /// @throws IllegalArgumentException if it is none, or no day is ever meant by it; the message
    ///   is for a person
    public static CronExpression of(String text) {
        String trimmed = text.strip();
        String expanded = NICKNAMES.getOrDefault(trimmed.toLowerCase(Locale.ROOT), trimmed);
        if (expanded.startsWith("@")) {
            throw new IllegalArgumentException(
                    "'"
                            + expanded
                            + "' is not known; write @hourly, @daily, @weekly, @monthly or"
                            + " @yearly, or five fields");
        }
        List<String> fields = List.of(expanded.split("\\s+", -1));
        if (fields.size() != 5) {
            throw new IllegalArgumentException(
                    "it has "
                            + fields.size()
                            + (fields.size() == 1 ? " field" : " fields")
                            + "; write five: minute, hour, day of the month, month, day of the"
                            + " week");
        }
        CronExpression expression = new CronExpression(fields);
        if (expression.next(LocalDateTime.of(2024, 1, 1, 0, 0)) == null) {
            throw new IllegalArgumentException("there is no such day in any year");
        }
        return expression;
    }

    /// True if the hour is `*` or `*/N`: it is meant to run all day, by the time that passes.
    boolean everyHour() {
        return everyHour;
    }

    /// The first time that is later than another; null if there is none.
    @Nullable LocalDateTime next(LocalDateTime after) {
        LocalDateTime from = after.withSecond(0).withNano(0).plusMinutes(1);
        LocalDate day = from.toLocalDate();
        int minute = from.getHour() * 60 + from.getMinute();
        for (int i = 0; i < MAX_DAYS; i++) {
            int found = matches(day) ? minuteOfDay(minute) : -1;
            if (found >= 0) {
                return day.atTime(found / 60, found % 60);
            }
            day = day.plusDays(1);
            minute = 0;
        }
        return null;
    }

    private boolean matches(LocalDate day) {
        if (!months.get(day.getMonthValue())) {
            return false;
        }
        boolean ofMonth = days.get(day.getDayOfMonth());
        boolean ofWeek = weekdays.get(day.getDayOfWeek().getValue() % 7);
        return eitherDay ? ofMonth || ofWeek : ofMonth && ofWeek;
    }

    /// The first minute of a day that is not before another; -1 if there is none.
    private int minuteOfDay(int earliest) {
        for (int hour = hours.nextSetBit(earliest / 60);
                hour >= 0;
                hour = hours.nextSetBit(hour + 1)) {
            int minute = minutes.nextSetBit(hour == earliest / 60 ? earliest % 60 : 0);
            if (minute >= 0) {
                return hour * 60 + minute;
            }
        }
        return -1;
    }

    /// A field of an expression: lists of numbers and ranges, each with a step or without.
    ///
    /// @param names names of its numbers, from the first on; empty for none
    private record Field(String what, int first, int last, List<String> names) {
        BitSet of(String text) {
            BitSet numbers = new BitSet();
            for (String part : text.split(",", -1)) {
                add(part, numbers);
            }
            return numbers;
        }

        private void add(String part, BitSet numbers) {
            int slash = part.indexOf('/');
            String range = slash < 0 ? part : part.substring(0, slash);
            int step = slash < 0 ? 1 : digits(part.substring(slash + 1), part);
            int dash = range.indexOf('-');
            int from;
            int to;
            if (range.equals("*")) {
                from = first;
                to = last;
            } else if (dash > 0) {
                from = number(range.substring(0, dash), part);
                to = number(range.substring(dash + 1), part);
            } else {
                from = number(range, part);
                to = slash < 0 ? from : last;
            }
            if (step < 1 || from > to) {
                throw wrong(part, step < 1 ? "a step is at least 1" : "it begins after its end");
            }
            for (int i = from; i <= to; i += step) {
                numbers.set(i);
            }
        }

        private int number(String text, String part) {
            int name = names.indexOf(text.toLowerCase(Locale.ROOT));
            int number = name >= 0 ? first + name : digits(text, part);
            if (number < first || number > last) {
                throw wrong(part, "it is from " + first + " to " + last);
            }
            return number;
        }

        private int digits(String text, String part) {
            if (!text.matches("[0-9]{1,3}")) {
                String write =
                        names.isEmpty()
                                ? "write numbers"
                                : "write numbers or names such as " + names.get(1);
                throw wrong(part, write + ", ranges 1-5, lists 1,15 or steps */10");
            }
            return Integer.parseInt(text);
        }

        private IllegalArgumentException wrong(String part, String why) {
            return new IllegalArgumentException(
                    "'" + part + "' cannot be the " + what + ": " + why);
        }
    }
}
