// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Recovery;
import org.einhyrningsins.core.Rollout;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.WorkerState;
import org.einhyrningsins.core.model.CanaryState;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.Renewal;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.core.model.TaskStage;
import org.einhyrningsins.core.model.VersionFailure;
import org.einhyrningsins.core.plan.SocketHandoverOrder;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.ManagerLinkSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Release;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.StartSpec.Terms;
import org.einhyrningsins.spec.StartSpec.When;
import org.einhyrningsins.spec.manager.LogSpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// What managers wrote in each format, to be read for ever: `format-N/rich` is the state of one
/// with programs in all kinds of states, and what it handed on; `format-N/moves` is of another in
/// the middle of a reload that gives a socket from one program to another; `format-2/release` is of
/// one with a program that runs a release behind a link.
final class GoldenStatesTest {
    private static final Path FILES =
            Path.of("src/test/resources/org/einhyrningsins/manager/snapshot");

    /// Types that these managers had not in their images, by their names in the format. One that is
    /// new since the files were written is added here.
    private static final Set<String> NOT_IN_THE_FILES =
            Set.of(
                    "awaited-condition",
                    "blocking-dependency",
                    "canary.passed",
                    "cgroup",
                    "command.abort",
                    "command.hasten",
                    "command.hold",
                    "command.keep",
                    "command.promote",
                    "command.release",
                    "command.reset",
                    "command.restart",
                    "command.scale-by",
                    "command.scale-to",
                    "command.signal",
                    "command.start",
                    "command.stop",
                    "command.upgrade",
                    "fate",
                    "file-stamp",
                    "generation-verdict",
                    "history",
                    "part.address",
                    "past-generation",
                    "program-condition",
                    "recorded-file",
                    "rollback",
                    "sandbox-scope",
                    "worker-socket-client");

    static IntStream formats() {
        return IntStream.rangeClosed(1, SnapshotLanguage.NUMBER);
    }

    private static Path file(int format, String name) {
        return FILES.resolve("format-" + format).resolve(name + ".json");
    }

    /// Also as it would be written now.
    private static <R extends Record> R image(Path file, Class<R> type) throws Exception {
        R image = SnapshotDecoder.read(Files.readString(file), type);
        String again = new SnapshotEncoder().write(image);
        assertThat(SnapshotDecoder.read(again, type)).as(file.toString()).isEqualTo(image);
        return image;
    }

    private static ManagerSnapshot manager(int format, String which) throws Exception {
        return image(file(format, which + "/manager"), ManagerSnapshot.class);
    }

    private static ProgramSnapshot program(int format, String name) throws Exception {
        return image(file(format, "rich/program-" + name), ProgramSnapshot.class);
    }

    private static WorkerState state(int format, String name) throws Exception {
        Slot slot = program(format, name).program().slots().getFirst();
        return Stream.of(slot.successor(), slot.current())
                .filter(Objects::nonNull)
                .findFirst()
                .orElseGet(() -> slot.leaving().getFirst())
                .state();
    }

    @ParameterizedTest
    @MethodSource("formats")
    void everyFileIsRead(int format) throws Exception {
        List<Path> all;
        try (Stream<Path> files = Files.walk(FILES.resolve("format-" + format))) {
            all = files.filter(Files::isRegularFile).toList();
        }
        assertThat(all).hasSize(format == 1 ? 22 : 27);
        for (Path file : all) {
            assertThat(Files.readString(file)).startsWith("{\"format\":" + format + ",");
            image(file, type(file.getFileName().toString()));
        }
    }

    private static Class<? extends Record> type(String name) {
        return switch (name) {
            case "manager.json" -> ManagerSnapshot.class;
            case "reexec.json" -> ReexecSnapshot.class;
            default -> ProgramSnapshot.class;
        };
    }

