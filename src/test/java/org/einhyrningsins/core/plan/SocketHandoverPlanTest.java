// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.plan;

import static org.assertj.core.api.Assertions.assertThat;

import static java.util.Objects.requireNonNull;

import org.einhyrningsins.config.print.DefinitionSettings;
import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.WorkerId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/// Who gives what to whom, and when.
class SocketHandoverPlanTest {
    private static final String X = "bind: {name: x, tcp: \"127.0.0.1:1\"}";
    private static final String Y = "bind: {name: y, tcp: \"127.0.0.1:2\"}";
    private static final String XY =
            "bind: [{name: x, tcp: \"127.0.0.1:1\"}, {name: y, tcp: \"127.0.0.1:2\"}]";

    @TempDir Path directory;

    @Test
    void whoGivesASocketWaitsForWhoGetsIt() throws IOException {
        ReloadPlan reloadPlan =
                plan(
                        "a: {command: x, %s}, b: {command: y, %s}".formatted(X, Y),
                        "a: {command: x}, b: {command: y, %s}".formatted(XY));
        assertThat(handovers(reloadPlan)).containsExactly("a gives [127.0.0.1:1] to [b]");
        assertThat(notes(reloadPlan, "a"))
                .containsExactly(
                        "gives 127.0.0.1:1 to b when b serves, and stays as it is if b fails",
                        "is not rolled back by itself if it fails afterwards: 127.0.0.1:1 belongs"
                                + " to b then");
        assertThat(notes(reloadPlan, "b"))
                .containsExactly("takes over 127.0.0.1:1 from a when it serves");
    }

    @Test
    void aProgramThatGoesGivesItsSocketsAsWell() throws IOException {
        ReloadPlan reloadPlan =
                plan(
                        "a: {command: x, %s}, b: {command: y}".formatted(XY),
                        "b: {command: y, %s}".formatted(X));
        assertThat(handovers(reloadPlan)).containsExactly("a gives [127.0.0.1:1] to [b]");
    }

    @Test
    void aSocketThatNobodyGetsIsGivenToNobody() throws IOException {
        assertThat(handovers(plan("a: {command: x, %s}".formatted(X), "a: {command: x}")))
                .isEmpty();
        assertThat(handovers(plan("a: {command: x, %s}".formatted(X), ""))).isEmpty();
    }

    @Test
    void aProgramWithTheSameSocketUnderAnotherNameIsRenamed() throws IOException {
        ReloadPlan reloadPlan =
                plan("web: {command: x, %s}".formatted(X), "www: {command: z, %s}".formatted(X));
        assertThat(handovers(reloadPlan))
                .containsExactly("web gives [127.0.0.1:1] to [www] renamed");
        assertThat(notes(reloadPlan, "web"))
                .containsExactly(
                        "renamed web -> www: stops when www serves, and stays if www fails");
    }

    @Test
    void aProgramWithTheSameCommandUnderAnotherNameIsRenamed() throws IOException {
        assertThat(handovers(plan("a: {command: x}", "b: {command: x}")))
                .containsExactly("a gives [] to [b] renamed");
        assertThat(handovers(plan("a: {command: x}", "b: {command: y}"))).isEmpty();
        assertThat(handovers(plan("a: {command: x}", "b: {command: x}, a: {command: y}")))
                .containsExactly("a gives [] to [b]");
        assertThat(
                        handovers(
                                plan(
                                        "a: {command: x}, b: {command: x}",
                                        "c: {command: x}, d: {command: x}")))
                .containsExactly("a gives [] to [c] renamed", "b gives [] to [d] renamed");
    }

    @Test
    void aRenamedProgramWhosePortTheKernelChoseGivesIt() throws IOException {
        String any = "bind: {name: any, tcp: \"127.0.0.1:0\"}";
        assertThat(
                        handovers(
                                plan(
                                        "a: {command: x, %s}".formatted(any),
                                        "b: {command: x, %s}".formatted(any))))
                .containsExactly("a gives [127.0.0.1:0] to [b] renamed");
    }

