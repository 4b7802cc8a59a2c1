// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.cli.client.Completion;
import org.einhyrningsins.cli.launch.LaunchModel;
import org.einhyrningsins.cli.launch.StarterFile;
import org.einhyrningsins.cli.terminal.FastManagerArguments;
import org.einhyrningsins.cli.terminal.TextOutput;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.manager.runtime.LaunchOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

class MainTest {
    @TempDir Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void saysThatAFileIsValidAndHowMuchIsInIt() throws IOException {
        Path file =
                file(
                        "programs: {web: {command: [/bin/true], bind: ['127.0.0.1:8080'], ack:"
                                + " notify}}");
        assertThat(run("check", file.toString())).isZero();
        assertThat(out).hasToString(file + ": 1 program, 1 socket, no problems\n");
        assertThat(err.size()).isZero();
    }

    @Test
    void countsNoTaskAsAProgram() throws IOException {
        Path file =
                file(
                        "programs: {web: {command: [/bin/true], ack: notify, rollout: {before:"
                                + " /bin/true, after: /bin/true}}}");
        assertThat(run("check", file.toString())).isZero();
        assertThat(out).hasToString(file + ": 1 program, 0 sockets, no problems\n");
    }

    @Test
    void saysEveryProblemOfAFile() throws IOException {
        Path file = file("programs: {web: {command: [/bin/true], workers: many, color: red}}");
        assertThat(run("check", file.toString())).isEqualTo(3);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains(file + ":1:")
                .contains("workers")
                .contains("color");
        assertThat(out.size()).isZero();
    }

    @Test
    void saysItInJsonForScripts() throws IOException {
        Path file = file("programs: {web: {command: [/bin/true], workers: many}}");
        assertThat(run("check", "--json", file.toString())).isEqualTo(3);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .startsWith("{\"valid\":false,\"problems\":[{\"file\":")
                .contains("\"path\":\"programs.web.workers\"");
        assertThat(err.size()).isZero();
    }

    @Test
    void tellsWarningsFromProblems() throws IOException {
        Path file = file("programs: {web: {command: [/nowhere/server]}}");
        assertThat(run("check", file.toString())).isZero();
        assertThat(err.toString(StandardCharsets.UTF_8))
                .startsWith("warning: " + file + ":1:")
                .contains("there is no /nowhere/server yet");
        assertThat(out).hasToString(file + ": 1 program, 0 sockets, 1 warning\n");
        assertThat(run("check", "--strict", file.toString())).isEqualTo(3);
        out.reset();
        assertThat(run("check", "--json", file.toString())).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .startsWith("{\"valid\":true,\"problems\":[],\"warnings\":[{\"file\":");
    }

    @Test
    void keepsTheWarningsOfAnInvalidFile() throws IOException {
        Path file = file("programs: {web: {command: [/nowhere/server], workers: many}}");
        assertThat(run("check", file.toString())).isEqualTo(3);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("warning: " + file + ":1:")
                .contains(file + ":1:55: programs.web.workers: ");
    }

