// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.config.importer.ImportException;
import org.einhyrningsins.config.importer.ImportResult;
import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.RolloutSpec;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.TextTemplate;
import org.einhyrningsins.spec.schedule.ScheduleSpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// What an import promises: what it writes does what the other manager did, or says that it does
/// not; and what cannot be run as it was is not run.
class ImportPromisesTest {
    @TempDir Path directory;

    private final Map<String, String> environment =
            new HashMap<>(Map.of("HOME", "/root", "APP", "/srv/app --fast", "PORT", "8000"));

    private ImportResult importResult = new ImportResult("", 0, 0, 0);

    private void write(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    /// Imports the files, and loads what that makes.
    private Map<String, ProgramSpec> programs(String... names) throws IOException, ImportException {
        List<Path> files = new ArrayList<>();
        for (String name : names) {
            files.add(directory.resolve(name));
        }
        importResult =
                Importer.read(
                        files, null, ImportSamples.machine(environment), ImportSamples.NO_SCRIPTS);
        Path file = Files.writeString(directory.resolve("made.yaml"), importResult.yaml());
        LoadEnvironment machine = new LoadEnvironment(environment, 2, _ -> true, _ -> true);
        LoadResult loadResult = ConfigLoader.load(file, machine);
        if (!(loadResult instanceof LoadResult.Valid valid)) {
            throw new AssertionError(Samples.render(((LoadResult.Invalid) loadResult).problems()));
        }
        Map<String, ProgramSpec> programs = new HashMap<>();
        programs.putAll(valid.services().programs());
        return programs;
    }

    private ProgramSpec program(String name, String text) throws IOException, ImportException {
        write(name, text);
        Map<String, ProgramSpec> programs = programs(name);
        assertThat(programs).hasSize(1);
        return programs.values().iterator().next();
    }

    private ProgramSpec service(String lines) throws IOException, ImportException {
        return program(
                "app.service",
                "[Service]\nExecStart=/bin/true\n" + lines + "\n[Install]\nWantedBy=x.target\n");
    }

    private ProgramSpec supervised(String lines) throws IOException, ImportException {
        return program("supervisord.conf", "[program:app]\n" + lines + "\n");
    }

    private static List<String> words(ProgramSpec program) {
        return program.command().stream().map(ImportPromisesTest::text).toList();
    }

    private static String text(@Nullable TextTemplate textTemplate) {
        return Objects.requireNonNull(textTemplate).expand(0, Map.of());
    }

    private static List<String> addresses(ProgramSpec program) {
        return program.sockets().stream().map(SocketSpec::address).map(Object::toString).toList();
    }

    // ---- what cannot be run as it was

    @Test
    void aUserThatIsNotKnownIsNeverReplacedByRoot() throws Exception {
        write("app@.service", "[Service]\nExecStart=/bin/true\nUser=%i\n");
        assertThat(get(programs("app@.service"), "app").workers()).isZero();
        assertThat(importResult.blocked()).isEqualTo(1);
        assertThat(importResult.yaml()).contains("User = %i (a template has no instance");
        assertThat(service("DynamicUser=yes").workers()).isZero();
        assertThat(service("User=%Z").workers()).isZero();
        assertThat(service("Group=%Z").workers()).isZero();
        assertThat(supervised("command=/bin/true\nuser=%(ENV_NOBODY)s").workers()).isZero();
        String circus = "[watcher:app]\ncmd=/bin/true\nuid=$(circus.env.NOBODY)\n";
        assertThat(program("circus.ini", circus).workers()).isZero();
    }

    @Test
    void whatDaemonizesOrIsRunForEachConnectionIsNotStarted() throws Exception {
        assertThat(service("Type=forking").workers()).isZero();
        assertThat(service("Type=strange").workers()).isZero();
        assertThat(service("RootDirectory=/srv/root").workers()).isZero();
        write("echo@.service", "[Service]\nExecStart=/bin/cat\nStandardInput=socket\n");
        write("echo.socket", "[Socket]\nListenStream=127.0.0.1:7\nAccept=yes\n");
        assertThat(get(programs("echo@.service", "echo.socket"), "echo").workers()).isZero();
        assertThat(importResult.yaml()).contains("Accept = yes (a process for each connection");
    }

    @Test
    void aUnitForATimerIsNotRunAtEveryStart() throws Exception {
        String oneshot = "[Service]\nType=oneshot\nExecStart=/bin/true\n";
        write("night.service", oneshot);
        write("night.timer", "[Timer]\nOnCalendar=daily\n");
        assertThat(get(programs("night.service"), "night").workers()).isZero();
        assertThat(importResult.yaml())
                .contains("it is started by night.timer")
                .doesNotContain("twice");
        ProgramSpec night = get(programs("night.service", "night.timer"), "night");
        assertThat(night.workers()).isEqualTo(1);
        assertThat(night.startedByHand()).as("not at the manager's start").isTrue();
        assertThat(night.schedule())
                .isNotNull()
                .extracting(ScheduleSpec::times)
                .isEqualTo("0 0 * * *");
        write("other.timer", "[Timer]\nOnBootSec=1\nUnit=day.service\n");
        write("day.service", oneshot + "[Install]\nWantedBy=multi-user.target\n");
        assertThat(get(programs("day.service"), "day").workers()).isEqualTo(1);
        assertThat(get(programs("day.service", "other.timer"), "day").workers()).isZero();
        write("static.service", oneshot);
        assertThat(get(programs("static.service"), "static").workers()).isZero();
    }

    @Test
    void aVariableThatNobodySetKeepsAProgramFromBeingStarted() throws Exception {
        assertThat(supervised("command=/bin/x %(ENV_UNSET)s").workers()).isZero();
        ProgramSpec program = supervised("command=/bin/x\nenvironment=A=\"%(ENV_UNSET)s\",B=\"2\"");
        assertThat(program.workers()).isZero();
        assertThat(program.env()).containsOnlyKeys("B");
        assertThat(supervised("command=/bin/x\ndirectory=%(ENV_UNSET)s").workers()).isZero();
        write(
                "all.conf",
                "[supervisord]\nenvironment=A=\"%(ENV_UNSET)s\"\n[program:a]\ncommand=/bin/a\n");
        assertThat(get(programs("all.conf"), "a").workers()).isZero();
        assertThat(importResult.blocked()).isEqualTo(1);
        String circus = "[watcher:app]\ncmd=/bin/x $(circus.env.UNSET)\n";
        assertThat(program("circus.ini", circus).workers()).isZero();
    }

    // ---- systemd's lists, drop-ins and defaults

    @Test
    void aDropInTakesBackSocketsThatStandBeforeIt() throws Exception {
        write("web.service", "[Service]\nExecStart=/bin/web\n");
        write(
                "web.socket",
                "[Socket]\nListenStream=127.0.0.1:8001\nListenDatagram=127.0.0.1:8001\n");
        write(
                "web.socket.d/10-port.conf",
                "[Socket]\nListenStream=\nListenStream=127.0.0.1:8002\n");
        ProgramSpec web = get(programs("web.service", "web.socket"), "web");
        assertThat(addresses(web)).hasSize(1);
        assertThat(addresses(web).getFirst()).contains("8002");
        assertThat(importResult.verdict()).isEqualTo("nothing is lost");
    }

    @Test
    void dropInsAreReadInTheOrderOfTheirNamesAndTheParticularOneWins() throws Exception {
        write("web-a@1.service", "[Service]\nExecStart=/bin/true\nNice=1\n");
        write("web-a@.service.d/50-x.conf", "[Service]\nNice=2\nUMask=077\n");
        write("web-a@1.service.d/40-y.conf", "[Service]\nNice=3\n");
        write("web-.service.d/10-z.conf", "[Service]\nNice=4\n[Install]\nWantedBy=x.target\n");
        write("service.d/60-all.conf", "[Service]\nUMask=027\n");
        write("service.d/50-x.conf", "[Service]\nNice=9\n");
        ProgramSpec web = get(programs("web-a@1.service"), "web-a-1");
        assertThat(web.identity().nice()).isEqualTo(2);
        assertThat(importResult.yaml()).contains("umask: \"0027\"");
    }

    @Test
    void aFileOfVariablesWinsOverEnvironmentAsInSystemd() throws Exception {
        write("app.env", "X=file\nOTHER=1\n");
        String lines = "Environment=X=unit Y=unit\nEnvironmentFile=-" + directory + "/app.env";
        ProgramSpec app =
                program(
                        "app.service",
                        "[Service]\nExecStart=/bin/app $X ${Y}\n"
                                + lines
                                + "\n[Install]\nWantedBy=x.target\n");
        assertThat(text(app.env().get("X"))).isEqualTo("file");
        assertThat(text(app.env().get("Y"))).isEqualTo("unit");
        assertThat(words(app)).last().isEqualTo("set -f; exec /bin/app $X \"${Y}\"");
        assertThat(importResult.verdict()).isEqualTo("nothing is lost");
        Files.delete(directory.resolve("app.env"));
        assertThat(service("EnvironmentFile=-" + directory + "/app.env").workers()).isEqualTo(1);
        assertThat(service("EnvironmentFile=" + directory + "/app.env").workers()).isZero();
    }

    @Test
    void whatSystemdDoesUnaskedIsWrittenDown() throws Exception {
        ProgramSpec app = service("Restart=always\nRestartSec=0");
        assertThat(app.directory()).isEqualTo(Path.of("/"));
        assertThat(app.restart().giveUp())
                .isEqualTo(new RestartSpec.GiveUp(5, Duration.ofSeconds(10)));
        assertThat(app.stop().steps().getFirst().patience()).isEqualTo(Duration.ofSeconds(90));
        assertThat(service("Restart=always\nStartLimitInterval=0").restart().giveUp()).isNull();
        assertThat(service("Type=notify\nTimeoutSec=15").ack().timeout())
                .isEqualTo(Duration.ofSeconds(15));
        assertThat(service("Type=notify\nTimeoutSec=infinity").ack().timeout())
                .isGreaterThan(Duration.ofDays(365));
        ProgramSpec last =
                service("Type=notify\nTimeoutStartSec=5\nTimeoutSec=15\nTimeoutStopSec=7");
        assertThat(last.ack().timeout()).isEqualTo(Duration.ofSeconds(15));
        assertThat(last.stop().steps().getFirst().patience()).isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void whatIsRunBeforeTheStartIsRunBeforeIt() throws Exception {
        ProgramSpec app = service("ExecStartPre=/bin/a 'x y'\nExecStartPre=-/bin/b $LIST");
        assertThat(words(app))
                .last()
                .isEqualTo("set -f; /bin/a \"x y\" && { /bin/b $LIST || :; } && exec /bin/true");
        ProgramSpec job = service("Type=oneshot\nExecStart=/bin/second");
        assertThat(words(job)).last().isEqualTo("set -f; /bin/true && exec /bin/second");
        assertThat(service("ExecStart=/bin/second").workers()).isZero();
    }

    // ---- splitting

    @Test
    void anUnquotedVariableIsSplitAfterItIsFilledIn() throws Exception {
        assertThat(words(supervised("command=%(ENV_APP)s --port=%(ENV_PORT)s 'a b'")))
                .containsExactly("/bin/sh", "-c", "set -fu; exec ${APP} --port=${PORT} \"a b\"");
        assertThat(words(supervised("command=/bin/x \"--port=%(ENV_PORT)s\"")))
                .containsExactly("/bin/x", "--port=8000");
        assertThat(words(supervised("command=%(ENV_A)s -v\nenvironment=A=\"/bin/x 'y z'\"")))
                .containsExactly("/bin/x", "y z", "-v");
        String circus = "[watcher:app]\ncmd=$(circus.env.app)\nargs=\"$(circus.env.port)\" --x\n";
        assertThat(words(program("circus.ini", circus)))
                .containsExactly("/bin/sh", "-c", "set -fu; exec ${APP} \"${PORT}\" --x");
    }

    // ---- ports of their own

    @Test
    void aProgramThatMayBindItsOwnPortIsReplacedOldFirst() throws Exception {
        String replace = "strategy: replace";
        supervised("command=/bin/x --port 80");
        assertThat(importResult.yaml()).contains(replace, "with bind");
        supervised("command=/bin/x\nnumprocs=2\nprocess_name=a%(process_num)d");
        assertThat(importResult.yaml()).doesNotContain(replace);
        supervised("command=/bin/x %(process_num)d\nnumprocs=2\nprocess_name=a%(process_num)d");
        assertThat(importResult.yaml()).contains(replace);
        service("");
        assertThat(importResult.yaml()).contains(replace);
        program("circus.ini", "[watcher:app]\ncmd=/bin/x\n");
        assertThat(importResult.yaml()).contains(replace);
    }

    // ---- what is said

    @Test
    void nothingIsLostIsSaidOnlyWhereItIsTrue() throws Exception {
        service("User=www-data\nRestart=on-failure\nNice=3");
        assertThat(importResult.verdict()).isEqualTo("nothing is lost");
        service("ProtectSystem=full\nPrivateTmp=yes");
        assertThat(importResult.verdict()).startsWith("2 things are not as they were");
        assertThat(importResult.yaml()).containsOnlyOnce("no key like it");
        service("RestartSec=10\nRestart=always");
        assertThat(importResult.changes()).isEqualTo(1);
    }

    @Test
    void theVariablesBesideAProcfileAreCarriedOver() throws Exception {
        write(".env", "export X=1\n");
        ProgramSpec web = program("Procfile", "web: ./web\n");
        assertThat(text(web.env().get("X"))).isEqualTo("1");
        write(".env", "what is this\n");
        program("Procfile", "web: ./web\n");
        assertThat(importResult.changes()).isEqualTo(1);
    }

    @Test
    void aLogOfAnySizeKeepsItsBound() throws Exception {
        program(
                "circus.ini",
                """
                [watcher:app]
                cmd=/bin/x
                copy_env=1
                stdout_stream.filename=/tmp/x.log
                stdout_stream.max_bytes=1073741824
                stdout_stream.backup_count=5
                """);
        assertThat(importResult.yaml()).contains("max-size: 1024MiB, keep: 5");
        assertThat(importResult.verdict()).isEqualTo("nothing is lost");
        supervised("command=/bin/x\nstdout_logfile=/tmp/x.log\nstdout_logfile_backups=99999");
        assertThat(importResult.yaml()).contains("max-size: 50MiB, keep: 10000");
    }

    @Test
    void anImportedSocketIsNotCalledAStranger() throws Exception {
        write(
                "web.service",
                """
                [Unit]
                After=web.socket network.target
                Requires=web.socket
                [Service]
                ExecStart=/bin/web
                StandardOutput=journal
                KillSignal=SIGQUIT
                """);
        write("web.socket", "[Socket]\nListenStream=127.0.0.1:8001\n");
        ProgramSpec web = get(programs("web.service", "web.socket"), "web");
        assertThat(web.stop().steps().getFirst().signal()).isEqualTo(Signal.QUIT);
        assertThat(importResult.verdict()).isEqualTo("nothing is lost");
        assertThat(importResult.yaml()).contains("logs: journal").doesNotContain("among the files");
    }

    // ---- compose, process-compose, pm2

    private Map<String, ProgramSpec> compose(String services) throws Exception {
        write("compose.yaml", "version: '3.8'\nservices:\n" + services.indent(2));
        return programs("compose.yaml");
    }

    @Test
    void aComposeFileIsKnownByItsContentsAndAnImageAloneIsNotRun() throws Exception {
        write("stack.yml", "version: '3.8'\nservices: { db: { image: postgres } }\n");
        assertThat(get(programs("stack.yml"), "db").workers()).isZero();
        write("stack", "services:\n  db: { image: mysql, command: --verbose }\n");
        assertThat(get(programs("stack"), "db").workers()).isZero();
        assertThat(importResult.yaml()).contains("the image says of what these are options");
    }

    @Test
    void aCommandOfComposeIsFilledInAndThenSplit() throws Exception {
        write(".env", "NAME=shop\n");
        Map<String, ProgramSpec> all =
                compose(
                        """
                        a: { command: "bin/a $APP --name $NAME --port ${PORT:-80} $$HOME" }
                        b: { entrypoint: ["bin/b", "${PORT:-80}"], command: ["x y", "${NO:-z}"] }
                        c: { entrypoint: bin/c, command: "${NEEDED:?say it}" }
                        d: { command: [bin/d, "${NAME:+yes}", "${GONE:+no}", "${GONE-is $NAME}"] }
                        """);
        assertThat(words(get(all, "a")))
                .last()
                .isEqualTo(
                        "set -fu; exec bin/a ${APP:-} --name shop --port ${PORT:-80} \"\\$HOME\"");
        assertThat(words(get(all, "b"))).containsExactly("bin/b", "8000", "x y", "z");
        assertThat(get(all, "c").workers()).isZero();
        assertThat(words(get(all, "d"))).containsExactly("bin/d", "yes", "", "is shop");
    }

    private static ProgramSpec get(Map<String, ProgramSpec> programs, String name) {
        return Objects.requireNonNull(programs.get(name));
    }

    @Test
    void whatDependsOnAServiceDoesNotWaitForItsEnd() throws Exception {
        Map<String, ProgramSpec> all =
                compose(
                        """
                        db: { command: bin/db }
                        job: { command: bin/job }
                        web:
                          command: bin/web
                          depends_on:
                            db: { condition: service_started }
                            job: { condition: service_completed_successfully }
                        """);
        assertThat(get(all, "web").after()).containsExactly("db", "job");
        assertThat(get(all, "job").restart().when()).isEqualTo(RestartSpec.When.NEVER);
        assertThat(get(all, "db").restart().when()).isEqualTo(RestartSpec.When.ON_FAILURE);
        assertThat(get(all, "db").restart().giveUp())
                .isEqualTo(new RestartSpec.GiveUp(1, Duration.ofSeconds(1)));
    }

    @Test
    void whatWaitsForAProgramThatIsNotStartedIsTold() throws Exception {
        Map<String, ProgramSpec> all =
                compose("db: { image: postgres }\nweb: { command: bin/web, depends_on: [db] }\n");
        assertThat(get(all, "web").after()).containsExactly("db");
        assertThat(importResult.yaml()).contains("db is not started, so it is not waited for");
    }

    @Test
    void replicasThatWouldBindOnePortAreOne() throws Exception {
        Map<String, ProgramSpec> all =
                compose(
                        """
                        web: { command: bin/web, ports: ["80:8000"], deploy: { replicas: 3 } }
                        queue: { command: bin/queue, deploy: { replicas: 3 } }
                        """);
        assertThat(get(all, "web").workers()).isEqualTo(1);
        assertThat(get(all, "queue").workers()).isEqualTo(3);
    }

    @Test
    void aServiceOfComposeThatHoldsItsOwnNameIsNotSaidToReachAnother() throws Exception {
        compose(
                """
                postgres: { build: ., command: postgres -c fsync=off }
                web: { build: ., command: bin/web, environment: { DB: postgres } }
                """);
        assertThat(importResult.yaml()).containsOnlyOnce("names a service there");
    }

    @Test
    void whatSupervisordItselfIgnoresIsNotLost() throws Exception {
        write(
                "supervisord.conf",
                """
                [supervisord]
                stdout_logfile=/dev/stdout
                stdout_logfile_maxbytes=0
                [program:app]
                command=/bin/true
                """);
        programs("supervisord.conf");
        assertThat(importResult.verdict()).contains("nothing is lost");
    }

    @Test
    void aServiceWithANameOnTheBusIsReplacedOldBeforeNew() throws Exception {
        write("app.service", "[Service]\nType=dbus\nBusName=x.y\nExecStart=/bin/true\n");
        write("app.socket", "[Socket]\nListenStream=/run/app.sock\n");
        ProgramSpec app = get(programs("app.service", "app.socket"), "app");
        assertThat(app.rollout().strategy()).isEqualTo(RolloutSpec.Strategy.REPLACE);
        assertThat(importResult.yaml()).contains("a name on the bus has one owner");
    }

    @Test
    void aConditionThatRestartWouldAskAgainIsCounted() throws Exception {
        String unit = "[Unit]\nConditionPathExists=/x\n[Service]\nExecStart=/bin/true\nRestart=";
        program("app.service", unit + "always\n[Install]\nWantedBy=x.target\n");
        assertThat(importResult.verdict()).startsWith("1 thing is not as it was");
        program("app.service", unit + "no\n[Install]\nWantedBy=x.target\n");
        assertThat(importResult.verdict()).contains("nothing is lost");
    }

    @Test
    void aFileOfVariablesThatIsYetToComeIsSaidToLoseToEnv() throws Exception {
        for (String optional : List.of("", "-")) {
            service("Environment=A=1\nEnvironmentFile=" + optional + "/nowhere/app.env");
            assertThat(importResult.yaml()).contains("in systemd it wins over Environment=");
        }
    }

    @Test
    void filesOfOthersThatAreNotReadAreNamed() throws Exception {
        write("web.yaml", "apiVersion: apps/v1\nkind: Deployment\nspec: {}\n");
        assertThatThrownBy(() -> programs("web.yaml")).hasMessageContaining("Kubernetes");
        write("ours.yaml", "programs: { a: { command: x } }\n");
        assertThatThrownBy(() -> programs("ours.yaml")).hasMessageContaining("of our own");
        write("any.yaml", "version: 3\nname: nothing\n");
        assertThatThrownBy(() -> programs("any.yaml")).hasMessageContaining("--from");
    }

    @Test
    void processComposeAndPm2AreRead() throws Exception {
        write("compose.yaml", "processes:\n  a: { command: 'X=1 bin/a | tee log' }\n");
        assertThat(words(get(programs("compose.yaml"), "a")))
                .containsExactly("/bin/bash", "-c", "X=1 bin/a | tee log");
        write("ecosystem.json", "[{ \"name\": \"a\", \"script\": \"a.js\", \"instances\": 4 }]");
        ProgramSpec app = get(programs("ecosystem.json"), "a");
        assertThat(words(app)).containsExactly("node", "a.js");
        assertThat(app.workers()).isEqualTo(1);
        assertThat(app.stop().steps().getFirst().signal()).isEqualTo(Signal.INT);
        Path script = directory.resolve("ecosystem.config.js");
        write("ecosystem.config.js", "module.exports = { apps: [{ script: 'x' }] };");
        ImportResult made =
                Importer.read(
                        List.of(script),
                        null,
                        ImportSamples.machine(environment),
                        _ -> "{\"apps\": [{\"script\": \"b.py\"}]}");
        assertThat(made.yaml()).contains("command: [python3, b.py]", "was run once");
    }
}