    @Test
    void whereNothingRunsNobodyWaits() throws IOException {
        SequencedMap<String, Program> now =
                running("a: {command: x, %s}, b: {command: y}".formatted(X));
        now.put("a", obey(requireNonNull(now.get("a")), new ProgramCommand.Stop(null, null)));
        for (WorkerId id : List.of(new WorkerId(0, 1))) {
            ProgramEvent gone = new ProgramEvent.Exited(id, new WorkerExit(0, 0));
            now.put("a", requireNonNull(now.get("a")).step(gone, new Moment(0)).program());
        }
        ReloadPlan reloadPlan =
                plan(now, load("a: {command: x}, b: {command: y, %s}".formatted(X)), Set.of());
        assertThat(reloadPlan.handovers()).isEmpty();
    }

    @Test
    void whoIsStoppedOrHasNoWorkersTakesNothingOver() throws IOException {
        SequencedMap<String, Program> now =
                running("a: {command: x, %s}, b: {command: y}".formatted(X));
        now.put("b", obey(requireNonNull(now.get("b")), new ProgramCommand.Stop(null, null)));
        ReloadPlan reloadPlan =
                plan(now, load("a: {command: x}, b: {command: y, %s}".formatted(X)), Set.of());
        assertThat(notes(reloadPlan, "a"))
                .containsExactly(
                        "stays as it is: b, which is to take over 127.0.0.1:1, is stopped");
        assertThat(reloadPlan.barred(now, false)).containsOnlyKeys("b");
        assertThat(reloadPlan.barred(now, true)).isEmpty();
        ReloadPlan none =
                plan(
                        "a: {command: x, %s}".formatted(X),
                        "b: {command: y, workers: 0, %s}".formatted(X));
        assertThat(notes(none, "a")).singleElement().asString().contains("workers: 0");
    }

    @Test
    void aReloadOfTheGiverAloneIsRefused() throws IOException {
        SequencedMap<String, Program> now =
                running("a: {command: x, %s}, b: {command: y}".formatted(X));
        SequencedMap<String, ProgramSpec> file =
                load("a: {command: x}, b: {command: y, %s}".formatted(X));
        assertThat(plan(now, file, Set.of("a")).objections())
                .singleElement()
                .asString()
                .contains("the file gives it to 'b'")
                .contains("reload a b");
        assertThat(plan(now, file, Set.of("b")).objections()).isEmpty();
        assertThat(notes(plan(now, file, Set.of("b")), "b"))
                .contains("127.0.0.1:1 is served by a as well until that is reloaded: reload a");
        assertThat(notes(plan(now, file, Set.of()), "b"))
                .noneMatch(note -> note.contains("as well"));
        assertThat(plan(now, file, Set.of("a", "b")).objections()).isEmpty();
    }

    @Test
    void aReloadOfTheNewNameAloneIsTheRename() throws IOException {
        SequencedMap<String, Program> now =
                running("web: {command: x, %s}, b: {command: y}".formatted(X));
        ReloadPlan moved =
                plan(
                        now,
                        load("www: {command: z, %s}, b: {command: q}".formatted(X)),
                        Set.of("www"));
        assertThat(handovers(moved)).containsExactly("web gives [127.0.0.1:1] to [www] renamed");
        assertThat(moved.changes()).containsOnlyKeys("www", "web");
        assertThat(moved.objections()).isEmpty();
        ReloadPlan same = plan(now, load("www: {command: x}, b: {command: q}"), Set.of("www"));
        assertThat(handovers(same)).containsExactly("web gives [] to [www] renamed");
        ReloadPlan other = plan(now, load("www: {command: z}, b: {command: q}"), Set.of("www"));
        assertThat(other.changes()).containsOnlyKeys("www");
    }

