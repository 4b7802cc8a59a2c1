// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.config.read.Loaded;
import org.einhyrningsins.config.read.Loader;
import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Node.Scalar;
import org.einhyrningsins.config.source.Place;
import org.einhyrningsins.config.source.Problem;
import org.einhyrningsins.config.source.Shape;
import org.einhyrningsins.config.source.Source;
import org.einhyrningsins.config.source.Trail;
import org.einhyrningsins.config.value.Surroundings;
import org.einhyrningsins.config.value.Synonyms;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What a message says to write is no error itself: all that is said in place of other managers'
/// words is loaded, each in the map that it belongs to.
class AdviceTest {
    private static final Pattern TO_WRITE = Pattern.compile("`([a-z][a-z-]*): ([^`…]+)`");
    private static final Pattern MAP = Pattern.compile("; write (\\{ [^…]* \\})");
    private static final Place NOWHERE =
            new Place(new Source(Path.of("x.yaml"), ""), 1, 1, Trail.TOP);

    @TempDir Path directory;

    private final Set<String> wrong = new LinkedHashSet<>();
    private int advised;

    @Test
    void whatIsToBeWrittenLoads() throws IOException {
        Files.createDirectory(directory.resolve("conf.d"));
        Files.writeString(directory.resolve("web.env"), "A=1\n");
        int loaded = 0;
        for (Shape shape : Shape.ALL) {
            for (String line : Synonyms.lines(shape)) {
                String word = line.substring(0, line.indexOf(": ")).split(" ", 2)[0];
                for (String value : List.of("", "0", "1", "30", "30s", "512M", "1.5G")) {
                    String advice = Synonyms.advice(shape, word, scalar(value));
                    loaded += load(shape, advice == null ? "" : advice);
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(loaded).isGreaterThan(500);
    }

    private static @Nullable Node scalar(String value) {
        return value.isEmpty() ? null : new Scalar(NOWHERE, value, true);
    }

    private int load(Shape shape, String advice) throws IOException {
        Matcher written = TO_WRITE.matcher(advice);
        int loaded = 0;
        while (written.find()) {
            String key = written.group(1);
            boolean own = shape.has(key);
            Shape outer = Shape.PROGRAM.has(key) ? Shape.PROGRAM : Shape.FILE;
            String text = file(own ? shape : outer, key, written.group());
            List<Problem> problems = problems(text);
            if (!problems.isEmpty()) {
                wrong.add(shape.name() + ": " + advice + "\n" + Samples.render(problems));
            }
            loaded++;
        }
        return loaded;
    }

    /// A value where a map belongs is answered with a map.
    @Test
    void theMapThatIsAdvisedInPlaceOfAValueLoads() throws IOException {
        List<String> values =
                List.of(
                        "true",
                        "no",
                        "0",
                        "5",
                        "-1",
                        "1.5",
                        "30",
                        "foo",
                        "\"x y\"",
                        "/a/b",
                        "\"a,b\"",
                        "[5]",
                        "[foo]",
                        "512M",
                        "\"5 minutes\"",
                        "\"127.0.0.1:80\"",
                        "TERM",
                        "\"TERM, 5s\"",
                        "[TERM 5s, KILL]",
                        "http://127.0.0.1:80/x",
                        "never");
        for (Shape shape : List.of(Shape.FILE, Shape.PROGRAM, Shape.RESTART, Shape.ROLLOUT)) {
            for (String key : shape.keys()) {
                for (String value : values) {
                    check(shape, key, value);
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(advised).isGreaterThan(100);
    }

    private void check(Shape shape, String key, String value) throws IOException {
        for (Problem problem : problems(file(shape, key, "`" + key + ": " + value + "`"))) {
            Matcher map = MAP.matcher(problem.message());
            if (map.find() && problem.path().endsWith(key)) {
                advised++;
                String text = file(shape, key, "`" + key + ": " + map.group(1) + "`");
                String said = Samples.render(problems(text));
                if (!said.isEmpty()) {
                    wrong.add(problem.message() + "\n" + said);
                }
            }
        }
    }

    private List<Problem> problems(String text) throws IOException {
        Path file = Files.writeString(directory.resolve("services.yaml"), text);
        Surroundings machine = new Surroundings(Map.of("HOME", "/root"), 2, _ -> true, _ -> true);
        return Loader.load(file, machine) instanceof Loaded.Invalid invalid
                ? invalid.problems()
                : List.of();
    }

    private static String file(Shape shape, String key, String quoted) {
        String setting = quoted.substring(1, quoted.length() - 1);
        List<String> all = new ArrayList<>(beside(shape, key));
        all.add(setting);
        String map = "{ " + String.join(", ", all) + " }";
        return switch (shape.name()) {
            case "file", "included" ->
                    setting + (key.equals("programs") ? "\n" : "\nprograms: {}\n");
            case "control", "log", "http" -> shape.name() + ": " + map + "\nprograms: {}\n";
            case "program" -> program(key, setting);
            case "bind" -> program("bind", "bind: [" + map + "]");
            case "canary" -> program("rollout", "rollout: { canary: " + map + " }");
            case "probe" -> program("ack", "ack: { probe: " + map + " }");
            case "backoff", "give-up" ->
                    program("restart", "restart: { " + shape.name() + ": " + map + " }");
            default -> program(shape.name(), shape.name() + ": " + map);
        };
    }

    /// A program with another one, and with a socket for who speaks of one.
    private static String program(String key, String setting) {
        return "programs:\n  db: { command: [/bin/true] }\n  web:\n"
                + (key.equals("command") ? "" : "    command: [/bin/true]\n")
                + (key.equals("bind") ? "" : "    bind: [{ name: http, tcp: \":8081\" }]\n")
                + "    "
                + setting
                + "\n";
    }

    /// What a key needs beside it.
    private static List<String> beside(Shape shape, String key) {
        return switch (shape.name() + "." + key) {
            case "bind.mode", "bind.owner", "bind.group" -> List.of("unix: /tmp/x.sock");
            case "bind.tcp", "bind.udp", "bind.unix" -> List.of();
            case "ack.match" -> List.of("mode: log");
            case "ack.every" -> List.of("mode: probe", "tcp: http");
            case "logs.to" -> List.of();
            case "logs.keep", "logs.compress" -> List.of("to: /tmp/x.log", "max-size: 1MiB");
            case "probe.http", "probe.tcp", "probe.exec" -> List.of();
            case "health.http", "health.tcp", "health.exec" -> List.of();
            default ->
                    switch (shape.name()) {
                        case "bind" -> List.of("tcp: \":8080\"");
                        case "logs" -> List.of("to: /tmp/x.log");
                        case "probe", "health" -> List.of("tcp: http");
                        default -> List.of();
                    };
        };
    }
}
