// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.value.Durations;
import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// Values of other managers as the configuration writes them.
public final class ImportedValues {
    private static final Duration MAX_DURATION = Duration.ofDays(3650);

    private ImportedValues() {}

    /// Returns a size as the configuration writes it.
    public static String size(long bytes) {
        if (bytes % (1 << 20) == 0) {
            return (bytes >> 20) + "MiB";
        }
        return bytes % (1 << 10) == 0 ? (bytes >> 10) + "KiB" : Long.toString(bytes);
    }

    /// Returns octal digits in quotes, as the configuration needs them; null if they are none.
    public static @Nullable String octal(String digits) {
        String plain = digits.startsWith("0o") ? digits.substring(2) : digits;
        boolean octal =
                TextUtil.areDigits(plain) && plain.length() <= 5 && !plain.matches(".*[89].*");
        return octal && Integer.parseInt(plain, 8) <= 0777
                ? String.format("\"%04o\"", Integer.parseInt(plain, 8))
                : null;
    }

    /// Returns a time as the configuration writes it, at most the maximum.
    public static String time(Duration time) {
        return Durations.print(time.compareTo(MAX_DURATION) > 0 ? MAX_DURATION : time);
    }

    /// Returns the part of `restart` that says how long to wait before another try.
    public static String backoff(Duration first, String factor, Duration max) {
        return "backoff: { first: "
                + time(first)
                + ", factor: "
                + factor
                + ", max: "
                + time(max)
                + " }";
    }

    /// Returns the part of `restart` that says when to give up.
    public static String giveUp(long deaths, Duration within) {
        return "give-up: { deaths: " + deaths + ", within: " + time(within) + " }";
    }
}
