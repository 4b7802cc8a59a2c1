// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.channel;

import org.einhyrningsins.control.wire.PlainText;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Message of a worker to its NOTIFY_SOCKET, a line of a datagram: see sd_notify(3). Others,
/// MAINPID and STOPPING among them, are ignored.
public sealed interface NotifyMessage {
    /// Message that asks for the descriptor that comes with it to be closed when all before was
    /// handled.
    String BARRIER = "BARRIER=1";

    /// `READY=1`
    record Ready() implements NotifyMessage {}

    /// `WATCHDOG=1`: a sign of life.
    record Alive() implements NotifyMessage {}

    /// `WATCHDOG=trigger`: it is beyond help.
    record WatchdogTriggered() implements NotifyMessage {}

    /// `WATCHDOG_USEC`: how often it is going to give signs of life; more than nothing.
    record WatchdogIntervalSet(Duration interval) implements NotifyMessage {}

    /// `EXTEND_TIMEOUT_USEC`: it wants more time, from now.
    record Extended(Duration time) implements NotifyMessage {}

    /// `STATUS`: what it says of itself, on one line.
    record Status(String words) implements NotifyMessage {}

    /// A line that was begun well and makes no sense.
    record Invalid(String why) implements NotifyMessage {}

    /// Parses all messages of a datagram, in its order.
    static List<NotifyMessage> read(String text) {
        List<NotifyMessage> all = new ArrayList<>();
        for (String line : text.split("\n", -1)) {
            int equals = line.indexOf('=');
            if (equals > 0) {
                read(line, line.substring(0, equals), line.substring(equals + 1), all);
            }
        }
        return all;
    }

    private static void read(String line, String name, String value, List<NotifyMessage> all) {
        switch (name) {
            case "READY" -> add(value.equals("1"), new Ready(), all);
            case "WATCHDOG" -> {
                add(value.equals("1"), new Alive(), all);
                add(value.equals("trigger"), new WatchdogTriggered(), all);
            }
            case "WATCHDOG_USEC", "EXTEND_TIMEOUT_USEC" -> {
                Duration time = micros(value);
                if (time == null) {
                    all.add(new Invalid(line + " is no number of microseconds"));
                } else if (name.equals("EXTEND_TIMEOUT_USEC")) {
                    all.add(new Extended(time));
                } else {
                    add(time.isPositive(), new WatchdogIntervalSet(time), all);
                }
            }
            case "STATUS" -> all.add(new Status(onOneLine(value)));
            default -> {}
        }
    }

    private static void add(boolean said, NotifyMessage what, List<NotifyMessage> all) {
        if (said) {
            all.add(what);
        }
    }

    /// Parses microseconds; null if it is no number, or one beyond all time.
    private static @Nullable Duration micros(String value) {
        try {
            return Duration.ofNanos(Math.multiplyExact(Long.parseLong(value.strip()), 1_000L));
        } catch (ArithmeticException | NumberFormatException e) {
            return null;
        }
    }

    /// Returns text of a worker on one line, so that it can neither look like the manager's own
    /// lines nor control a terminal.
    static String onOneLine(String text) {
        return PlainText.line(text);
    }
}
