// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Files;
import java.nio.file.Path;

/// A file with problems still says where the state of the manager before is.
class WhereaboutsTest {
    @TempDir Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "programs: { web: { command: [\"true\"], env-file: gone } }",
                "programs: { web: { command: [\"true\"], wrokers: 3 } }",
                "programs: { web: { command: [\"true\"] }",
                "programs:\n  web:\n    command: [\n",
                "programs:\n\tweb:\n",
                "",
            })
    void areReadAllTheSame(String programs) throws Exception {
        Path file = directory.resolve("services.yaml");
        String text = "state-dir: kept\ncontrol: { socket: run/c.sock }\n" + programs + "\n";
        Files.writeString(file, text);
        assertThat(ConfigLoader.load(file, Samples.MACHINE))
                .isInstanceOfSatisfying(
                        LoadResult.Invalid.class,
                        invalid -> {
                            LoadResult.Whereabouts known = invalid.whereabouts();
                            assertThat(known.stateDirectory()).isEqualTo(directory.resolve("kept"));
                            assertThat(known.control().socket())
                                    .isEqualTo(directory.resolve("run/c.sock"));
                        });
    }
}
