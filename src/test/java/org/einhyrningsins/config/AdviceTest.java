// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Scalar;
import org.einhyrningsins.config.source.ConfigProblem;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.KeyPath;
import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.SourceText;
import org.einhyrningsins.config.value.ForeignKeywordTable;
import org.einhyrningsins.config.value.ForeignKeywords;
import org.einhyrningsins.config.value.LoadEnvironment;
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
    private static final SourcePosition NOWHERE =
            new SourcePosition(new SourceText(Path.of("x.yaml"), ""), 1, 1, KeyPath.TOP);

    @TempDir Path directory;

    private final Set<String> wrong = new LinkedHashSet<>();
    private int advised;

    @Test
    void whatIsToBeWrittenLoads() throws IOException {
        Files.createDirectory(directory.resolve("conf.d"));
        Files.writeString(directory.resolve("web.env"), "A=1\n");
        int loaded = 0;
        for (ConfigShape configShape : ConfigShape.ALL) {
            for (String line : ForeignKeywordTable.rows(configShape)) {
                String word = line.substring(0, line.indexOf(": ")).split(" ", 2)[0];
                for (String value : List.of("", "0", "1", "30", "30s", "512M", "1.5G")) {
                    String advice = ForeignKeywords.advice(configShape, word, scalar(value));
                    loaded += load(configShape, advice == null ? "" : advice);
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(loaded).isGreaterThan(500);
    }

    private static @Nullable ConfigNode scalar(String value) {
        return value.isEmpty() ? null : new Scalar(NOWHERE, value, true);
    }

    private int load(ConfigShape configShape, String advice) throws IOException {
        Matcher written = TO_WRITE.matcher(advice);
        int loaded = 0;
        while (written.find()) {
            String key = written.group(1);
            boolean own = configShape.has(key);
            ConfigShape outer =
                    ConfigShape.PROGRAM.has(key) ? ConfigShape.PROGRAM : ConfigShape.FILE;
            String text = file(own ? configShape : outer, key, written.group());
            List<ConfigProblem> problems = problems(text);
            if (!problems.isEmpty()) {
                wrong.add(configShape.name() + ": " + advice + "\n" + Samples.render(problems));
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
        for (ConfigShape configShape :
                List.of(
                        ConfigShape.FILE,
                        ConfigShape.PROGRAM,
                        ConfigShape.RESTART,
                        ConfigShape.ROLLOUT)) {
            for (String key : configShape.keys()) {
                for (String value : values) {
                    check(configShape, key, value);
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(advised).isGreaterThan(100);
    }

    private void check(ConfigShape configShape, String key, String value) throws IOException {
        for (ConfigProblem configProblem :
                problems(file(configShape, key, "`" + key + ": " + value + "`"))) {
            Matcher map = MAP.matcher(configProblem.message());
            if (map.find() && configProblem.path().endsWith(key)) {
                advised++;
                String text = file(configShape, key, "`" + key + ": " + map.group(1) + "`");
                String said = Samples.render(problems(text));
                if (!said.isEmpty()) {
                    wrong.add(configProblem.message() + "\n" + said);
                }
            }
        }
    }

    private List<ConfigProblem> problems(String text) throws IOException {
        Path file = Files.writeString(directory.resolve("services.yaml"), text);
        LoadEnvironment machine =
                new LoadEnvironment(Map.of("HOME", "/root"), 2, _ -> true, _ -> true);
        if (!(ConfigLoader.load(file, machine) instanceof LoadResult.Invalid invalid)) {
            return List.of();
        }
        List<ConfigProblem> problems = new ArrayList<>(invalid.problems());
        // the number is the reader's own, and is answered in its new place
        problems.removeIf(each -> each.message().contains(": no program starts with "));
        return problems;
    }

    private static String file(ConfigShape configShape, String key, String quoted) {
        String setting = quoted.substring(1, quoted.length() - 1);
        List<String> all = new ArrayList<>(beside(configShape, key));
        all.add(setting);
        String map = "{ " + String.join(", ", all) + " }";
        return switch (configShape.name()) {
            case "file", "included" ->
                    setting + (key.equals("programs") ? "\n" : "\nprograms: {}\n");
            case "control", "log", "http" -> configShape.name() + ": " + map + "\nprograms: {}\n";
            case "program" -> program(key, setting);
            case "bind" -> program("bind", "bind: [" + map + "]");
            case "canary" -> program("rollout", "rollout: { canary: " + map + " }");
            case "probe" -> program("ack", "ack: { probe: " + map + " }");
            case "backoff", "give-up" ->
                    program("restart", "restart: { " + configShape.name() + ": " + map + " }");
            default -> program(configShape.name(), configShape.name() + ": " + map);
        };
    }

    /// A program with another one, and with a socket for who speaks of one; a job has none.
    private static String program(String key, String setting) {
        return "programs:\n  db: { command: [/bin/true] }\n  web:\n"
                + (key.equals("command") ? "" : "    command: [/bin/true]\n")
                + (key.equals("bind") || setting.equals("kind: job")
                        ? ""
                        : "    bind: [{ name: http, tcp: \":8081\" }]\n")
                + "    "
                + setting
                + "\n";
    }

    /// What a key needs beside it.
    private static List<String> beside(ConfigShape configShape, String key) {
        return switch (configShape.name() + "." + key) {
            case "bind.mode", "bind.owner", "bind.group" -> List.of("unix: /tmp/x.sock");
            case "bind.tcp", "bind.udp", "bind.unix" -> List.of();
            case "ack.match" -> List.of("mode: log");
            case "ack.every" -> List.of("mode: probe", "tcp: http");
            case "logs.to" -> List.of();
            case "logs.keep", "logs.compress" -> List.of("to: /tmp/x.log", "max-size: 1MiB");
            case "probe.http", "probe.tcp", "probe.exec" -> List.of();
            case "health.http", "health.tcp", "health.exec" -> List.of();
            default ->
                    switch (configShape.name()) {
                        case "bind" -> List.of("tcp: \":8080\"");
                        case "logs" -> List.of("to: /tmp/x.log");
                        case "probe", "health" -> List.of("tcp: http");
                        default -> List.of();
                    };
        };
    }
}
