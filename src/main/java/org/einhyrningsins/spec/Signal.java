// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.jspecify.annotations.Nullable;

import java.util.Locale;
import java.util.Optional;

/// The signals one sends to workers; the numbers are those of Linux on x86-64 and aarch64.
public enum Signal {
    HUP(1),
    INT(2),
    QUIT(3),
    TRAP(5),
    ABRT(6),
    KILL(9),
    USR1(10),
    SEGV(11),
    USR2(12),
    PIPE(13),
    ALRM(14),
    TERM(15),
    CHLD(17),
    CONT(18),
    STOP(19),
    TSTP(20),
    TTIN(21),
    TTOU(22),
    WINCH(28);

    private static final Signal[] ALL = values();

    private final int number;

    Signal(int number) {
        this.number = number;
    }

    /// The kernel's number for it.
    public int number() {
        return number;
    }

    /// The signal of a number; null if it has no name here.
    public static @Nullable Signal of(int number) {
        for (Signal signal : ALL) {
            if (signal.number == number) {
                return signal;
            }
        }
        return null;
    }

    /// The signal of a name, with or without `SIG`, in any case, or of a number as text.
    public static Optional<Signal> of(String text) {
        String upper = text.toUpperCase(Locale.ROOT);
        String name = upper.startsWith("SIG") ? upper.substring(3) : upper;
        for (Signal signal : ALL) {
            if (signal.name().equals(name) || Integer.toString(signal.number).equals(name)) {
                return Optional.of(signal);
            }
        }
        return Optional.empty();
    }
}
