// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.einhyrningsins.config.importer.ImportException;
import org.einhyrningsins.config.importer.ImportResult;
import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.source.ConfigProblem;
import org.einhyrningsins.config.value.LoadEnvironment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Files of other process managers, with what an import makes of them beside.
///
/// @param folder of the sample
/// @param files what the import is given
public record ImportSamples(String folder, List<String> files) {
    static final Path FOLDER = Path.of("src/test/resources/import");

    static final Map<String, String> ENVIRONMENT = Map.of("HOME", "/root", "SHELL", "/bin/sh");

    /// Knows everybody whose name does not begin with `nosuch`.
    static final LoadEnvironment MACHINE = machine(ENVIRONMENT);

    public static final Importer.ScriptRunner NO_SCRIPTS =
            file -> {
                throw ImportException.of(file, "is not run");
            };

    private static final Pattern VARIABLE = Pattern.compile("\\$\\{env\\.(\\w+)");

    static List<ImportSamples> all() {
        return List.of(
                new ImportSamples("supervisord", List.of("supervisord.conf")),
                new ImportSamples("circus", List.of("circus.ini")),
                new ImportSamples("compose", List.of("compose.yaml")),
                new ImportSamples("compose-order", List.of("compose.yaml")),
                new ImportSamples("process-compose", List.of("process-compose.yaml")),
                new ImportSamples("pm2", List.of("ecosystem.config.json")),
                new ImportSamples("procfile", List.of("Procfile")),
                new ImportSamples("procfile-odd", List.of("Procfile")),
                new ImportSamples(
                        "systemd",
                        List.of("shop.service", "shop.socket", "queue.service", "echo.socket")),
                new ImportSamples(
                        "systemd-order",
                        List.of(
                                "web.service",
                                "side.service",
                                "early.service",
                                "late.service",
                                "migrate.service",
                                "db.service")),
                new ImportSamples(
                        "systemd-timers",
                        List.of(
                                "clean.service",
                                "clean.timer",
                                "poll.service",
                                "poll.timer",
                                "report.service",
                                "first-saturday.timer",
                                "stray.timer")),
                new ImportSamples(
                        "systemd-odd",
                        List.of("once@7.service", "empty.service", "lonely.socket")));
    }

    public static LoadEnvironment machine(Map<String, String> environment) {
        Predicate<String> known = name -> !name.startsWith("nosuch");
        return new LoadEnvironment(environment, 2, known, known);
    }

    /// Imports the sample from a copy of its folder.
    ImportResult read(Path copy) throws ImportException {
        List<Path> paths = new ArrayList<>();
        files.forEach(file -> paths.add(copy.resolve(file)));
        return Importer.read(paths, null, MACHINE, NO_SCRIPTS);
    }

    /// Copies the folder.
    Path copyTo(Path directory) {
        Path source = FOLDER.resolve(folder);
        try (Stream<Path> all = Files.walk(source)) {
            for (Path path : all.toList()) {
                Path copy = directory.resolve(source.relativize(path).toString());
                if (!Files.isDirectory(path)) {
                    Files.createDirectories(copy.getParent());
                    Files.copy(path, copy);
                }
            }
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// What our own loader says of a text, on a machine that has every user and every variable.
    static List<ConfigProblem> problems(String yaml, Path directory) {
        try {
            Path file = Files.writeString(directory.resolve("imported.yaml"), yaml);
            Map<String, String> variables = new HashMap<>(ENVIRONMENT);
            Matcher variable = VARIABLE.matcher(yaml);
            while (variable.find()) {
                variables.putIfAbsent(variable.group(1), "set");
            }
            LoadEnvironment machine = new LoadEnvironment(variables, 2, _ -> true, _ -> true);
            return switch (ConfigLoader.load(file, machine)) {
                case LoadResult.Valid _ -> List.of();
                case LoadResult.Invalid invalid -> invalid.problems();
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return folder;
    }
}
