// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.cli.terminal.TextOutput;
import org.einhyrningsins.control.TestManager;
import org.einhyrningsins.control.report.CompletionNames;
import org.einhyrningsins.control.report.ReplyWriter;
import org.einhyrningsins.control.wire.ControlRequest;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonId;
import org.einhyrningsins.control.wire.UsageException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.terminal.impl.DumbTerminal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Objects;

class CommandShellTest {
    private static final JsonId ID = JsonId.of(1);

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir Path directory;

    // ---- lines

    @Test
    void splitsLinesAsAShellWould() throws UsageException {
        assertThat(ShellTokenizer.commands("stop web; start 'a b'  c\\ d;;")).hasSize(2);
        assertThat(ShellTokenizer.commands("stop web; start 'a b'  c\\ d;;").get(1))
                .containsExactly("start", "a b", "c d");
        assertThat(ShellTokenizer.commands("a ';' \";\" \\; b;c"))
                .containsExactly(List.of("a", ";", ";", ";", "b"), List.of("c"));
        assertThat(ShellTokenizer.commands("a b#c # d; e")).containsExactly(List.of("a", "b#c"));
        assertThat(ShellTokenizer.commands("a ''")).containsExactly(List.of("a", ""));
        assertThat(ShellTokenizer.commands(" ; ")).isEmpty();
        assertThatThrownBy(() -> ShellTokenizer.commands("a 'b"))
                .isInstanceOf(UsageException.class);
    }

    @Test
    void runsEveryCommandAndTellsTheFirstFailure() throws Exception {
        byte[] failed = ReplyWriter.done(ID, ExitStatus.FAILED, "cannot");
        try (TestManager manager = new TestManager(List.of(failed))) {
            assertThat(shell("-d", manager.socket().toString()).line("stop a; status"))
                    .isEqualTo(1);
            assertThat(((ControlRequest) manager.asked()).command()).isEqualTo("stop");
            assertThat(((ControlRequest) manager.asked()).command()).isEqualTo("status");
        }
    }

    @Test
    void runsNothingOfALineThatMakesNoSenseInTheEnd() {
        for (String wrong :
                List.of(
                        "die; frobnicate",
                        "die; stop",
                        "die; -e status",
                        "die; --json",
                        "die; '")) {
            err.reset();
            // a manager that is asked would answer 4: there is none
            assertThat(shell("-d", "/nonexistent/s").line(wrong)).as(wrong).isEqualTo(2);
            assertThat(err.toString(StandardCharsets.UTF_8)).startsWith("einhyrningsinsctl: ");
        }
    }

    @Test
    void endsWithQuit() throws IOException {
        PlainLineSource lines =
                PlainLineSource.ofPipe(
                        new ByteArrayInputStream(
                                "?\nhelp; exit; help\nhelp".getBytes(StandardCharsets.UTF_8)),
                        new TextOutput(err));
        assertThat(shell().session(lines, () -> {})).isZero();
        assertThat(
                        out.toString(StandardCharsets.UTF_8)
                                .lines()
                                .filter(l -> l.startsWith("  status ")))
                .hasSize(2);
        assertThat(err.size()).isZero();
    }

    @Test
    void endsAtALineWithoutEnd() {
        PlainLineSource lines =
                PlainLineSource.ofPipe(
                        new ByteArrayInputStream(new byte[100_000]), new TextOutput(err));
        assertThatThrownBy(lines::read).isInstanceOf(IOException.class);
    }

    private CommandShell shell(String... options) {
        TextOutput stdout = new TextOutput(out);
        return new CommandShell(
                new ControlProgram(Map.of(), stdout, new TextOutput(err)),
                List.of(options),
                stdout);
    }

    // ---- completion

    @Test
    void completesWhatTheHelpNames() {
        assertThat(typed("", "s"))
                .containsExactly(
                        "status",
                        "show",
                        "start",
                        "stop",
                        "scale",
                        "signal",
                        "state",
                        "set_workers");
        assertThat(typed("help", "re")).containsExactly("reload", "restart", "reexec");
        assertThat(typed("status", "w")).containsExactly("web", "worker");
        assertThat(typed("-d /s --json status", "web:")).containsExactly("web:0", "web:3");
        assertThat(typed("stop", "")).containsExactly("web", "worker", "shop", "all");
        assertThat(typed("inc", "web:")).isEmpty();
        assertThat(typed("signal", "US")).containsExactly("USR1", "USR2");
        assertThat(typed("signal HUP", "wo")).containsExactly("worker");
        assertThat(typed("upgrade", "--f")).containsExactly("--fleet");
        assertThat(typed("", "--ti")).containsExactly("--timeout");
        assertThat(typed("status --timeout", "")).isEmpty();
        assertThat(typed("die", "TE")).containsExactly("TERM");
        assertThat(typed("frobnicate", "")).isEmpty();
    }

