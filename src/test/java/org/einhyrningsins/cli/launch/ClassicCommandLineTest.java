// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.launch;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.cli.Main;
import org.einhyrningsins.cli.terminal.TextOutput;
import org.einhyrningsins.config.print.ConfigPrinter;
import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.source.ShlexSplitter;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.manager.runtime.ConfigOrigin;
import org.einhyrningsins.manager.runtime.LaunchOptions;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.DrainSpec;
import org.einhyrningsins.spec.ManagerLinkSpec;
import org.einhyrningsins.spec.ManagerLinkSpec.WorkerSocket;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.RolloutSpec;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.StopSpec.Step;
import org.einhyrningsins.spec.TextTemplate;
import org.einhyrningsins.spec.TrialSpec;
import org.einhyrningsins.spec.manager.LogSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

class ClassicCommandLineTest {
    @TempDir Path directory;

    @Test
    void withoutOptionsItIsAFileWithFourDifferences() {
        ProgramSpec web = program("./web --port 80");
        assertThat(web.name()).isEqualTo("web");
        assertThat(words(web)).containsExactly("./web", "--port", "80");
        assertThat(web.directory()).isEqualTo(Path.of("").toAbsolutePath());
        assertThat(web.workers()).isEqualTo(1);
        assertThat(web.sockets()).isEmpty();
        assertThat(web.ack()).isEqualTo(AckSpec.DEFAULT);
        assertThat(web.restart()).isEqualTo(RestartSpec.DEFAULT);
        assertThat(web.rollout().strategy()).isEqualTo(RolloutSpec.DEFAULT.strategy());
        assertThat(web.rollout().maxSurge()).isEqualTo(1);
        assertThat(web.rollout().proof()).isEqualTo(TrialSpec.of(AckSpec.DEFAULT));
        assertThat(web.rollout().drain()).isEqualTo(new DrainSpec(false, DrainSpec.UNLIMITED));
        assertThat(web.managerLink())
                .isEqualTo(new ManagerLinkSpec(WorkerSocket.CONTROL, false, true));
        assertThat(web.stop().steps())
                .containsExactly(
                        new Step(Signal.USR2, Duration.ofSeconds(3)),
                        new Step(Signal.TERM, Duration.ofSeconds(3)),
                        new Step(Signal.KILL, Duration.ZERO));
        assertThat(services("./web").control().socket()).isEqualTo(Path.of("/tmp/einhorn.sock"));
        assertThat(services("./web").log()).isEqualTo(LogSpec.DEFAULT);
    }

    @Test
    void limitsWhatARolloutWaitsForOnlyWhenAsked() {
        assertThat(program("-t 20 web").rollout().drain().timeout()).isNull();
        assertThat(program("-t 20 web").stop().steps())
                .containsExactly(
                        new Step(Signal.USR2, Duration.ofSeconds(20)),
                        new Step(Signal.KILL, Duration.ZERO));
        assertThat(program("--max-upgrade-additional 2 web").rollout().drain())
                .isEqualTo(new DrainSpec(true, DrainSpec.UNLIMITED));
        assertThat(program("-m web").rollout().proof().probation()).isZero();
    }

    @Test
    void theProgramBeginsAtTheFirstWordThatIsNoOption() {
        assertThat(words(program("-n 2 web -n 3 -- -x")))
                .containsExactly("web", "-n", "3", "--", "-x");
        assertThat(words(program("-n2 -- -web -m"))).containsExactly("-web", "-m");
        assertThat(words(program("-- check file"))).containsExactly("check", "file");
        assertThat(words(program("-v check file"))).containsExactly("check", "file");
        assertThat(words(program("-n 1 - x"))).containsExactly("-", "x");
        assertThat(words(program("-kgm web"))).containsExactly("web");
        assertThat(words(program("-gn 2 web"))).containsExactly("web");
    }

