// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.core.model.Moment;
import org.junit.jupiter.api.Test;

class ComplaintsTest {
    private final Complaints complaints = new Complaints();

    private int told(int complain, Moment now) {
        int told = 0;
        for (int i = 0; i < complain; i++) {
            told += complaints.mayBeTold(now) ? 1 : 0;
        }
        return told;
    }

    @Test
    void tellsAFewAndCountsTheOthersWhateverTheClockBeganWith() {
        for (long start : new long[] {0, -1_000_000_000_000L, 1_000_000_000_000L}) {
            Complaints fresh = new Complaints();
            assertThat(fresh.mayBeTold(new Moment(start))).isTrue();
        }
        Moment now = new Moment(5);
        assertThat(told(1_000, now)).isEqualTo(Complaints.MOST);
        assertThat(complaints.untold()).isEqualTo(" (and 990 more before it, not told)");
        assertThat(complaints.untold()).isEmpty();
    }

    @Test
    void tellsAgainAfterAWhile() {
        Moment now = new Moment(5);
        told(100, now);
        Moment almost = new Moment(now.nanos() + Complaints.WHILE.toNanos() - 1);
        assertThat(complaints.mayBeTold(almost)).isFalse();
        assertThat(complaints.mayBeTold(now.plus(Complaints.WHILE))).isTrue();
        assertThat(complaints.untold()).contains("91 more");
    }
}
