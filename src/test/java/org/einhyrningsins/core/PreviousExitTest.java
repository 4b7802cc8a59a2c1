// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.spec.WorkerId;
import org.junit.jupiter.api.Test;

/// How the last worker of a slot ended, in words.
class PreviousExitTest {
    @Test
    void whatAnOperatorStoppedWasNotReplaced() {
        assertThat(ending("")).isFalse();
        assertThat(ending(StepContext.words(WorkerState.Cause.STOPPED))).isFalse();
        assertThat(ending(StepContext.words(WorkerState.Cause.RESTARTED))).isFalse();
        assertThat(ending(StepContext.words(WorkerState.Cause.SCALED))).isFalse();
        assertThat(ending(StepContext.words(WorkerState.Cause.HUNG))).isTrue();
        assertThat(ending("not well: 3 health checks in a row failed")).isTrue();
    }

    private static boolean ending(String why) {
        Moment now = new Moment(0);
        return new PreviousExit(new WorkerId(0, 1), now, now, new WorkerExit(0, 9), why).replaced();
    }
}
