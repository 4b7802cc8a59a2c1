// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The text that an import writes, where another manager's rules differ from ours in a detail.
class ImportTruthsTest {
    @TempDir Path directory;

    private Path environment = Path.of("unset");

    @BeforeEach
    void nameTheFiles() {
        environment = directory.resolve("e.env");
    }

    private String imported(String name, String text) throws IOException, Unimportable {
        Path file = Files.writeString(directory.resolve(name), text);
        return Importer.read(
                        List.of(file), null, ImportSamples.ENVIRONMENT, ImportSamples.NO_SCRIPTS)
                .yaml();
    }

    private String service(String lines) throws IOException, Unimportable {
        return imported(
                "app.service",
                "[Service]\nExecStart=/bin/true\n" + lines + "\n[Install]\nWantedBy=x.target\n");
    }

    // ---- the home of a unit's user

    @Test
    void theTildeOfAUnitIsTheHomeOfItsUser() throws Exception {
        String daemon = Accounts.home("daemon");
        assertThat(daemon).startsWith("/").isNotEqualTo("/root");
        String home = "directory: " + daemon + "\n";
        assertThat(service("User=daemon\nWorkingDirectory=~")).contains(home);
        assertThat(service("WorkingDirectory=-~\nUser=root\nUser=daemon")).contains(home);
        assertThat(service("User=1\nWorkingDirectory=~")).contains(home);
        assertThat(service("WorkingDirectory=~")).contains("directory: /root\n");
        assertThat(service("User=daemon\nUser=\nWorkingDirectory=~"))
                .contains("directory: /root\n");
        assertThat(service("User=nobody-here\nWorkingDirectory=~"))
                .contains("workers: 0\n")
                .doesNotContain("directory: /");
    }

    // ---- files of variables

