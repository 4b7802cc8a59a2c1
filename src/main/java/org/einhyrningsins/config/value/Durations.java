// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;

import java.time.Duration;

/// Times as the user writes them: a number and its unit, `250ms`, `1.5s`, `5m`, `24h`, `7d`.
public final class Durations {
    private static final String EXPECTED = "expected a time such as 250ms, 30s, 5m or 1h";
    private static final long MAX_MILLIS = Duration.ofDays(3650).toMillis();

    private Durations() {}

    /// Parses a time from zero to ten years, in whole milliseconds. Zero needs no unit.
    public static Duration parse(String text) throws ValueException {
        int whole = TextUtil.digits(text, 0);
        boolean fraction = whole < text.length() && text.charAt(whole) == '.';
        int end = fraction ? TextUtil.digits(text, whole + 1) : whole;
        if (whole == 0 || whole > 12 || (fraction && (end == whole + 1 || end > whole + 10))) {
            throw new ValueException(
                    EXPECTED + ", found " + TextUtil.quoted(text) + Suggestions.time(text));
        }
        double number = Double.parseDouble(text.substring(0, end));
        double millis = number * unit(text, end, number == 0);
        if (millis > MAX_MILLIS) {
            throw new ValueException(
                    "expected a time of at most 10 years, found " + TextUtil.quoted(text));
        }
        long rounded = Math.round(millis);
        if (Math.abs(millis - rounded) > 1e-6) {
            throw new ValueException("finer than a millisecond: " + TextUtil.quoted(text));
        }
        return Duration.ofMillis(rounded);
    }

    private static long unit(String text, int from, boolean zero) throws ValueException {
        return switch (text.substring(from)) {
            case "ms" -> 1;
            case "s" -> 1_000;
            case "m" -> 60_000;
            case "h" -> 3_600_000;
            case "d" -> 86_400_000;
            case "" -> {
                if (zero) {
                    yield 0;
                }
                throw new ValueException(
                        "expected a time with its unit, found "
                                + text
                                + "; write "
                                + text
                                + "s for seconds (or ms, m, h, d)");
            }
            default ->
                    throw new ValueException(
                            EXPECTED + ", found " + TextUtil.quoted(text) + Suggestions.time(text));
        };
    }

    /// The shortest text that means it; milliseconds are the finest there is.
    public static String print(Duration duration) {
        long millis = duration.toMillis();
        if (millis == 0 || millis % 1_000 != 0) {
            return millis == 0 ? "0s" : millis + "ms";
        } else if (millis % 60_000 != 0) {
            return millis / 1_000 + "s";
        }
        return millis % 3_600_000 != 0 ? millis / 60_000 + "m" : millis / 3_600_000 + "h";
    }
}
