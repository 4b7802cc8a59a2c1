// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.plan;

import static org.assertj.core.api.Assertions.assertThat;

import static java.util.Objects.requireNonNull;

import org.einhyrningsins.config.print.DefinitionSettings;
import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.DefinitionChange;
import org.einhyrningsins.core.model.KeyDifference;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.spec.ProgramSpec;
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

class ReloadPlanTest {
    @TempDir Path directory;

    @Test
    void tellsWhatIsNewGoneChangedAndWhatIsNot() throws IOException {
        ReloadPlan reloadPlan =
                plan(
                        "gone: {command: x}, same: {command: x}, more: {command: x}, other:"
                                + " {command: x}",
                        "new: {command: x}, other: {command: y}, more: {command: x, workers: 2},"
                                + " same: {command: x}");
        Map<String, DefinitionChange.Kind> kinds = new LinkedHashMap<>();
        reloadPlan
                .changes()
                .forEach((name, definitionChange) -> kinds.put(name, definitionChange.kind()));
        assertThat(kinds)
                .isEqualTo(
                        Map.of(
                                "new", DefinitionChange.Kind.ADDED,
                                "other", DefinitionChange.Kind.ROLLED,
                                "more", DefinitionChange.Kind.IN_PLACE,
                                "same", DefinitionChange.Kind.UNCHANGED,
                                "gone", DefinitionChange.Kind.REMOVED));
        assertThat(List.copyOf(reloadPlan.changes().sequencedKeySet()))
                .containsExactly("new", "other", "more", "same", "gone");
        assertThat(reloadPlan.nothing()).isFalse();
    }

    @Test
    void whatIsTheManagersBusinessTouchesNoWorker() throws IOException {
        for (String key :
                List.of(
                        "workers: 7",
                        "ack: {mode: manual}",
                        "stop: {signal: INT}",
                        "restart: {when: never}",
                        "rollout: {strategy: replace}",
                        "health: {tcp: '127.0.0.1:1'}",
                        "max-age: 1h",
                        "memory-max: 1MiB",
                        "cgroup: {program: {memory-max: 1GiB}}")) {
            DefinitionChange definitionChange =
                    change("web: {command: x}", "web: {command: x, " + key + "}");
            assertThat(definitionChange.kind()).as(key).isEqualTo(DefinitionChange.Kind.IN_PLACE);
            assertThat(definitionChange.differences()).as(key).isNotEmpty();
            assertThat(definitionChange.differences()).as(key).noneMatch(KeyDifference::rolls);
        }
    }

    @Test
    void tellsHowManyWorkersMoreThereWillBe() throws IOException {
        assertThat(change("web: {command: x, workers: 2}", "web: {command: x, workers: 0}").more())
                .isEqualTo(-2);
        assertThat(change("web: {command: x, workers: 1}", "web: {command: y, workers: 4}").more())
                .isEqualTo(3);
        assertThat(change("web: {command: x}", "web: {command: x}").more()).isZero();
    }

    @Test
    void whatAWorkerIsBornWithNeedsNewOnes() throws IOException {
        for (String key :
                List.of(
                        "directory: /tmp",
                        "env: {A: b}",
                        "drop-env: [A]",
                        "user: \"1\", group: \"1\"",
                        "umask: \"0077\"",
                        "nice: 3",
                        "limits: {nofile: 99}",
                        "bind: \"127.0.0.1:1\"",
                        "worker-socket: control",
                        "worker-socket-fd: true",
                        "on-manager-death: stop")) {
            DefinitionChange definitionChange =
                    change("web: {command: x}", "web: {command: x, " + key + "}");
            assertThat(definitionChange.kind()).as(key).isEqualTo(DefinitionChange.Kind.ROLLED);
            assertThat(definitionChange.differences()).as(key).isNotEmpty();
            assertThat(definitionChange.differences()).as(key).anyMatch(KeyDifference::rolls);
        }
    }

