// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// Times on the command line: a whole number and its unit, `250ms`, `30s`, `5m`, `1h`.
final class Timeouts {
    static final String EXPECTED = "expected a time such as 250ms, 30s, 5m or 1h";
    private static final int MOST_DIGITS = 6;

    private Timeouts() {}

    /// The time; null if the text is none.
    static @Nullable Duration read(String text) {
        int end = 0;
        while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
            end++;
        }
        if (end == 0 || end > MOST_DIGITS) {
            return null;
        }
        int number = Integer.parseInt(text, 0, end, 10);
        return number == 0 ? null : of(number, text.substring(end));
    }

    private static @Nullable Duration of(int number, String unit) {
        return switch (unit) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> null;
        };
    }
}
