// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.VersionOrigin;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.WorkerId;
import org.junit.jupiter.api.Test;

/// When a program whose release is gone is rolled to another by itself.
class TakeoverTest {
    private static final ProgramSpec OLD = release("41");
    private static final ProgramSpec NEW = release("42");

    private Program program = Program.of(OLD, new Moment(0));
    private long seconds;

    private static ProgramSpec release(String name) {
        return Definition.of("retries=1 probation=0s release=" + name).spec();
    }

    private void happens(ProgramEvent event) {
        program = program.step(event, new Moment(++seconds * 1_000_000_000)).program();
    }

    private void asked(ProgramCommand command) {
        happens(new ProgramEvent.Requested(seconds, command, VersionOrigin.NONE));
    }

    private void up() {
        asked(new ProgramCommand.Start(null));
        happens(new ProgramEvent.Acked(new WorkerId(0, 1)));
    }

    private boolean leaves(ProgramSpec renewed) {
        return new Takeover(program).leavesRelease(renewed);
    }

    @Test
    void itGoesToTheReleaseThatIsThere() {
        up();
        assertThat(leaves(NEW)).isTrue();
        assertThat(leaves(OLD)).as("there is no other").isFalse();
    }

    @Test
    void aStoppedProgramStaysAsItIs() {
        assertThat(leaves(NEW)).isFalse();
    }

    @Test
    void aRolloutUnderWayIsNotGivenUp() {
        up();
        asked(new ProgramCommand.Apply(release("43"), false));
        assertThat(leaves(NEW)).isFalse();
    }

    @Test
    void aReleaseThatFailedIsNotTriedAgain() {
        up();
        asked(new ProgramCommand.Apply(NEW, false));
        happens(new ProgramEvent.Exited(new WorkerId(0, 2), new WorkerExit(3, 0)));
        assertThat(leaves(NEW)).isFalse();
        assertThat(leaves(release("43"))).isTrue();
    }

    @Test
    void aRollbackByHandIsNotLeft() {
        up();
        var rollback = new OperatorOverride.Rollback(1, "ann", 0);
        asked(new ProgramCommand.Apply(release("40"), true, rollback));
        happens(new ProgramEvent.Acked(new WorkerId(0, 2)));
        happens(new ProgramEvent.Exited(new WorkerId(0, 1), new WorkerExit(0, 0)));
        assertThat(program.rollout()).isNull();
        assertThat(leaves(NEW)).isFalse();
    }
}