    @Test
    void tellsEachKeyWithItsValuesBeforeAndAfter() throws IOException {
        DefinitionChange definitionChange =
                change(
                        "web: {command: [./a, b], workers: 2, rollout: {settle: 1s}, nice: 3}",
                        "web: {command: [./a, \"b: c\"], workers: 4, rollout: {settle: 2s},"
                                + " umask: \"0077\"}");
        assertThat(definitionChange.differences())
                .containsExactlyInAnyOrder(
                        new KeyDifference(
                                "command", "[\"./a\", \"b\"]", "[\"./a\", \"b: c\"]", false, true),
                        new KeyDifference("workers", "2", "4", false, false),
                        new KeyDifference("rollout.settle", "1s", "2s", false, false),
                        new KeyDifference("umask", null, "\"0077\"", false, true),
                        new KeyDifference("nice", "3", null, false, true));
    }

    @Test
    void whatAWorkerWasToldOrGivenOfItsCareRolls() throws IOException {
        for (String key :
                List.of(
                        "watchdog: 30s",
                        "ack: {mode: log, match: up}",
                        "ack: {mode: fd}",
                        "ack: {mode: fd, fd: 7, timeout: 9s}")) {
            DefinitionChange definitionChange =
                    change("web: {command: x}", "web: {command: x, " + key + "}");
            assertThat(definitionChange.kind()).as(key).isEqualTo(DefinitionChange.Kind.ROLLED);
            assertThat(definitionChange.differences()).as(key).anyMatch(KeyDifference::rolls);
        }
        DefinitionChange number =
                change(
                        "web: {command: x, ack: {mode: fd}}",
                        "web: {command: x, ack: {mode: fd, fd: 7}}");
        assertThat(number.differences()).anyMatch(KeyDifference::rolls);
        DefinitionChange match =
                change(
                        "web: {command: x, ack: {mode: log, match: up}}",
                        "web: {command: x, ack: {mode: log, match: there, timeout: 9s}}");
        assertThat(match.kind()).isEqualTo(DefinitionChange.Kind.IN_PLACE);
        assertThat(match.differences()).hasSize(1).noneMatch(KeyDifference::rolls);
    }

    @Test
    void neverTellsTheValueOfAVariable() throws IOException {
        DefinitionChange definitionChange =
                change(
                        "web: {command: x, env: {TOKEN: s3cret, OLD: s3cret}}",
                        "web: {command: x, env: {TOKEN: s3cret2, \"A.B: C\": s3cret3}}");
        assertThat(definitionChange.differences())
                .containsExactlyInAnyOrder(
                        new KeyDifference("env.TOKEN", "(hidden)", "(hidden)", true, true),
                        new KeyDifference("env.OLD", "(hidden)", null, true, true),
                        new KeyDifference("env.A.B: C", null, "(hidden)", true, true));
        assertThat(definitionChange.differences().toString()).doesNotContain("s3cret");
    }

    @Test
    void tellsEachSocketApart() throws IOException {
        DefinitionChange definitionChange =
                change(
                        "web: {command: x, bind: [{name: a, tcp: \"127.0.0.1:1\"}, {name: b, tcp:"
                                + " \"127.0.0.1:2\"}]}",
                        "web: {command: x, bind: [{name: b, tcp: \"127.0.0.1:2\"}, {name: a, tcp:"
                                + " \"127.0.0.1:3\"}]}");
        List<String> keys = new ArrayList<>();
        definitionChange.differences().forEach(keyDifference -> keys.add(keyDifference.key()));
        assertThat(keys).containsExactlyInAnyOrder("bind", "bind.a");
        assertThat(definitionChange.differences())
                .anyMatch(d -> d.key().equals("bind") && "[\"b\", \"a\"]".equals(d.after()));
    }

