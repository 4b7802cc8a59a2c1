// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.docs;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The documents for developers name classes, and a class that was renamed or moved is not where
/// they say.
class ArchitectureTest {
    /// `manager.spawn.WorkerSpawner`, `spawn.WorkerSpawner` or `WorkerSpawner`, with a member
    /// behind it perhaps.
    private static final Pattern NAME =
            Pattern.compile("`((?:[a-z]+\\.)*)([A-Z][a-z]\\w*)(?:[.#(][^`]*)?`");

    @ParameterizedTest
    @ValueSource(strings = {"ARCHITECTURE.md", "CONTRIBUTING.md"})
    void itsClassesAreWhereItSays(String document) throws IOException {
        Set<String> known = names();
        List<String> missing = new ArrayList<>();
        Matcher name = NAME.matcher(Files.readString(Path.of(document)));
        int found = 0;
        while (name.find()) {
            found++;
            String type = name.group(1).replace('.', '/') + name.group(2);
            if (known.stream().noneMatch(one -> one.equals(type) || one.endsWith("/" + type))) {
                missing.add(name.group());
            }
        }
        assertThat(found).isPositive();
        assertThat(missing).isEmpty();
    }

    /// Files of the project by their paths, and all types by their simple names.
    private static Set<String> names() throws IOException {
        Pattern type = Pattern.compile("\\b(?:class|interface|record|enum) ([A-Z]\\w*)");
        Set<String> names = new TreeSet<>();
        for (String sources : List.of("src/main/java", "src/test/java")) {
            try (Stream<Path> files = Files.walk(Path.of(sources))) {
                for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                    names.add("/" + file.toString().replace(".java", ""));
                    Matcher declared = type.matcher(Files.readString(file));
                    while (declared.find()) {
                        names.add(declared.group(1));
                    }
                }
            }
        }
        return names;
    }
}
