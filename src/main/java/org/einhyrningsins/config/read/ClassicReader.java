// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.value.BindAddressText;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.BindSpec;
import org.einhyrningsins.spec.DrainSpec;
import org.einhyrningsins.spec.LaunchSpec;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.ManagerLinkSpec;
import org.einhyrningsins.spec.ManagerLinkSpec.WorkerSocket;
import org.einhyrningsins.spec.MonitoringSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.RolloutSpec;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.StartSpec;
import org.einhyrningsins.spec.StopSpec;
import org.einhyrningsins.spec.StopSpec.Step;
import org.einhyrningsins.spec.SupervisionSpec;
import org.einhyrningsins.spec.TextTemplate;
import org.einhyrningsins.spec.TrialSpec;
import org.einhyrningsins.spec.manager.ControlSpec;
import org.einhyrningsins.spec.manager.LogSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.einhyrningsins.spec.process.ConfinementSpec;
import org.einhyrningsins.spec.process.ProcessIdentitySpec;
import org.jspecify.annotations.Nullable;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// Makes of the classic command line of einhyrningsins(1) and einhorn(1) what a file with one
/// program would mean.
///
/// Where the two forebears differ, the letter is einhyrningsins'; where neither says anything, the
/// default is that of a file. Four things are other than in a file: a worker is told to go with
/// USR2, one that a rollout tells to go has no limit, SO_REUSEADDR needs `,r`, and workers speak to
/// the manager at the control socket.
public final class ClassicReader {
    private static final int MAX_WORKERS = 10_000;
    private static final Duration GRACE = Duration.ofSeconds(3); // as einhyrningsins(1) has it
    private static final double BACKOFF_FACTOR = 1.5; // as einhorn(1) has it

    private final Given given;
    private final Path base;

    /// The options of a command line, by the names that begin with two dashes.
    public interface Given {
        boolean has(String option);

        /// Returns the values given for an option, in order.
        List<String> values(String option);
    }

    private ClassicReader(Given given, Path base) {
        this.given = given;
        this.base = base;
    }

    /// Reads it.
    ///
    /// @param command the program and its arguments, at least one word
    /// @param base the working directory, absolute
    /// @throws Misread with the first mistake, and the option it is in
    public static ServicesSpec read(Given given, List<String> command, Path base)
            throws ValueException {
        return new ClassicReader(given, base).read(command);
    }

    /// Returns the manager's part of `--nice MANAGER[:WORKER[:COMMAND]]`; null for none. The
    /// command's part is einhorn's way to set it, and not needed.
    public static @Nullable Integer managerNice(Given given) throws ValueException {
        return new ClassicReader(given, Path.of("/")).nice(0);
    }

    /// The level of the log: from info as many steps up or down as `-v` outnumbers `-q`; null if
    /// neither does.
    public static LogSpec.@Nullable Level level(Given given) {
        int steps = given.values("--verbose").size() - given.values("--quiet").size();
        LogSpec.Level level = LogSpec.Level.INFO;
        for (int i = 0; i < Math.min(Math.abs(steps), LogSpec.Level.values().length); i++) {
            level = steps > 0 ? level.louder() : level.quieter();
        }
        return steps == 0 ? null : level;
    }

    private ServicesSpec read(List<String> command) throws ValueException {
        if (command.getFirst().isEmpty()) {
            throw new ValueException("the name of the program to run is empty");
        }
        String name = name(command.getFirst());
        List<TextTemplate> words = new ArrayList<>();
        for (String word : command) {
            words.add(TextTemplate.of(word));
        }
        AckSpec ack = ack();
        LaunchSpec launch =
                new LaunchSpec(
                        words,
                        base,
                        new LinkedHashMap<>(),
                        given.values("--drop-env-var"),
                        new ProcessIdentitySpec(
                                null,
                                null,
                                null,
                                nice(1),
                                ProcessIdentitySpec.INHERITED.limits(),
                                ConfinementSpec.NONE),
                        new LogsSpec.Inherit(),
                        new ManagerLinkSpec(
                                WorkerSocket.CONTROL,
                                given.has("--command-socket-as-fd"),
                                !given.has("--kill-children-on-exit")));
        ProgramSpec program =
                new ProgramSpec(
                        name,
                        number("--number", 0, MAX_WORKERS, 1),
                        launch,
                        BindSpec.NONE.withSockets(sockets()),
                        new SupervisionSpec(
                                ack,
                                stop(),
                                restart(),
                                rollout(ack),
                                MonitoringSpec.NONE,
                                StartSpec.NONE));
        SequencedMap<String, ProgramSpec> programs = new LinkedHashMap<>();
        programs.put(name, program);
        return new ServicesSpec(
                new ControlSpec(
                        controlSocket(),
                        ControlSpec.DEFAULT.mode(),
                        ControlSpec.DEFAULT.allow(),
                        ControlSpec.DEFAULT.keeper()),
                log(),
                null,
                null,
                programs);
    }

