// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.config.print.ConfigPrinter;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.source.ConfigProblem;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/// Every example and sample, damaged at random in its bytes, lines, words and tree: whatever comes
/// of it, nothing is thrown, every problem has a place that is there, and what is valid still is
/// after it was printed.
///
/// `-Dfuzz=100000` makes it a long campaign; `-Dfuzz.seed=N` repeats one. Each file comes of a seed
/// of its own, which the failure tells: `-Dfuzz=1 -Dfuzz.seed=N` makes that one alone.
class FuzzTest {
    private static final int ROUNDS = Integer.getInteger("fuzz", 2_000);
    private static final long SEED = Long.getLong("fuzz.seed", System.nanoTime());

    /// What has a meaning to YAML or to us, here or there.
    private static final List<String> WORDS =
            List.of(
                    "{",
                    "}",
                    "[",
                    "]",
                    ",",
                    ":",
                    ": ",
                    "- ",
                    "? ",
                    "&a ",
                    "*a",
                    "<<: *a",
                    "!!int ",
                    "!x ",
                    "|\n",
                    ">\n",
                    "'",
                    "\"",
                    "%",
                    "@",
                    "`",
                    "#",
                    " #",
                    "\n",
                    "\r\n",
                    "\t",
                    " ",
                    "---\n",
                    "...\n",
                    "null",
                    "~",
                    "yes",
                    "no",
                    "0",
                    "-1",
                    "007",
                    "1:30",
                    "99999999999999999999",
                    "1e9",
                    "0x10",
                    "${",
                    "$${",
                    "$$${slot}",
                    "${slot}",
                    "${env.HOME}",
                    "${fd.http}",
                    "${address.http}",
                    "${program}",
                    "}",
                    "cpus*2",
                    "30s",
                    "1.5ms",
                    "64MiB",
                    ":80",
                    "[::1]:80",
                    "udp::53",
                    "unix:@x",
                    "unix:./x",
                    "TERM 5s",
                    "KILL",
                    "manual",
                    "smooth",
                    "all",
                    "\u0000",
                    "\u0085",
                    "\u2028",
                    "\uFEFF",
                    "\uD83D\uDE00",
                    "é",
                    "\\",
                    "\\x41",
                    "\\uD800",
                    "*.yaml",
                    "../x");

    @TempDir Path directory;

    private int valid;
    private int invalid;

    @Test
    void neverThrowsAndAlwaysTellsWhere() throws IOException {
        System.out.println("fuzz: seed " + SEED + ", " + ROUNDS + " files");
        List<Path> samples = samples();
        List<Path> good = Samples.good();
        for (long seed = SEED; seed < SEED + ROUNDS; seed++) {
            Random random = new Random(seed);
            // half of them from good ones, or hardly anything would be valid
            List<Path> some = random.nextBoolean() ? good : samples;
            Path sample = some.get(random.nextInt(some.size()));
            byte[] damaged = damaged(Files.readAllBytes(sample), random);
            try {
                examine(damaged);
            } catch (RuntimeException | StackOverflowError | AssertionError e) {
                Path kept = Files.write(Path.of("target/fuzz-" + seed + ".yaml"), damaged);
                throw new AssertionError("seed " + seed + ", from " + sample + ": " + kept, e);
            }
        }
        System.out.println("fuzz: " + valid + " valid, " + invalid + " not");
        assertThat(valid).isGreaterThan(ROUNDS / 100);
        assertThat(invalid).isGreaterThan(ROUNDS / 100);
    }

    private static List<Path> samples() throws IOException {
        List<Path> samples = new ArrayList<>();
        for (String folder : List.of("examples/configs", Samples.FOLDER.toString())) {
            try (Stream<Path> files = Files.walk(Path.of(folder))) {
                files.filter(f -> f.toString().endsWith(".yaml")).sorted().forEach(samples::add);
            }
        }
        return samples;
    }

    // ---- damage

    private static byte[] damaged(byte[] content, Random random) {
        byte[] damaged = content;
        for (int i = 0; i <= random.nextInt(4); i++) {
            String text = new String(damaged, StandardCharsets.UTF_8);
            damaged =
                    switch (random.nextInt(4)) {
                        case 0 -> bytes(damaged, random);
                        case 1 -> lines(text, random).getBytes(StandardCharsets.UTF_8);
                        case 2 -> words(text, random).getBytes(StandardCharsets.UTF_8);
                        default -> tree(text, random).getBytes(StandardCharsets.UTF_8);
                    };
        }
        return damaged;
    }

    private static byte[] bytes(byte[] content, Random random) {
        byte[] damaged = content.clone();
        if (damaged.length > 0) {
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
        }
        return damaged;
    }

    private static String lines(String text, Random random) {
        List<String> lines = new ArrayList<>(List.of(text.split("\n", -1)));
        int at = random.nextInt(lines.size());
        switch (random.nextInt(4)) {
            case 0 -> lines.remove(at);
            case 1 -> lines.add(at, lines.get(random.nextInt(lines.size())));
            case 2 -> lines.set(at, " ".repeat(random.nextInt(5)) + lines.get(at).strip());
            default -> Collections.swap(lines, at, random.nextInt(lines.size()));
        }
        return String.join("\n", lines);
    }