    @ParameterizedTest
    @MethodSource("formats")
    void theManagerIsAsItWas(int format) throws Exception {
        ManagerSnapshot manager = manager(format, "rich");
        assertThat(manager.pid()).isPositive();
        assertThat(manager.boot()).isNotEmpty();
        assertThat(manager.history().startedMillis()).isPositive();
        assertThat(manager.configuration().control()).isEqualTo(Path.of("/srv/shop/control.sock"));
        assertThat(manager.settings().control().mode()).isEqualTo(0660);
        assertThat(Objects.requireNonNull(manager.settings().control().allow()).read())
                .singleElement()
                .matches(who -> who.name().equals("daemon") && who.group());
        assertThat(Objects.requireNonNull(manager.settings().http()).hosts())
                .containsExactly("example.org");
        assertThat(Objects.requireNonNull(manager.http()).inode()).isPositive();
        assertThat(manager.configuration().log().format()).isEqualTo(LogSpec.Format.JSON);
        assertThat(manager.programs()).hasSize(16).contains("program-own.json");
        assertThat(manager.sockets()).hasSize(7);
        assertThat(manager.sockets().stream().map(SocketSnapshot::own)).contains(1, 2);
        PendingConfirmationSnapshot trial = Objects.requireNonNull(manager.pending().trial());
        assertThat(trial.before()).containsKey("said");
        assertThat(trial.time()).hasHours(1);
        assertThat(trial.until()).isNotNull();
    }

    @ParameterizedTest
    @MethodSource("formats")
    void programsAreAsTheyWere(int format) throws Exception {
        assertThat(program(format, "ready").program().phase())
                .isEqualTo(new ProgramPhase.Running(true));
        assertThat(program(format, "ready").program().count()).isEqualTo(3);
        assertThat(program(format, "waiting").program().phase())
                .isEqualTo(new ProgramPhase.Waiting(Set.of("starting"), null));
        assertThat(program(format, "failed").program().phase())
                .isInstanceOfSatisfying(
                        ProgramPhase.Failed.class,
                        failed -> assertThat(failed.why()).contains("2 deaths"));
        assertThat(program(format, "stopped").program().phase())
                .isInstanceOf(ProgramPhase.Stopped.class);
        assertThat(program(format, "job").program().outcome()).isEqualTo(Program.Outcome.DONE);
        Slot looping = program(format, "backing").program().slots().getFirst();
        assertThat(looping.past().crashLoop()).isTrue();
        assertThat(looping.past().quickDeaths()).isGreaterThan(3);
        assertThat(looping.refill()).isNotNull();
        VersionFailure versionFailure =
                Objects.requireNonNull(program(format, "breaking").program().setback());
        assertThat(versionFailure.generation()).isEqualTo(2);
        assertThat(versionFailure.stage()).isEqualTo(VersionFailure.Stage.BACK);
        assertThat(versionFailure.why()).contains("exit status 1");
        assertThat(versionFailure.oldWorkers().before()).isEqualTo(2);
        assertThat(program(format, "said").program().fallback()).isNotNull();
        assertThat(program(format, "starting").program().waits())
                .anyMatch(pendingRequest -> pendingRequest.verb().equals("upgrade"));
    }

    @ParameterizedTest
    @MethodSource("formats")
    void rolloutsAreWhereTheyWere(int format) throws Exception {
        Rollout canary = Objects.requireNonNull(program(format, "canary").program().rollout());
        assertThat(canary.canary())
                .isInstanceOfSatisfying(
                        CanaryState.Watched.class,
                        watched -> assertThat(watched.until()).isNotNull());
        assertThat(canary.target().generation()).isEqualTo(2);
        assertThat(canary.old().before()).isEqualTo(4);
        assertThat(canary.proved()).isTrue();
        assertThat(program(format, "settling").program().rollout()).isNotNull();
        assertThat(state(format, "settling")).isInstanceOf(WorkerState.Settling.class);
    }

