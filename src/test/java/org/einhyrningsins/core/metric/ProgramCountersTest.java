// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.metric;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Recovery;
import org.einhyrningsins.core.Transition;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.WorkerId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What is counted of a life, each thing once.
class ProgramCountersTest {
    private static final WorkerId FIRST = new WorkerId(0, 1);

    private final Path directory;
    private Moment now = new Moment(0);
    private long wall = 1_000;
    private Program program;
    private final ProgramCounters programCounters = new ProgramCounters(wall);

    ProgramCountersTest(@TempDir Path directory) throws IOException {
        this.directory = directory;
        program = Program.of(spec("v1"), now);
        happens(new ProgramEvent.Requested(1, new ProgramCommand.Start(null)));
    }

    @Test
    void countsAStartAndItsAckWithTheTimeBetween() {
        passes(Duration.ofMillis(250));
        happens(new ProgramEvent.Acked(FIRST));
        happens(new ProgramEvent.Acked(FIRST));
        assertThat(programCounters.numbers())
                .containsEntry(ProgramCounters.STARTS, 1L)
                .containsEntry(ProgramCounters.ACKS, 1L)
                .containsEntry(ProgramCounters.ACK_MICROS, 250_000L)
                .doesNotContainKey(ProgramCounters.FAILED_STARTS);
    }

    /// Dashboards and images have these words: they stay when a constant gets another name.
    @Test
    void theWordsForCausesAreThoseOfTheManual() throws IOException {
        List<String> words = Arrays.stream(StopCause.values()).map(StopCause::word).toList();
        assertThat(words)
                .containsExactly(
                        "retired",
                        "scaled",
                        "stopped",
                        "restarted",
                        "failed-start",
                        "withdrawn",
                        "hung",
                        "overdue",
                        "replaced",
                        "left-behind");
        String page = Files.readString(Path.of("man/einhyrningsins.yaml.5"));
        assertThat(words).allMatch(word -> page.contains("\n.Ql " + word));
    }

    @Test
    void countsADeathOnceWithItsCause() {
        happens(new ProgramEvent.Acked(FIRST));
        happens(new ProgramEvent.Exited(FIRST, new WorkerExit(0, 9)));
        assertThat(programCounters.numbers())
                .containsEntry("exits own SIGKILL", 1L)
                .containsEntry(ProgramCounters.STARTS, 2L)
                .doesNotContainKey(ProgramCounters.FAILED_STARTS);
        happens(new ProgramEvent.Requested(2, new ProgramCommand.Stop(null, null)));
        happens(new ProgramEvent.Exited(new WorkerId(0, 2), new WorkerExit(0, 15)));
        assertThat(programCounters.numbers())
                .containsEntry("exits own SIGKILL", 1L)
                .containsEntry("exits stopped SIGTERM", 1L);
    }

    @Test
    void countsWhoWasKilledForWantOfMemoryApart() {
        happens(new ProgramEvent.Acked(FIRST));
        happens(new ProgramEvent.Exited(FIRST, new WorkerExit(0, 9).outOfMemory()));
        assertThat(programCounters.numbers())
                .containsEntry("exits own out-of-memory", 1L)
                .doesNotContainKey("exits own SIGKILL");
    }

    @Test
    void countsWhatNeverCameUpAsAFailedStart() {
        happens(new ProgramEvent.Exited(FIRST, new WorkerExit(1, 0)));
        assertThat(programCounters.numbers())
                .containsEntry("exits own failure", 1L)
                .containsEntry(ProgramCounters.FAILED_STARTS, 1L);
        passes(Duration.ofMinutes(1));
        happens(new ProgramEvent.DeadlinePassed());
        happens(new ProgramEvent.SpawnFailed(new WorkerId(0, 2), "no such file"));
        assertThat(programCounters.numbers()).containsEntry(ProgramCounters.FAILED_STARTS, 2L);
    }

