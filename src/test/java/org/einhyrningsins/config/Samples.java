// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.source.ConfigProblem;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.spec.manager.ServicesSpec;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// The sample files, and a machine to load them on.
public final class Samples {
    public static final Path FOLDER = Path.of("src/test/resources/config");

    private static final Set<String> KNOWN = Set.of("root", "www-data");

    static final LoadEnvironment MACHINE =
            new LoadEnvironment(
                    Map.of("HOME", "/home/me", "DOLLAR", "$"), 4, KNOWN::contains, KNOWN::contains);

    private Samples() {}

    /// The samples of what is good, and the examples that users are given.
    static List<Path> good() {
        List<Path> good = new ArrayList<>(in("good"));
        good.addAll(files(Path.of("examples/configs")));
        return good;
    }

    public static List<Path> in(String folder) {
        return files(FOLDER.resolve(folder));
    }

    private static List<Path> files(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static LoadResult load(Path file) {
        return ConfigLoader.load(file, MACHINE);
    }

    static ServicesSpec valid(Path file) {
        return switch (load(file)) {
            case LoadResult.Valid valid -> valid.services();
            case LoadResult.Invalid invalid -> throw new AssertionError(render(invalid.problems()));
        };
    }

    static List<ConfigProblem> problems(Path file) {
        return switch (load(file)) {
            case LoadResult.Valid valid -> throw new AssertionError("valid: " + valid.services());
            case LoadResult.Invalid invalid -> invalid.problems();
        };
    }

    public static String render(List<ConfigProblem> problems) {
        StringBuilder text = new StringBuilder();
        for (ConfigProblem configProblem : problems) {
            text.append(configProblem.render()).append('\n');
        }
        return text.toString();
    }

    public static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