    private static String words(String text, Random random) {
        int from = random.nextInt(text.length() + 1);
        int to = Math.min(text.length(), from + random.nextInt(6));
        return text.substring(0, from)
                + WORDS.get(random.nextInt(WORDS.size()))
                + text.substring(random.nextBoolean() ? from : to);
    }

    /// Replaces, doubles or removes a value of the tree; text that is no tree is left alone.
    private static String tree(String text, Random random) {
        try {
            Object root = new Yaml(quiet()).load(text);
            List<Object> pool = new ArrayList<>(WORDS);
            collect(root, pool);
            DumperOptions options = new DumperOptions();
            options.setDereferenceAliases(true);
            return new Yaml(options).dump(changed(root, pool, random));
        } catch (RuntimeException | StackOverflowError e) {
            return text;
        }
    }

    private static LoaderOptions quiet() {
        LoaderOptions options = new LoaderOptions();
        options.setWarnOnDuplicateKeys(false);
        return options;
    }

    private static void collect(Object value, List<Object> into) {
        into.add(value);
        if (into.size() > 1_000) {
            return;
        }
        switch (value) {
            case Map<?, ?> map -> map.values().forEach(v -> collect(String.valueOf(v), into));
            case List<?> list -> list.forEach(v -> collect(String.valueOf(v), into));
            case null, default -> {}
        }
    }

    private static Object changed(Object value, List<Object> pool, Random random) {
        boolean here = random.nextInt(4) == 0;
        if (value instanceof Map<?, ?> map && !map.isEmpty() && !here) {
            Map<Object, Object> copy = new LinkedHashMap<>(map);
            List<Object> keys = new ArrayList<>(copy.keySet());
            Object key = keys.get(random.nextInt(keys.size()));
            Object old = copy.get(key);
            switch (random.nextInt(8)) {
                case 0 -> copy.remove(key);
                case 1 -> copy.put(pool.get(random.nextInt(pool.size())), old);
                case 2 -> copy.put(key, copy.get(keys.get(random.nextInt(keys.size()))));
                default -> copy.put(key, old == null ? "" : changed(old, pool, random));
            }
            return copy;
        } else if (value instanceof List<?> list && !list.isEmpty() && !here) {
            List<Object> copy = new ArrayList<>(list);
            int at = random.nextInt(copy.size());
            Object old = copy.get(at);
            switch (random.nextInt(4)) {
                case 0 -> copy.remove(at);
                case 1 -> copy.add(old);
                default -> copy.set(at, old == null ? "" : changed(old, pool, random));
            }
            return copy;
        }
        return pool.get(random.nextInt(pool.size()));
    }

    // ---- what comes of it

    private void examine(byte[] content) throws IOException {
        Path file = Files.write(directory.resolve("services.yaml"), content);
        switch (Samples.load(file)) {
            case LoadResult.Valid good -> {
                valid++;
                good.warnings().forEach(warning -> place(warning, file));
                sameWhenPrinted(good.services());
            }
            case LoadResult.Invalid bad -> {
                invalid++;
                assertThat(bad.problems()).isNotEmpty();
                bad.problems().forEach(configProblem -> place(configProblem, file));
                bad.warnings().forEach(warning -> place(warning, file));
            }
        }
    }

    /// Its text; what is not UTF-8 becomes a replacement character.
    private static String lenient(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void place(ConfigProblem configProblem, Path file) {
        assertThat(configProblem.message()).isNotBlank();
        String[] rendered = configProblem.render().split("\n", -1);
        assertThat(rendered.length).as(configProblem.render()).isIn(1, 3);
        if (!configProblem.file().equals(file) || configProblem.line() == 0) {
            return;
        }
        List<String> lines =
                // a superset of YAML's breaks is not needed
                lenient(file).lines().toList();
        assertThat(configProblem.line()).as(configProblem.render()).isPositive();
        assertThat(configProblem.column()).as(configProblem.render()).isPositive();
        String whole = String.join("\n", lines);
        int breaks =
                (int) whole.chars().filter(c -> "\n\u0085\u2028\u2029".indexOf(c) >= 0).count();
        assertThat(configProblem.line()).as(configProblem.render()).isLessThanOrEqualTo(breaks + 2);
        int length = configProblem.excerpt().codePointCount(0, configProblem.excerpt().length());
        if (length > 0) {
            assertThat(configProblem.column())
                    .as(configProblem.render())
                    .isLessThanOrEqualTo(length + 1);
        }
    }

    private void sameWhenPrinted(ServicesSpec services) throws IOException {
        Path printed = directory.resolve("printed.yaml");
        Files.writeString(printed, ConfigPrinter.print(services));
        assertThat(Samples.valid(printed)).isEqualTo(services);
    }
}
