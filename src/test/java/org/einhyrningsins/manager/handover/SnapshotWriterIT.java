// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.manager.TestHosts;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.StartException;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.manager.snapshot.ManagerSnapshot;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.posix.Scarcity;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.manager.ControlSpec;
import org.einhyrningsins.spec.manager.LogSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

class SnapshotWriterIT {
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final ManagerLog managerLog = new ManagerLog(said::writeBytes, LogSpec.DEFAULT);

    @Test
    void doesNotStartOverWhenItOnlyLacksADescriptor(@TempDir Path directory) throws Exception {
        var state = new StateDirectory(directory.resolve("state"));
        int first = SnapshotWriter.lock(state, managerLog);
        assertThatThrownBy(() -> SnapshotWriter.lock(state, managerLog))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("another manager uses the state directory");
        Descriptors.close(first);
        var scarcity = new Scarcity(0);
        try {
            assertThatThrownBy(() -> SnapshotWriter.lock(state, managerLog))
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining("(EMFILE)")
                    .hasMessageContaining("raise the limit");
        } finally {
            scarcity.end();
        }
    }

    @Test
    void goesOnWithoutADirectoryThatCannotBeUsed(@TempDir Path directory) throws Exception {
        Path file = Files.createFile(directory.resolve("state"));
        assertThat(SnapshotWriter.lock(new StateDirectory(file), managerLog)).isNegative();
        assertThat(said.toString(StandardCharsets.UTF_8))
                .contains("cannot use the state directory " + file);
    }

    @Test
    void whatCannotBeWrittenIsSaidOnceAndTriedAgainUntilItIs(@TempDir Path directory)
            throws Exception {
        StateDirectory state = new StateDirectory(directory.resolve("state"));
        int notes = SnapshotWriter.lock(state, managerLog);
        SnapshotWriter snapshotWriter =
                new SnapshotWriter(state, new ProgramTable(), managerLog, notes);
        Path obstacle = state.path().resolve(SnapshotWriter.MANAGER + ".new");
        Files.createDirectories(obstacle.resolve("full"));
        for (int i = 0; i < 2; i++) {
            snapshotWriter.write(SnapshotWriterIT::image);
            assertThat(snapshotWriter.due()).as("tries again").isNotNull();
        }
        assertThat(said.toString(StandardCharsets.UTF_8))
                .containsOnlyOnce("cannot save recovery state");
        Files.delete(obstacle.resolve("full"));
        Files.delete(obstacle);
        snapshotWriter.write(SnapshotWriterIT::image);
        assertThat(snapshotWriter.due()).isNull();
        assertThat(said.toString(StandardCharsets.UTF_8)).containsOnlyOnce("is written again");
        assertThat(state.path().resolve(SnapshotWriter.MANAGER)).isNotEmptyFile();
        Descriptors.close(notes);
    }

    @Test
    void socketsThatCannotBeWrittenAreTriedAgainWithTheRest(@TempDir Path directory)
            throws Exception {
        StateDirectory state = new StateDirectory(directory.resolve("state"));
        int notes = SnapshotWriter.lock(state, managerLog);
        SnapshotWriter snapshotWriter =
                new SnapshotWriter(state, new ProgramTable(), managerLog, notes);
        Files.createDirectories(state.path().resolve(SnapshotWriter.MANAGER + ".new/full"));
        snapshotWriter.write(image(List.of()));
        assertThat(snapshotWriter.due()).isNotNull();
        Descriptors.close(notes);
    }

    @Test
    void eachRunOfAJobIsWrittenBeforeItBegins(@TempDir Path directory) throws Exception {
        StateDirectory state = new StateDirectory(directory.resolve("state"));
        int notes = SnapshotWriter.lock(state, managerLog);
        ProgramTable programTable = new ProgramTable();
        SnapshotWriter snapshotWriter = new SnapshotWriter(state, programTable, managerLog, notes);
        TestHosts hosts = new TestHosts(programTable, new SocketTable(managerLog), managerLog);
        ProgramSpec job = TestHosts.web(directory, "kind: job, start: manual");
        ProgramHost host = hosts.add(Program.of(job, Clock.now()));
        snapshotWriter.changed(host);
        snapshotWriter.write(SnapshotWriterIT::image);
        List<String> written = new ArrayList<>();
        hosts.beforeBirths(
                each -> {
                    snapshotWriter.writeBeforeBirths(each, SnapshotWriterIT::image);
                    written.add(programFile(state));
                });
        for (int run = 0; run < 2; run++) {
            host.take(new ProgramEvent.Requested(run, new ProgramCommand.Start(null)));
        }
        assertThat(written).hasSize(2).doesNotHaveDuplicates();
        assertThat(written.getFirst()).contains("\"nextIncarnation\":2");
        assertThat(written.getLast()).contains("\"nextIncarnation\":3");
        Descriptors.close(notes);
        hosts.close();
    }

    private static String programFile(StateDirectory state) {
        try {
            return Files.readString(state.path().resolve("program-web.json"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ManagerSnapshot image(List<String> programs) {
        var settings =
                new ServicesSpec(
                        ControlSpec.DEFAULT, LogSpec.DEFAULT, null, null, new LinkedHashMap<>());
        return new ManagerSnapshot(
                new ManagerSnapshot.Instance("1", "boot", 1),
                new ManagerSnapshot.History(0, 0, 0),
                new ManagerSnapshot.Configuration(
                        Path.of("/run/control.sock"), false, settings, LogSpec.DEFAULT),
                new ManagerSnapshot.Descriptors(null, List.of(), List.of()),
                ManagerSnapshot.Pending.NONE,
                programs);
    }
}
