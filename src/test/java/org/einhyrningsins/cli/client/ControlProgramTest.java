// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.cli.terminal.ClientCommand;
import org.einhyrningsins.cli.terminal.TextOutput;
import org.einhyrningsins.control.TestManager;
import org.einhyrningsins.control.report.ReplyWriter;
import org.einhyrningsins.control.wire.ControlRequest;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonId;
import org.einhyrningsins.control.wire.WireHelp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

class ControlProgramTest {
    private static final JsonId ID = JsonId.of(1);

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void printsTheVerdictAndLeavesProgressToStderr() throws Exception {
        byte[] progress = ReplyWriter.progress(ID, "web: 1 of 2");
        byte[] done = ReplyWriter.done(ID, ExitStatus.FAILED, "web: failed, old version kept");
        try (TestManager manager = new TestManager(List.of(progress, done))) {
            assertThat(run(manager, "reload", "web")).isEqualTo(1);
            assertThat(out).hasToString("web: failed, old version kept\n");
            assertThat(err).hasToString("web: 1 of 2\n");
            assertThat(manager.asked())
                    .isEqualTo(new ControlRequest(ID, "reload", List.of("web"), true, true));
        }
    }

    @Test
    void everyExitCodeOfTheManagerIsTheClients() throws Exception {
        for (ExitStatus status : ExitStatus.values()) {
            try (TestManager manager = answering(status, "so it is")) {
                assertThat(run(manager, "status")).isEqualTo(status.code());
            }
        }
    }

    @Test
    void printsRepliesAsTheyComeForScripts() throws Exception {
        byte[] done = ReplyWriter.done(ID, ExitStatus.DONE, "fine");
        try (TestManager manager = new TestManager(List.of(done))) {
            assertThat(run(manager, "--json", "status")).isZero();
            assertThat(out.toByteArray()).isEqualTo(done);
            assertThat(((ControlRequest) manager.asked()).text()).isFalse();
        }
    }

    @Test
    void doesNotWaitIfToldSo() throws Exception {
        try (TestManager manager = answering(ExitStatus.DONE, "begun")) {
            assertThat(run(manager, "reload", "--no-wait")).isZero();
            assertThat(((ControlRequest) manager.asked()).waits()).isFalse();
        }
    }

    @Test
    void runsALine() throws Exception {
        try (TestManager manager = answering(ExitStatus.DONE, "rolled")) {
            assertThat(run(manager, "-e", "upgrade --fleet 'web'")).isZero();
            assertThat(((ControlRequest) manager.asked()).args()).containsExactly("--fleet", "web");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-d SOCKET -e status",
                "-e status -d SOCKET",
                "-dSOCKET -estatus",
                "--socket-path SOCKET --execute status",
                "--execute=status --socket-path=SOCKET",
                "--exec status --sock SOCKET",
                "-c web -d SOCKET -e status",
                "--socket SOCKET --command-name web status",
                "status --socket-path SOCKET",
            })
    void takesTheOptionsOfBothForebearsInAnyOrder(String line) throws Exception {
        try (TestManager manager = answering(ExitStatus.DONE, "fine")) {
            assertThat(program().run(words(line.replace("SOCKET", manager.socket().toString()))))
                    .isZero();
            assertThat(((ControlRequest) manager.asked()).command()).isEqualTo("status");
        }
    }

    @Test
    void theOptionsBesideALineAreThoseOfItsCommands() throws Exception {
        byte[] done = ReplyWriter.done(ID, ExitStatus.DONE, "begun");
        try (TestManager manager = new TestManager(List.of(done))) {
            assertThat(run(manager, "-e", "reload web", "--no-wait", "--json")).isZero();
            assertThat(out.toByteArray()).isEqualTo(done);
            assertThat(((ControlRequest) manager.asked()).waits()).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-c none-of-ours status",
                "status -c none-of-ours",
                "--command-name=none-of-ours status",
                "-e status -c none-of-ours",
                "status --command none-of-ours --json"
            })
    void aNameIsThatOfTheSocketOfAClassicCommandLine(String line) {
        assertThat(program().run(words(line))).isEqualTo(4);
        assertThat(err).asString().contains("/tmp/einhorn-none-of-ours.sock");
    }

    @Test
    void passesOnTheTimeOfATrial() throws Exception {
        try (TestManager manager = answering(ExitStatus.DONE, "reloaded")) {
            assertThat(run(manager, "reload", "web", "--confirm", "30s")).isZero();
            assertThat(((ControlRequest) manager.asked()).args())
                    .containsExactly("--confirm", "30s", "web");
        }
    }

    @Test
    void runsALineOfOneWord() throws Exception {
        try (TestManager manager = answering(ExitStatus.DONE, "fine")) {
            assertThat(run(manager, "-e", "status")).isZero();
            assertThat(((ControlRequest) manager.asked()).command()).isEqualTo("status");
        }
    }

    @Test
    void theManPageNamesWhatTheHelpNames() throws IOException {
        String man = Files.readString(Path.of("man/einhyrningsinsctl.1"));
        for (CommandHelp.Page page : CommandHelp.ALL) {
            assertThat(man).contains("\n.It Cm " + page.name());
        }
    }