    /// What a shell or we ourselves would replace in a file is just text here.
    @Test
    void leavesWhatLooksLikeSubstitutionAlone() {
        ProgramSpec web = program("web ${slot} $HOME $${x}");
        assertThat(words(web)).containsExactly("web", "${slot}", "$HOME", "$${x}");
    }

    @ParameterizedTest
    @CsvSource({
        "/usr/bin/web, web",
        "web.py, web.py",
        "./_w@b:1, w-b-1",
        "/, program",
        "all, program",
        "--command-name=api /usr/bin/web, api"
    })
    void isNamedAfterItsCommand(String line, String name) {
        assertThat(program(line).name()).isEqualTo(name);
    }

    @Test
    void readsTheCount() {
        for (String line : List.of("-n 4 x", "-n4 x", "--number 4 x", "--number=4 x")) {
            assertThat(program(line).workers()).isEqualTo(4);
        }
        assertThat(program("-n 0 x").workers()).isZero();
    }

    @Test
    void readsTheSockets() throws IOException {
        List<SocketSpec> sockets =
                program(
                                "-b 127.0.0.1:80,r,n -b [::1]:81 --bind=0.0.0.0:82,so_reuseaddr -b"
                                        + " 127.0.0.1:83,o_nonblock -l 10 x")
                        .sockets();
        InetAddress local = InetAddress.ofLiteral("127.0.0.1");
        assertThat(sockets.get(0).address()).isEqualTo(new SocketSpec.Tcp(local, 80));
        assertThat(sockets)
                .extracting(SocketSpec::reuseAddress)
                .containsExactly(true, false, true, false);
        assertThat(sockets)
                .extracting(SocketSpec::nonBlocking)
                .containsExactly(true, false, false, true);
        assertThat(sockets).extracting(SocketSpec::backlog).containsOnly(10);
        assertThat(sockets)
                .extracting(SocketSpec::name)
                .containsExactly("socket0", "socket1", "socket2", "socket3");
    }

