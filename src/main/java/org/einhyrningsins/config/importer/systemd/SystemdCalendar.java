// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.source.ValueException;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Calendar events of systemd.time(7) as cron's five fields. What cron cannot say is refused:
/// seconds, years, the last days of a month, and a day of the week and of the month that have to
/// meet.
final class SystemdCalendar {
    private static final Map<String, String> WORDS =
            Map.of(
                    "minutely", "* * * * *",
                    "hourly", "0 * * * *",
                    "daily", "0 0 * * *",
                    "weekly", "0 0 * * 1",
                    "monthly", "0 0 1 * *",
                    "quarterly", "0 0 1 1,4,7,10 *",
                    "semiannually", "0 0 1 1,7 *",
                    "yearly", "0 0 1 1 *",
                    "annually", "0 0 1 1 *");

    private static final String DAY = "(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*";
    private static final Pattern DAYS =
            Pattern.compile("(" + DAY + "(?:(?:\\.\\.|-|,)" + DAY + ")*)[, ]*(.*)");
    private static final Pattern DATE = Pattern.compile("(?:(\\S+)-)?([^-\\s]+)-(\\S+)");
    private static final Pattern TIME = Pattern.compile("([^:\\s]+):([^:\\s]+)(?::(\\S+))?");
    private static final Pattern ZONE =
            Pattern.compile("(.*?) +(UTC|[A-Z][A-Za-z_]*/[A-Za-z0-9_/+-]+)");

    private SystemdCalendar() {}

    /// A calendar event for cron.
    ///
    /// @param zone name of the time zone; empty for the machine's
    record Event(String cron, String zone) {}

    /// Translates an event.
    ///
    /// @throws ValueException if cron cannot say that; the message says why
    static Event event(String text) throws ValueException {
        Matcher zoned = ZONE.matcher(text.strip());
        return zoned.matches()
                ? new Event(cron(zoned.group(1).strip()), zoned.group(2))
                : new Event(cron(text.strip()), "");
    }

    private static String cron(String text) throws ValueException {
        String rest = text.toLowerCase(Locale.ROOT);
        String word = WORDS.get(rest);
        if (word != null) {
            return word;
        }
        String week = "*";
        Matcher days = DAYS.matcher(rest);
        if (days.matches()) {
            week = week(days.group(1));
            rest = days.group(2);
        }
        String month = "*";
        String day = "*";
        String hour = "0";
        String minute = "0";
        List<String> parts = new ArrayList<>(List.of(rest.split("\\s+", -1)));
        parts.removeIf(String::isEmpty);
        if (parts.size() > 2) {
            throw new ValueException("cron has no such time");
        }
        for (String part : parts) {
            Matcher time = TIME.matcher(part);
            Matcher date = DATE.matcher(part);
            if (time.matches()) {
                hour = field(time.group(1), 0, 23);
                minute = field(time.group(2), 0, 59);
                if (time.group(3) != null && !time.group(3).matches("0+")) {
                    throw new ValueException("a schedule here is to the minute");
                }
            } else if (date.matches()) {
                if (date.group(1) != null && !date.group(1).equals("*")) {
                    throw new ValueException("a schedule here is of every year");
                }
                month = field(date.group(2), 1, 12);
                day = field(date.group(3), 1, 31);
            } else {
                throw new ValueException("cron has no such time");
            }
        }
        if (!week.equals("*") && !day.equals("*")) {
            throw new ValueException(
                    "cron runs on either day, of the week or of the month, not where both meet");
        }
        return String.join(" ", minute, hour, day, month, week);
    }

    private static String week(String days) {
        List<String> parts = new ArrayList<>();
        for (String part : days.split(",", -1)) {
            String[] ends = part.split("\\.\\.|-", -1);
            String last = ends[ends.length - 1].substring(0, 3);
            String first = ends[0].substring(0, 3);
            if (ends.length == 1) {
                parts.add(first);
            } else { // Sunday is the last of the week there, and 7 here
                parts.add(first + "-" + (last.equals("sun") ? "7" : last));
            }
        }
        return String.join(",", parts);
    }

    /// A component of a date or time: lists of numbers and ranges, with steps.
    private static String field(String text, int first, int last) throws ValueException {
        List<String> parts = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            Matcher matcher =
                    Pattern.compile("\\*|(\\d+)(?:\\.\\.(\\d+))?(?:/(\\d+))?").matcher(part);
            if (!matcher.matches()) {
                throw new ValueException("cron has no such time");
            }
            String from = matcher.group(1);
            String to = matcher.group(2);
            for (String number : new String[] {from, to}) {
                if (number != null
                        && (Integer.parseInt(number) < first || Integer.parseInt(number) > last)) {
                    throw new ValueException(number + " is not from " + first + " to " + last);
                }
            }
            String range =
                    from == null
                            ? "*"
                            : Integer.parseInt(from)
                                    + (to == null ? "" : "-" + Integer.parseInt(to));
            String step = matcher.group(3) == null ? "" : "/" + Integer.parseInt(matcher.group(3));
            parts.add(range + step);
        }
        return String.join(",", parts);
    }
}