    /// Returns the name that was asked for, or one made of the command's file name.
    private String name(String executable) throws ValueException {
        String asked = text("--command-name");
        if (asked != null) {
            if (!TextUtil.isName(asked) || asked.equals("all")) {
                throw wrong("--command-name", "a name of letters, digits, '_', '-' and '.'", asked);
            }
            return asked;
        }
        String file = executable.substring(executable.lastIndexOf('/') + 1);
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < file.length() && name.length() < 64; i++) {
            String next = file.substring(i, i + 1);
            boolean fits = TextUtil.isName(name.isEmpty() ? next : "x" + next);
            name.append(fits ? next : name.isEmpty() ? "" : "-");
        }
        return name.isEmpty() || name.toString().equals("all") ? "program" : name.toString();
    }

    private Path controlSocket() {
        String path = text("--socket-path");
        return path == null
                ? ControlSpec.classic(text("--command-name"))
                : base.resolve(path).normalize();
    }

    private List<SocketSpec> sockets() throws ValueException {
        boolean ipv4 = given.has("--ipv4-only");
        boolean ipv6 = given.has("--ipv6-only");
        if (ipv4 && ipv6) {
            throw new ValueException(
                    "-4 and -6 exclude each other; without both, each -b has its own");
        }
        BindAddressText texts = BindAddressText.ofCommandLine(base, ipv4, ipv6);
        int backlog = number("--backlog", 1, 65_535, SocketSpec.DEFAULT_BACKLOG);
        List<SocketSpec> sockets = new ArrayList<>();
        for (String text : given.values("--bind")) {
            SocketSpec socket = socket(texts, "socket" + sockets.size(), text, backlog);
            for (SocketSpec other : sockets) {
                if (other.address().equals(socket.address()) && !portIsChosen(socket)) {
                    throw new ValueException("--bind " + text + ": that address is given twice");
                }
            }
            sockets.add(socket);
        }
        return sockets;
    }

    private static SocketSpec socket(BindAddressText texts, String name, String text, int backlog)
            throws ValueException {
        try {
            SocketSpec socket = texts.parse(name, text);
            boolean queues = !(socket.address() instanceof SocketSpec.Udp);
            return queues ? socket.withBacklog(backlog) : socket;
        } catch (ValueException e) {
            throw new ValueException("--bind " + text + ": " + e.reason());
        }
    }

    private static boolean portIsChosen(SocketSpec socket) {
        return socket.address() instanceof SocketSpec.Tcp tcp && tcp.port() == 0;
    }

    private AckSpec ack() throws ValueException {
        boolean manual = given.has("--manual");
        String mode = text("--ack-mode");
        Duration timeout = AckSpec.DEFAULT.timeout();
        if (mode == null) {
            return manual ? new AckSpec(new AckSpec.Manual(), timeout) : AckSpec.DEFAULT;
        } else if (mode.equals("manual")) {
            return new AckSpec(new AckSpec.Manual(), timeout);
        } else if (manual) {
            throw new ValueException("--manual and --ack-mode " + mode + " exclude each other");
        }
        return new AckSpec(
                new AckSpec.Timer(seconds("--ack-mode", mode, "manual or seconds")), timeout);
    }

    /// USR2, TERM, KILL; with a signal timeout it is einhorn's USR2, KILL.
    private StopSpec stop() throws ValueException {
        Step last = new Step(Signal.KILL, Duration.ZERO);
        if (given.has("--signal-timeout")) {
            Duration patience = Duration.ofSeconds(number("--signal-timeout", 0, 86_400, 0));
            return new StopSpec(List.of(new Step(Signal.USR2, patience), last));
        }
        return new StopSpec(
                List.of(new Step(Signal.USR2, GRACE), new Step(Signal.TERM, GRACE), last));
    }

    /// `--seconds` is how long einhorn waits before it spawns again: times 1.5 for each failure in
    /// a row, at most 30 seconds.
    private RestartSpec restart() throws ValueException {
        RestartSpec otherwise = RestartSpec.DEFAULT;
        String text = text("--seconds");
        if (text == null) {
            return otherwise;
        }
        Duration first = seconds("--seconds", text, "seconds, more than 0");
        if (first.isZero()) {
            throw wrong("--seconds", "seconds, more than 0", text);
        }
        Duration max = otherwise.backoff().max();
        RestartSpec.Backoff backoff =
                new RestartSpec.Backoff(
                        first, BACKOFF_FACTOR, first.compareTo(max) > 0 ? first : max);
        return new RestartSpec(otherwise.when(), backoff, otherwise.giveUp(), otherwise.burst());
    }

    /// Reads the rollout. Neither forebear can roll without a worker more than there are, whatever
    /// is asked for: 0 means 1. So does a count of 0 tries. As with einhorn, old workers that a
    /// rollout stops are waited for without limit unless `--signal-timeout` sets one, and do not
    /// hold up the next new one unless `--max-upgrade-additional` says how many there may be.
    private RolloutSpec rollout(AckSpec ack) throws ValueException {
        RolloutSpec otherwise = RolloutSpec.DEFAULT;
        int surge = number("--max-upgrade-additional", 0, MAX_WORKERS, otherwise.maxSurge());
        int retries = number("--retries", 0, MAX_WORKERS, otherwise.retries());
        return new RolloutSpec(
                otherwise.strategy(),
                Math.max(1, surge),
                number("--max-unacked", 1, MAX_WORKERS, otherwise.maxUnacked()),
                otherwise.settle(),
                Math.max(1, retries),
                otherwise.canary(),
                TrialSpec.of(ack),
                new DrainSpec(
                        given.has("--max-upgrade-additional"),
                        given.has("--signal-timeout") ? null : DrainSpec.UNLIMITED));
    }

    private LogSpec log() {
        LogSpec.Level level = level(given);
        return new LogSpec(
                level == null ? LogSpec.Level.INFO : level,
                LogSpec.DEFAULT.format(),
                given.has("--syslog"));
    }

    private @Nullable Integer nice(int place) throws ValueException {
        String text = text("--nice");
        String[] parts = text == null ? new String[0] : text.split(":", 3);
        if (place >= parts.length || parts[place].isEmpty()) {
            return null;
        }
        return number("--nice", parts[place], -20, 19);
    }

    private @Nullable String text(String option) {
        List<String> values = given.values(option);
        return values.isEmpty() ? null : values.getLast();
    }

    private int number(String option, int min, int max, int otherwise) throws ValueException {
        String text = text(option);
        return text == null ? otherwise : number(option, text, min, max);
    }

    private static int number(String option, String text, int min, int max) throws ValueException {
        boolean negative = text.startsWith("-");
        String digits = negative ? text.substring(1) : text;
        if (TextUtil.areDigits(digits) && digits.length() <= 9) {
            int number = negative ? -Integer.parseInt(digits) : Integer.parseInt(digits);
            if (number >= min && number <= max) {
                return number;
            }
        }
        throw wrong(option, "a number from " + min + " to " + max, text);
    }

    private static Duration seconds(String option, String text, String expected)
            throws ValueException {
        int whole = TextUtil.digits(text, 0);
        boolean fraction = whole < text.length() && text.charAt(whole) == '.';
        int end = fraction ? TextUtil.digits(text, whole + 1) : whole;
        if (end != text.length() || whole > 6 || end > 16 || !TextUtil.isDigit(last(text))) {
            throw wrong(option, expected, text);
        }
        return Duration.ofMillis(new BigDecimal("0" + text).movePointRight(3).longValue());
    }

    private static char last(String text) {
        return text.isEmpty() ? ' ' : text.charAt(text.length() - 1);
    }

    private static ValueException wrong(String option, String expected, String found) {
        return new ValueException(
                option + ": expected " + expected + ", found " + TextUtil.quoted(found));
    }
}