    @Test
    void readsTheFamily() {
        SocketSpec four = program("-4 -b localhost:80 x").sockets().getFirst();
        assertThat(four.address()).hasToString("127.0.0.1:80");
        SocketSpec six = program("-6 -b :80 x").sockets().getFirst();
        assertThat(six.address()).hasToString("[::]:80");
        assertThat(six.ipv6Only()).isTrue();
        assertThat(program("-b [::]:80 x").sockets().getFirst().ipv6Only()).isFalse();
        assertThat(mistake("-4 -6 x")).contains("-4 and -6");
        assertThat(mistake("-4 -b [::1]:80 x")).contains("not an address of IPv4");
        assertThat(mistake("-6 -b 127.0.0.1:80 x")).contains("not an address of IPv6");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-m x",
                "--manual x",
                "-m manual x",
                "-mmanual x",
                "--ack-mode manual x",
                "-gm manual x",
                "-m -- 2"
            })
    void readsManualAcks(String line) {
        assertThat(program(line).ack().mode()).isEqualTo(new AckSpec.Manual());
    }

    @ParameterizedTest
    @CsvSource({"--ack-mode 2 x, 2000", "-m 2.5 x, 2500", "-m .5 x, 500", "--ack-mode=0 x, 0"})
    void readsTimerAcks(String line, int millis) {
        AckSpec.Timer timer = new AckSpec.Timer(Duration.ofMillis(millis));
        assertThat(program(line).ack().mode()).isEqualTo(timer);
    }

    @Test
    void readsHowWorkersComeAndGo() {
        assertThat(program("-r 5 x").rollout().retries()).isEqualTo(5);
        assertThat(program("-r 0 x").rollout().retries()).isEqualTo(1);
        assertThat(program("--max-unacked 2 x").rollout().maxUnacked()).isEqualTo(2);
        assertThat(program("--max-upgrade-additional 3 x").rollout().maxSurge()).isEqualTo(3);
        assertThat(program("--max-upgrade-additional=0 x").rollout().maxSurge()).isEqualTo(1);
        assertThat(program("-t 9 x").stop().steps())
                .containsExactly(
                        new Step(Signal.USR2, Duration.ofSeconds(9)),
                        new Step(Signal.KILL, Duration.ZERO));
        assertThat(program("-s 1.5 x").restart().backoff())
                .isEqualTo(
                        new RestartSpec.Backoff(
                                Duration.ofMillis(1500), 1.5, Duration.ofSeconds(30)));
        assertThat(program("-s 40 x").restart().backoff().max()).isEqualTo(Duration.ofSeconds(40));
    }

    @Test
    void readsWhatBindsWorkersToTheManager() {
        assertThat(program("-g x").managerLink().descriptor()).isTrue();
        assertThat(program("-k x").managerLink().outlive()).isFalse();
        assertThat(program("--drop-env-var A --drop-env-var=B x").dropEnv())
                .containsExactly("A", "B");
    }

    @Test
    void readsTheNiceness() {
        assertThat(options("--nice 2:-3 x").nice()).isEqualTo(2);
        assertThat(program("--nice 2:-3 x").identity().nice()).isEqualTo(-3);
        assertThat(program("--nice 2 x").identity().nice()).isNull();
        assertThat(program("--nice 1:4:/usr/bin/renice x").identity().nice()).isEqualTo(4);
        assertThat(mistake("--nice 20 x")).contains("-20 to 19");
    }

    @Test
    void readsWhatIsTheManagersBusiness() {
        LaunchOptions options = options("-e pid -f lock -d c.sock x");
        assertThat(options.pidFile()).isEqualTo(Path.of("pid"));
        assertThat(options.lockFile()).isEqualTo(Path.of("lock"));
        assertThat(services("-d c.sock x").control().socket())
                .isEqualTo(Path.of("c.sock").toAbsolutePath());
        assertThat(services("--command-name api x").control().socket())
                .isEqualTo(Path.of("/tmp/einhorn-api.sock"));
        assertThat(services("-v x").log().level()).isEqualTo(LogSpec.Level.DEBUG);
        assertThat(services("-q x").log().level()).isEqualTo(LogSpec.Level.WARN);
        assertThat(services("-q -v x").log().level()).isEqualTo(LogSpec.Level.INFO);
        assertThat(services("--syslog x").log().syslog()).isTrue();
    }

    @Test
    void whereverThereIsAFileItSaysAll() {
        assertThat(LaunchModel.read(new String[] {"-c", "f", "-e", "p", "-f", "l", "-q"}))
                .isEqualTo(
                        new LaunchModel.Run(
                                new LaunchOptions(
                                        new ConfigOrigin.File(Path.of("f")),
                                        null,
                                        Path.of("p"),
                                        Path.of("l"),
                                        null,
                                        LogSpec.Level.WARN,
                                        List.of())));
        assertThat(LaunchModel.read(new String[] {"--reexec-as", "ruby new", "./x"}))
                .isInstanceOfSatisfying(
                        LaunchModel.Run.class,
                        run -> assertThat(run.options().reexecAs()).containsExactly("ruby", "new"));
        assertThat(mistake("--reset x")).contains("-c");
        assertThat(mistake("-c f -n 2")).contains("--number");
        assertThat(mistake("-c web ./web")).contains("--command-name");
    }

    @ParameterizedTest
    @CsvSource({
        "-v, DEBUG",
        "-vv, DEBUG",
        "-v -v, DEBUG",
        "-q, WARN",
        "-qq, ERROR",
        "-q -q, ERROR",
        "--quiet --quiet, ERROR",
        "-qqq, ERROR",
        "-q -q -v, WARN",
        "-qvq, WARN",
        "-vq, INFO",
        "-kqq, ERROR"
    })
    void eachOfVerboseAndQuietIsALevel(String options, LogSpec.Level level) {
        assertThat(services(options + " x").log().level()).isEqualTo(level);
    }

    @Test
    void overAFileTheyAreTheSame() {
        assertThat(options("-c f -qq").level()).isEqualTo(LogSpec.Level.ERROR);
        assertThat(options("-c f -v -v").level()).isEqualTo(LogSpec.Level.DEBUG);
        assertThat(options("-c f -vq").level()).isNull();
        assertThat(options("--conf f --sock s").controlSocket()).isEqualTo(Path.of("s"));
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:80;R;N, true, true",
        "127.0.0.1:80;SO_REUSEADDR, true, false",
        "127.0.0.1:80;O_NonBlock, false, true",
        "127.0.0.1:80;, false, false",
        "127.0.0.1:80;r;, true, false",
        "127.0.0.1:80;;n, false, true"
    })
    void theFlagsOfASocketAreAsLooseAsTheForebearsHaveThem(
            String text, boolean reuse, boolean nonBlocking) {
        SocketSpec socket = program("-b " + text.replace(';', ',') + " x").sockets().getFirst();
        assertThat(socket.reuseAddress()).isEqualTo(reuse);
        assertThat(socket.nonBlocking()).isEqualTo(nonBlocking);
    }

    /// Every option of einhorn(1) 1.1.1 and einhyrningsins(1) in Rust, in every form that either
    /// takes; beside it the plainest way to say the same.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-b127.0.0.1:80,r | --bind=127.0.0.1:80,r",
                "-b 127.0.0.1:80,r -b 127.0.0.1:81 | --bind=127.0.0.1:80,r --bind 127.0.0.1:81",
                "--bi 127.0.0.1:80 | --bind=127.0.0.1:80",
                "--command-name api | --command-name=api",
                "--command-n api | --command-name=api",
                "-d c.sock | --socket-path=c.sock",
                "-dc.sock | --socket-path=c.sock",
                "--sock c.sock | --socket-path=c.sock",
                "-d a.sock -d c.sock | --socket-path=c.sock",
                "-e pid | --pidfile=pid",
                "-epid | --pidfile=pid",
                "--pid pid | --pidfile=pid",
                "-f lock | --lockfile=lock",
                "-flock | --lockfile=lock",
                "--lock lock | --lockfile=lock",
                "-g | --command-socket-as-fd",
                "-gg | --command-socket-as-fd",
                "--command-s | --command-socket-as-fd",
                "-k | --kill-children-on-exit",
                "-k -k | --kill-children-on-exit",
                "--kill | --kill-children-on-exit",
                "-l 9 -b :80 | --backlog=9 -b :80",
                "-l9 -b :80 | --backlog=9 -b :80",
                "--back 9 -b :80 | --backlog=9 -b :80",
                "-m | --manual",
                "-m -m | --manual",
                "--man | --manual",
                "-mk | --manual --kill-children-on-exit",
                "-km | --manual --kill-children-on-exit",
                "-m manual | --manual",
                "-mmanual | --manual",
                "-gm manual | -g --manual",
                "-gmmanual | -g --manual",
                "--ack-mode manual | --manual",
                "--ack manual | --manual",
                "-m 10 | --ack-mode=10",
                "-m10 | --ack-mode=10",
                "-m2 | --ack-mode=2",
                "-m0.5 | --ack-mode=0.5",
                "-m.5 | --ack-mode=0.5",
                "-m0 | --ack-mode=0",
                "-gm10 | -g --ack-mode=10",
                "-gm 10 | -g --ack-mode=10",
                "-m 1 -m 2 | --ack-mode=2",
                "-n 4 | --number=4",
                "-n4 | --number=4",
                "-gn4 | -g --number=4",
                "-gn 4 | -g --number=4",
                "--num 4 | --number=4",
                "--num=4 | --number=4",
                "-n 1 -n 4 | --number=4",
                "-q | --quiet",
                "-q -q | --quiet --quiet",
                "-qq | --quiet --quiet",
                "--qui | --quiet",
                "-s 0.5 | --seconds=0.5",
                "-s0.5 | --seconds=0.5",
                "--sec 0.5 | --seconds=0.5",
                "-v | --verbose",
                "-vv | --verbose --verbose",
                "--verb | --verbose",
                "--drop A --drop=B | --drop-env-var A --drop-env-var B",
                "--reexec 'a b' | --reexec-as='a b'",
                "--nic 1:2 | --nice=1:2",
                "--nice 1:2:/usr/bin/renice | --nice=1:2",
                "-t 5 | --signal-timeout=5",
                "-t5 | --signal-timeout=5",
                "--sig=5 | --signal-timeout=5",
                "--max-un 2 | --max-unacked=2",
                "--max-up=2 | --max-upgrade-additional=2",
                "-4 -b :80 | --ipv4-only -b :80",
                "--ipv4 -b :80 | --ipv4-only -b :80",
                "-6 -b :80 | --ipv6-only -b :80",
                "--ipv6 -b :80 | --ipv6-only -b :80",
                "-4m | --ipv4-only --manual",
                "--sys | --syslog",
                "-r 5 | --retries=5",
                "-r5 | --retries=5",
                "--retr 5 | --retries=5",
            })
    void readsEveryOptionInEveryForm(String form, String plain) {
        assertThat(options(shellWords(form + " ./x")))
                .isEqualTo(options(shellWords(plain + " ./x")))
                .isNotEqualTo(options(shellWords("./x")));
    }

    @Test
    void splitsTheCommandForReplacementAsAShellWould() {
        assertThat(options(new String[] {"--reexec-as", "'/opt/my dir/new' -x", "x"}).reexecAs())
                .containsExactly("/opt/my dir/new", "-x");
    }

    @ParameterizedTest
    @CsvSource({
        "-p app.rb x, --preload",
        "--gc-before-fork x, --gc-before-fork",
        "-n x y, a number from 0",
        "-n -1 x, a number from 0",
        "-4 -6 x, -4 and -6",
        "-4 -b [::1]:80 x, not an address of IPv4",
        "-6 -b 127.0.0.1:80 x, not an address of IPv6",
        "-b 127.0.0.1 x, ADDR:PORT",
        "-c web x, --command-name",
        "-c web -n 2, --number",
        "--bogus x, --bogus",
        "-n, COUNT",
        "-l 0 x, --backlog",
        "--ack-mode 1s x, manual or seconds",
        "--ack-mode . x, manual or seconds",
        "-m --ack-mode 2 x, exclude",
        "-s 0 x, more than 0",
        "-t -1 x, --signal-timeout",
        "--max-unacked 0 x, --max-unacked",
        "-b 127.0.0.1:1 -b 127.0.0.1:1 x, twice",
        "-b 127.0.0.1:1;q x, --bind",
        "--command-name all x, --command-name",
        "-n 2, nothing to run",
        "--comm api x, --comm may be --command-name or --command-socket-as-fd",
        "--quiet=1 x, --quiet takes no value",
        "--no-quiet x, --no-quiet",
        "--reexec-as='a x, a quote is not closed",
        "--reexec-as= x, expected a command",
        "-c a -c b, -c is given twice",
        "-gx y, '-x'",
        "--fly x, --fly"
    })
    void refusesInOneLine(String line, String word) {
        assertThat(mistake(line)).contains(word);
        assertThat(mistake(line).replace("\nTry 'einhyrningsins help'.", "")).doesNotContain("\n");
    }

    /// The way from a line to a file: what is printed means the same.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "web",
                "-n 3 -b 127.0.0.1:80,r,n -b [::1]:81 -6 -b unix:/run/x.sock -l 7 web ${slot} $x",
                "-m -g -k -t 0 -s 0.25 -r 9 --max-unacked 2 --max-upgrade-additional 4 web",
                "--ack-mode 0 --nice 1:2 --drop-env-var A --syslog -q --command-name api -d x.sock"
                        + " web",
                "-4 -b 127.0.0.1:0 -b 127.0.0.1:0 -b udp:127.0.0.1:9 -v -t 5 web"
            })
    void printsTheFileItStandsFor(String line) throws IOException {
        String args = line.replace(" -6", ""); // a literal of the other family would be refused
        Path file = directory.resolve("services.yaml");
        String printed = printed(args);
        Files.writeString(file, printed);
        LoadEnvironment machine = new LoadEnvironment(Map.of(), 2, name -> true, name -> true);
        assertThat(ConfigLoader.load(file, machine))
                .isInstanceOfSatisfying(
                        LoadResult.Valid.class,
                        valid -> assertThat(valid.services()).isEqualTo(services(args)));
        assertThat(printed).endsWith(ConfigPrinter.print(services(args)));
    }

    @Test
    void printsWhatThisLineStandsFor() {
        String line =
                "-n 4 -m -b 0.0.0.0:80,r,n -d /run/web.sock -e pid --nice 3 -k ./web --verbose";
        assertThat(printed(line))
                .isEqualTo(
                        """
                        # Run it with --pidfile pid.
                        # Run it under 'nice -n 3'.
                        control:
                          socket: /run/web.sock
                          mode: "0600"
                        log:
                          level: info
                          format: text
                        programs:
                          web:
                            command: ["./web", "--verbose"]
                            directory: HERE
                            workers: 4
                            bind:
                              - {name: socket0, tcp: "0.0.0.0:80", reuse-address: true, non-blocking: true, backlog: 4096}
                            ack: {mode: manual, timeout: 30s}
                            stop: {signal: USR2, timeout: 3s, then: [TERM 3s, KILL], to: process}
                            restart:
                              when: always
                              backoff: {first: 100ms, factor: 2, max: 30s}
                              burst: 2
                            rollout:
                              strategy: smooth
                              max-surge: 1
                              settle: 0s
                              retries: 3
                              probation: 0s
                              rollback-within: 1m
                              count-draining: false
                              drain-timeout: unlimited
                            logs: inherit
                            worker-socket: control
                            on-manager-death: stop
                        """
                                .replace("HERE", Path.of("").toAbsolutePath().toString()));
    }

    private static String printed(String line) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        String[] words = ("print -- " + line).split(" ", -1);
        int code = new Main(new TextOutput(out), new TextOutput(err)).run(words);
        assertThat(err).asString().isEmpty();
        assertThat(code).isZero();
        return out.toString(StandardCharsets.UTF_8);
    }

    private static LaunchOptions options(String line) {
        return options(line.split(" ", -1));
    }

    private static LaunchOptions options(String[] words) {
        return switch (LaunchModel.read(words)) {
            case LaunchModel.Run(LaunchOptions options) -> options;
            case LaunchModel.Reading other ->
                    throw new AssertionError(List.of(words) + ": " + other);
        };
    }

    private static String[] shellWords(String line) {
        try {
            return ShlexSplitter.split(line).toArray(new String[0]);
        } catch (ValueException e) {
            throw new AssertionError(line, e);
        }
    }

    private static ServicesSpec services(String line) {
        return switch (options(line).definition()) {
            case ConfigOrigin.CommandLine classic -> classic.services();
            case ConfigOrigin.File file -> throw new AssertionError(line + ": " + file);
        };
    }

    private static ProgramSpec program(String line) {
        return services(line).programs().values().iterator().next();
    }

    private static String mistake(String line) {
        return switch (LaunchModel.read(line.split(" ", -1))) {
            case LaunchModel.Mistake(String message) -> message;
            case LaunchModel.Reading other -> throw new AssertionError(line + ": " + other);
        };
    }

    private static List<String> words(ProgramSpec program) {
        return program.command().stream()
                .map((TextTemplate word) -> word.expand(0, Map.of()))
                .toList();
    }
}
