// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.yaml;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.config.Samples;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.source.ConfigProblem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One mistake of syntax in a sound file is told at its line, and nothing else is: what a reader
/// makes of a line that was covered is no problem of the file.
class YamlRecoveryTest {
    private static final Pattern ENTRY = Pattern.compile("( +)([a-z-]+): ([^|>{\\[&*#\"'].*)");

    private static final List<UnaryOperator<String>> MISTAKES =
            List.of(
                    line -> line.replaceFirst(": ", ": a: "),
                    line -> line.replaceFirst(": ", ": *.x "),
                    line -> line.replaceFirst(": ", ": %h "),
                    line -> line.replaceFirst(": ", ": @"),
                    line -> line.replaceFirst(": ", ": \"b\" "),
                    line -> line.replaceFirst(": ", ": [::]:80 "),
                    line -> line.replaceFirst(": ", ": [x, "),
                    line -> line.replaceFirst(": ", ": {x: "),
                    line -> line.replaceFirst(": ", ": \"\\d\" "),
                    line -> line.replaceFirst(": ", ":\t"),
                    line -> line.replaceFirst(": ", ":\u00A0"),
                    line -> line.replaceFirst("^ ", "\u00A0"));

    @TempDir Path directory;

    static List<Path> good() {
        return Samples.in("good");
    }

    @ParameterizedTest
    @MethodSource("good")
    void tellsOfTheMistakeAlone(Path file) throws IOException {
        List<String> lines = Samples.read(file).lines().toList();
        List<String> strange = new ArrayList<>();
        int tried = 0;
        for (int i = 0; i < lines.size(); i++) {
            Matcher entry = ENTRY.matcher(lines.get(i));
            if (!entry.matches() || isWithin(lines, i)) {
                continue;
            }
            for (UnaryOperator<String> mistake : MISTAKES) {
                List<String> broken = new ArrayList<>(lines);
                broken.set(i, mistake.apply(lines.get(i)));
                List<ConfigProblem> problems = problems(String.join("\n", broken) + "\n", file);
                tried++;
                int line = i + 1;
                if (problems.isEmpty() || problems.stream().anyMatch(p -> p.line() != line)) {
                    strange.add(
                            broken.get(i) + " in line " + line + ":\n" + Samples.render(problems));
                }
            }
        }
        assertThat(strange).as(tried + " tried").isEmpty();
    }

    /// Whether the line is a part of a text or list that began above it.
    private static boolean isWithin(List<String> lines, int at) {
        int depth = 0;
        for (String line : lines.subList(0, at)) {
            depth += count(line, '[') + count(line, '{') - count(line, ']') - count(line, '}');
        }
        String before = at == 0 ? "" : lines.get(at - 1);
        return depth != 0 || before.matches(".*[|>][-+]?") || !lines.get(at).startsWith("  ");
    }

    private static int count(String line, char c) {
        return (int) line.chars().filter(each -> each == c).count();
    }

    private List<ConfigProblem> problems(String text, Path like) throws IOException {
        Path good = Files.createDirectories(directory.resolve("good"));
        Path parts = Files.createDirectories(directory.resolve("parts"));
        for (String part : List.of("web.env")) {
            Files.writeString(
                    parts.resolve(part), Samples.read(Samples.FOLDER.resolve("parts/" + part)));
        }
        Path file = Files.writeString(good.resolve(like.getFileName()), text);
        return switch (Samples.load(file)) {
            case LoadResult.Valid _ -> List.of();
            case LoadResult.Invalid invalid -> invalid.problems();
        };
    }

    @Test
    void endsWhateverTheFileIs() throws IOException {
        String many = "  a\n    b: c: d\n".repeat(2_000);
        assertThat(problems("programs:\n" + many, Path.of("many.yaml"))).isNotEmpty();
        String open = "x: [\n".repeat(500);
        assertThat(problems(open, Path.of("open.yaml"))).isNotEmpty();
        String quotes = "x: 'a\ny: \"b\n".repeat(500);
        assertThat(problems(quotes, Path.of("quotes.yaml"))).isNotEmpty();
    }

    /// Odd characters are meant in the midst of a text, also if what begins it, or a line of it,
    /// has one at the wrong place.
    @Test
    void textStaysTextWhereOneOfItsLinesIsMended() throws IOException {
        String env = "programs:\n  web:\n    env:\n";
        String begun = env + "      A:\u00A0|\n        more\u201D \u201Ctext\u201D: 1\n";
        String within = env + "      A: |\n\u00A0       a\n          \u00A0\u201Cb\u201D: 1\n";
        for (String text : List.of(begun, within)) {
            List<ConfigProblem> problems =
                    problems(text + "    command: [x\n", Path.of("text.yaml"));
            assertThat(problems).hasSize(2);
            assertThat(problems.getFirst().message()).contains("no-break space");
            assertThat(problems.getLast().message()).contains("is not closed");
        }
    }
}
