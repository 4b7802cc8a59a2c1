// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.einhyrningsins.core.observe.ConditionCheck.Result.IMPOSSIBLE;
import static org.einhyrningsins.core.observe.ConditionCheck.Result.MET;
import static org.einhyrningsins.core.observe.ConditionCheck.Result.PENDING;
import static org.einhyrningsins.spec.ProgramCondition.DONE;
import static org.einhyrningsins.spec.ProgramCondition.READY;
import static org.einhyrningsins.spec.ProgramCondition.ROLLED;
import static org.einhyrningsins.spec.ProgramCondition.STOPPED;

import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.spec.ProgramCondition;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.WorkerId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/// What those who wait for a program are told, and when.
class ConditionCheckTest {
    private static final String SERVICE = "{ command: 'sleep 1', ack: { mode: notify } }";
    private static final String JOB = "{ command: 'sleep 1', restart: never }";

    private final Path directory;
    private Moment now = new Moment(0);
    private Program program;

    ConditionCheckTest(@TempDir Path directory) throws IOException {
        this.directory = directory;
        program = Program.of(spec(SERVICE), now);
    }

    @Test
    void whatIsStartingMayGetReady() {
        start();
        assertThat(look(READY)).isEqualTo(PENDING);
        assertThat(look(STOPPED)).isEqualTo(PENDING);
        happens(new ProgramEvent.Acked(new WorkerId(0, 1)));
        assertThat(look(READY)).isEqualTo(MET);
        assertThat(look(ROLLED)).isEqualTo(MET);
    }

    @Test
    void aServiceThatRestartsIsNeverDone() {
        start();
        assertThat(look(DONE)).isEqualTo(IMPOSSIBLE);
    }

    @Test
    void whatAnOperatorStoppedIsStoppedWhenItHasEndedAndGetsReadyNoMore() {
        start();
        happens(new ProgramEvent.Acked(new WorkerId(0, 1)));
        happens(new ProgramEvent.Requested(2, new ProgramCommand.Stop(null, null)));
        assertThat(look(STOPPED)).isEqualTo(PENDING);
        assertThat(look(READY)).isEqualTo(IMPOSSIBLE);
        happens(new ProgramEvent.Exited(new WorkerId(0, 1), new WorkerExit(0, 15)));
        assertThat(look(STOPPED)).isEqualTo(MET);
    }

    @Test
    void ofWhatIsStartedByHandNobodyIsSaidToHaveStoppedIt() throws IOException {
        program = Program.of(spec("{ command: 'sleep 1', start: manual }"), now);
        assertThat(ConditionCheck.of(program, READY).words())
                .isEqualTo("stopped; it is started by hand (start: manual)");
    }

    @Test
    void aJobIsDoneAndThenReadyAndStoppedToo() throws IOException {
        program = Program.of(spec(JOB), now);
        start();
        assertThat(look(DONE)).isEqualTo(PENDING);
        happens(new ProgramEvent.Exited(new WorkerId(0, 1), new WorkerExit(0, 0)));
        assertThat(look(DONE)).isEqualTo(MET);
        assertThat(look(READY)).isEqualTo(MET);
        assertThat(look(STOPPED)).isEqualTo(MET);
    }

    @Test
    void aJobThatFailedCannotBeDone() throws IOException {
        program = Program.of(spec(JOB), now);
        start();
        happens(new ProgramEvent.Exited(new WorkerId(0, 1), new WorkerExit(7, 0)));
        assertThat(look(DONE)).isEqualTo(IMPOSSIBLE);
        assertThat(ConditionCheck.of(program, DONE).words()).contains("exit status 7");
        assertThat(look(STOPPED)).isEqualTo(MET);
    }

    @Test
    void aRolloutIsWaitedForAndItsFailureIsTold() throws IOException {
        start();
        happens(new ProgramEvent.Acked(new WorkerId(0, 1)));
        ProgramSpec next =
                spec(
                        "{ command: 'sleep 2', ack: { mode: notify, timeout: 5s },"
                                + " rollout: { retries: 1 } }");
        happens(new ProgramEvent.Requested(2, new ProgramCommand.Apply(next, false)));
        assertThat(look(ROLLED)).isEqualTo(PENDING);
        happens(new ProgramEvent.Exited(new WorkerId(0, 2), new WorkerExit(3, 0)));
        for (int i = 0; i < 20 && look(ROLLED) == PENDING; i++) {
            now = now.plus(Duration.ofSeconds(60));
            happens(new ProgramEvent.DeadlinePassed());
            happens(new ProgramEvent.Exited(new WorkerId(0, 3 + i), new WorkerExit(3, 0)));
        }
        assertThat(look(ROLLED)).isEqualTo(IMPOSSIBLE);
        assertThat(look(READY)).isEqualTo(MET);
    }

    private ConditionCheck.Result look(ProgramCondition condition) {
        return ConditionCheck.of(program, condition).result();
    }

    private void start() {
        happens(new ProgramEvent.Requested(1, new ProgramCommand.Start(null)));
    }

    private void happens(ProgramEvent event) {
        program = program.step(event, now).program();
    }

    private ProgramSpec spec(String definition) throws IOException {
        Path file =
                Files.writeString(
                        directory.resolve("f.yaml"), "programs: { web: " + definition + " }");
        var environment = new LoadEnvironment(Map.of(), 1, _ -> true, _ -> true);
        LoadResult read = ConfigLoader.load(file, environment);
        return ((LoadResult.Valid) read).services().programs().firstEntry().getValue();
    }
}
