// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Random;

class TimestampTest {
    private static final DateTimeFormatter JDK =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
                    .withZone(ZoneOffset.UTC);
    private static final long YEAR_10000 = Instant.parse("9999-12-31T23:59:59.999Z").toEpochMilli();
    private static final long YEAR_1 = Instant.parse("0001-01-01T00:00:00Z").toEpochMilli();

    private static String text(long millis) {
        StringBuilder text = new StringBuilder();
        Timestamp.append(text, millis);
        return text.toString();
    }

    private static String expected(long millis) {
        return JDK.format(Instant.ofEpochMilli(millis));
    }

    @Test
    void saysWhatTheJdkSays() {
        Random random = new Random(20_261_123);
        for (int i = 0; i < 100_000; i++) {
            long millis = random.nextLong(YEAR_1, YEAR_10000);
            assertThat(text(millis)).isEqualTo(expected(millis));
        }
    }

    @Test
    void knowsEveryDayOfFourCenturies() {
        long day = 86_400_000L;
        long from = Instant.parse("1900-01-01T00:00:00Z").toEpochMilli();
        for (int i = 0; i < 146_097; i++) {
            assertThat(text(from + i * day)).isEqualTo(expected(from + i * day));
        }
    }

    @Test
    void tellsTheDateOnlyOfAnotherDay() {
        long noon = Instant.parse("2026-11-23T12:00:00Z").toEpochMilli();
        long evening = noon + 10 * 3_600_000L;
        assertThat(Timestamp.local(noon, evening, ZoneOffset.UTC)).isEqualTo("12:00:00");
        assertThat(Timestamp.local(noon + 131_000, evening, ZoneOffset.UTC)).isEqualTo("12:02:11");
        assertThat(Timestamp.local(noon, evening, ZoneOffset.ofHours(5)))
                .isEqualTo("2026-11-23 17:00:00");
    }
}
