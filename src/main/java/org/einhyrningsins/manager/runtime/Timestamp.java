// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;

/// Times of day as ISO 8601 has them, in UTC, to the millisecond. The JDK's formatters do more, and
/// take 15 ms of a start of 150 to load.
public final class Timestamp {
    private Timestamp() {}

    /// `14:02:11` of today, `2026-11-23 14:02:11` of another day, where this machine is.
    static String local(long wallMillis, long nowMillis, ZoneId zone) {
        LocalDateTime then = LocalDateTime.ofInstant(Instant.ofEpochMilli(wallMillis), zone);
        LocalDateTime now = LocalDateTime.ofInstant(Instant.ofEpochMilli(nowMillis), zone);
        String text = then.withNano(0).toString(); // 2026-11-23T14:02:11, without :00 at the end
        String whole = text.length() < "2026-11-23T14:02:11".length() ? text + ":00" : text;
        boolean today = then.toLocalDate().equals(now.toLocalDate());
        return today ? whole.substring(whole.indexOf('T') + 1) : whole.replace('T', ' ');
    }

    /// `2026-11-23T14:02:11+01:00`, where this machine is.
    static String withOffset(long wallMillis, ZoneId zone) {
        Instant when = Instant.ofEpochMilli(wallMillis);
        String text = LocalDateTime.ofInstant(when, zone).withNano(0).toString();
        String whole = text.length() < "2026-11-23T14:02:11".length() ? text + ":00" : text;
        return whole + zone.getRules().getOffset(when).getId();
    }

    /// Appends `2026-11-23T07:15:02.123Z`.
    public static void append(StringBuilder text, long wallMillis) {
        long days = Math.floorDiv(wallMillis, 86_400_000L);
        int millis = (int) Math.floorMod(wallMillis, 86_400_000L);
        date(text, days);
        text.append('T');
        digits(text, millis / 3_600_000, 2).append(':');
        digits(text, millis / 60_000 % 60, 2).append(':');
        digits(text, millis / 1_000 % 60, 2).append('.');
        digits(text, millis % 1_000, 3).append('Z');
    }

    /// The civil calendar from a count of days since 1970: years that begin in March make the leap
    /// day the last of its year.
    private static void date(StringBuilder text, long daysSince1970) {
        long days = daysSince1970 + 719_468;
        long era = Math.floorDiv(days, 146_097L);
        long dayOfEra = days - era * 146_097;
        long yearOfEra =
                (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        long dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        long shifted = (5 * dayOfYear + 2) / 153;
        long month = shifted < 10 ? shifted + 3 : shifted - 9;
        digits(text, yearOfEra + era * 400 + (month <= 2 ? 1 : 0), 4).append('-');
        digits(text, month, 2).append('-');
        digits(text, dayOfYear - (153 * shifted + 2) / 5 + 1, 2);
    }

    private static StringBuilder digits(StringBuilder text, long value, int width) {
        String digits = Long.toString(value);
        for (int i = digits.length(); i < width; i++) {
            text.append('0');
        }
        return text.append(digits);
    }
}
