// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.config.importer.ImportException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/// What an import makes of other managers' files. After a change, `-Dgolden=write` writes the
/// expected texts anew (and fails, so that somebody reads them).
class ImporterTest {
    private static final int MUTANTS = Integer.getInteger("mutants", 150);

    @TempDir Path directory;

    static List<ImportSamples> samples() {
        return ImportSamples.all();
    }

    @ParameterizedTest
    @MethodSource("samples")
    void makesOfEachSampleTheTextBesideIt(ImportSamples sample) throws Exception {
        Path copy = sample.copyTo(directory);
        String made = sample.read(copy).yaml().replace(copy.toString(), "/HERE");
        Path golden = ImportSamples.FOLDER.resolve(sample.folder() + ".yaml");
        if ("write".equals(System.getProperty("golden"))) {
            Files.writeString(golden, made);
            throw new AssertionError("written, read it: " + golden);
        }
        assertThat(made).isEqualTo(Files.readString(golden));
    }

    @ParameterizedTest
    @MethodSource("samples")
    void whatItMakesIsValid(ImportSamples sample) throws ImportException {
        Path copy = sample.copyTo(directory);
        String yaml = sample.read(copy).yaml();
        assertThat(Samples.render(ImportSamples.problems(yaml, directory))).isEmpty();
    }

    /// Takes each line away by itself: if nothing changed, it would have been lost in silence.
    @ParameterizedTest
    @MethodSource("samples")
    void noLineIsLostInSilence(ImportSamples sample) throws IOException, ImportException {
        Path copy = sample.copyTo(directory);
        String whole = sample.read(copy).yaml();
        List<String> silent = new ArrayList<>();
        for (Path file : files(copy)) {
            List<String> lines = Files.readAllLines(file);
            boolean isNamed = isNamed(file, whole);
            boolean isTree = file.toString().matches(".*[.](yaml|json)");
            for (int i = 0; i < lines.size(); i++) {
                if (isNamed || !(isTree ? isEntry(lines.get(i)) : isSetting(lines.get(i)))) {
                    continue;
                }
                List<String> less = new ArrayList<>(lines);
                less.set(i, "#");
                Files.write(file, less);
                if (made(sample, copy).equals(whole)) {
                    silent.add(file.getFileName() + ":" + (i + 1) + ": " + lines.get(i));
                }
            }
            Files.write(file, lines);
        }
        assertThat(silent).isEmpty();
    }

    private static boolean isNamed(Path file, String yaml) {
        return yaml.lines().anyMatch(line -> line.matches(" *env-file: .*" + file + "[,\\]].*"));
    }

    /// A line of a tree; one that only closes something says nothing.
    private static boolean isEntry(String line) {
        return line.matches("\\s*[^#\\s\\]}].*");
    }

    private static String made(ImportSamples sample, Path copy) {
        try {
            return sample.read(copy).yaml();
        } catch (ImportException e) {
            return e.reason();
        }
    }

    /// Each line that says nothing to a person says nothing here either.
    private static boolean isSetting(String line) {
        return line.matches("[^#;\\s\\[].*[=:].*");
    }

    /// Files that somebody broke are refused, or make a valid file; nothing else may happen.
    @ParameterizedTest
    @MethodSource("samples")
    void brokenFilesMakeValidOnesOrAreRefused(ImportSamples sample) throws IOException {
        Path copy = sample.copyTo(directory.resolve("copy"));
        int made = 0;
        for (int seed = 0; seed < MUTANTS; seed++) {
            Random random = new Random(seed);
            List<Path> files = files(copy);
            Path file = files.get(random.nextInt(files.size()));
            List<String> lines = Files.readAllLines(file);
            Files.write(file, mutated(lines, random).getBytes(StandardCharsets.UTF_8));
            made += isRefused(sample, copy, seed) ? 0 : 1;
            Files.write(file, lines);
        }
        assertThat(made).isPositive();
    }

    private boolean isRefused(ImportSamples sample, Path copy, int seed) {
        try {
            String yaml = sample.read(copy).yaml();
            assertThat(Samples.render(ImportSamples.problems(yaml, directory)))
                    .as("seed " + seed + " of " + sample + "\n" + yaml)
                    .isEmpty();
            return false;
        } catch (ImportException e) {
            assertThat(e.reason()).as("seed " + seed).isNotEmpty();
            return true;
        }
    }

    private static String mutated(List<String> lines, Random random) {
        List<String> mutated = new ArrayList<>(lines);
        for (int n = random.nextInt(4); n >= 0 && !mutated.isEmpty(); n--) {
            int i = random.nextInt(mutated.size());
            String line = mutated.get(i);
            int at = line.isEmpty() ? 0 : random.nextInt(line.length());
            switch (random.nextInt(6)) {
                case 0 -> mutated.remove(i);
                case 1 -> mutated.add(i, mutated.get(random.nextInt(mutated.size())));
                case 2 -> mutated.set(i, line.substring(0, at) + junk(random) + line.substring(at));
                case 3 -> mutated.set(i, line.substring(0, at));
                case 4 -> mutated.set(i, value(line, junk(random)));
                default -> mutated.set(i, value(line, value(mutated, random)));
            }
        }
        return String.join("\n", mutated);
    }

