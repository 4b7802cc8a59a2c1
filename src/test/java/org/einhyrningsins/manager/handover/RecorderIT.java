// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.manager.program.Programs;
import org.einhyrningsins.manager.runtime.CannotStart;
import org.einhyrningsins.manager.runtime.Log;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.manager.snapshot.ManagerImage;
import org.einhyrningsins.posix.Scarcity;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.spec.manager.ControlSpec;
import org.einhyrningsins.spec.manager.LogSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;

class RecorderIT {
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final Log log = new Log(said::writeBytes, LogSpec.DEFAULT);

    @Test
    void doesNotStartOverWhenItOnlyLacksADescriptor(@TempDir Path directory) throws Exception {
        var state = new StateDirectory(directory.resolve("state"));
        int first = Recorder.lock(state, log);
        assertThatThrownBy(() -> Recorder.lock(state, log))
                .isInstanceOf(CannotStart.class)
                .hasMessageContaining("another manager uses the state directory");
        Descriptors.close(first);
        var scarcity = new Scarcity(0);
        try {
            assertThatThrownBy(() -> Recorder.lock(state, log))
                    .isInstanceOf(CannotStart.class)
                    .hasMessageContaining("(EMFILE)")
                    .hasMessageContaining("raise the limit");
        } finally {
            scarcity.end();
        }
    }

    @Test
    void goesOnWithoutADirectoryThatCannotBeUsed(@TempDir Path directory) throws Exception {
        Path file = Files.createFile(directory.resolve("state"));
        assertThat(Recorder.lock(new StateDirectory(file), log)).isNegative();
        assertThat(said.toString(StandardCharsets.UTF_8))
                .contains("cannot use the state directory " + file);
    }

    @Test
    void whatCannotBeWrittenIsSaidOnceAndTriedAgainUntilItIs(@TempDir Path directory)
            throws Exception {
        StateDirectory state = new StateDirectory(directory.resolve("state"));
        int notes = Recorder.lock(state, log);
        Recorder recorder = new Recorder(state, new Programs(), log, notes);
        Path obstacle = state.path().resolve(Recorder.MANAGER + ".new");
        Files.createDirectories(obstacle.resolve("full"));
        for (int i = 0; i < 2; i++) {
            recorder.write(RecorderIT::image);
            assertThat(recorder.due()).as("tries again").isNotNull();
        }
        assertThat(said.toString(StandardCharsets.UTF_8))
                .containsOnlyOnce("cannot write down what would survive");
        Files.delete(obstacle.resolve("full"));
        Files.delete(obstacle);
        recorder.write(RecorderIT::image);
        assertThat(recorder.due()).isNull();
        assertThat(said.toString(StandardCharsets.UTF_8)).containsOnlyOnce("is written again");
        assertThat(state.path().resolve(Recorder.MANAGER)).isNotEmptyFile();
        Descriptors.close(notes);
    }

    @Test
    void socketsThatCannotBeWrittenAreTriedAgainWithTheRest(@TempDir Path directory)
            throws Exception {
        StateDirectory state = new StateDirectory(directory.resolve("state"));
        int notes = Recorder.lock(state, log);
        Recorder recorder = new Recorder(state, new Programs(), log, notes);
        Files.createDirectories(state.path().resolve(Recorder.MANAGER + ".new/full"));
        recorder.write(image(List.of()));
        assertThat(recorder.due()).isNotNull();
        Descriptors.close(notes);
    }

    private static ManagerImage image(List<String> programs) {
        var settings =
                new ServicesSpec(
                        ControlSpec.DEFAULT, LogSpec.DEFAULT, null, null, new LinkedHashMap<>());
        return new ManagerImage(
                "1",
                "boot",
                1,
                Path.of("/run/control.sock"),
                settings,
                LogSpec.DEFAULT,
                0,
                0,
                0,
                null,
                false,
                false,
                programs,
                List.of(),
                List.of(),
                null,
                null);
    }
}