    @Test
    void aReloadByNameLeavesNobodyWithoutTheSocketsOfAProgramThatGoes() throws IOException {
        SequencedMap<String, Program> now = running("web: {command: x, %s}".formatted(XY));
        SequencedMap<String, ProgramSpec> file =
                load("a: {command: x, %s}, b: {command: y, %s}".formatted(X, Y));
        assertThat(plan(now, file, Set.of("a")).objections())
                .singleElement()
                .asString()
                .contains("cannot take 127.0.0.1:2 from 'web' alone")
                .contains("reload them together: reload web a b");
        assertThat(plan(now, file, Set.of("web", "a", "b")).objections()).isEmpty();
    }

    @Test
    void whoServesAlreadyIsNotWaitedFor() throws IOException {
        SequencedMap<String, Program> now =
                running("a: {command: x, %s}, b: {command: y}".formatted(X));
        Program b = obey(requireNonNull(now.get("b")), new ProgramCommand.Stop(null, null));
        SequencedMap<String, ProgramSpec> file =
                load("a: {command: x}, b: {command: y, ack: {mode: manual}, %s}".formatted(X));
        b =
                b.step(new ProgramEvent.Exited(new WorkerId(0, 1), new WorkerExit(0, 0)), b.asOf())
                        .program();
        b = obey(b, new ProgramCommand.Apply(requireNonNull(file.get("b")), false));
        b = obey(b, new ProgramCommand.Start(null));
        now.put("b", b);
        assertThat(handovers(plan(now, file, Set.of())))
                .containsExactly("a gives [127.0.0.1:1] to [b]");
        now.put("b", b.step(new ProgramEvent.Acked(new WorkerId(0, 2)), b.asOf()).program());
        assertThat(plan(now, file, Set.of()).handovers()).isEmpty();
        assertThat(plan(now, file, Set.of("a")).objections()).isEmpty();
    }

    @Test
    void anExchangeIsToldAndNotForWhoCannotRunTwice() throws IOException {
        String now = "a: {command: x, %s}, b: {command: y, %s}".formatted(X, Y);
        ReloadPlan reloadPlan =
                plan(now, "a: {command: x, %s}, b: {command: y, %s}".formatted(Y, X));
        assertThat(notes(reloadPlan, "a"))
                .anyMatch(note -> note.startsWith("exchanges sockets with"));
        assertThat(notes(reloadPlan, "a"))
                .anyMatch(note -> note.startsWith("is not rolled back by"));
        assertThat(reloadPlan.objections()).isEmpty();
        ReloadPlan alone =
                plan(
                        now,
                        "a: {command: x, rollout: {strategy: replace}, %s}, b: {command: y, %s}"
                                .formatted(Y, X));
        assertThat(alone.objections()).singleElement().asString().contains("'a' has rollout");
    }

    // ---- what was set by hand

    @Test
    void whatWasSetByHandGoesWithTheName() throws IOException {
        SequencedMap<String, Program> now =
                running("web: {command: x, workers: 2, %s}".formatted(X));
        Program web = obey(requireNonNull(now.get("web")), new ProgramCommand.ScaleTo(3));
        now.put("web", obey(web, new ProgramCommand.Stop(Set.of(1), null)));
        ReloadPlan reloadPlan =
                plan(now, load("www: {command: z, workers: 2, %s}".formatted(X)), Set.of());
        assertThat(requireNonNull(reloadPlan.inherited().get("www")))
                .isEqualTo(new Inheritance("web", new OperatorOverride(false, 3, List.of(1))));
        assertThat(requireNonNull(reloadPlan.changes().get("www")).more()).isZero();
        assertThat(notes(reloadPlan, "www"))
                .contains(
                        "scaled by hand to 3, as web was, and stays so; the file says 2",
                        "worker 1 is stopped by hand, as of web, and stays so");
    }

