// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.posix.Descriptors;
import org.einhyrningsins.posix.Scarcity;
import org.einhyrningsins.spec.LogSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

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
}