    @Test
    void everyCommandCompletesSomethingOrTakesNothing() {
        for (CommandHelp.Page page : CommandHelp.ALL) {
            assertThat(typed(page.name(), "").isEmpty())
                    .as(page.synopsis())
                    .isEqualTo(page.synopsis().equals(page.name()));
        }
    }

    @Test
    void asksTheManagerOnlyForNames() {
        Completion completion =
                new Completion(
                        true,
                        before -> {
                            throw new AssertionError("asked for nothing");
                        });
        assertThat(completion.choices(List.of(), "quit")).hasSize(1);
        assertThat(completion.choices(List.of("help"), "st")).isNotEmpty();
        assertThat(completion.choices(List.of("status"), "--")).isNotEmpty();
    }

    @Test
    void completesTheCommandTheCursorIsIn() {
        String line = "stop web; start wo; status";
        InteractiveLineSource.Typed typed =
                InteractiveLineSource.Typed.at(line, line.indexOf("o; "));
        assertThat(typed.words()).containsExactly("start", "wo");
        assertThat(typed.wordIndex()).isEqualTo(1);
        assertThat(typed.wordCursor()).isEqualTo(1);
        assertThat(InteractiveLineSource.Typed.at("", 0).words()).containsExactly("");
        assertThat(InteractiveLineSource.Typed.at("a;", 2).words()).containsExactly("");
    }

    @Test
    void readsTheNamesOfAStatus() throws IOException {
        CompletionNames completionNames =
                CompletionNames.read(
                        """
                        {"request_id":1,"message":"","code":0,"data":{"name":"no","programs":[
                        {"name":"b","workers":[{"slot":0},{"slot":0},{"slot":2}],"sockets":[{"name":"no"}]},
                        {"name":"a","workers":[]}]}}\
                        """);
        assertThat(completionNames.slots()).isEqualTo(Map.of("b", List.of(0, 2), "a", List.of()));
        assertThat(completionNames.slots().keySet()).containsExactly("b", "a");
    }

    @Test
    void completesGroups() {
        assertThat(typed("stop", "sh")).containsExactly("shop");
        assertThat(
                        CompletionNames.read(
                                        "{\"data\":{\"groups\":{\"shop\":[\"web\"]},\"programs\":[]}}")
                                .groups())
                .containsExactly("shop");
    }

    private static List<String> typed(String before, String start) {
        List<String> words = before.isEmpty() ? List.of() : List.of(before.split(" ", -1));
        Map<String, List<Integer>> slots = new java.util.LinkedHashMap<>();
        slots.put("web", List.of(0, 3));
        slots.put("worker", List.of(0));
        return new Completion(true, ignored -> new CompletionNames(slots, List.of("shop")))
                .choices(words, start).stream().map(Completion.Choice::word).toList();
    }

    // ---- history

    @Test
    void keepsABoundedHistoryToItsOwner() throws IOException {
        Path file =
                Objects.requireNonNull(
                        ShellHistoryFile.file(Map.of("XDG_STATE_HOME", directory.toString())));
        for (int session = 0; session < 3; session++) {
            LineReader reader = LineReaderBuilder.builder().terminal(terminal()).build();
            InteractiveLineSource.remember(reader, file);
            reader.getHistory().attach(reader);
            for (int i = 0; i < ShellHistoryFile.BOUND; i++) {
                reader.getHistory().add("status web" + session + "-" + i);
            }
            reader.getHistory().save();
        }
        List<String> lines = Files.readAllLines(file);
        assertThat(lines).hasSizeBetween(ShellHistoryFile.BOUND, ShellHistoryFile.BOUND * 5 / 4);
        assertThat(lines.get(lines.size() - 1)).isEqualTo("status web2-999");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void hasNoHistoryWhereThereCanBeNone() {
        assertThat(ShellHistoryFile.file(Map.of())).isNull();
        assertThat(ShellHistoryFile.file(Map.of("HOME", "/proc/nothing"))).isNull();
        assertThat(ShellHistoryFile.file(Map.of("HOME", directory.toString())))
                .isEqualTo(directory.resolve(".local/state/einhyrningsins/history"));
    }

    private static DumbTerminal terminal() throws IOException {
        return new DumbTerminal(new ByteArrayInputStream(new byte[0]), new ByteArrayOutputStream());
    }
}