    @Test
    void aNamedProgramRollsAndNoOtherIsTouched() throws IOException {
        String now = "a: {command: x}, b: {command: x}, c: {command: x, bind: [\"127.0.0.1:1\"]}";
        ReloadPlan reloadPlan =
                plan(running(now), load("a: {command: x}, b: {command: y}"), Set.of("a"));
        assertThat(reloadPlan.changes()).containsOnlyKeys("a");
        DefinitionChange definitionChange = requireNonNull(reloadPlan.changes().get("a"));
        assertThat(definitionChange.kind()).isEqualTo(DefinitionChange.Kind.ROLLED);
        assertThat(definitionChange.command(null))
                .isEqualTo(new ProgramCommand.Apply(requireNonNull(load(now).get("a")), true));
        assertThat(moves(reloadPlan)).containsExactly("KEPT c/socket0 c/socket0");
    }

    @Test
    void aStoppedProgramTakesNote() throws IOException {
        SequencedMap<String, Program> now = running("web: {command: x}");
        now.replaceAll((name, program) -> obey(program, new ProgramCommand.Stop(null, null)));
        DefinitionChange definitionChange =
                requireNonNull(plan(now, load("web: {command: y}"), Set.of()).changes().get("web"));
        assertThat(definitionChange.kind()).isEqualTo(DefinitionChange.Kind.NOTED);
        assertThat(definitionChange.notes()).containsExactly("is stopped, and stays so");
    }

    @Test
    void saysWhatWasDoneByHand() throws IOException {
        SequencedMap<String, Program> now = running("web: {command: x, workers: 2}");
        now.replaceAll((name, program) -> obey(program, new ProgramCommand.ScaleTo(5)));
        now.replaceAll((name, program) -> obey(program, new ProgramCommand.Stop(Set.of(1), null)));
        ReloadPlan reloadPlan = plan(now, load("web: {command: x, workers: 2}"), Set.of());
        assertThat(reloadPlan.nothing()).isTrue();
        assertThat(requireNonNull(reloadPlan.changes().get("web")).notes())
                .containsExactly(
                        "scaled by hand to 5, and stays so; the file says 2",
                        "worker 1 is stopped by hand, and stays so");
    }

    // ---- sockets

    @Test
    void saysWhichOptionASocketThatStaysDoesNotGet() throws IOException {
        String socket = "web: {command: x, bind: {name: h, tcp: \"127.0.0.1:1\", reuse-address: ";
        assertThat(change(socket + "true}}", socket + "false}}").notes())
                .containsExactly(
                        "socket 'h' stays open, and its reuse-address as it is until it is bound"
                                + " anew");
        assertThat(change(socket + "true}}", socket + "true}, nice: 1}").notes()).isEmpty();
    }

    @Test
    void aSocketStaysWithItsAddressWhoeverHasIt() throws IOException {
        ReloadPlan reloadPlan =
                plan(
                        "a: {command: x, bind: [{name: h, tcp: \"127.0.0.1:1\"}, {name: u, unix:"
                                + " \"@u\"}, {name: gone, udp: \"127.0.0.1:9\"}]}",
                        "a: {command: x, bind: [{name: i, tcp: \"127.0.0.1:1\"}, {name: new, tcp:"
                                + " \"127.0.0.1:2\"}]}, b: {command: x, bind: {name: v, unix:"
                                + " \"@u\"}}");
        assertThat(moves(reloadPlan))
                .containsExactly(
                        "KEPT a/h a/i", "OPENED null a/new", "KEPT a/u b/v", "CLOSED a/gone null");
    }

    @Test
    void aSocketWhosePortTheKernelChoseStaysWhenItIsRenamed() throws IOException {
        String any = "tcp: \"127.0.0.1:0\"";
        assertThat(
                        moves(
                                plan(
                                        "a: {command: x, bind: [{name: h, " + any + "}]}",
                                        "a: {command: y, bind: [{name: i, " + any + "}]}")))
                .containsExactly("KEPT a/h a/i");
        assertThat(
                        moves(
                                plan(
                                        "a: {command: x, bind: [{name: h, " + any + "}]}",
                                        "b: {command: x, bind: [{name: h, " + any + "}]}")))
                .containsExactly("KEPT a/h b/h");
        assertThat(
                        moves(
                                plan(
                                        "a: {command: x, bind: [{name: h, " + any + "}]}",
                                        "b: {command: y, bind: [{name: h, " + any + "}]}")))
                .as("another program, not a renamed one")
                .containsExactly("OPENED null b/h", "CLOSED a/h null");
        assertThat(
                        moves(
                                plan(
                                        "a: {command: x, bind: [{name: h, " + any + "}]}",
                                        "a: {command: x, bind: [{name: i, "
                                                + any
                                                + "}, {name: h, "
                                                + any
                                                + "}]}")))
                .as("the old name is still there")
                .containsExactly("OPENED null a/i", "KEPT a/h a/h");
    }

