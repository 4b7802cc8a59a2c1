// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

/// Exit of a worker.
///
/// @param code its exit status, 0 to 255, if it exited; else 0; -1 if unknown
/// @param signal the number of the signal that killed it; 0 if it exited
/// @param core true if it left a core dump
/// @param left number of processes that it had started, that lived on in other groups or sessions,
///   and that were killed
/// @param oom true if the kernel killed it, or a part of it, because memory ran out: that of its
///   control group, or all
/// @param shared true if that was the memory limit that all workers of its program share: the
///   kernel may as well have chosen another worker
public record WorkerExit(
        int code, int signal, boolean core, int left, boolean oom, boolean shared) {
    /// Exit of a worker that ended while no manager was there to see it, or that was adopted.
    public static final WorkerExit UNKNOWN = new WorkerExit(-1, 0);

    private static final int CANNOT_EXECUTE = 126;
    private static final int NOT_FOUND = 127;
    private static final int SIGNALS = 128;

    public WorkerExit(int code, int signal) {
        this(code, signal, false, 0, false, false);
    }

    /// The same, but for what it left behind.
    public WorkerExit leaving(int processes) {
        return processes == 0 ? this : new WorkerExit(code, signal, core, processes, oom, shared);
    }

    /// The same, of one that was killed since memory ran out.
    public WorkerExit outOfMemory() {
        return new WorkerExit(code, signal, core, left, true, false);
    }

    /// The same, of one that was killed since memory ran out for all workers together.
    public WorkerExit outOfSharedMemory() {
        return new WorkerExit(code, signal, core, left, true, true);
    }

    /// True if it exited with status 0.
    public boolean success() {
        return code == 0 && signal == 0;
    }

    /// True if it is known to have ended by what it did itself, and not by a signal of the kind
    /// that others send.
    public boolean isOwnDoing() {
        if (signal == 0) {
            return code >= 0;
        }
        Signal known = Signal.of(signal);
        return known == null
                || switch (known) {
                    case KILL, TERM, INT, HUP, QUIT, USR1, USR2 -> false;
                    default -> true;
                };
    }

    /// The signal that it died of, if that is one by which a process is asked to end; else null.
    public @Nullable Signal asked() {
        Signal known = Signal.of(signal);
        return known == null
                ? null
                : switch (known) {
                    case TERM, INT, HUP, QUIT, USR1, USR2 -> known;
                    default -> null;
                };
    }

    /// True if it seems to have put itself into the background, as daemons do.
    public boolean isInBackground() {
        return success() && left > 0;
    }

    /// The name of the signal that killed it, `SIGKILL`; empty if none did.
    public String signalName() {
        return signal == 0 ? "" : name(signal);
    }

    /// Describes the exit for a person: `exit status 1`, `killed by SIGKILL`.
    @Override
    public String toString() {
        if (code < 0) {
            return "ended, nobody knows how";
        }
        return how() + (left == 0 ? "" : ", " + leftovers() + " left behind");
    }

    private String how() {
        if (signal == 0) {
            return "exit status " + code + meaning();
        }
        return "killed by "
                + name(signal)
                + (core ? ", core dumped" : "")
                + (oom ? ", out of memory" : "")
                + (shared ? " of all workers together" : "");
    }

    private String leftovers() {
        return left == 1 ? "1 process" : left + " processes";
    }

    /// Returns the meaning of the exit status by the convention of shells; empty if it has none.
    private String meaning() {
        return switch (code) {
            case CANNOT_EXECUTE -> " (command cannot be executed)";
            case NOT_FOUND -> " (command not found)";
            default ->
                    code > SIGNALS && Signal.of(code - SIGNALS) != null
                            ? " (128 + " + name(code - SIGNALS) + ")"
                            : "";
        };
    }

    private static String name(int signal) {
        Signal known = Signal.of(signal);
        if (known != null) {
            return "SIG" + known.name();
        }
        return switch (signal) {
            case 4 -> "SIGILL";
            case 7 -> "SIGBUS";
            case 8 -> "SIGFPE";
            case 24 -> "SIGXCPU";
            case 25 -> "SIGXFSZ";
            case 31 -> "SIGSYS";
            default -> "signal " + signal;
        };
    }
}
