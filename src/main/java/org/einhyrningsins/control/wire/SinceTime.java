// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import org.jspecify.annotations.Nullable;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;

/// A time in the past, as an operator writes it: `1h` ago, `14:00` of the last 24 hours, a date, a
/// date with a time, or a time as in RFC 3339. Without a zone it is the time where the manager is.
public final class SinceTime {
    static final String EXPECTED =
            "expected 30s, 5m, 1h, 2d, 14:00, 2026-11-30 or 2026-11-30T14:00:00Z";

    private final @Nullable Duration ago;
    private final @Nullable LocalTime time;
    private final @Nullable LocalDateTime local;
    private final @Nullable Instant instant;

    private SinceTime(
            @Nullable Duration ago,
            @Nullable LocalTime time,
            @Nullable LocalDateTime local,
            @Nullable Instant instant) {
        this.ago = ago;
        this.time = time;
        this.local = local;
        this.instant = instant;
    }

    static SinceTime read(String word) throws UsageException {
        Duration ago = ago(word);
        if (ago != null) {
            return new SinceTime(ago, null, null, null);
        }
        try {
            if (word.indexOf('-') < 0) {
                return new SinceTime(null, LocalTime.parse(word), null, null);
            }
            String text = word.replace(' ', 'T');
            if (text.indexOf('T') < 0) {
                return new SinceTime(null, null, LocalDate.parse(text).atStartOfDay(), null);
            }
            boolean zoned = text.endsWith("Z") || text.matches(".*T.*[+-]\\d\\d:\\d\\d");
            return zoned
                    ? new SinceTime(null, null, null, OffsetDateTime.parse(text).toInstant())
                    : new SinceTime(null, null, LocalDateTime.parse(text), null);
        } catch (DateTimeException e) {
            throw new UsageException("'--since " + word + "': " + EXPECTED);
        }
    }

    private static @Nullable Duration ago(String word) {
        int last = word.length() - 1;
        String digits = last < 1 ? "" : word.substring(0, last);
        if (digits.isEmpty() || digits.length() > 6 || !CommandTarget.isNumber(digits)) {
            return null;
        }
        long number = Long.parseLong(digits);
        return switch (word.charAt(last)) {
            case 's' -> Duration.ofSeconds(number);
            case 'm' -> Duration.ofMinutes(number);
            case 'h' -> Duration.ofHours(number);
            case 'd' -> Duration.ofDays(number);
            default -> null;
        };
    }

    /// Returns the time in milliseconds since 1970.
    public long millis(long nowMillis, ZoneId zone) {
        if (ago != null) {
            return nowMillis - ago.toMillis();
        }
        if (instant != null) {
            return instant.toEpochMilli();
        }
        if (local != null) {
            return local.atZone(zone).toInstant().toEpochMilli();
        }
        LocalDateTime now = LocalDateTime.ofInstant(Instant.ofEpochMilli(nowMillis), zone);
        LocalDateTime then = now.toLocalDate().atTime(time == null ? LocalTime.MIDNIGHT : time);
        LocalDateTime past = then.isAfter(now) ? then.minusDays(1) : then;
        return past.atZone(zone).toInstant().toEpochMilli();
    }
}
