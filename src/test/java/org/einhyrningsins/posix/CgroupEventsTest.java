// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// What `memory.events` says.
class CgroupEventsTest {
    @Test
    void countsWhoWasKilledAndNotHowOftenThereWasNoMemory() {
        String events = "low 0\nhigh 7\nmax 12\noom 3\noom_kill 2\noom_group_kill 1\n";
        assertThat(Cgroups.oomKillsIn(events)).isEqualTo(2);
    }

    @Test
    void nobodyWasKilledWhereThatIsNotCounted() {
        assertThat(Cgroups.oomKillsIn("low 0\n")).isZero();
        assertThat(Cgroups.oomKillsIn("")).isZero();
    }
}