    @ParameterizedTest
    @MethodSource("formats")
    void workersAreAsTheyWere(int format) throws Exception {
        assertThat(state(format, "ready")).isInstanceOf(WorkerState.Ready.class);
        assertThat(state(format, "probed"))
                .isInstanceOfSatisfying(
                        WorkerState.Starting.class,
                        starting -> assertThat(starting.nextProbe()).isNotNull());
        assertThat(state(format, "stubborn"))
                .isInstanceOfSatisfying(
                        WorkerState.Stopping.class,
                        stopping -> {
                            assertThat(stopping.cause()).isEqualTo(StopCause.STOPPED);
                            assertThat(stopping.sent()).isEqualTo(Signal.TERM);
                            assertThat(stopping.rest().getFirst().signal()).isEqualTo(Signal.KILL);
                            assertThat(stopping.deadline()).isNotNull();
                        });
        ProgramSnapshot own = program(format, "own");
        Worker worker = Objects.requireNonNull(own.program().slots().getFirst().current());
        assertThat(worker.health().check()).isNotNull();
        assertThat(own.workers()).hasSize(2);
        for (WorkerSnapshot process : own.workers()) {
            assertThat(own.program().has(process.id())).isTrue();
            assertThat(process.pid()).isPositive();
            assertThat(process.bornTicks()).isPositive();
            assertThat(process.process().bornMillis()).isPositive();
            assertThat(process.inode("output")).as("of its pipe").isPositive();
        }
        ProgramSnapshot notify = program(format, "notify");
        assertThat(notify.workers().getFirst().statusText()).isEqualTo("fine");
        assertThat(notify.counters()).containsEntry("starts", 1L);
        assertThat(program(format, "ready").workerSockets()).isNotEmpty();
        ProgramSnapshot piped = program(format, "piped");
        assertThat(piped.workers().getFirst().inode("ack")).isPositive();
        assertThat(piped.workers().getFirst().log().path())
                .isEqualTo(Path.of("/srv/shop/piped.log"));
        assertThat(piped.workers().getFirst().log().file()).isNotNull();
    }

    @ParameterizedTest
    @MethodSource("formats")
    void definitionsAreWhatTheFileSaid(int format) throws Exception {
        ProgramSpec notify = program(format, "notify").program().serving().spec();
        assertThat(notify.managerLink().workerSocket())
                .isEqualTo(ManagerLinkSpec.WorkerSocket.CONTROL);
        assertThat(notify.monitoring().watchdog()).hasHours(1);
        assertThat(notify.ack().mode()).isInstanceOf(AckSpec.Notify.class);
        assertThat(notify.logs()).isInstanceOf(LogsSpec.Journal.class);
        Map<String, ProgramSpec> first = definitions(1);
        assertThat(first).hasSize(16);
        assertThat(definitions(format)).as("it was the same file").isEqualTo(first);
    }

    private static Map<String, ProgramSpec> definitions(int format) throws Exception {
        Map<String, ProgramSpec> definitions = new TreeMap<>();
        for (ProgramSnapshot each : handover(format, "rich").programs()) {
            definitions.put(each.program().name(), each.program().serving().spec());
        }
        return definitions;
    }

    private static ReexecSnapshot handover(int format, String which) throws Exception {
        return image(file(format, which + "/reexec"), ReexecSnapshot.class);
    }

    @ParameterizedTest
    @MethodSource("formats")
    void whatIsHandedOnIsThere(int format) throws Exception {
        ReexecSnapshot all = handover(format, "rich");
        assertThat(all.clients()).anyMatch(client -> client.follows() != null);
        assertThat(all.clients().stream().flatMap(client -> client.followed().stream()))
                .contains("ready");
        assertThat(all.conversations())
                .anyMatch(PendingCommandSnapshot::waits)
                .anyMatch(each -> each.about() == PendingCommandSnapshot.About.REPLACEMENT)
                .anyMatch(each -> each.about() == PendingCommandSnapshot.About.PROGRAMS);
        assertThat(all.nextTicket()).isPositive();
        assertThat(all.openFiles().soft()).isPositive();
        assertThat(all.leftAt()).isPositive();
        assertThat(all.descriptors()).hasSizeGreaterThan(50);
        for (String name : List.of("control", "notes")) {
            assertThat(all.manager().descriptor(name)).as(name).isPositive();
        }
    }

    @ParameterizedTest
    @MethodSource("formats")
    void aReloadGoesOnWhereItWas(int format) throws Exception {
        ReloadSnapshot reload = Objects.requireNonNull(manager(format, "moves").pending().reload());
        assertThat(reload.tasks())
                .extracting(ReloadSnapshot.Task::program)
                .contains("giver", "receiver");
        assertThat(reload.tasks())
                .anyMatch(task -> task.debut() && task.command() instanceof ProgramCommand.Debut);
        assertThat(reload.state().parts().values())
                .extracting(SocketHandoverOrder.Part::state)
                .contains(SocketHandoverOrder.State.TOLD);
        assertThat(reload.asked()).isNotEmpty();
        assertThat(handover(format, "moves").manager().pending().reload()).isNotNull();
    }