    /// Nobody hands anything over where nothing runs; it is a rename all the same.
    @Test
    void aStoppedProgramIsStoppedUnderItsNewName() throws IOException {
        for (String socket : List.of(X, "nice: 1")) {
            SequencedMap<String, Program> now =
                    running("web: {command: x, %s}, b: {command: b}".formatted(socket));
            Program web = obey(requireNonNull(now.get("web")), new ProgramCommand.Stop(null, null));
            web =
                    web.step(
                                    new ProgramEvent.Exited(
                                            new WorkerId(0, 1), new WorkerExit(0, 0)),
                                    web.asOf())
                            .program();
            now.put("web", web);
            SequencedMap<String, ProgramSpec> file =
                    load(
                            "www: {command: x, %s}, b: {command: b}, c: {command: c}"
                                    .formatted(socket));
            ReloadPlan reloadPlan = plan(now, file, Set.of());
            assertThat(reloadPlan.handovers()).isEmpty();
            assertThat(notes(reloadPlan, "www"))
                    .containsExactly("is stopped, as web was, and stays so");
            assertThat(requireNonNull(reloadPlan.changes().get("www")).more()).isEqualTo(-1);
            assertThat(notes(reloadPlan, "c")).isEmpty();
            assertThat(reloadPlan.inherited()).containsOnlyKeys("www");
        }
    }

    @Test
    void nobodyInheritsOfAProgramThatStaysOrThatSeveralFollow() throws IOException {
        SequencedMap<String, Program> now = running("web: {command: x, %s}".formatted(XY));
        Program web = obey(requireNonNull(now.get("web")), new ProgramCommand.ScaleTo(3));
        now.put("web", web);
        String two = "a: {command: y, %s}, b: {command: z, %s}".formatted(X, Y);
        assertThat(plan(now, load(two), Set.of()).inherited()).isEmpty();
        String beside = "web: {command: x, %s}, www: {command: x}".formatted(XY);
        assertThat(plan(now, load(beside), Set.of()).inherited()).isEmpty();
        assertThat(plan(now, load("z: {command: z}"), Set.of()).inherited()).isEmpty();
    }

    // ---- the words

    private static List<String> handovers(ReloadPlan reloadPlan) {
        List<String> words = new ArrayList<>();
        for (SocketHandover each : reloadPlan.handovers()) {
            String what = each.giver() + " gives " + each.addresses() + " to " + each.receivers();
            words.add(what + (each.renamed() ? " renamed" : ""));
        }
        return words;
    }

    private static List<String> notes(ReloadPlan reloadPlan, String program) {
        return requireNonNull(reloadPlan.changes().get(program)).notes();
    }

    private ReloadPlan plan(String now, String next) throws IOException {
        return plan(running(now), load(next), Set.of());
    }

    private static ReloadPlan plan(
            SequencedMap<String, Program> now,
            SequencedMap<String, ProgramSpec> next,
            Set<String> named) {
        List<ProgramSpec> inUse = new ArrayList<>();
        now.values().forEach(program -> inUse.addAll(DefinitionsInUse.all(program)));
        return ReloadPlan.between(
                new ReloadPlan.Now(now, inUse), next, named, DefinitionSettings::of);
    }

    private SequencedMap<String, Program> running(String programs) throws IOException {
        SequencedMap<String, Program> running = new LinkedHashMap<>();
        for (ProgramSpec spec : load(programs).values()) {
            Program program = Program.of(spec, new Moment(0));
            running.put(spec.name(), obey(program, new ProgramCommand.Start(null)));
        }
        return running;
    }

    private static Program obey(Program program, ProgramCommand programCommand) {
        return program.step(new ProgramEvent.Requested(1, programCommand), program.asOf())
                .program();
    }

    private SequencedMap<String, ProgramSpec> load(String programs) throws IOException {
        Path file = directory.resolve("services.yaml");
        Files.writeString(file, "programs: {" + programs + "}");
        LoadEnvironment machine = new LoadEnvironment(Map.of(), 1, name -> true, name -> true);
        return switch (ConfigLoader.load(file, machine)) {
            case LoadResult.Valid valid -> valid.services().programs();
            case LoadResult.Invalid invalid ->
                    throw new AssertionError(invalid.problems().toString());
        };
    }
}
