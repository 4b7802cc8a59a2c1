// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control;

import org.einhyrningsins.spec.Signal;

import java.util.List;

/// The arguments of those commands that take more than targets, or want them named.
final class OrderWords {
    private OrderWords() {}

    /// The targets of a command that stops something: everything must be asked for in so many
    /// words, so that a forgotten name does not do it.
    static List<Target> named(String command, List<String> words) throws UsageException {
        if (words.isEmpty()) {
            throw new UsageException(
                    "'"
                            + command
                            + "' needs to know of what: PROGRAM, PROGRAM:SLOT, or all for every"
                            + " program");
        }
        return Target.list(words);
    }

    static Order increase(List<String> words) throws UsageException {
        return new Order.Increase(programs("inc", withoutCount(words)), count(words));
    }

    static Order decrease(List<String> words) throws UsageException {
        return new Order.Decrease(programs("dec", withoutCount(words)), count(words));
    }

    static Order scale(List<String> words) throws UsageException {
        int last = words.size() - 1;
        if (last < 1 || !Target.isNumber(words.get(last))) {
            throw new UsageException(
                    "'scale' needs a program, or all, and a number, as in 'scale web 4'");
        }
        return new Order.Scale(
                programs("scale", words.subList(0, last)), number(words.get(last), 0));
    }

    static Order deliver(List<String> words) throws UsageException {
        if (words.isEmpty()) {
            throw new UsageException("'signal' needs a signal and whom, as in 'signal HUP web'");
        }
        Signal signal = Signal.of(words.get(0)).orElse(null);
        if (signal == null) {
            throw new UsageException(
                    "'" + words.get(0) + "' is no signal; expected a name or number, as in HUP");
        }
        return new Order.Deliver(signal, named("signal", words.subList(1, words.size())));
    }

    private static List<Target> programs(String command, List<String> words) throws UsageException {
        List<Target> targets = Target.list(words);
        for (Target target : targets) {
            if (!target.whole()) {
                throw new UsageException(
                        "'" + command + "' is about whole programs, not slots: " + target);
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
        return !words.isEmpty() && Target.isNumber(words.get(words.size() - 1));
    }

    private static int number(String digits, int least) throws UsageException {
        int value = digits.length() > 5 ? Integer.MAX_VALUE : Integer.parseInt(digits);
        if (value < least || value > Order.MOST_WORKERS) {
            throw new UsageException(
                    "'"
                            + digits
                            + "' workers: expected a number from "
                            + least
                            + " to "
                            + Order.MOST_WORKERS);
        }
        return value;
    }
}