    private String variables(String file) throws IOException, Unimportable {
        Files.writeString(environment, file);
        return service("EnvironmentFile=" + environment);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "A=y # no comment? | y # no comment?",
                "A=a\\ b | a b",
                "A=one\\n two | one two",
                "A=\"x\" 'y' z | xyz",
                "A=\"a\\tb\" | a\\tb",
                "A=\"a\\`b\\$c\\\"\" | a`b$c\"",
                "A=\"#\" | #",
                "; comment\\nA=1 | 1",
                "no assignment\\nA=1 | 1",
                "export B=2\\nA=1 | 1",
                "# c\\nA='it # is' | it # is",
                "A=b\"c\" | b\"c\"",
                "A=x   | x",
                "A=#1 | #1",
            },
            delimiter = '|')
    void aUnitsFileOfVariablesIsReadAsSystemdReadsIt(String file, String value) throws Exception {
        // a backslash before n is written for a line's end here, but in quotes
        String text = file.replaceAll("\\\\n(?![^\"]*\"$)", "\n").replace("one\n", "one\\\n");
        Files.writeString(environment, text + "\n");
        Source source = new Source(environment, Files.readString(environment));
        assertThat(SystemdEnvFile.read(source).get("A"))
                .extracting(Setting::value)
                .isEqualTo(value);
    }

    @Test
    void aFileThatIsReadInAnotherWayIsWrittenOut() throws Exception {
        assertThat(variables("A=1\nB='two words'\n# c\nC=\n"))
                .contains("env-file: [")
                .doesNotContain("env:");
        assertThat(variables("C=y # not a comment?\nD=2\n"))
                .contains("      \"C\": \"y # not a comment?\"\n", "      \"D\": \"2\"\n")
                .contains("systemd reads it in another way")
                .doesNotContain("env-file: [");
        assertThat(variables("; c\nA=1\n"))
                .contains("      \"A\": \"1\"\n")
                .doesNotContain("env-file:");
    }

    /// A file wins over Environment=, and of two files the later one.
    @Test
    void whatIsWrittenOutOfAFileWinsAsItDidThere() throws Exception {
        Path later = Files.writeString(directory.resolve("later.env"), "B=3\n");
        Files.writeString(environment, "A=a #\nB=b #\n");
        String made =
                service(
                        "Environment=A=0 B=0\nEnvironmentFile="
                                + environment
                                + "\nEnvironmentFile="
                                + later);
        assertThat(made).contains("      \"A\": \"a #\"\n", "env-file: [" + later + "]");
        assertThat(made).doesNotContain("      \"B\": ");
    }

    // ---- extends of compose

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "{ A: '1', B: '2' } | [ B=3, C=4 ]",
                "[ A=1, B=2 ] | { B: '3', C: '4' }",
                "[ A=1, B=2 ] | [ B=3, C=4 ]",
                "{ A: '1', B: '2' } | { B: '3', C: '4' }",
            },
            delimiter = '|')
    void extendsMergesVariablesByNameInEitherForm(String base, String own) throws Exception {
        String made = compose("environment", base, own);
        assertThat(made.substring(made.indexOf("  own:")))
                .contains("      \"A\": \"1\"\n", "      \"B\": \"3\"\n", "      \"C\": \"4\"\n")
                .doesNotContain("\"B\": \"2\"", "overruled");
    }

    private String compose(String key, String base, String own) throws Exception {
        return imported(
                "compose.yaml",
                "services:\n  base: { image: x, command: sleep 1, %s: %s }\n".formatted(key, base)
                        + "  own: { extends: { service: base }, %s: %s }\n".formatted(key, own)
                        + "  db: { image: x, command: sleep 2 }\n"
                        + "  mq: { image: x, command: sleep 3 }\n");
    }

    @Test
    void extendsPutsTheOtherListsTogetherToo() throws Exception {
        Path one = Files.writeString(directory.resolve("one.env"), "A=1\n");
        Path two = Files.writeString(directory.resolve("two.env"), "B=1\n");
        assertThat(compose("env_file", "one.env", "[two.env]"))
                .contains("env-file: [" + one + ", " + two + "]");
        assertThat(compose("env_file", "[one.env]", "two.env"))
                .contains("env-file: [" + one + ", " + two + "]");
        assertThat(compose("depends_on", "[db]", "{ mq: { condition: service_started } }"))
                .contains("after: [db, mq]");
        assertThat(compose("depends_on", "{ db: { condition: service_started } }", "[mq]"))
                .contains("after: [db, mq]");
        assertThat(compose("environment", "[A=1]", "")).contains("\"A\": \"1\"");
        assertThat(compose("environment", "{ dns: '1' }", "{ dns: '2' }"))
                .contains("      dns: \"2\"\n");
        assertThat(compose("environment", "{ HOME: '1' }", "[HOME]")).contains("HOME =");
    }

    // ---- how many to scale to

    private static String order(String count) {
        return "nothing runs until 'einhyrningsinsctl scale w " + count + "'";
    }

    @Test
    void whatIsNotStartedSaysWhatStartsAsManyAsThereWere() throws Exception {
        assertThat(
                        imported(
                                "circus.ini",
                                "[watcher:w]\ncmd=sleep 9\nnumprocesses=4\nautostart=False\n"))
                .contains(order("4"), "workers: 0\n");
        assertThat(
                        imported(
                                "supervisord.conf",
                                """
                                [program:w]
                                command=sleep 9
                                numprocs=3
                                autostart=false
                                process_name=%(program_name)s_%(process_num)02d
                                """))
                .contains(order("3"), "workers: 0\n");
        String processes = "version: '0.5'\nprocesses:\n  w: { command: %s, replicas: 2%s }\n";
        assertThat(
                        imported(
                                "process-compose.yaml",
                                processes.formatted("sleep 9", ", disabled: true")))
                .contains(order("2"), "workers: 0\n");
        assertThat(imported("process-compose.yaml", processes.formatted("'sleep {{.N}}'", "")))
                .contains("write workers: 2 when it can be run", "workers: 0\n");
        assertThat(
                        imported(
                                "compose.yaml",
                                "services: { w: { image: x, command: a, scale: 5, profiles: [p] }"
                                        + " }"))
                .contains(order("5"));
        assertThat(
                        imported(
                                "ecosystem.config.json",
                                "{\"apps\":[{\"name\":\"w\",\"script\":\"./w\",\"instances\":3,"
                                        + "\"interpreter\":\"none\",\"autostart\":false}]}"))
                .contains(order("3"));
    }

    @Test
    void ofProcessesThatDifferEachIsStartedOnce() throws Exception {
        String made =
                imported(
                        "supervisord.conf",
                        """
                        [program:w]
                        command=sleep 1%(process_num)02d
                        numprocs=3
                        autostart=false
                        process_name=w-%(process_num)02d
                        """);
        assertThat(made)
                .contains("scale w-00 1'", "scale w-01 1'", "scale w-02 1'")
                .doesNotContain(" 3'");
    }

    /// What is not run as it was keeps its count as a comment, whatever it came from.
    @Test
    void whatCannotBeRunSaysHowManyThereWere() throws Exception {
        assertThat(
                        imported(
                                "circus.ini",
                                "[watcher:w]\ncmd=x $(circus.env.NONE)\nnumprocesses=4\n"))
                .contains("write workers: 4 when it can be run");
    }
}
