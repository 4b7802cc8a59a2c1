// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import org.einhyrningsins.spec.ProgramCondition;
import org.einhyrningsins.spec.Signal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// The arguments of those commands that take more than targets, or want them named.
final class CommandArguments {
    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration MAX_DURATION = Duration.ofDays(1);

    private CommandArguments() {}

    /// The targets of a command that stops something: everything must be asked for in so many
    /// words, so that a forgotten name does not do it.
    static List<CommandTarget> named(String command, List<String> words) throws UsageException {
        if (words.isEmpty()) {
            throw new UsageException(
                    "'"
                            + command
                            + "' needs to know of what: PROGRAM, PROGRAM:SLOT, or all for every"
                            + " program");
        }
        return CommandTarget.list(words);
    }

    /// The targets of a command about rollouts, which are of whole programs.
    static List<CommandTarget> rollouts(String command, List<String> words) throws UsageException {
        if (words.isEmpty()) {
            throw new UsageException(
                    "'" + command + "' needs to know of what: PROGRAM, or all for every program");
        }
        return wholes(command, words);
    }

    /// The targets of a command about the versions of whole programs.
    static List<CommandTarget> wholes(String command, List<String> words) throws UsageException {
        List<CommandTarget> targets = CommandTarget.list(words);
        for (CommandTarget commandTarget : targets) {
            if (!commandTarget.whole()) {
                throw new UsageException(
                        "cannot "
                                + command
                                + " "
                                + commandTarget
                                + ": a rollout is the whole program's");
            }
        }
        return targets;
    }

    /// Programs, or one program and a generation. Everything at once is not offered: what is the
    /// last good generation of one program says nothing about another.
    static ControlCommand rollback(List<String> words) throws UsageException {
        int last = words.size() - 1;
        boolean numbered = last > 0 && CommandTarget.isNumber(words.get(last));
        if (words.isEmpty() || words.contains(CommandTarget.ALL)) {
            throw new UsageException(
                    "'rollback' needs a program, as in 'rollback web' or 'rollback web 3'; there is"
                            + " no rollback of all");
        }
        if (numbered && last > 1) {
            throw new UsageException(
                    "'rollback': a generation is one program's: name one program with '"
                            + words.get(last)
                            + "', or no generation");
        }
        List<CommandTarget> targets = wholes("rollback", numbered ? words.subList(0, last) : words);
        if (!numbered) {
            return new ControlCommand.Rollback(targets, null);
        }
        String digits = words.get(last);
        int generation = digits.length() > 9 ? 0 : Integer.parseInt(digits);
        if (generation < 1) {
            throw new UsageException("'" + digits + "' is no generation; 'history' lists them");
        }
        return new ControlCommand.Rollback(targets, generation);
    }

    /// The words that are no option.
    static List<String> without(String option, List<String> words) {
        List<String> others = new ArrayList<>(words);
        others.removeIf(option::equals);
        return others;
    }

    static ControlCommand reload(List<String> words) throws UsageException {
        boolean reset = words.contains("--reset");
        List<String> rest = without("--reset", words);
        if (rest.isEmpty() || !rest.get(0).equals("--confirm")) {
            return new ControlCommand.Reload(CommandTarget.list(rest), null, reset);
        }
        if (rest.size() == 1) {
            throw new UsageException("'--confirm' needs a time, as in 'reload --confirm 1m'");
        }
        List<CommandTarget> targets = CommandTarget.list(rest.subList(2, rest.size()));
        return new ControlCommand.Reload(targets, time(rest.get(1)), reset);
    }

    static ControlCommand events(List<String> words) throws UsageException {
        if (words.contains("--manager")) {
            if (words.size() > 1) {
                throw new UsageException("'events --manager' takes no other arguments");
            }
            return new ControlCommand.Events(List.of(), null, false, true);
        }
        int at = words.indexOf("--since");
        if (at < 0) {
            List<String> rest = without("-f", words);
            return new ControlCommand.Events(CommandTarget.list(rest), null, true, false);
        }
        if (at + 1 == words.size()) {
            throw new UsageException("'--since' needs a time: " + SinceTime.EXPECTED);
        }
        List<String> rest = new ArrayList<>(words.subList(0, at));
        rest.addAll(words.subList(at + 2, words.size()));
        boolean follows = rest.contains("-f");
        List<CommandTarget> targets = CommandTarget.list(without("-f", rest));
        SinceTime since = SinceTime.read(words.get(at + 1));
        return new ControlCommand.Events(targets, since, follows, false);
    }

    static ControlCommand waiting(List<String> words) throws UsageException {
        ProgramCondition condition = ProgramCondition.READY;
        List<String> rest = words;
        int at = words.indexOf("--for");
        if (at >= 0) {
            condition = at + 1 == words.size() ? null : ProgramCondition.of(words.get(at + 1));
            if (condition == null) {
                throw new UsageException(
                        "'wait --for' needs ready, stopped, done or rolled, as in"
                                + " 'wait --for done migrate'");
            }
            rest = new ArrayList<>(words.subList(0, at));
            rest.addAll(words.subList(at + 2, words.size()));
        }
        return new ControlCommand.Wait(programs("wait", rest), condition);
    }

