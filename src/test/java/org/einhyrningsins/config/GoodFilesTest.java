// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.config.print.ConfigPrinter;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.source.ConfigProblem;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.AckSpec.Manual;
import org.einhyrningsins.spec.AckSpec.Notify;
import org.einhyrningsins.spec.AckSpec.Probe;
import org.einhyrningsins.spec.AckSpec.Timer;
import org.einhyrningsins.spec.CanarySpec;
import org.einhyrningsins.spec.DrainSpec;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.ManagerLinkSpec;
import org.einhyrningsins.spec.ManagerLinkSpec.WorkerSocket;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Release;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.RolloutSpec;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.SocketProtocol;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.StopSpec;
import org.einhyrningsins.spec.StopSpec.Step;
import org.einhyrningsins.spec.TextTemplate;
import org.einhyrningsins.spec.TrialSpec;
import org.einhyrningsins.spec.manager.AllowSpec;
import org.einhyrningsins.spec.manager.ControlSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.einhyrningsins.spec.process.Capability;
import org.einhyrningsins.spec.process.CgroupSpec;
import org.einhyrningsins.spec.process.ConfinementSpec;
import org.einhyrningsins.spec.process.DirectorySpec;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Limit;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Resource;
import org.einhyrningsins.spec.process.SandboxSpec;
import org.einhyrningsins.spec.process.SchedulingSpec.IoClass;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;

class GoodFilesTest {
    private static final Path BASE = Samples.FOLDER.resolve("good").toAbsolutePath();

    static List<Path> good() {
        return Samples.good();
    }

    private static ServicesSpec good(String name) {
        return Samples.valid(Samples.FOLDER.resolve("good/" + name + ".yaml"));
    }

    private static ProgramSpec program(String file, String name) {
        ProgramSpec program = good(file).programs().get(name);
        return Objects.requireNonNull(program, name);
    }

