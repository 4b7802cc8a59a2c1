// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.core.model.Exit;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.spec.WorkerId;
import org.junit.jupiter.api.Test;

/// How the last worker of a slot ended, in words.
class EndingTest {
    @Test
    void whatAnOperatorStoppedWasNotReplaced() {
        assertThat(ending("")).isFalse();
        assertThat(ending(Draft.words(WorkerState.Cause.STOPPED))).isFalse();
        assertThat(ending(Draft.words(WorkerState.Cause.RESTARTED))).isFalse();
        assertThat(ending(Draft.words(WorkerState.Cause.SCALED))).isFalse();
        assertThat(ending(Draft.words(WorkerState.Cause.HUNG))).isTrue();
        assertThat(ending("not well: 3 health checks in a row failed")).isTrue();
    }

    private static boolean ending(String why) {
        Moment now = new Moment(0);
        return new Ending(new WorkerId(0, 1), now, now, new Exit(0, 9), why).replaced();
    }
}
