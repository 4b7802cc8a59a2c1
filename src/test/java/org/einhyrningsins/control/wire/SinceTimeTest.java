// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Instant;
import java.time.ZoneId;

class SinceTimeTest {
    private static final Instant NOW = Instant.parse("2026-11-30T13:30:00Z");

    @ParameterizedTest
    @CsvSource({
        "30s, 2026-11-30T13:29:30Z",
        "5m, 2026-11-30T13:25:00Z",
        "1h, 2026-11-30T12:30:00Z",
        "2d, 2026-11-28T13:30:00Z",
        "14:00, 2026-11-30T13:00:00Z",
        "14:00:30, 2026-11-30T13:00:30Z",
        "15:00, 2026-11-29T14:00:00Z",
        "2026-11-29, 2026-11-28T23:00:00Z",
        "2026-11-29T12:00, 2026-11-29T11:00:00Z",
        "2026-11-30T14:00:00Z, 2026-11-30T14:00:00Z",
        "2026-11-30T14:00:00.123Z, 2026-11-30T14:00:00.123Z",
        "2026-11-30T14:00:00+05:00, 2026-11-30T09:00:00Z",
    })
    void isTheTimeThatIsMeant(String word, Instant expected) throws UsageException {
        long millis = SinceTime.read(word).millis(NOW.toEpochMilli(), ZoneId.of("Europe/Berlin"));
        assertThat(Instant.ofEpochMilli(millis)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "h", "1", "1w", "25:00", "2026-13-01", "yesterday", "-1h", "9999999h"})
    void anythingElseIsRefusedWithExamples(String word) {
        assertThatThrownBy(() -> SinceTime.read(word))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("expected 30s, 5m");
    }
}