    @Test
    void countsWhoDidNotAckInTimeOnce() {
        passes(Duration.ofSeconds(11));
        happens(new ProgramEvent.DeadlinePassed());
        happens(new ProgramEvent.Exited(FIRST, new WorkerExit(0, 15)));
        assertThat(programCounters.numbers())
                .containsEntry("exits failed-start SIGTERM", 1L)
                .containsEntry(ProgramCounters.FAILED_STARTS, 1L);
    }

    @Test
    void countsARolloutWhenItsLastOldWorkerHasGone() throws IOException {
        happens(new ProgramEvent.Acked(FIRST));
        tallyAt(5_000);
        happens(new ProgramEvent.Requested(2, new ProgramCommand.Apply(spec("v2"), true)));
        passes(Duration.ofSeconds(2));
        happens(new ProgramEvent.Acked(new WorkerId(0, 2)));
        assertThat(programCounters.numbers()).containsEntry(ProgramCounters.SERVING_SINCE, 5_000L);
        happens(new ProgramEvent.Exited(FIRST, new WorkerExit(0, 15)));
        assertThat(programCounters.numbers())
                .containsEntry("rollouts succeeded", 1L)
                .containsEntry("rollout-micros succeeded", 2_000_000L)
                .containsEntry("exits retired SIGTERM", 1L)
                .doesNotContainKey("rollouts failed");
    }

    @Test
    void tellsAFailedRolloutFromAnAbortedOne() throws IOException {
        happens(new ProgramEvent.Acked(FIRST));
        happens(new ProgramEvent.Requested(2, new ProgramCommand.Apply(spec("v2"), true)));
        happens(new ProgramEvent.Exited(new WorkerId(0, 2), new WorkerExit(1, 0)));
        assertThat(programCounters.numbers()).containsEntry("rollouts failed", 1L);
        happens(new ProgramEvent.Requested(3, new ProgramCommand.Apply(spec("v3"), true)));
        happens(new ProgramEvent.Requested(4, new ProgramCommand.Stop(null, null)));
        assertThat(programCounters.numbers())
                .containsEntry("rollouts failed", 1L)
                .containsEntry("rollouts aborted", 1L)
                .doesNotContainKey("rollouts succeeded");
    }

    @Test
    void countsThoseItLostSightOf() {
        happens(new ProgramEvent.Acked(FIRST));
        Recovery.Found nobody = new Recovery.Found(Set.of(), Set.of(), List.of(), Set.of());
        Program before = program;
        program = Recovery.after(program, nobody, now).program();
        programCounters.recovered(before, program);
        assertThat(programCounters.numbers()).containsEntry("exits own unknown", 1L);
    }

    @Test
    void goesOnWithTheNumbersOfAnother() {
        ProgramCounters next = new ProgramCounters(Map.of(ProgramCounters.STARTS, 41L));
        next.happened(program, new ProgramEvent.SpawnFailed(FIRST, ""));
        assertThat(next.numbers())
                .containsEntry(ProgramCounters.STARTS, 41L)
                .containsEntry(ProgramCounters.FAILED_STARTS, 1L);
    }

    private void tallyAt(long millis) {
        wall = millis;
    }

    private void passes(Duration time) {
        now = now.plus(time);
    }

    private void happens(ProgramEvent programEvent) {
        Transition step = program.step(programEvent, now);
        programCounters.happened(program, programEvent);
        programCounters.countStep(program, step, wall);
        program = step.program();
    }

    private ProgramSpec spec(String version) throws IOException {
        Path file = directory.resolve("services.yaml");
        Files.writeString(
                file,
                "programs: {web: {command: [/bin/true, "
                        + version
                        + "], ack: {mode: manual, timeout: 10s}, rollout: {retries: 1}}}\n");
        var nobody = new LoadEnvironment(Map.of(), 1, name -> true, name -> true);
        LoadResult.Valid valid = (LoadResult.Valid) ConfigLoader.load(file, nobody);
        return valid.services().programs().firstEntry().getValue();
    }
}
