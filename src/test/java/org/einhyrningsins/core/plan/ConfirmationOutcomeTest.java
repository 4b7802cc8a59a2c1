// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.plan;

import static org.assertj.core.api.Assertions.assertThat;

import static java.util.Objects.requireNonNull;

import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.WorkerId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// What is left to confirm of a reload.
class ConfirmationOutcomeTest {
    private static final Moment START = new Moment(0);

    @TempDir Path directory;

    @Test
    void whatFailedAndIsBackIsNotChanged() throws IOException {
        Program before = serving("{command: x, ack: {mode: manual}}");
        Program rolled = apply(before, "{command: y, ack: {mode: manual}, rollout: {retries: 1}}");
        assertThat(of(before, rolled).changed()).containsExactly("web");
        assertThat(of(before, rolled).back()).isEmpty();
        Program failed = exit(rolled, new WorkerId(0, 2));
        assertThat(failed.verdict()).startsWith("failed, old version kept");
        assertThat(of(before, failed))
                .isEqualTo(new ConfirmationOutcome(List.of(), List.of(failed)));
        // a reload that does not name it does not fail because of it
        assertThat(of(failed, failed).back()).isEmpty();
    }

    @Test
    void whatIsNewOrGoneOrWorksIsChanged() throws IOException {
        Program before = serving("{command: x, ack: {mode: manual}}");
        assertThat(ConfirmationOutcome.of(Map.of(), Map.of("web", before)).changed())
                .containsExactly("web");
        assertThat(ConfirmationOutcome.of(Map.of("web", before), Map.of()).changed())
                .containsExactly("web");
        Program rolled = apply(before, "{command: y, ack: {mode: manual}}");
        Program up = rolled.step(new ProgramEvent.Acked(new WorkerId(0, 2)), START).program();
        assertThat(of(before, up).changed()).containsExactly("web");
        assertThat(of(before, before)).isEqualTo(new ConfirmationOutcome(List.of(), List.of()));
    }

    private static ConfirmationOutcome of(Program before, Program now) {
        return ConfirmationOutcome.of(Map.of("web", before), Map.of("web", now));
    }

    private static Program exit(Program program, WorkerId worker) {
        return program.step(new ProgramEvent.Exited(worker, new WorkerExit(1, 0)), START).program();
    }

    private Program apply(Program program, String definition) throws IOException {
        return program.step(
                        new ProgramEvent.Requested(
                                2, new ProgramCommand.Apply(load(definition), false)),
                        START)
                .program();
    }

    private Program serving(String definition) throws IOException {
        Program program = Program.of(load(definition), START);
        return program.step(new ProgramEvent.Requested(1, new ProgramCommand.Start(null)), START)
                .program()
                .step(new ProgramEvent.Acked(new WorkerId(0, 1)), START)
                .program();
    }

    private ProgramSpec load(String definition) throws IOException {
        Path file = directory.resolve("services.yaml");
        Files.writeString(file, "programs: {web: " + definition + "}");
        LoadEnvironment machine = new LoadEnvironment(Map.of(), 1, name -> true, name -> true);
        return switch (ConfigLoader.load(file, machine)) {
            case LoadResult.Valid valid -> requireNonNull(valid.services().programs().get("web"));
            case LoadResult.Invalid invalid ->
                    throw new AssertionError(invalid.problems().toString());
        };
    }
}