    private static List<String> words(ProgramSpec program) {
        return program.command().stream()
                .map(t -> Release.apply(program.release(), t).expand(7, Map.of("admin", "ADDR")))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("good")
    void printsWhatLoadsBackToTheSame(Path file, @TempDir Path directory) throws IOException {
        ServicesSpec services = Samples.valid(file);
        Path printed = directory.resolve("printed.yaml");
        Files.writeString(printed, ConfigPrinter.print(services));
        assertThat(Samples.valid(printed)).isEqualTo(services);
    }

    @Test
    void fillsInTheDefaultsOfTheSpec() {
        ProgramSpec web = program("least", "web");
        assertThat(words(web)).containsExactly("/bin/true");
        assertThat(web.directory()).isEqualTo(BASE);
        assertThat(web.workers()).isEqualTo(1);
        assertThat(web.ack()).isEqualTo(AckSpec.DEFAULT);
        assertThat(web.stop()).isEqualTo(StopSpec.DEFAULT);
        assertThat(web.restart()).isEqualTo(RestartSpec.DEFAULT);
        RolloutSpec usual = RolloutSpec.DEFAULT;
        assertThat(web.rollout().proof().probation()).isEqualTo(Duration.ofSeconds(10));
        assertThat(web.rollout().proof().rollbackWithin()).isEqualTo(Duration.ofMinutes(1));
        assertThat(web.rollout().drain()).isEqualTo(usual.drain());
        assertThat(web.rollout().strategy()).isEqualTo(usual.strategy());
        assertThat(web.rollout().maxSurge()).isEqualTo(usual.maxSurge());
        assertThat(web.rollout().maxUnacked()).isEqualTo(usual.maxUnacked());
        assertThat(web.rollout().retries()).isEqualTo(usual.retries());
        assertThat(web.logs()).isEqualTo(new LogsSpec.Inherit());
        assertThat(web.managerLink()).isEqualTo(ManagerLinkSpec.DEFAULT);
    }

    @Test
    void readsWhereOutputGoes() {
        assertThat(program("logs", "web").logs())
                .isEqualTo(
                        new LogsSpec.Kept(
                                Path.of("/var/log/shop/web.log"),
                                64 << 20,
                                null,
                                4,
                                true,
                                List.of()));
        LogsSpec slots = program("logs", "slots").logs();
        assertThat(slots)
                .isEqualTo(
                        new LogsSpec.Kept(
                                BASE.resolve("logs/%s.log"),
                                64 << 20,
                                Duration.ofHours(24),
                                4,
                                true,
                                List.of(LogsSpec.Word.values())));
        assertThat(slots.file(7)).isEqualTo(BASE.resolve("logs/7.log"));
        LogsSpec plain = program("logs", "plain").logs();
        assertThat(plain).isInstanceOf(LogsSpec.ToFile.class);
        assertThat(plain.file(3)).isEqualTo(Path.of("/var/log/shop/3-${x}.log"));
        assertThat(program("logs", "journal").logs()).isEqualTo(new LogsSpec.Journal());
        assertThat(program("logs", "words").spawnSettings())
                .isEqualTo(program("logs", "words").spawnSettings());
        assertThat(program("logs", "words").spawnSettings().launch().logs())
                .isEqualTo(program("logs", "slots").spawnSettings().launch().logs())
                .isNotEqualTo(program("logs", "plain").spawnSettings().launch().logs());
    }

    @Test
    void putsTheFirstWorkerOnTrialOnlyWhereNobodySaysThatItIsUp() {
        assertThat(program("acks", "c").rollout().proof().probation())
                .isEqualTo(Duration.ofSeconds(10));
        assertThat(program("acks", "d").rollout().proof().probation()).isEqualTo(Duration.ZERO);
    }

    @Test
    void readsEveryKey() {
        ProgramSpec web = program("everything", "web");
        assertThat(words(web))
                .containsExactly(
                        "/bin/sleep",
                        "--fd=6",
                        "web-7",
                        "ADDR",
                        "/home/me",
                        "${HOME}",
                        BASE.resolveSibling("parts/x").toString(),
                        "parts");
        assertThat(web.workers()).isEqualTo(8);
        assertThat(web.directory()).isEqualTo(BASE);
        assertThat(web.dropEnv()).containsExactly("AWS_SECRET_ACCESS_KEY");
        assertThat(web.stdin()).isEqualTo("http");
        assertThat(web.ack()).isEqualTo(new AckSpec(new Manual(), Duration.ofSeconds(10)));
        assertThat(web.rollout())
                .isEqualTo(
                        new RolloutSpec(
                                RolloutSpec.Strategy.SMOOTH,
                                3,
                                2,
                                Duration.ofMillis(1500),
                                5,
                                new CanarySpec(2, Duration.ofMinutes(1)),
                                new TrialSpec(Duration.ofSeconds(20), Duration.ofMinutes(5)),
                                new DrainSpec(false, Duration.ofMinutes(15))));
        assertThat(web.stop().steps())
                .containsExactly(
                        new Step(Signal.USR2, Duration.ofMinutes(1)),
                        new Step(Signal.TERM, Duration.ofSeconds(5)),
                        new Step(Signal.QUIT, Duration.ofSeconds(5)),
                        new Step(Signal.KILL, Duration.ZERO));
        assertThat(web.restart().when()).isEqualTo(RestartSpec.When.ON_FAILURE);
        assertThat(web.restart().giveUp())
                .isEqualTo(new RestartSpec.GiveUp(10, Duration.ofMinutes(1)));
        assertThat(web.logs()).isEqualTo(new LogsSpec.ToFile(BASE.resolve("web.log")));
        assertThat(web.managerLink()).isEqualTo(new ManagerLinkSpec(WorkerSocket.OWN, true, false));
        assertThat(program("classic", "web").managerLink())
                .isEqualTo(new ManagerLinkSpec(WorkerSocket.CONTROL, false, true));
    }

    @Test
    void knowsHowServersWantToBeStopped() {
        Duration quick = Duration.ofSeconds(5);
        assertThat(program("servers", "a").stop().steps())
                .containsExactly(
                        new Step(Signal.QUIT, Duration.ofSeconds(30)),
                        new Step(Signal.TERM, quick),
                        new Step(Signal.KILL, Duration.ZERO));
        assertThat(program("servers", "b").stop().steps())
                .containsExactly(
                        new Step(Signal.TERM, Duration.ofMinutes(1)),
                        new Step(Signal.QUIT, quick),
                        new Step(Signal.KILL, Duration.ZERO));
        assertThat(program("servers", "c").stop().steps())
                .containsExactly(
                        new Step(Signal.TERM, quick), new Step(Signal.KILL, Duration.ZERO));
        assertThat(program("servers", "d").stop().steps().getFirst())
                .isEqualTo(new Step(Signal.QUIT, Duration.ZERO));
    }

    @Test
    void keepsTheProtocolsThatMustBeAskedFor() {
        assertThat(program("everything", "web").protocols())
                .containsExactlyInAnyOrder(SocketProtocol.NGINX, SocketProtocol.PUMA);
        assertThat(program("servers", "b").protocols())
                .containsExactlyInAnyOrder(SocketProtocol.UNICORN, SocketProtocol.PHP_FPM);
        assertThat(program("servers", "b").stdin()).isEqualTo("socket0");
        assertThat(program("servers", "e").stdin()).isEqualTo("two");
        assertThat(program("least", "web").protocols()).isEmpty();
    }

    @Test
    void readsTheIdentity() {
        var identity = program("everything", "web").identity();
        assertThat(identity.user()).isEqualTo("www-data");
        assertThat(identity.group()).isEqualTo("33");
        assertThat(identity.umask()).isEqualTo(022);
        assertThat(identity.nice()).isEqualTo(5);
        assertThat(identity.limits())
                .hasSize(Resource.values().length)
                .containsEntry(Resource.STACK, new Limit(8 << 20, Limit.UNLIMITED))
                .containsEntry(Resource.FSIZE, new Limit(1_000_000_000, 1_000_000_000))
                .containsEntry(Resource.NPROC, new Limit(100, 200));
    }

    @Test
    void readsWhatAWorkerMayGainAndTake() {
        var confinement = program("everything", "web").identity().confinement();
        assertThat(confinement.noNewPrivs()).isTrue();
        assertThat(confinement.cgroup())
                .isEqualTo(new CgroupSpec(512L << 20, 400_000_000L, 150, 200, 50));
        assertThat(program("everything", "web").monitoring().together())
                .isEqualTo(new CgroupSpec(2L << 30, 1800L << 20, 400, 1000, 200));
        SandboxSpec sandbox = Objects.requireNonNull(confinement.sandbox());
        assertThat(sandbox.read()).containsExactly(Path.of("/srv/web"));
        assertThat(sandbox.write()).hasSize(2).contains(Path.of("/var/lib/web"));
        assertThat(sandbox.connect()).containsExactly(5432, 53);
        assertThat(sandbox.bind()).isEmpty();
        assertThat(sandbox.scope()).containsExactly(SandboxSpec.Scope.values());
        assertThat(sandbox.required()).isFalse();
        assertThat(confinement.capabilities())
                .containsExactly(Capability.NET_BIND_SERVICE, Capability.NET_RAW);
        var scheduling = confinement.scheduling();
        assertThat(scheduling.oomScoreAdj()).isEqualTo(-500);
        assertThat(scheduling.cpus()).containsExactly(0, 1, 2, 3, 4, 8);
        assertThat(scheduling.ioClass()).isEqualTo(new IoClass(IoClass.Kind.BEST_EFFORT, 6));
        assertThat(confinement.credentials())
                .containsEntry("tls.key", Path.of("/etc/ssl/private/web.key"))
                .hasSize(2);
        assertThat(confinement.directories())
                .extracting(DirectorySpec::mode)
                .containsExactly(0755, 0770);
        assertThat(program("least", "web").identity().confinement())
                .isEqualTo(ConfinementSpec.NONE);
    }

    @Test
    void keepsVariablesToTheLetter() {
        Map<String, String> env = new java.util.LinkedHashMap<>();
        program("everything", "web").env().forEach((k, v) -> env.put(k, v.expand(3, Map.of())));
        assertThat(env)
                .containsEntry("DEBUG", "no")
                .containsEntry("OCTAL", "022")
                .containsEntry("EMPTY", "")
                .containsEntry("a.b", "d e")
                .containsEntry("STAGE", "x")
                .containsEntry("LATER", "$3")
                .containsEntry("RAILS_ENV", "production")
                .containsEntry("FROM_FILE", "bare value")
                .containsEntry("QUOTED", "as it is $HOME \\n")
                .containsEntry("DOUBLE", "line\nbreak \"q\" $ \\x")
                .containsEntry("EMPTY_TOO", "")
                .containsEntry("COMMENTED", "")
                .containsEntry("HASH", "a#b")
                .containsEntry("TABBED", "x")
                .containsEntry("MULTI", "one\ntwo");
    }

    @Test
    void readsSockets() {
        List<SocketSpec> sockets = program("everything", "web").sockets();
        assertThat(sockets.stream().map(SocketSpec::name))
                .containsExactly(
                        "socket0", "admin", "quic", "http", "socket4", "socket5", "socket6",
                        "socket7");
        assertThat(sockets.stream().map(s -> s.address().toString()))
                .containsExactly(
                        "127.0.0.1:8080",
                        "unix:" + BASE.resolve("run/web.sock"),
                        "udp:[::]:443",
                        "0.0.0.0:80",
                        "unix:@web",
                        "udp:127.0.0.1:0",
                        "[fe80::1%lo]:82",
                        "0.0.0.0:0");
        assertThat(sockets.stream().map(SocketSpec::nonBlocking).toList().subList(0, 3))
                .containsExactly(true, true, false);
        assertThat(sockets.stream().map(SocketSpec::reuseAddress))
                .containsExactly(true, false, false, true, false, true, true, true);
        assertThat(sockets.get(1).file())
                .isEqualTo(new SocketSpec.UnixFile(0660, "www-data", "33"));
        assertThat(sockets.get(2).ipv6Only()).isTrue();
        assertThat(sockets.get(2).perWorker()).isTrue();
        assertThat(sockets.get(3).perWorker()).isFalse();
        assertThat(sockets.get(3).backlog()).isEqualTo(512);
    }

    @Test
    void includesFilesAfterItsOwnPrograms() {
        ServicesSpec services = good("everything");
        assertThat(services.programs().sequencedKeySet()).containsExactly("web", "one", "two");
        assertThat(services.control().socket()).isEqualTo(BASE.resolve("control.sock"));
        assertThat(services.control().mode()).isEqualTo(0660);
        assertThat(services.control().keeper()).isTrue();
        // relative to the main file, so that a program can be moved to a file of its own unchanged
        assertThat(program("everything", "two").directory()).isEqualTo(BASE.resolve("sub"));
        assertThat(program("everything", "two").workers()).isEqualTo(2);
    }

    @Test
    void readsWhoMayUseTheControlSocket() {
        ControlSpec control = good("allow").control();
        AllowSpec allow = Objects.requireNonNull(control.allow());
        assertThat(allow.admin())
                .containsExactly(
                        new AllowSpec.Who("root", false),
                        new AllowSpec.Who("www-data", false),
                        new AllowSpec.Who("www-data", true),
                        new AllowSpec.Who("1000", false),
                        new AllowSpec.Who("1000", true));
        assertThat(allow.read()).containsExactly(new AllowSpec.Who("root", true));
        // whom the file's mode keeps out, nobody asks for an identity
        assertThat(control.mode()).isEqualTo(0666);
        assertThat(control.forOthers()).isTrue();
        assertThat(good("everything").control().forOthers()).isFalse();
    }

    @Test
    void readsEveryWayToAck() {
        assertThat(program("acks", "a").ack().mode()).isEqualTo(new Manual());
        assertThat(program("acks", "b").ack().mode()).isEqualTo(new Timer(Duration.ZERO));
        assertThat(program("acks", "c").ack().mode()).isEqualTo(new Timer(Duration.ofSeconds(3)));
        assertThat(program("acks", "d").ack().mode()).isEqualTo(new Notify());
        assertThat(program("acks", "l").ack().mode())
                .isEqualTo(new AckSpec.Log("listening on \"[a-z]+\"\\s\\d{1,5}$"));
        assertThat(program("acks", "e").ack())
                .isEqualTo(
                        new AckSpec(
                                new Probe(
                                        new AckSpec.TcpTarget(new AckSpec.OwnSocket("web")),
                                        Duration.ofSeconds(1)),
                                Duration.ofSeconds(5)));
        assertThat(target("f"))
                .isEqualTo(
                        new AckSpec.HttpTarget(
                                new AckSpec.OwnSocket("web"), "localhost", "/healthz"));
        assertThat(target("g"))
                .isInstanceOfSatisfying(
                        AckSpec.HttpTarget.class,
                        http -> {
                            assertThat(http.path()).isEqualTo("/");
                            assertThat(((AckSpec.Fixed) http.endpoint()).port().expand(4, Map.of()))
                                    .isEqualTo("914");
                        });
        assertThat(target("i"))
                .isInstanceOfSatisfying(
                        AckSpec.HttpTarget.class,
                        http -> assertThat(http.host()).isEqualTo("[::1]"));
    }

    private static AckSpec.Target target(String program) {
        return ((Probe) program("acks", program).ack().mode()).target();
    }

    @Test
    void putsDefaultsUnderEveryProgram() {
        ProgramSpec own = program("defaults", "own");
        assertThat(own.ack())
                .isEqualTo(new AckSpec(new Timer(Duration.ofSeconds(2)), Duration.ofSeconds(7)));
        assertThat(own.stop().steps().getFirst().signal()).isEqualTo(Signal.QUIT);
        ProgramSpec part = program("defaults", "part");
        assertThat(part.ack().timeout()).isEqualTo(Duration.ofSeconds(9));
        assertThat(part.ack().mode()).isInstanceOf(Probe.class);
        assertThat(part.stop().steps())
                .containsExactly(
                        new Step(Signal.INT, Duration.ofSeconds(4)),
                        new Step(Signal.TERM, Duration.ofSeconds(4)),
                        new Step(Signal.KILL, Duration.ZERO));
        assertThat(part.restart().when()).isEqualTo(RestartSpec.When.NEVER);
        assertThat(part.logs()).isEqualTo(new LogsSpec.Discard());
        assertThat(program("defaults", "none").logs()).isEqualTo(new LogsSpec.Discard());
        assertThat(program("defaults", "in").logs()).isEqualTo(new LogsSpec.Inherit());
    }

    @Test
    void understandsAnchorsAndMergeKeys() {
        assertThat(program("anchors", "a").workers()).isEqualTo(3);
        assertThat(program("anchors", "b").identity().umask()).isEqualTo(077);
        assertThat(program("anchors", "b").identity().nice()).isEqualTo(1);
        assertThat(program("anchors", "c").workers()).isEqualTo(1);
        assertThat(words(program("anchors", "c"))).containsExactly("/bin/true");
    }

    @Test
    void splitsACommandAsAShellWould() {
        assertThat(words(program("texts", "a")))
                .containsExactly(
                        "server",
                        "--name",
                        "two words",
                        "single $x",
                        "esc aped",
                        "7",
                        "$",
                        "${x}",
                        "cost$",
                        "a#b");
        assertThat(words(program("texts", "b")))
                .containsExactly(
                        "echo",
                        "",
                        "null",
                        "it's",
                        "tab\tnewline\nbell\u0007",
                        "ünï🐎",
                        "\u2028",
                        ": ",
                        "- x",
                        "~",
                        "0x1F",
                        "1.10",
                        "true");
        assertThat(words(program("texts", "c"))).containsExactly("/bin/server", "--flag");
        assertThat(words(program("texts", "d")))
                .containsExactly("$${x}", "$", "$$", "a$b", "$7", "${x}");
        assertThat(program("texts", "b").command().get(1)).isEqualTo(TextTemplate.of(""));
    }

    @Test
    void includesNeitherItselfNorHiddenFiles(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("a.yaml");
        Files.writeString(file, "include: '*.yaml'\ndefaults: {command: x}\nprograms: {a: {}}\n");
        Files.writeString(directory.resolve("c.yaml"), "programs: {c: {}}\n");
        Files.writeString(directory.resolve("b.yaml"), "programs: {b: {}}\n");
        Files.writeString(directory.resolve(".#b.yaml"), "programs: {hidden: {}}\n");
        assertThat(Samples.valid(file).programs().sequencedKeySet()).containsExactly("a", "b", "c");
    }

    @Test
    void warnsOfWhatMayBeMeant(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("services.yaml");
        Files.writeString(
                file,
                """
                include: [none/*.yaml, "*.none"]
                programs:
                  web: { command: ./server, directory: srv }
                """);
        assertThat(Samples.load(file))
                .isInstanceOfSatisfying(
                        LoadResult.Valid.class,
                        valid ->
                                assertThat(valid.warnings().stream().map(ConfigProblem::path))
                                        .containsExactly(
                                                "include[0]",
                                                "include[1]",
                                                "programs.web.command",
                                                "programs.web.directory"));
    }
}
