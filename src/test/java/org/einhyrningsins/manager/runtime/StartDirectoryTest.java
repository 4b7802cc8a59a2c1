// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

class StartDirectoryTest {
    @TempDir Path directory;

    private static final Path HERE = Path.of("").toAbsolutePath();

    @Test
    void hasTheNameThatTheShellHasForIt() throws Exception {
        Path link = Files.createSymbolicLink(directory.resolve("current"), HERE);
        assertThat(StartDirectory.find(Map.of("PWD", link.toString()))).isEqualTo(link);
    }

    @Test
    void aNameOfAnotherDirectoryIsNotIts() {
        assertThat(StartDirectory.find(Map.of("PWD", directory.toString()))).isEqualTo(HERE);
        assertThat(StartDirectory.find(Map.of("PWD", directory + "/none"))).isEqualTo(HERE);
        assertThat(StartDirectory.find(Map.of("PWD", "."))).isEqualTo(HERE);
        assertThat(StartDirectory.find(Map.of())).isEqualTo(HERE);
    }

    /// A directory that is gone has a name all the same; anybody else's variable does not count.
    @Test
    void isHandedOnByName() {
        Map<String, String> handed =
                Map.of(StartDirectory.VARIABLE, "/gone", StartDirectory.IMAGE, "3");
        assertThat(StartDirectory.find(handed)).isEqualTo(Path.of("/gone"));
        assertThat(StartDirectory.find(Map.of(StartDirectory.VARIABLE, "/gone"))).isEqualTo(HERE);
    }

    @Test
    void resolvesWhatIsRelativeOnly() {
        assertThat(StartDirectory.resolve(Path.of("/a/../b"))).isEqualTo(Path.of("/a/../b"));
        assertThat(StartDirectory.resolve(Path.of("b.yaml"))).isEqualTo(HERE.resolve("b.yaml"));
    }
}
