// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.config.read.Loaded;
import org.einhyrningsins.config.read.Loader;
import org.einhyrningsins.config.value.Surroundings;
import org.einhyrningsins.core.model.Command;
import org.einhyrningsins.core.model.Event;
import org.einhyrningsins.core.model.Exit;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.WorkerId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What is counted of a life, each thing once.
class TallyTest {
    private static final WorkerId FIRST = new WorkerId(0, 1);

    private final Path directory;
    private Moment now = new Moment(0);
    private long wall = 1_000;
    private Program program;
    private final Tally tally = new Tally(wall);

    TallyTest(@TempDir Path directory) throws IOException {
        this.directory = directory;
        program = Program.of(spec("v1"), now);
        happens(new Event.Requested(1, new Command.Start(null)));
    }

    @Test
    void countsAStartAndItsAckWithTheTimeBetween() {
        passes(Duration.ofMillis(250));
        happens(new Event.Acked(FIRST));
        happens(new Event.Acked(FIRST));
        assertThat(tally.numbers())
                .containsEntry(Tally.STARTS, 1L)
                .containsEntry(Tally.ACKS, 1L)
                .containsEntry(Tally.ACK_MICROS, 250_000L)
                .doesNotContainKey(Tally.FAILED_STARTS);
    }

    @Test
    void countsADeathOnceWithItsCause() {
        happens(new Event.Acked(FIRST));
        happens(new Event.Exited(FIRST, new Exit(0, 9)));
        assertThat(tally.numbers())
                .containsEntry("exits own SIGKILL", 1L)
                .containsEntry(Tally.STARTS, 2L)
                .doesNotContainKey(Tally.FAILED_STARTS);
        happens(new Event.Requested(2, new Command.Stop(null, null)));
        happens(new Event.Exited(new WorkerId(0, 2), new Exit(0, 15)));
        assertThat(tally.numbers())
                .containsEntry("exits own SIGKILL", 1L)
                .containsEntry("exits stopped SIGTERM", 1L);
    }

    @Test
    void countsWhoWasKilledForWantOfMemoryApart() {
        happens(new Event.Acked(FIRST));
        happens(new Event.Exited(FIRST, new Exit(0, 9).outOfMemory()));
        assertThat(tally.numbers())
                .containsEntry("exits own out-of-memory", 1L)
                .doesNotContainKey("exits own SIGKILL");
    }

    @Test
    void countsWhatNeverCameUpAsAFailedStart() {
        happens(new Event.Exited(FIRST, new Exit(1, 0)));
        assertThat(tally.numbers())
                .containsEntry("exits own failure", 1L)
                .containsEntry(Tally.FAILED_STARTS, 1L);
        passes(Duration.ofMinutes(1));
        happens(new Event.DeadlinePassed());
        happens(new Event.SpawnFailed(new WorkerId(0, 2), "no such file"));
        assertThat(tally.numbers()).containsEntry(Tally.FAILED_STARTS, 2L);
    }

    @Test
    void countsWhoDidNotAckInTimeOnce() {
        passes(Duration.ofSeconds(11));
        happens(new Event.DeadlinePassed());
        happens(new Event.Exited(FIRST, new Exit(0, 15)));
        assertThat(tally.numbers())
                .containsEntry("exits failed-start SIGTERM", 1L)
                .containsEntry(Tally.FAILED_STARTS, 1L);
    }

    @Test
    void countsARolloutWhenItsLastOldWorkerHasGone() throws IOException {
        happens(new Event.Acked(FIRST));
        tallyAt(5_000);
        happens(new Event.Requested(2, new Command.Apply(spec("v2"), true)));
        passes(Duration.ofSeconds(2));
        happens(new Event.Acked(new WorkerId(0, 2)));
        assertThat(tally.numbers()).containsEntry(Tally.SERVING_SINCE, 5_000L);
        happens(new Event.Exited(FIRST, new Exit(0, 15)));
        assertThat(tally.numbers())
                .containsEntry("rollouts succeeded", 1L)
                .containsEntry("rollout-micros succeeded", 2_000_000L)
                .containsEntry("exits retired SIGTERM", 1L)
                .doesNotContainKey("rollouts failed");
    }

    @Test
    void tellsAFailedRolloutFromAnAbortedOne() throws IOException {
        happens(new Event.Acked(FIRST));
        happens(new Event.Requested(2, new Command.Apply(spec("v2"), true)));
        happens(new Event.Exited(new WorkerId(0, 2), new Exit(1, 0)));
        assertThat(tally.numbers()).containsEntry("rollouts failed", 1L);
        happens(new Event.Requested(3, new Command.Apply(spec("v3"), true)));
        happens(new Event.Requested(4, new Command.Stop(null, null)));
        assertThat(tally.numbers())
                .containsEntry("rollouts failed", 1L)
                .containsEntry("rollouts aborted", 1L)
                .doesNotContainKey("rollouts succeeded");
    }

    @Test
    void countsThoseItLostSightOf() {
        happens(new Event.Acked(FIRST));
        Recovery.Found nobody = new Recovery.Found(Set.of(), Set.of(), List.of(), Set.of());
        Program before = program;
        program = Recovery.after(program, nobody, now).program();
        tally.recovered(before, program);
        assertThat(tally.numbers()).containsEntry("exits own unknown", 1L);
    }

    @Test
    void goesOnWithTheNumbersOfAnother() {
        Tally next = new Tally(Map.of(Tally.STARTS, 41L));
        next.happened(program, new Event.SpawnFailed(FIRST, ""));
        assertThat(next.numbers())
                .containsEntry(Tally.STARTS, 41L)
                .containsEntry(Tally.FAILED_STARTS, 1L);
    }

    private void tallyAt(long millis) {
        wall = millis;
    }

    private void passes(Duration time) {
        now = now.plus(time);
    }

    private void happens(Event event) {
        Transition step = program.step(event, now);
        tally.happened(program, event);
        tally.took(program, step, wall);
        program = step.program();
    }

    private ProgramSpec spec(String version) throws IOException {
        Path file = directory.resolve("services.yaml");
        Files.writeString(
                file,
                "programs: {web: {command: [/bin/true, "
                        + version
                        + "], ack: {mode: manual, timeout: 10s}, rollout: {retries: 1}}}\n");
        var nobody = new Surroundings(Map.of(), 1, name -> true, name -> true);
        Loaded.Valid valid = (Loaded.Valid) Loader.load(file, nobody);
        return valid.services().programs().firstEntry().getValue();
    }
}
