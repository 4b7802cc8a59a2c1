// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class InputFilesIT {
    @TempDir Path directory;

    @Test
    void readsAsMuchAsIsAsked() throws Exception {
        Path file = directory.resolve("text");
        String text = "0123456789".repeat(10_000);
        Files.writeString(file, text);
        assertThat(InputFiles.read(file, 1 << 20)).asString(UTF_8).isEqualTo(text);
        assertThat(InputFiles.read(file, 50_001))
                .asString(UTF_8)
                .isEqualTo(text.substring(0, 50_001));
        assertThat(InputFiles.read(Files.createFile(directory.resolve("empty")), 9)).isEmpty();
    }

    @Test
    void waitsForNoWriterOfAFifo() throws Exception {
        Path fifo = directory.resolve("fifo");
        new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor();
        assertThatThrownBy(() -> InputFiles.read(fifo, 9)).hasMessageContaining("EINVAL");
        assertThatThrownBy(() -> InputFiles.read(Path.of("/dev/zero"), 9))
                .hasMessageContaining("EINVAL");
        assertThatThrownBy(() -> InputFiles.read(directory, 9)).hasMessageContaining("EINVAL");
    }
}