    @Test
    void aReleaseIsWhatItWasAndAnOlderStateHasNone() throws Exception {
        String text = Files.readString(file(2, "release/program-released"));
        Program program = SnapshotDecoder.read(text, ProgramSnapshot.class).program();
        Release release =
                new Release(
                        Path.of("/srv/shop/current"),
                        Path.of("/srv/shop/releases/41"),
                        Path.of("/srv/shop/releases/41"),
                        null);
        assertThat(program.serving().spec().release()).isEqualTo(release);
        String older = text.replaceFirst(",\"release\":\\{[^}]*}", "");
        assertThat(older).isNotEqualTo(text);
        Program without = SnapshotDecoder.read(older, ProgramSnapshot.class).program();
        assertThat(without.serving().spec().release()).isNull();
        assertThat(Recovery.running(without, Map.of(2, release))).isEqualTo(without);
        assertThat(Recovery.running(without, Map.of(1, release)))
                .as("what its worker is found to run is what it ran")
                .isEqualTo(program);
    }

    @Test
    void aTaskIsKnownByWhoWaitsForItAndByItself() throws Exception {
        Program web = image(file(2, "task/program-web"), ProgramSnapshot.class).program();
        Program task = image(file(2, "task/program-web.before"), ProgramSnapshot.class).program();

        TaskStage stage = Objects.requireNonNull(web.tasks().stage());
        assertThat(stage.program()).isEqualTo(task.newest());
        assertThat(task.tasks().ranFor()).isEqualTo(stage.version().generation());
    }

    @Test
    void theTermsOfADependencyAreKnownAndAnOlderStateHasNone() throws Exception {
        Program web = image(file(2, "terms/program-released"), ProgramSnapshot.class).program();
        ProgramSpec spec = web.serving().spec();
        assertThat(spec.after()).containsExactly("db", "cache");
        assertThat(spec.terms("db")).isEqualTo(new Terms(When.STARTED, false));
        assertThat(spec.terms("cache")).isEqualTo(new Terms(null, true));
        assertThat(web.versions().renewal())
                .isEqualTo(
                        new Renewal(true, new Moment(5_000_000_000L), new Moment(7_000_000_000L)));

        Program older = image(file(2, "release/program-released"), ProgramSnapshot.class).program();
        assertThat(older.serving().spec().supervision().start().terms()).isEmpty();
        assertThat(older.versions().renewal()).isEqualTo(Renewal.NONE);
    }

    // ---- what the files have

    @Test
    void theFilesOfThePresentFormatHaveNearlyEveryType() throws Exception {
        Set<String> found = new TreeSet<>();
        for (String which : List.of("rich", "moves")) {
            collect(handover(SnapshotLanguage.NUMBER, which), found);
        }
        Path released = file(SnapshotLanguage.NUMBER, "release/program-released");
        collect(image(released, ProgramSnapshot.class), found);
        for (String which :
                List.of(
                        "task/program-web",
                        "task/program-web.before",
                        "task/program-nightly",
                        "terms/program-released")) {
            collect(image(file(SnapshotLanguage.NUMBER, which), ProgramSnapshot.class), found);
        }
        Set<String> all = new TreeSet<>();
        new FormatWalk().named.forEach(type -> all.add(FormatNames.type(type)));
        all.removeAll(found);
        assertThat(all).isSubsetOf(NOT_IN_THE_FILES);
    }

    private static void collect(@Nullable Object value, Set<String> to) throws Exception {
        switch (value) {
            case Record record -> {
                to.add(FormatNames.type(record.getClass()));
                collect(record, RecordShape.of(record.getClass()), to);
            }
            case Enum<?> constant -> to.add(FormatNames.type(constant.getDeclaringClass()));
            case Collection<?> many -> {
                for (Object each : many) {
                    collect(each, to);
                }
            }
            case Map<?, ?> map -> {
                collect(map.keySet(), to);
                collect(map.values(), to);
            }
            case null, default -> {}
        }
    }

    private static void collect(Object record, RecordShape shape, Set<String> to) throws Exception {
        for (RecordShape.Component each : shape.inRecordOrder()) {
            Object value = RecordShape.get(each, record);
            if (each.flat() == null) {
                collect(value, to);
            } else {
                collect(Objects.requireNonNull(value), each.flat(), to);
            }
        }
    }
}