    private static String value(String line, String other) {
        int split = Math.max(line.indexOf('='), line.indexOf(": "));
        return split < 0 ? other : line.substring(0, split + 1) + other;
    }

    private static String value(List<String> lines, Random random) {
        String line = lines.get(random.nextInt(lines.size()));
        return line.substring(line.indexOf('=') + 1);
    }

    private static String junk(Random random) {
        List<String> junk =
                List.of(
                        "",
                        "0",
                        "-1",
                        "99999999999",
                        "1e9",
                        "%",
                        "%(",
                        "%(x)s",
                        "%(process_num)s",
                        "${",
                        "$${x}",
                        "$",
                        "'",
                        "\"",
                        "\\",
                        ":",
                        "=",
                        "[",
                        "]",
                        "#",
                        ";",
                        "null",
                        "~",
                        "yes",
                        "008",
                        "0777",
                        "/",
                        "/etc",
                        "é\u0085\u2028",
                        "\u0001",
                        "\t",
                        "$(circus.wid)",
                        "((circus.sockets.web))",
                        "$(circus.env.x)",
                        "127.0.0.1:1",
                        "[::]:80",
                        "127.1:80",
                        "all",
                        "-",
                        "infinity",
                        "5min",
                        "${env.X}",
                        "*/x",
                        "\uFEFF",
                        "x".repeat(200),
                        "tcp://x",
                        "unix://",
                        "0.0.0.0:8080",
                        "😀");
        return junk.get(random.nextInt(junk.size()));
    }

    private static List<Path> files(Path copy) throws IOException {
        try (Stream<Path> all = Files.walk(copy)) {
            return all.filter(Files::isRegularFile)
                    .filter(
                            file ->
                                    !file.getFileName()
                                            .toString()
                                            .matches("imported.yaml|.foreman"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void tellsTheFormatByNameOrContents() throws IOException, ImportException {
        assertThat(imported("app.service", "[Service]\nExecStart=/bin/true\n")).contains("app:");
        assertThat(imported("unit.txt", "[Service]\nExecStart=/bin/true\n")).contains("unit:");
        assertThat(imported("Procfile.dev", "web: ./web\n")).contains("web:");
        assertThat(imported("any.conf", "[program:app]\ncommand=/bin/true\n")).contains("command:");
        assertThat(imported("any.ini", "[watcher:app]\ncmd=/bin/true\n")).contains("command:");
    }

    @Test
    void asksWhatAFileIsThatLooksLikeNone() throws IOException {
        Path file = Files.writeString(directory.resolve("notes.txt"), "remember the milk\n");
        assertThatThrownBy(
                        () ->
                                Importer.read(
                                        List.of(file),
                                        null,
                                        ImportSamples.MACHINE,
                                        ImportSamples.NO_SCRIPTS))
                .isInstanceOfSatisfying(
                        ImportException.class, e -> assertThat(e.isUsage()).isTrue())
                .hasMessageContaining("--from supervisord");
    }

    @Test
    void saysWhereAFileCannotBeRead() throws IOException {
        Path file =
                Files.writeString(
                        directory.resolve("supervisord.conf"), "[supervisord]\n\nnonsense\n");
        assertThatThrownBy(
                        () ->
                                Importer.read(
                                        List.of(file),
                                        null,
                                        ImportSamples.MACHINE,
                                        ImportSamples.NO_SCRIPTS))
                .isInstanceOfSatisfying(
                        ImportException.class, e -> assertThat(e.isUsage()).isFalse())
                .hasMessage(file + ":3: expected KEY = VALUE, found \"nonsense\"");
        Path none = directory.resolve("none.service");
        assertThatThrownBy(
                        () ->
                                Importer.read(
                                        List.of(none),
                                        null,
                                        ImportSamples.MACHINE,
                                        ImportSamples.NO_SCRIPTS))
                .hasMessage(none + ": cannot be read: no such file");
        Path zero = Files.writeString(directory.resolve("zero.service"), "[Unit]\na=\0\n");
        assertThatThrownBy(
                        () ->
                                Importer.read(
                                        List.of(zero),
                                        null,
                                        ImportSamples.MACHINE,
                                        ImportSamples.NO_SCRIPTS))
                .hasMessageContaining("zero.service:2: holds the character NUL");
    }

    private String imported(String name, String text) throws IOException, ImportException {
        Path file = Files.writeString(directory.resolve(name), text);
        return Importer.read(List.of(file), null, ImportSamples.MACHINE, ImportSamples.NO_SCRIPTS)
                .yaml();
    }
}
