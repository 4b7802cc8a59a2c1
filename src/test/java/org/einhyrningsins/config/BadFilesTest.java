// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Each file of `bad` is refused with exactly the text beside it. After a change of messages,
/// `-Dgolden=write` writes the texts anew (and fails, so that somebody reads them).
class BadFilesTest {

    static List<Path> bad() {
        return Samples.in("bad");
    }

    @ParameterizedTest
    @MethodSource("bad")
    void saysEverythingThatIsWrong(Path file) throws IOException {
        String found = Samples.render(Samples.problems(file)).replace(Samples.FOLDER + "/", "");
        Path golden = Path.of(file.toString().replace(".yaml", ".txt"));
        if ("write".equals(System.getProperty("golden"))) {
            Files.writeString(golden, found);
            throw new AssertionError("written, read it: " + golden);
        }
        assertThat(found).isEqualTo(Samples.read(golden));
    }
}