    @Test
    void endsAfterAsManyEventsAsWanted() throws Exception {
        byte[] event = ReplyWriter.progress(ID, "web:0 died");
        try (TestManager manager =
                new TestManager(List.of(event, event, event, TestManager.SILENCE))) {
            assertThat(run(manager, "events", "-n", "2")).isZero();
            assertThat(out).hasToString("web:0 died\nweb:0 died\n");
        }
    }

    @Test
    void versionTellsBoth() throws Exception {
        try (TestManager manager = answering(ExitStatus.DONE, "einhyrningsins 9.9")) {
            assertThat(run(manager, "version")).isZero();
            assertThat(out.toString(StandardCharsets.UTF_8))
                    .startsWith("einhyrningsinsctl ")
                    .endsWith("\neinhyrningsins 9.9\n");
        }
    }

    @Test
    void keepsAWorkersEscapeSequencesFromTheTerminal() throws Exception {
        try (TestManager manager =
                answering(ExitStatus.DONE, "said: \u001b]0;owned\u0007\u009b1m")) {
            run(manager, "status");
            assertThat(out).hasToString("said: \uFFFD]0;owned\uFFFD\uFFFD1m\n");
        }
    }

    @Test
    void asksNobodyWhenTheCommandMakesNoSense() throws IOException {
        for (String line :
                List.of(
                        "stop",
                        "restart",
                        "signal",
                        "signal FOO",
                        "scale web",
                        "stat",
                        "status web:x",
                        "status --fleet",
                        "status --confirm 3s",
                        "reload --confirm soon",
                        "reload --confirm",
                        "--timeout 3 status",
                        "--timeout 0s status",
                        "events -n -1",
                        "-d",
                        "-c a/b status",
                        "-c",
                        "help nothing",
                        "-e reload status")) {
            err.reset();
            assertThat(program().run(words(line))).as(line).isEqualTo(2);
            assertThat(err.toString(StandardCharsets.UTF_8)).startsWith("einhyrningsinsctl: ");
            assertThat(out.size()).as(line).isZero();
        }
    }

    @Test
    void saysWhatToDoWhenNoManagerIsThere() {
        assertThat(program().run(words("-d /nonexistent/s status"))).isEqualTo(4);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("no manager at /nonexistent/s");
        assertThat(program().run(words("-d /nonexistent/s --json status"))).isEqualTo(4);
        assertThat(out.toString(StandardCharsets.UTF_8)).endsWith(",\"code\":4}\n");
    }

    @Test
    void timesOut() throws Exception {
        try (TestManager manager = new TestManager(List.of(TestManager.SILENCE))) {
            assertThat(run(manager, "--timeout", "200ms", "reload")).isEqualTo(6);
        }
    }

    @Test
    void hasHelpOnEveryCommand() {
        assertThat(program().run(words("help"))).isZero();
        String all = out.toString(StandardCharsets.UTF_8);
        for (CommandHelp.Page page : CommandHelp.ALL) {
            assertThat(all).contains("  " + page.name() + " ");
            out.reset();
            assertThat(program().run(words("help " + page.name()))).isZero();
            assertThat(out.toString(StandardCharsets.UTF_8))
                    .contains("einhyrningsinsctl " + page.synopsis())
                    .contains(page.summary());
        }
        assertThat((all + out).lines()).allMatch(line -> line.length() <= 80);
    }

    @Test
    void bothReadersOfTheCommandLineSayTheSame() {
        for (String line :
                List.of(
                        "status",
                        "status web api:2",
                        "-d /s --json status",
                        "-c web status",
                        "--socket-path /s status",
                        "status --json -d /s web",
                        "--socket /s reload web --no-wait --timeout 5m",
                        "--timeout 250ms stop all",
                        "scale web 3",
                        "plan web",
                        "confirm",
                        "signal HUP web:1",
                        "inc",
                        "inc web 2",
                        "events web",
                        "die",
                        "die TERM",
                        "reexec",
                        "signal USR1 TERM",
                        "state",
                        "ehlo",
                        "quieter",
                        "louder",
                        "set_workers 4",
                        "upgrade_fleet web",
                        "version")) {
            ClientCommand quick = FastClientArguments.read(words(line));
            assertThat(quick).as(line).isNotNull();
            assertThat(ControlModel.read(words(line)))
                    .as(line)
                    .isEqualTo(new ControlModel.Run(java.util.Objects.requireNonNull(quick)));
        }
    }

    @Test
    void helpOnTheWireKnowsEveryCommand() {
        for (CommandHelp.Page page : CommandHelp.ALL) {
            assertThat(WireHelp.TEXT).containsPattern("\\b" + page.name() + "\\b");
        }
        assertThat(WireHelp.TEXT.lines()).allMatch(line -> line.length() <= 80);
    }

    private static TestManager answering(ExitStatus status, String message) throws IOException {
        return new TestManager(List.of(ReplyWriter.done(ID, status, message)));
    }

    private int run(TestManager manager, String... words) {
        String[] all = new String[words.length + 2];
        all[0] = "-d";
        all[1] = manager.socket().toString();
        System.arraycopy(words, 0, all, 2, words.length);
        return program().run(all);
    }

    private ControlProgram program() {
        return new ControlProgram(Map.of(), new TextOutput(out), new TextOutput(err));
    }

    private static String[] words(String line) {
        return line.isEmpty() ? new String[0] : line.split(" ", -1);
    }
}
