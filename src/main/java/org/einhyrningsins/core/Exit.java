// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.spec.Signal;

/// How a worker ended.
///
/// @param code its exit status, 0 to 255, if it exited; else 0; -1 if it is not known
/// @param signal the number of the signal that killed it; 0 if it exited
public record Exit(int code, int signal) {
    /// Of a worker that ended while no manager was there to see it, or that was adopted.
    public static final Exit UNKNOWN = new Exit(-1, 0);

    /// Whether it ended as a program that did its job does.
    public boolean success() {
        return code == 0 && signal == 0;
    }

    /// As a person says it: `exit status 1`, `killed by SIGKILL`.
    @Override
    public String toString() {
        if (equals(UNKNOWN)) {
            return "ended, nobody knows how";
        }
        if (signal == 0) {
            return "exit status " + code;
        }
        Signal known = Signal.of(signal);
        return "killed by " + (known == null ? "signal " + signal : "SIG" + known.name());
    }
}