    @Test
    void objectsToWhatTheKernelWouldNotAllowBecauseOfUs() throws IOException {
        ReloadPlan wider =
                plan(
                        "a: {command: x, bind: {name: h, tcp: \"127.0.0.1:80\"}}",
                        "a: {command: x, bind: {name: h, tcp: \"0.0.0.0:80\"}}");
        assertThat(wider.objections())
                .singleElement()
                .asString()
                .startsWith("cannot bind socket 'h' of 'a' to 0.0.0.0:80: we hold 127.0.0.1:80")
                .contains("socket 'h' of 'a'");
        assertThat(
                        plan(
                                        "a: {command: x, bind: {name: h, tcp: \"[::]:80\"}}",
                                        "b: {command: x, bind: {name: h, tcp: \"127.0.0.1:80\"}}")
                                .objections())
                .hasSize(1);
        String special = "a: {command: x, bind: {name: h, udp: \"127.0.0.1:53\", reuse-address: ";
        String wide = "b: {command: x, bind: {name: h, udp: \"0.0.0.0:53\"}}";
        assertThat(plan(special + "false}}", wide).objections()).hasSize(1);
        assertThat(plan(special + "true}}", wide).objections()).isEmpty();
        assertThat(
                        plan(
                                        "a: {command: x, bind: {name: h, tcp: \"127.0.0.1:80\"}}",
                                        "a: {command: x, bind: {name: h, tcp: \"127.0.0.2:80\"}}")
                                .objections())
                .isEmpty();
        assertThat(
                        plan(
                                        "a: {command: x, bind: {name: h, tcp: \"127.0.0.1:80\"}}",
                                        "a: {command: x, bind: {name: h, tcp: \"127.0.0.1:80\","
                                                + " non-blocking: true}}")
                                .objections())
                .singleElement()
                .asString()
                .startsWith("cannot change non-blocking of socket 'h' of 'a'");
        assertThat(
                        plan(
                                        "a: {command: x, bind: {name: h, tcp: \"127.0.0.1:80\"}}",
                                        "a: {command: x, bind: {name: h, tcp: \"127.0.0.1:80\","
                                                + " per-worker: true}}")
                                .objections())
                .singleElement()
                .asString()
                .startsWith("cannot change per-worker of socket 'h' of 'a'");
    }

    @Test
    void nothingFromNothingIsNothing() throws IOException {
        ReloadPlan reloadPlan = plan(new LinkedHashMap<>(), new LinkedHashMap<>(), Set.of());
        assertThat(reloadPlan.changes()).isEmpty();
        assertThat(reloadPlan.nothing()).isTrue();
    }

    // ---- the words

    private static List<String> moves(ReloadPlan reloadPlan) {
        List<String> moves = new ArrayList<>();
        reloadPlan
                .sockets()
                .forEach(move -> moves.add(move.kind() + " " + move.from() + " " + move.to()));
        return moves;
    }

    private DefinitionChange change(String now, String next) throws IOException {
        return requireNonNull(plan(now, next).changes().get("web"));
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
        load(programs)
                .forEach(
                        (name, spec) ->
                                running.put(
                                        name,
                                        obey(
                                                Program.of(spec, new Moment(0)),
                                                new ProgramCommand.Start(null))));
        return running;
    }

    private static Program obey(Program program, ProgramCommand programCommand) {
        return program.step(new ProgramEvent.Requested(1, programCommand), new Moment(0)).program();
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
