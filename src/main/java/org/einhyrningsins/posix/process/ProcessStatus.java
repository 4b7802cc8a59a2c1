// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.process;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.kernel.PosixException;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// State, start time and user of single processes, as read below /proc.
public final class ProcessStatus {
    /// Name of a child until it executes its program (comm in proc(5)), where the kernel shows it.
    /// Its program's file gives it another name.
    public static final String BEFORE_EXECVE = "einhyrn-birth";

    private static final String NAME = "\nName:\t";
    private static final String STATE = "\nState:\t";
    private static final String THREADS = "\nThreads:\t";
    private static final int STAT_STATE = 0;
    private static final int STAT_THREADS = 17;
    private static final int STAT_START = 19;

    /// True if a process was spawned by this program and does not execute its own yet
    /// ([org.einhyrningsins.posix.spawn.Spawner]).
    public static boolean isBeforeExecve(int pid) {
        return status(pid, NAME).equals(BEFORE_EXECVE);
    }

    /// True if a process is stopped by a signal; false if it does not exist.
    public static boolean isStopped(int pid) {
        return status(pid, STATE).startsWith("T");
    }

    /// True if a process waits for something or someone; false if it runs, could run, or is none.
    public static boolean isWaiting(int pid) {
        String state = status(pid, STATE);
        return state.startsWith("D") || state.startsWith("S");
    }

    /// The real user of a process, whatever may be known of it otherwise; -1 if there is none, or
    /// if the kernel cannot be asked now.
    public static int realUser(int pid) {
        byte[] status = Descriptors.readWhole("/proc/" + pid + "/status");
        for (String line : new String(status, StandardCharsets.ISO_8859_1).split("\n", -1)) {
            if (line.startsWith("Uid:\t")) {
                return Integer.parseInt(line.substring(5).split("\t", -1)[0]);
            }
        }
        return -1;
    }

    /// Ended, whether or not its parent has reaped it. One whose first thread ended lives on in the
    /// others.
    private static boolean isDead(byte[] stat) {
        char state = word(stat, STAT_STATE).charAt(0);
        return (state == 'Z' || state == 'X') && field(stat, STAT_THREADS) <= 1;
    }

    /// Returns the start time of a process, in clock ticks since boot; -1 if it does not exist.
    /// With the pid it identifies a process for good. The kernel may block the call, see [#status].
    ///
    /// @throws PosixException if the kernel cannot be asked now: that does not mean that the
    ///   process is gone
    public static long startTime(int pid) {
        return field(Descriptors.readAboutProcess("/proc/" + pid + "/stat"), STAT_START);
    }

    /// The same, but -1 too for a process that has ended and is not reaped yet. PID 1 of a
    /// container may never reap what it is given.
    public static long startTimeIfAlive(int pid) {
        byte[] stat = Descriptors.readAboutProcess("/proc/" + pid + "/stat");
        return stat.length == 0 || isDead(stat) ? -1 : field(stat, STAT_START);
    }

    /// A process with its user and group; null if there is none.
    public static @Nullable PeerCredentials identity(int pid) {
        try {
            Map<String, Object> owner =
                    Files.readAttributes(Path.of("/proc/" + pid), "unix:uid,gid");
            return owner.get("uid") instanceof Integer uid
                            && owner.get("gid") instanceof Integer gid
                    ? new PeerCredentials(pid, uid, gid)
                    : null;
        } catch (IOException e) {
            return null;
        }
    }

    /// True if a process exists and has not ended; one whose first thread ended lives on in the
    /// others.
    public static boolean isAlive(int pid) {
        String status = status(pid);
        String state = line(status, STATE);
        boolean ended = state.startsWith("Z") || state.startsWith("X");
        return !state.isEmpty() && !(ended && line(status, THREADS).matches("[01]"));
    }

    /// Returns a field of a process's status without asking for its memory or waiting for a lock
    /// that it may hold: to read `/proc/PID/stat` does wait, while a process that executes another
    /// program closes its files.
    ///
    /// @return empty if there is no such process
    static String status(int pid, String field) {
        return line(status(pid), field);
    }

    static String status(int pid) {
        byte[] all = Descriptors.readWhole("/proc/" + pid + "/status");
        return "\n" + new String(all, StandardCharsets.ISO_8859_1);
    }

    private static String line(String status, String field) {
        int at = status.indexOf(field);
        return at < 0 ? "" : status.substring(at + field.length(), status.indexOf('\n', at + 1));
    }

    static long field(byte[] stat, int field) {
        return stat.length == 0 ? -1 : Long.parseLong(word(stat, field));
    }

    private static String word(byte[] stat, int field) {
        String text = new String(stat, StandardCharsets.ISO_8859_1);
        // the command is in parentheses and may hold anything, parentheses too
        return text.substring(text.lastIndexOf(')') + 2).split(" ", -1)[field];
    }

    private ProcessStatus() {}
}
