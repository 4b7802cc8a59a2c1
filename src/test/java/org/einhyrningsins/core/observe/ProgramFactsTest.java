// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.observe;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Transition;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramFact;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.WorkerId;
import org.einhyrningsins.spec.fact.FactKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The types of what happens to a program, each fact once.
class ProgramFactsTest {
    private static final WorkerId FIRST = new WorkerId(0, 1);

    private final Path directory;
    private Moment now = new Moment(0);
    private Program program;
    private List<ProgramFact> facts = new ArrayList<>();

    ProgramFactsTest(@TempDir Path directory) throws IOException {
        this.directory = directory;
        program = Program.of(spec("ack: { mode: notify, timeout: 5s }"), now);
    }

    @Test
    void aLifeIsAStartAnAckAndAnExitWithItsStatus() {
        start();
        assertThat(kinds()).contains(FactKind.STARTED);
        happens(new ProgramEvent.Acked(FIRST));
        assertThat(kinds()).containsExactly(FactKind.READY, FactKind.NOTE);
        now = now.plus(Duration.ofSeconds(2));
        happens(new ProgramEvent.Exited(FIRST, new WorkerExit(3, 0)));
        ProgramFact exit = only(FactKind.EXITED);
        assertThat(exit.details())
                .containsEntry("code", "3")
                .containsEntry("lived_ms", "2000")
                .containsEntry("state", "ready")
                .doesNotContainKey("cause");
        assertThat(exit.report()).isNotNull();
        assertThat(exit.message()).contains("exit status 3").contains("replaced at once");
    }

    @Test
    void aKillForWantOfMemoryIsToldFromAnyOther() {
        start();
        happens(new ProgramEvent.Acked(FIRST));
        happens(new ProgramEvent.Exited(FIRST, new WorkerExit(0, 9).outOfMemory()));
        assertThat(only(FactKind.EXITED).details())
                .containsEntry("signal", "SIGKILL")
                .containsEntry("oom", "true")
                .doesNotContainKey("code");
    }

    @Test
    void anAckThatDoesNotComeIsOneFactAndTheEndAfterItHasItsCause() {
        start();
        now = now.plus(Duration.ofSeconds(6));
        happens(new ProgramEvent.DeadlinePassed());
        assertThat(only(FactKind.ACK_MISSED).message()).contains("not up within 5s");
        happens(new ProgramEvent.Exited(FIRST, new WorkerExit(0, 15)));
        assertThat(only(FactKind.EXITED).details()).containsEntry("cause", "failed-start");
    }

    @Test
    void whatCannotBeStartedSaysWhy() {
        start();
        happens(new ProgramEvent.SpawnFailed(FIRST, "execve ./x: no such file"));
        assertThat(only(FactKind.SPAWN_FAILED).message()).contains("execve ./x: no such file");
    }

    @Test
    void anIllnessSaysWhatTheCheckAnsweredAndOfAProgramWhoseWorkersShareASocketNamesNone()
            throws IOException {
        String check = "ack: { mode: notify }, health: { tcp: \"127.0.0.1:1\", failures: 1 }";
        for (int count : List.of(1, 2)) {
            now = new Moment(0);
            program = Program.of(spec(check + ", workers: " + count), now);
            start();
            happens(new ProgramEvent.Acked(FIRST));
            now = now.plus(Duration.ofSeconds(6));
            happens(new ProgramEvent.DeadlinePassed());
            happens(new ProgramEvent.Probed(FIRST, false, "connection refused"));
            ProgramFact ill = only(FactKind.UNHEALTHY);
            assertThat(ill.message()).contains("a health check failed: connection refused");
            assertThat(ill.details()).containsEntry("answer", "connection refused");
            assertThat(ill.worker()).isEqualTo(count == 1 ? FIRST : null);
        }
    }

