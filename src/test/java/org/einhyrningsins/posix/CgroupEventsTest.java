// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.posix.process.Cgroups;
import org.junit.jupiter.api.Test;

/// What files of groups say, and are told.
class CgroupEventsTest {
    @Test
    void countsWhoWasKilledAndNotHowOftenThereWasNoMemory() {
        String events = "low 0\nhigh 7\nmax 12\noom 3\noom_kill 2\noom_group_kill 1\n";
        assertThat(Cgroups.countIn(events, "oom_kill ")).isEqualTo(2);
        assertThat(Cgroups.countIn(events, "oom ")).isEqualTo(3);
    }

    @Test
    void nobodyWasKilledWhereThatIsNotCounted() {
        assertThat(Cgroups.countIn("low 0\n", "oom ")).isZero();
        assertThat(Cgroups.countIn("", "oom ")).isZero();
    }

    @Test
    void aShareOfTheDisksKeepsItsOrderForBfq() {
        assertThat(Cgroups.bfqWeight("1")).isEqualTo("1");
        assertThat(Cgroups.bfqWeight("100")).isEqualTo("100");
        assertThat(Cgroups.bfqWeight("111")).isEqualTo("101");
        assertThat(Cgroups.bfqWeight("10000")).isEqualTo("1000");
    }
}
