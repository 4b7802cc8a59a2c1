// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportException;
import org.einhyrningsins.config.importer.systemd.SystemdEnvFile;
import org.einhyrningsins.config.source.SourceText;
import org.einhyrningsins.config.value.PasswdFile;
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

    private String imported(String name, String text) throws IOException, ImportException {
        Path file = Files.writeString(directory.resolve(name), text);
        return Importer.read(List.of(file), null, ImportSamples.MACHINE, ImportSamples.NO_SCRIPTS)
                .yaml();
    }

    private String service(String lines) throws IOException, ImportException {
        return imported(
                "app.service",
                "[Service]\nExecStart=/bin/true\n" + lines + "\n[Install]\nWantedBy=x.target\n");
    }

    // ---- the home of a unit's user

    @Test
    void theTildeOfAUnitIsTheHomeOfItsUser() throws Exception {
        String daemon = PasswdFile.home("daemon");
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

    private String variables(String file) throws IOException, ImportException {
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
        SourceText sourceText = new SourceText(environment, Files.readString(environment));
        assertThat(SystemdEnvFile.read(sourceText).get("A"))
                .extracting(ForeignSetting::value)
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
                .contains("after: [db, { program: mq, when: started }]");
        assertThat(compose("depends_on", "{ db: { condition: service_started } }", "[mq]"))
                .contains("after: [{ program: db, when: started }, mq]");
        assertThat(compose("environment", "[A=1]", "")).contains("\"A\": \"1\"");
        assertThat(compose("environment", "{ dns: '1' }", "{ dns: '2' }"))
                .contains("      dns: \"2\"\n");
        assertThat(compose("environment", "{ HOME: '1' }", "[HOME]")).contains("HOME =");
    }

    // ---- what is started by hand

    /// The number of workers stays; they are started by hand.
    private static String[] byHand(int count) {
        return new String[] {
            "nothing runs until 'einhyrningsinsctl start w'", "workers: " + count, "start: manual"
        };
    }

    @Test
    void whatIsNotStartedSaysWhatStartsAsManyAsThereWere() throws Exception {
        assertThat(
                        imported(
                                "circus.ini",
                                "[watcher:w]\ncmd=sleep 9\nnumprocesses=4\nautostart=False\n"))
                .contains(byHand(4));
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
                .contains(byHand(3));
        String processes = "version: '0.5'\nprocesses:\n  w: { command: %s, replicas: 2%s }\n";
        assertThat(
                        imported(
                                "process-compose.yaml",
                                processes.formatted("sleep 9", ", disabled: true")))
                .contains(byHand(2));
        assertThat(imported("process-compose.yaml", processes.formatted("'sleep {{.N}}'", "")))
                .contains("write workers: 2 when it can be run", "workers: 0\n");
        assertThat(
                        imported(
                                "compose.yaml",
                                "services: { w: { image: x, command: a, scale: 5, profiles: [p] }"
                                        + " }"))
                .contains(byHand(5));
        assertThat(
                        imported(
                                "ecosystem.config.json",
                                "{\"apps\":[{\"name\":\"w\",\"script\":\"./w\",\"instances\":3,"
                                        + "\"interpreter\":\"none\",\"autostart\":false}]}"))
                .contains(byHand(3));
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
                .contains("start w-00'", "start w-01'", "start w-02'")
                .doesNotContain("workers: 3");
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

    // ---- who is known here

    private static final String NOSUCH =
            "there is no such user here; make it, then write user: nosuch)";

    /// With `user: nosuch` in it, the whole file would be invalid, and nothing of it could be run.
    @Test
    void aUserThatIsNotKnownKeepsOneProgramFromRunningAndNotTheFile() throws Exception {
        assertThat(service("User=nosuch"))
                .contains("app.service:3: User = nosuch (" + NOSUCH, "workers: 0\n")
                .doesNotContain("    user:");
        assertThat(
                        imported(
                                "supervisord.conf",
                                """
                                [program:a]
                                command=/bin/a
                                user=nosuch
                                numprocs=3
                                process_name=%(process_num)d
                                """))
                .contains(NOSUCH, "workers: 0\n", "write workers: 3 when it can be run")
                .doesNotContain("    user:");
        assertThat(
                        imported(
                                "supervisord.conf",
                                "[supervisord]\nuser=nosuch\n[program:a]\ncommand=/bin/a\n"))
                .contains(NOSUCH, "workers: 0\n")
                .doesNotContain("  user:");
        assertThat(imported("circus.ini", "[watcher:a]\ncmd=/bin/a\nuid=nosuch\n"))
                .contains(NOSUCH, "workers: 0\n");
        assertThat(
                        imported(
                                "ecosystem.json",
                                "{\"apps\":[{\"script\":\"/bin/a\",\"uid\":\"nosuch\"}]}"))
                .contains(NOSUCH, "workers: 0\n");
        assertThat(
                        imported(
                                "compose.yaml",
                                "services: { a: { image: x, command: /bin/a, user: 'nosuch:nosuch'"
                                        + " } }\n"))
                .contains(NOSUCH, "there is no such group here", "workers: 0\n");
        assertThat(service("User=daemon\nGroup=12345"))
                .contains("user: daemon\n", "group: \"12345\"\n")
                .doesNotContain("workers: 0");
    }

    @Test
    void whoASocketBelongsToIsKnownHereOrTheSocketIsNotMade() throws Exception {
        Path unit =
                Files.writeString(directory.resolve("a.service"), "[Service]\nExecStart=/bin/a\n");
        Path socket =
                Files.writeString(
                        directory.resolve("a.socket"),
                        "[Socket]\nListenStream=/run/a.sock\nSocketUser=nosuch\nSocketGroup=adm\n");
        String made =
                Importer.read(
                                List.of(unit, socket),
                                null,
                                ImportSamples.MACHINE,
                                ImportSamples.NO_SCRIPTS)
                        .yaml();
        assertThat(made)
                .contains(
                        "SocketUser = nosuch (there is no such user here",
                        "write owner: nosuch in bind")
                .contains("workers: 0\n", "group: adm")
                .doesNotContain(", owner: ");
    }

    // ---- what no import is made of

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "passwd | root:x:0:0:root:/root:/bin/bash | there is no ",
                "inittab | id:3:respawn:/bin/sh | in line 1 there is no ",
                "h | host: a.example | no program \"a.example\"",
                "control | Description: x\\nExec: /bin/true | in line 1 there is no program \"x\"",
                "notes.txt | sh: sh -c x\\n  then more | line 2 is not NAME: COMMAND",
                "a.conf | web: ./none | there is no ",
            },
            delimiter = '|')
    void aFileThatIsNotCalledAProcfileIsOneOnlyIfItHasPrograms(
            String name, String text, String why) {
        assertThatThrownBy(() -> imported(name, text.replace("\\n", "\n") + "\n"))
                .isInstanceOf(ImportException.class)
                .hasMessageContainingAll("may be a Procfile, but", why, "say --from procfile");
    }

    @Test
    void aProcfileByAnotherNameIsStillRead() throws Exception {
        String text = "# all\n\nweb: PORT=1 exec sh -c 'a'\nlog: /bin/sh b\n";
        assertThat(imported("procs", text)).contains("a Procfile, ", "  web:\n", "  log:\n");
        assertThat(imported("web.procfile", "web: none-such\n")).contains("  web:\n");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "ecosystem.json | {\"apps\":[]} | there is nothing to run in it",
                "t.timer | [Timer]\\nOnCalendar=daily | only services and their sockets are run",
                "supervisord.conf | [supervisord] | there is nothing to run in it",
                "compose.yaml | services: { a: { image: x } }\\n---\\nx: 1 | one file holds one$",
                "compose.yaml | # nothing | the file is empty$",
            },
            delimiter = '|')
    void whatHoldsNoProgramIsNotImportedInSilence(String name, String text, String why) {
        assertThatThrownBy(() -> imported(name, text.replace("\\n", "\n") + "\n"))
                .isInstanceOf(ImportException.class)
                .hasMessageMatching(
                        "(?s).*" + why.replace("$", "") + (why.endsWith("$") ? "" : ".*"));
    }

    // ---- comments that say what is so

    @Test
    void whatAContainerSharesWithTheMachineIsAsItIsHere() throws Exception {
        assertThat(
                        imported(
                                "compose.yaml",
                                "services: { a: { image: x, command: sleep 1, user: daemon,"
                                        + " network_mode: host, pid: host } }\n"))
                .contains("network_mode = host; compose.yaml:1: pid = host (as it is here)");
        assertThat(
                        imported(
                                "compose.yaml",
                                "services: { a: { image: x, command: sleep 1, network_mode: none }"
                                        + " }\n"))
                .contains("not carried over: compose.yaml:1: network_mode = none");
    }

    @Test
    void aServiceWithoutImageAndBuildIsNotSaidToHaveOne() throws Exception {
        assertThat(imported("compose.yaml", "services: { a: { command: sleep 1 } }\n"))
                .contains(
                        "it has neither an image nor a build; what the command names has to be"
                                + " here")
                .doesNotContain("build =", "image =");
    }

    @Test
    void whatWaitsForAServiceOfAProfileIsToldThatItDoesNot() throws Exception {
        assertThat(
                        imported(
                                "compose.yaml",
                                "services: { a: { image: x, command: sleep 1, depends_on: [t] }, t:"
                                        + " { image: x, command: sleep 1, profiles: [p] } }\n"))
                .contains("otherwise here: t is not started, so it is not waited for");
    }

    @Test
    void thePatienceOfPm2IsNotSaidToBeCarriedOver() throws Exception {
        String made =
                imported(
                        "ecosystem.json",
                        "{\"apps\":[{\"script\":\"/bin/a\",\"listen_timeout\":8000,\"instances\":-1}]}");
        assertThat(made)
                .contains(
                        "not carried over: ecosystem.json:1: listen_timeout = 8000 (a worker is up"
                                + " when")
                .contains(
                        "instances = -1 (one for each processor, and none of them less)",
                        "workers: cpus\n");
    }

    @Test
    void aProbeOfProcessComposeIsAskedAsOftenAsThere() throws Exception {
        String made =
                imported(
                        "process-compose.yaml",
                        "processes: { a: { command: sleep 1, readiness_probe: { exec: { command:"
                            + " 'true' }, period_seconds: 10, initial_delay_seconds: 5 } } }\n");
        assertThat(made)
                .contains(
                        "every: 10s, timeout: 38s",
                        "initial_delay_seconds = 5 (it is asked from the beginning");
    }

    /// Those in /run go with the service in systemd, unless it is told to keep them.
    @Test
    void aDirectoryInRunThatStaysIsCounted() throws Exception {
        assertThat(service("RuntimeDirectory=a"))
                .contains(
                        "1 thing is not as it was",
                        "otherwise here: they stay when the program is stopped");
        assertThat(service("RuntimeDirectory=a\nRuntimeDirectoryPreserve=no"))
                .contains(
                        "otherwise here: app.service:4: RuntimeDirectoryPreserve = no (they stay");
        assertThat(service("RuntimeDirectory=a\nRuntimeDirectoryPreserve=yes\nStateDirectory=b"))
                .contains("nothing is lost", "directories stay");
    }

    @Test
    void aFileOfVariablesIsNoEnvironmentOfPm2() throws Exception {
        assertThat(
                        imported(
                                "ecosystem.json",
                                "{\"apps\":[{\"script\":\"/bin/a\",\"env_file\":\".env\",\"env_test\":{\"A\":\"1\"}}]}"))
                .contains(
                        "not carried over: ecosystem.json:1: env_file = .env (no variables of an"
                                + " environment; ")
                .contains("only with --env test")
                .doesNotContain("--env file");
    }
}
