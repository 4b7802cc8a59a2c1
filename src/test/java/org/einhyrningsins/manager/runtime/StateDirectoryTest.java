// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.atomic.AtomicBoolean;

class StateDirectoryTest {
    private static final int MAX_COUNT = 64;

    @Test
    void isMadeForItsOwnerAloneWhenSomethingIsWritten(@TempDir Path directory) throws IOException {
        Path path = directory.resolve("control.sock.state");
        var state = new StateDirectory(path);
        assertThat(state.read("intent", MAX_COUNT)).isNull();
        assertThat(path).doesNotExist();
        state.write("intent", text("a"), true);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rwx------");
        assertThat(state.read("intent", MAX_COUNT)).isEqualTo(text("a"));
    }

    @Test
    void replacesAFileAsAWhole(@TempDir Path directory) throws IOException {
        var state = new StateDirectory(directory.resolve("state"));
        state.write("intent", text("a long one"), false);
        state.write("intent", text("b"), false);
        assertThat(state.read("intent", MAX_COUNT)).isEqualTo(text("b"));
        assertThat(state.path()).isDirectoryNotContaining("glob:**.new");
    }

    @Test
    void keepsTheOldFileWhenTheNewOneCannotBeWritten(@TempDir Path directory) throws IOException {
        var state = new StateDirectory(directory.resolve("state"));
        state.write("intent", text("a"), false);
        Files.createDirectories(state.path().resolve("intent.new/full"));
        assertThatThrownBy(() -> state.write("intent", text("b"), false))
                .isInstanceOf(IOException.class);
        assertThat(state.read("intent", MAX_COUNT)).isEqualTo(text("a"));
    }

    @Test
    void refusesAFileThatIsTooLongToBeOurs(@TempDir Path directory) throws IOException {
        var state = new StateDirectory(directory.resolve("state"));
        state.write("intent", new byte[MAX_COUNT + 1], false);
        assertThatThrownBy(() -> state.read("intent", MAX_COUNT))
                .hasMessageContaining("is longer than 64 bytes");
    }

    @Test
    void isUsableWhileAnotherManagerWritesThere(@TempDir Path directory) throws Exception {
        Path path = directory.resolve("state");
        var other = new StateDirectory(path);
        other.make();
        var ends = new AtomicBoolean();
        var writer =
                Thread.ofPlatform()
                        .start(
                                () -> {
                                    while (!ends.get()) {
                                        write(other);
                                    }
                                });
        try {
            for (int i = 0; i < 3_000; i++) {
                new StateDirectory(path).make();
            }
        } finally {
            ends.set(true);
            writer.join();
        }
    }

    private static void write(StateDirectory state) {
        try {
            state.write("history-web.json", text("a"), false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void putsAsideWhatCannotBeUsed(@TempDir Path directory) throws IOException {
        var state = new StateDirectory(directory.resolve("state"));
        state.write("intent", text("{"), false);
        Path aside = state.setAside("intent");
        assertThat(aside).hasContent("{");
        assertThat(state.read("intent", MAX_COUNT)).isNull();
    }

    @Test
    void goesWithItsLastFile(@TempDir Path directory) throws IOException {
        var state = new StateDirectory(directory.resolve("state"));
        state.write("intent", text("a"), false);
        state.close();
        assertThat(state.path()).exists();
        state.delete("intent");
        state.close();
        assertThat(state.path()).doesNotExist();
    }

    /// Whoever writes may make it anew then, and need not call it a failure.
    @Test
    void isKnownToBeGone(@TempDir Path directory) throws IOException {
        var state = new StateDirectory(directory.resolve("state"));
        state.write("intent", text("a"), false);
        state.delete("intent");
        Files.delete(state.path());
        assertThat(state.read("intent", MAX_COUNT)).isNull();
        assertThatThrownBy(() -> state.write("intent", text("b"), false))
                .isInstanceOf(NoSuchFileException.class);
        state.makeAgain();
        state.write("intent", text("b"), false);
        assertThat(state.read("intent", MAX_COUNT)).isEqualTo(text("b"));
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
