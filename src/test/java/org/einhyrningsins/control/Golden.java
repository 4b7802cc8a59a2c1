// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Texts kept in files, to be read by people when they change: `mvn test -DargLine=-Dgolden=write`
/// writes them anew.
public final class Golden {
    private static final Path DIRECTORY = Path.of("src/test/resources/org/einhyrningsins/control");

    private Golden() {}

    /// Compares with the file of that name.
    public static void check(String name, String actual) throws IOException {
        Path file = DIRECTORY.resolve(name);
        if ("write".equals(System.getProperty("golden"))) {
            Files.writeString(file, actual);
        }
        assertThat(actual).isEqualTo(Files.readString(file));
    }

    /// The text of a file.
    public static String read(String name) throws IOException {
        return Files.readString(DIRECTORY.resolve(name));
    }
}
