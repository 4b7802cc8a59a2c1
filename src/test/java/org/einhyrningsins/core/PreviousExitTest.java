// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.PreviousExit;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.spec.WorkerId;
import org.junit.jupiter.api.Test;

/// How the last worker of a slot ended, in words.
class PreviousExitTest {
    @Test
    void whatAnOperatorStoppedWasNotReplaced() {
        assertThat(ending("")).isFalse();
        assertThat(ending(StopCause.STOPPED.words())).isFalse();
        assertThat(ending(StopCause.RESTARTED.words())).isFalse();
        assertThat(ending(StopCause.SCALED.words())).isFalse();
        assertThat(ending(StopCause.HUNG.words())).isTrue();
        assertThat(ending("not well: 3 health checks in a row failed")).isTrue();
    }

    @Test
    void whatWasWrongIsNotHowItEnded() {
        WorkerExit success = new WorkerExit(0, 0);
        assertThat(exit("not well: 3 health checks in a row failed", success).words())
                .isEqualTo(
                        "not well: 3 health checks in a row failed; then stopped: exit status 0");
        assertThat(exit(StopCause.STOPPED.words(), success).words())
                .isEqualTo("stopped by the operator (exit status 0)");
        assertThat(exit("", success).words()).isEqualTo("exit status 0");
    }

    private static PreviousExit exit(String why, WorkerExit how) {
        Moment now = new Moment(0);
        return new PreviousExit(new WorkerId(0, 1), now, now, how, why);
    }

    private static boolean ending(String why) {
        return exit(why, new WorkerExit(0, 9)).replaced();
    }
}