    /// A number with a unit, from a second to a day.
    private static Duration time(String word) throws UsageException {
        int digits = 0;
        while (digits < word.length() && digits < 6 && Character.isDigit(word.charAt(digits))) {
            digits++;
        }
        long number = digits == 0 ? 0 : Long.parseLong(word.substring(0, digits));
        Duration time =
                switch (word.substring(digits)) {
                    case "ms" -> Duration.ofMillis(number);
                    case "s" -> Duration.ofSeconds(number);
                    case "m" -> Duration.ofMinutes(number);
                    case "h" -> Duration.ofHours(number);
                    default -> Duration.ZERO;
                };
        if (time.compareTo(SHORTEST) < 0 || time.compareTo(MAX_DURATION) > 0) {
            throw new UsageException(
                    "'--confirm " + word + "': expected a time from 1s to 24h, as in 30s or 5m");
        }
        return time;
    }

    static ControlCommand increase(List<String> words) throws UsageException {
        return new ControlCommand.Increase(programs("inc", withoutCount(words)), count(words));
    }

    static ControlCommand decrease(List<String> words) throws UsageException {
        return new ControlCommand.Decrease(programs("dec", withoutCount(words)), count(words));
    }

    static ControlCommand scale(List<String> words) throws UsageException {
        int last = words.size() - 1;
        if (last < 1 || !CommandTarget.isNumber(words.get(last))) {
            throw new UsageException(
                    "'scale' needs a program, or all, and a number, as in 'scale web 4'");
        }
        return new ControlCommand.Scale(
                programs("scale", words.subList(0, last)), number(words.get(last), 0));
    }

    /// Parses einhorn's form: the number alone is about every program.
    static ControlCommand setWorkers(List<String> words) throws UsageException {
        int last = words.size() - 1;
        if (last < 0 || !CommandTarget.isNumber(words.get(last))) {
            throw new UsageException("'set_workers' needs a number, as in 'set_workers 4'");
        }
        return new ControlCommand.Scale(
                programs("set_workers", words.subList(0, last)), number(words.get(last), 1));
    }

    /// Signals, then targets. After the first word a signal is only what is written as one, in
    /// capitals, so that hardly a program's name is taken for it.
    static ControlCommand deliver(List<String> words) throws UsageException {
        if (words.isEmpty()) {
            throw new UsageException("'signal' needs a signal, as in 'signal HUP web'");
        }
        List<Signal> signals = new ArrayList<>();
        signals.add(signal(words.get(0)));
        while (signals.size() < words.size() && isCapital(words.get(signals.size()))) {
            signals.add(signal(words.get(signals.size())));
        }
        List<String> whom = words.subList(signals.size(), words.size());
        return new ControlCommand.Deliver(List.copyOf(signals), CommandTarget.processes(whom));
    }

    private static boolean isCapital(String word) {
        return word.chars().noneMatch(c -> c >= 'a' && c <= 'z')
                && !CommandTarget.isNumber(word)
                && Signal.of(word).isPresent();
    }

    static ControlCommand die(List<String> words) throws UsageException {
        if (words.size() > 1) {
            throw new UsageException("'die' takes one signal at most, as in 'die TERM'");
        }
        return new ControlCommand.Die(words.isEmpty() ? null : signal(words.get(0)));
    }

    private static Signal signal(String word) throws UsageException {
        Signal signal = Signal.of(word).orElse(null);
        if (signal == null) {
            throw new UsageException(
                    "'" + word + "' is no signal; expected a name or number, as in HUP");
        }
        return signal;
    }

    private static List<CommandTarget> programs(String command, List<String> words)
            throws UsageException {
        List<CommandTarget> targets = CommandTarget.list(words);
        for (CommandTarget commandTarget : targets) {
            if (!commandTarget.whole()) {
                throw new UsageException(
                        "'" + command + "' is about whole programs, not slots: " + commandTarget);
            }
        }
        return targets;
    }

    /// The number at the end, if there is one; else 1.
    private static int count(List<String> words) throws UsageException {
        return endsInCount(words) ? number(words.get(words.size() - 1), 1) : 1;
    }

    private static List<String> withoutCount(List<String> words) {
        return endsInCount(words) ? words.subList(0, words.size() - 1) : words;
    }

    private static boolean endsInCount(List<String> words) {
        return !words.isEmpty() && CommandTarget.isNumber(words.get(words.size() - 1));
    }

    private static int number(String digits, int least) throws UsageException {
        int value = digits.length() > 5 ? Integer.MAX_VALUE : Integer.parseInt(digits);
        if (value < least || value > ControlCommand.MAX_WORKERS) {
            throw new UsageException(
                    "'"
                            + digits
                            + "' workers: expected a number from "
                            + least
                            + " to "
                            + ControlCommand.MAX_WORKERS);
        }
        return value;
    }
}
