// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.manager.TestHosts;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.WorkerId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/// The note of a program, in words.
class StatusReportsTest {
    private static final Moment START = new Moment(0);

    @TempDir Path directory;

    private static Program after(Program program, ProgramEvent programEvent) {
        return program.step(programEvent, START).program();
    }

    /// One that takes the place of another replaces nobody of its own, and none that starts is up.
    @Test
    void aNewProgramSaysHowManyAreUp() throws IOException {
        ProgramSpec spec = TestHosts.web(directory, "workers: 2, ack: manual");
        Program program =
                after(
                        Program.of(spec, START),
                        new ProgramEvent.Requested(1, new ProgramCommand.Debut(null)));
        program = after(program, new ProgramEvent.Admitted(Set.of()));
        assertThat(StatusReports.rollout(program))
                .isEqualTo("smooth rollout to generation 1: 0 of 2 up");
        program = after(program, new ProgramEvent.Acked(new WorkerId(0, 1)));
        assertThat(StatusReports.rollout(program))
                .isEqualTo("smooth rollout to generation 1: 1 of 2 up");
    }
}