    @Test
    void aRolloutBeginsAndEndsWithItsResult() throws IOException {
        start();
        happens(new ProgramEvent.Acked(FIRST));
        ProgramSpec next =
                spec(
                        "env: { A: b }, ack: { mode: notify }, rollout: { settle: 0s, probation: 0s"
                                + " }");
        happens(new ProgramEvent.Requested(2, new ProgramCommand.Apply(next, false)));
        ProgramFact began = only(FactKind.ROLLOUT_BEGAN);
        assertThat(began.details()).containsEntry("generation", "2");
        assertThat(began.report()).isNotNull();
        List<ProgramFact> all = new ArrayList<>();
        happens(new ProgramEvent.Acked(new WorkerId(0, 2)));
        all.addAll(facts);
        happens(new ProgramEvent.Exited(FIRST, new WorkerExit(0, 15)));
        all.addAll(facts);
        assertThat(all)
                .filteredOn(fact -> fact.kind() == FactKind.ROLLOUT_ENDED)
                .singleElement()
                .satisfies(
                        end -> {
                            assertThat(end.details()).containsEntry("result", "succeeded");
                            assertThat(end.report()).isNotNull();
                        });
        assertThat(all)
                .filteredOn(fact -> fact.kind() == FactKind.EXITED)
                .singleElement()
                .satisfies(exit -> assertThat(exit.details()).containsEntry("cause", "retired"));
    }

    @Test
    void eachVersionThatFailsIsAFactOfItsOwn() throws IOException {
        start();
        happens(new ProgramEvent.Acked(FIRST));
        for (int failed = 2; failed <= 3; failed++) {
            ProgramSpec next =
                    spec("env: { A: '" + failed + "' }, ack: notify, rollout: { retries: 1 }");
            happens(new ProgramEvent.Requested(failed, new ProgramCommand.Apply(next, false)));
            happens(new ProgramEvent.Exited(new WorkerId(0, failed), new WorkerExit(1, 0)));
            assertThat(only(FactKind.VERSION_FAILED).details())
                    .containsEntry("generation", Integer.toString(failed))
                    .containsEntry("back_to", "1");
        }
    }

    @Test
    void everyReportIsInOneFact() {
        start();
        for (int i = 1; i < 12; i++) {
            Program before = program;
            var event = new ProgramEvent.Exited(new WorkerId(0, i), new WorkerExit(1, 0));
            Transition step = program.step(event, now);
            program = step.program();
            facts = ProgramFacts.of(before, event, step);
            assertThat(facts.stream().map(ProgramFact::report).filter(r -> r != null))
                    .containsExactlyInAnyOrderElementsOf(reports(step));
            now = now.plus(Duration.ofMinutes(1));
            happens(new ProgramEvent.DeadlinePassed());
        }
        assertThat(program.crashLoop()).isTrue();
    }

    private static List<ProgramEffect.Report> reports(Transition step) {
        List<ProgramEffect.Report> reports = new ArrayList<>();
        for (ProgramEffect effect : step.effects()) {
            if (effect instanceof ProgramEffect.Report report) {
                reports.add(report);
            }
        }
        return reports;
    }

    private ProgramFact only(FactKind kind) {
        List<ProgramFact> its = facts.stream().filter(fact -> fact.kind() == kind).toList();
        assertThat(its).as("%s in %s", kind, facts).hasSize(1);
        return its.getFirst();
    }

    private List<FactKind> kinds() {
        return facts.stream().map(ProgramFact::kind).toList();
    }

    private void start() {
        happens(new ProgramEvent.Requested(1, new ProgramCommand.Start(null)));
    }

    private void happens(ProgramEvent event) {
        Program before = program;
        Transition step = program.step(event, now);
        program = step.program();
        facts = ProgramFacts.of(before, event, step);
    }

    private ProgramSpec spec(String definition) throws IOException {
        String text = "programs: { web: { command: sleep 1, " + definition + " } }";
        Path file = Files.writeString(directory.resolve("f.yaml"), text);
        var environment = new LoadEnvironment(Map.of(), 1, _ -> true, _ -> true);
        LoadResult read = ConfigLoader.load(file, environment);
        return ((LoadResult.Valid) read).services().programs().firstEntry().getValue();
    }
}