    @Test
    void printsWhereEachKeyWasGiven() throws IOException {
        Path more =
                Files.writeString(
                        directory.resolve("more.yaml"),
                        "programs:\n  jobs:\n    command: [/bin/true]\n    workers: 3\n");
        Path file = file("include: more.yaml\ndefaults:\n  umask: \"027\"\n  workers: 2\n");
        assertThat(run("print", "--origins", file.toString())).isZero();
        String printed = out.toString(StandardCharsets.UTF_8);
        assertThat(printed)
                .contains("    command: [/bin/true]  # " + more + ":3\n")
                .contains("    workers: 3  # " + more + ":4\n")
                .contains("    umask: \"0027\"  # " + file + ":3\n")
                .contains("    logs: inherit\n");
        out.reset();
        assertThat(run("print", "--origins", file(printed).toString())).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8).replaceAll("  # .*", ""))
                .isEqualTo(printed.replaceAll("  # .*", ""));
    }

    @Test
    void saysThatAFileIsNotThere() {
        assertThat(run("check", directory + "/none.yaml")).isEqualTo(3);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("none.yaml");
    }

    @Test
    void printsAFileThatMeansTheSame() throws IOException {
        Path file = file("programs: {web: {command: [/bin/true], workers: 3}}");
        assertThat(run("print", file.toString())).isZero();
        String printed = out.toString(StandardCharsets.UTF_8);
        assertThat(printed).contains("workers: 3");
        out.reset();
        assertThat(run("print", file(printed).toString())).isZero();
        assertThat(out).hasToString(printed);
    }

    @Test
    void refusesWhatItDoesNotUnderstand() {
        for (String line :
                List.of("", "-c", "-c a -c b", "check", "-x", "-n 2", "print", "print -- -c a")) {
            assertThat(run(line.split(" ", -1))).as(line).isEqualTo(2);
            assertThat(out.size()).as(line).isZero();
        }
    }

    @Test
    void importsWithACommentOnWhatIsLost() throws IOException {
        Path unit =
                Files.writeString(
                        directory.resolve("web.service"),
                        "[Service]\nExecStart=/bin/true\nPrivateTmp=yes\n");
        assertThat(run("import", unit.toString())).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("  web:\n", "# not carried over: web.service:3: PrivateTmp = yes (");
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("imported 1 program; 2 things are not as they were, each with a comment");
        Path imported = file(out.toString(StandardCharsets.UTF_8));
        assertThat(run("check", imported.toString())).isZero();
        assertThat(run("print", imported.toString())).isZero();
    }

    @Test
    void refusesWhatCannotBeImported() throws IOException {
        Path notes = Files.writeString(directory.resolve("notes"), "remember\n");
        assertThat(run("import", notes.toString())).isEqualTo(2);
        assertThat(run("import", "--from", "upstart", notes.toString())).isEqualTo(2);
        assertThat(run("import")).isEqualTo(2);
        err.reset();
        assertThat(run("import", "--from", "supervisord", notes.toString())).isEqualTo(3);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains(notes + ":1: expected [SECTION]");
        assertThat(out.size()).isZero();
    }

    @Test
    void writesAFirstFileButNeverOverOne() throws IOException {
        Path file = directory.resolve("services.yaml");
        assertThat(run("init", file.toString())).isZero();
        assertThat(run("check", file.toString())).isZero();
        out.reset();
        assertThat(run("print", file.toString())).isZero();
        assertThat(run("check", file(out.toString(StandardCharsets.UTF_8)).toString())).isZero();
        Files.writeString(file, "mine");
        assertThat(run("init", file.toString())).isEqualTo(1);
        assertThat(file).hasContent("mine");
        assertThat(run("init", directory + "/none/services.yaml")).isEqualTo(1);
        out.reset();
        assertThat(run("init", "-")).isZero();
        assertThat(out).hasToString(StarterFile.TEXT);
    }

    @Test
    void namesTheSchemaThatIsInstalledForEditors(@TempDir Path prefix) throws IOException {
        Path home = Files.createDirectories(prefix.resolve("lib/einhyrningsins/1.0-123"));
        assertThat(StarterFile.modeline(home.toString())).isEmpty();
        Path schema = prefix.resolve("share/einhyrningsins/services.schema.json");
        Files.createDirectories(schema.getParent());
        Files.createFile(schema);
        assertThat(StarterFile.modeline(home.toString()))
                .isEqualTo("# yaml-language-server: $schema=" + schema + "\n");
    }

    /// With every `#key` uncommented it is still valid, and no key of a program is missing.
    @Test
    void theFirstFileExplainsEveryKey() throws IOException {
        String all =
                StarterFile.TEXT
                        .replaceAll("(?m)^( *)#(?=[a-z])", "$1")
                        .replace("include: [conf.d/*.yaml]", "include: []")
                        .replace("env-file: [hello.env]", "env-file: []")
                        .replace("user: nobody", "user: root")
                        .replace("group: nogroup", "group: root");
        Path file =
                file(
                        all.replaceAll(
                                "(?m)^"
                                    + " +(kind|timeout|retries|schedule|time-zone|overlap|jitter|catch-up):"
                                    + " .*\n",
                                "")); // of a job
        assertThat(run("check", file.toString())).as(err.toString(StandardCharsets.UTF_8)).isZero();
        for (String key : ConfigShape.PROGRAM.keys()) {
            assertThat(all).as("a line in StarterFile").containsPattern("(?m)^ +" + key + ":");
        }
        for (String key : ConfigShape.FILE.keys()) {
            assertThat(all).as("a line in StarterFile").containsPattern("(?m)^" + key + ":");
        }
    }

    @Test
    void completesWhatCanBeImported() {
        assertThat(LaunchModel.choices(List.of("import", "--from"), "s"))
                .extracting(Completion.Choice::word)
                .containsExactly("supervisord", "systemd");
        assertThat(LaunchModel.choices(List.of(), "i"))
                .extracting(Completion.Choice::word)
                .containsExactly("import", "init");
        assertThat(LaunchModel.choices(List.of("import"), "--f"))
                .extracting(Completion.Choice::word)
                .contains("--from");
    }

    @Test
    void tellsHelpAndVersion() {
        for (String line : List.of("help", "-h", "--help", "check -h", "version", "-V")) {
            out.reset();
            assertThat(run(line.split(" ", -1))).as(line).isZero();
            assertThat(out.toString(StandardCharsets.UTF_8)).as(line).contains("einhyrningsins");
        }
    }

    @Test
    void bothReadersOfTheCommandLineSayTheSame() {
        for (String line :
                List.of(
                        "-c services.yaml",
                        "--config /etc/s.yaml -v -d /run/c.sock",
                        "--verbose --socket-path c.sock --pidfile p -c s",
                        "-e p -c s")) {
            LaunchOptions quick = FastManagerArguments.read(line.split(" ", -1));
            assertThat(LaunchModel.read(line.split(" ", -1)))
                    .isEqualTo(new LaunchModel.Run(Objects.requireNonNull(quick)));
        }
    }

    private Path file(String text) throws IOException {
        return Files.writeString(directory.resolve("services.yaml"), text);
    }

    private int run(String... words) {
        return new Main(new TextOutput(out), new TextOutput(err)).run(words);
    }
}
