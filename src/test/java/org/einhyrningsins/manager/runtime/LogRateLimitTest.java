// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.core.model.Moment;
import org.junit.jupiter.api.Test;

class LogRateLimitTest {
    private final LogRateLimit logRateLimit = new LogRateLimit();

    private int told(int complain, Moment now) {
        int told = 0;
        for (int i = 0; i < complain; i++) {
            told += logRateLimit.permits(now) ? 1 : 0;
        }
        return told;
    }

    @Test
    void tellsAFewAndCountsTheOthersWhateverTheClockBeganWith() {
        for (long start : new long[] {0, -1_000_000_000_000L, 1_000_000_000_000L}) {
            LogRateLimit fresh = new LogRateLimit();
            assertThat(fresh.permits(new Moment(start))).isTrue();
        }
        Moment now = new Moment(5);
        assertThat(told(1_000, now)).isEqualTo(LogRateLimit.MAX_COUNT);
        assertThat(logRateLimit.suppressed()).isEqualTo(" (and 990 more before it, not told)");
        assertThat(logRateLimit.suppressed()).isEmpty();
    }

    @Test
    void tellsAgainAfterAWhile() {
        Moment now = new Moment(5);
        told(100, now);
        Moment almost = new Moment(now.nanos() + LogRateLimit.WHILE.toNanos() - 1);
        assertThat(logRateLimit.permits(almost)).isFalse();
        assertThat(logRateLimit.permits(now.plus(LogRateLimit.WHILE))).isTrue();
        assertThat(logRateLimit.suppressed()).contains("91 more");
    }
}
