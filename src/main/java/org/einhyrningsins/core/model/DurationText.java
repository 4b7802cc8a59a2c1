// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import java.time.Duration;

/// Times as a person says them.
public final class DurationText {
    private DurationText() {}

    /// `63ms`, `2.5s`, `30s`, `5m`, `1h30m`.
    public static String of(Duration time) {
        long millis = time.toMillis();
        if (millis < 1_000) {
            return millis + "ms";
        }
        if (millis < 60_000) {
            long tenths = millis / 100;
            return tenths % 10 == 0 ? tenths / 10 + "s" : tenths / 10 + "." + tenths % 10 + "s";
        }
        long minutes = millis / 60_000;
        long seconds = millis % 60_000 / 1_000;
        if (minutes < 60) {
            return seconds == 0 ? minutes + "m" : minutes + "m" + seconds + "s";
        }
        return minutes % 60 == 0 ? minutes / 60 + "h" : minutes / 60 + "h" + minutes % 60 + "m";
    }

    /// `1 worker`, `4 workers`.
    public static String workers(int count) {
        return count == 1 ? "1 worker" : count + " workers";
    }

    /// `a health check failed`, `3 health checks in a row failed`.
    public static String checks(int failures) {
        return failures == 1
                ? "a health check failed"
                : failures + " health checks in a row failed";
    }

    /// `512 MiB`, `1.5 GiB`.
    public static String bytes(long bytes) {
        String[] units = {"bytes", "KiB", "MiB", "GiB", "TiB"};
        double number = bytes;
        int unit = 0;
        while (number >= 1024 && unit + 1 < units.length) {
            number /= 1024;
            unit++;
        }
        long tenths = Math.round(number * 10);
        String digits = tenths % 10 == 0 ? "" + tenths / 10 : tenths / 10 + "." + tenths % 10;
        return digits + " " + units[unit];
    }
}
