// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.history;

import static org.assertj.core.api.Assertions.assertThat;

import static java.util.concurrent.TimeUnit.SECONDS;

import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.VersionOrigin;
import org.einhyrningsins.core.model.VersionOrigin.Made;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.manager.snapshot.GenerationFate.Verdict;
import org.einhyrningsins.manager.snapshot.GenerationRecord;
import org.einhyrningsins.manager.snapshot.ProgramHistory;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.WorkerId;
import org.einhyrningsins.spec.manager.LogSpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

class HistoryStoreTest {
    @TempDir private Path home;

    private final ByteArrayOutputStream logged = new ByteArrayOutputStream();
    private HistoryStore store = new HistoryStore(log());
    private Program program;
    private long seconds;

    private ManagerLog log() {
        return new ManagerLog(logged::writeBytes, LogSpec.DEFAULT);
    }

    private ProgramSpec spec(String version) {
        return spec(version, "");
    }

    private ProgramSpec spec(String version, String env) {
        return load(
                home,
                "command: [/bin/sleep, '"
                        + version
                        + "'], env: { A: '"
                        + env
                        + "' }, ack: { mode: manual }, rollout: { probation: 0s }");
    }

    private static ProgramSpec load(Path directory, String definition) {
        try {
            Path file = directory.resolve("services.yaml");
            Files.writeString(file, "programs: {web: {" + definition + "}}");
            LoadEnvironment machine = new LoadEnvironment(Map.of(), 1, name -> true, name -> true);
            LoadResult.Valid valid = (LoadResult.Valid) ConfigLoader.load(file, machine);
            return valid.services().programs().firstEntry().getValue();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @BeforeEach
    void open() {
        store = new HistoryStore(log());
        store.open(new StateDirectory(home.resolve("state")));
    }

    @BeforeEach
    void begin() {
        program = Program.of(spec("1"), new Moment(0));
    }

    private void happens(ProgramEvent event) {
        program = program.step(event, new Moment(++seconds * 1_000_000_000)).program();
        store.programChanged(program);
    }

    private void asked(ProgramCommand command, Made made) {
        happens(
                new ProgramEvent.Requested(
                        seconds, command, VersionOrigin.of(made, "ann", seconds * 1000)));
    }

    private void up() {
        for (var slot : program.slots()) {
            for (var worker : slot.workers()) {
                if (!worker.ready() && !slot.leaving().contains(worker)) {
                    happens(new ProgramEvent.Acked(worker.id()));
                }
            }
        }
        for (var slot : program.slots()) {
            slot.leaving().forEach(worker -> ends(worker.id(), 0));
        }
    }

    private void ends(WorkerId worker, int status) {
        happens(new ProgramEvent.Exited(worker, new WorkerExit(status, 0)));
    }

    private void start() {
        asked(new ProgramCommand.Start(null), Made.START);
        up();
    }

    private void roll(String version) {
        asked(new ProgramCommand.Apply(spec(version), false), Made.RELOAD);
        up();
    }

    private List<GenerationRecord> records() {
        return store.of("web").generations();
    }

    private List<Verdict> verdicts() {
        return records().stream().map(record -> record.fate().verdict()).toList();
    }

    @Test
    void saysWhatBecameOfEachGenerationAndWhoAsked() {
        start();
        roll("2");
        asked(new ProgramCommand.Apply(spec("3"), false), Made.RELOAD);
        assertThat(verdicts()).containsExactly(Verdict.ROLLED, Verdict.ROLLED, Verdict.ROLLING);
        asked(new ProgramCommand.Abort(), Made.START);
        asked(new ProgramCommand.Apply(spec("4"), false), Made.RELOAD);
        asked(new ProgramCommand.Apply(spec("5"), true), Made.RELOAD);
        assertThat(verdicts())
                .containsExactly(
                        Verdict.ROLLED,
                        Verdict.ROLLED,
                        Verdict.ABORTED,
                        Verdict.OVERTAKEN,
                        Verdict.ROLLING);
        assertThat(records().get(1).changed()).containsExactly("command");
        assertThat(records()).allMatch(record -> record.origin().by().equals("ann"));
        assertThat(records().get(0).origin().made()).isEqualTo(Made.START);
        assertThat(records().get(0).serves()).isFalse();
        assertThat(records().get(1).serves()).isTrue();
    }

    @Test
    void saysWhatChangedThoughTheOneBeforeWasNotReadyYet() {
        asked(new ProgramCommand.Start(null), Made.START);
        asked(new ProgramCommand.Apply(spec("2"), false), Made.RELOAD);
        assertThat(records().getLast().changed()).containsExactly("command");
    }

    @Test
    void aFailedGenerationIsNoneToGoBackTo() {
        start();
        asked(new ProgramCommand.Apply(spec("2"), false), Made.RELOAD);
        for (int i = 0; i < 5 && program.rollout() != null; i++) {
            var successor = program.slots().get(0).successor();
            if (successor != null) {
                ends(successor.id(), 1);
            }
            seconds += 60;
            happens(new ProgramEvent.DeadlinePassed());
        }
        assertThat(verdicts()).containsExactly(Verdict.ROLLED, Verdict.FAILED);
        assertThat(records().get(1).fate().why()).contains("exit status 1");
        assertThat(records().get(1).good()).isFalse();
    }

    @Test
    void survivesTheManager() throws Exception {
        start();
        roll("2");
        store.flush();
        ProgramHistory before = store.of("web");
        open();
        assertThat(store.of("web")).isEqualTo(before);
        Path file = home.resolve("state/history-web.json");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------"); // it has the variables of programs
        assertThat(file.resolveSibling("history-web.json.new")).doesNotExist();
        assertThat(before.generations().get(1).files())
                .anyMatch(each -> each.path().endsWith("sleep") && !each.missing());
    }

    @Test
    void goesOnWithTheGenerationThatServedLastUnlessTheDefinitionIsAnother() {
        start();
        roll("2");
        store.flush();
        open();
        ProgramVersion same = store.first(spec("2"), null);
        assertThat(same.generation()).isEqualTo(2);
        assertThat(same.origin().by()).isEqualTo("ann");
        assertThat(store.first(spec("1"), null).generation()).isEqualTo(3);
    }

    @Test
    void writesNothingWhereNothingIsNew() throws Exception {
        start();
        store.flush();
        Path file = home.resolve("state/history-web.json");
        Object inode = Files.getAttribute(file, "unix:ino");
        open();
        program = Program.of(store.first(spec("1"), null), 1, List.of(), 1, new Moment(0));
        start();
        store.flush();
        assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(inode);
    }

    @Test
    void writesSoonWhatChangesWhileItWrites() {
        start();
        store.turn(Clock.now().plus(Duration.ofSeconds(1)));
        roll("2");
        assertThat(store.due()).isNotNull().isLessThan(Clock.now().plus(Duration.ofMillis(500)));
    }

    @Test
    void keepsTheLatestFifty() {
        start();
        for (int i = 2; i <= 60; i++) {
            roll("" + i);
        }
        assertThat(records()).hasSize(HistoryFollower.MAX_GENERATIONS);
        assertThat(records().getLast().number()).isEqualTo(60);
        assertThat(store.next("web")).isEqualTo(61);
    }

    @Test
    void dropsTheOldestDefinitionsWhereThereIsNoRoom() throws Exception {
        start();
        String much = "x".repeat(120 * 1024);
        for (int i = 2; i <= 12; i++) {
            asked(new ProgramCommand.Apply(spec("" + i, much + i), false), Made.RELOAD);
            up();
        }
        store.flush();
        assertThat(Files.size(home.resolve("state/history-web.json")))
                .isLessThanOrEqualTo(HistoryText.MAX_BYTES);
        assertThat(records()).hasSize(12);
        assertThat(records().getFirst().version()).isNull();
        assertThat(records().getLast().version()).isNotNull();
        assertThat(logged.toString(StandardCharsets.UTF_8)).contains("not be rolled back to");
    }

    @Test
    void setsATornFileAside() throws Exception {
        start();
        store.flush();
        Path file = home.resolve("state/history-web.json");
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(whole, whole.length / 2));
        open();
        assertThat(records()).isEmpty();
        assertThat(home.resolve("state/history-web.json.set-aside")).exists();
        assertThat(logged.toString(StandardCharsets.UTF_8).lines())
                .singleElement()
                .asString()
                .contains("its history begins anew: cannot read " + file);
    }

    @Test
    void losesNoHistoryThatASlowDiskKeepsBack() throws Exception {
        start();
        store.flush();
        Path file = home.resolve("state/history-web.json");
        byte[] before = Files.readAllBytes(file);
        CountDownLatch slow = new CountDownLatch(1);
        assertThat(ProcReader.ask("history of web", () -> slow.await(60, SECONDS)).answer())
                .as("a read that is under way")
                .isNull();
        open();
        roll("2");
        store.flush();
        slow.countDown();
        assertThat(file.resolveSibling("history-web.json.set-aside")).hasBinaryContent(before);
        assertThat(file).exists();
        assertThat(logged.toString(StandardCharsets.UTF_8)).contains("is set aside");
        roll("3");
        store.flush();
        assertThat(file.resolveSibling("history-web.json.set-aside"))
                .as("what it writes itself is not")
                .hasBinaryContent(before);
    }

    @Test
    void believesNoDirectoryThatEverybodyCanWriteTo() throws Exception {
        start();
        store.flush();
        Files.setPosixFilePermissions(
                home.resolve("state"), PosixFilePermissions.fromString("rwxrwxrwx"));
        open();
        assertThat(records()).isEmpty();
        assertThat(logged.toString(StandardCharsets.UTF_8)).contains("can be written by everybody");
    }

    @Test
    void saysWhatIsGoneAndWhatWasOverwritten() throws Exception {
        Path tool = home.resolve("tool");
        Path script = home.resolve("script.sh");
        Files.writeString(tool, "#!/bin/sh\n");
        Files.writeString(script, "one");
        Files.setPosixFilePermissions(tool, PosixFilePermissions.fromString("rwxr-xr-x"));
        ProgramSpec spec =
                load(home, "command: [./tool, script.sh, other.sh], ack: { mode: manual }");
        var then = CommandFiles.of(spec);
        assertThat(then).extracting(each -> each.path()).containsExactly(tool, script);
        assertThat(CommandFiles.since(then, home)).isEqualTo(FileChanges.NONE);
        Files.delete(tool);
        Files.writeString(script, "another");
        FileChanges changes = CommandFiles.since(then, home);
        assertThat(changes.gone()).containsExactly(tool.toString());
        assertThat(changes.changed()).containsExactly(script.toString());
        assertThat(CommandFiles.since(then, home.resolve("none")).gone()).hasSize(2);
    }

    @Test
    void looksAtTheFilesOfTheReleaseAndNotAtThoseBehindTheLink() throws Exception {
        Path one = release("1");
        release("2");
        Path link = Files.createSymbolicLink(home.resolve("current"), Path.of("releases/1"));
        ProgramSpec inside =
                load(home, "directory: current, command: [./tool, app.py], ack: { mode: manual }");
        ProgramSpec outside =
                load(
                        home,
                        "command: [current/tool, %s/app.py], ack: { mode: manual }"
                                .formatted(link));
        var then = CommandFiles.of(inside);
        assertThat(then)
                .extracting(each -> each.path())
                .containsExactly(one.resolve("tool"), one.resolve("app.py"));
        assertThat(CommandFiles.of(outside)).isEqualTo(then);
        Files.delete(link);
        Files.createSymbolicLink(link, Path.of("releases/2"));
        assertThat(CommandFiles.since(then, inside.workingDirectory())).isEqualTo(FileChanges.NONE);
        Files.delete(one.resolve("app.py"));
        assertThat(CommandFiles.since(then, inside.workingDirectory()).gone())
                .containsExactly(one.resolve("app.py").toString());
    }

    private Path release(String name) throws IOException {
        Path release = Files.createDirectories(home.resolve("releases").resolve(name));
        Path tool = Files.writeString(release.resolve("tool"), "#!/bin/sh\n");
        Files.setPosixFilePermissions(tool, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(release.resolve("app.py"), name);
        return release.toRealPath();
    }

    @Test
    void readsWhatEarlierReleasesWrote() throws Exception {
        Path golden =
                Path.of("src/test/resources/org/einhyrningsins/manager/history/history-web.json");
        ProgramHistory read = HistoryText.read(Files.readAllBytes(golden));
        assertThat(read.generations())
                .extracting(GenerationRecord::number)
                .containsExactly(1, 2, 3, 4);
        assertThat(read.generations())
                .extracting(record -> record.fate().verdict())
                .containsExactly(Verdict.ROLLED, Verdict.ROLLED, Verdict.FAILED, Verdict.ROLLED);
        GenerationRecord last = read.generations().getLast();
        assertThat(last.origin().made()).isEqualTo(Made.ROLLBACK);
        assertThat(last.origin().rollback()).isNotNull();
        assertThat(last.version()).isNotNull();
        assertThat(read.next()).isEqualTo(5);
    }
}
