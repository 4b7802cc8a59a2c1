// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.process;

import com.kenai.jffi.PageManager;

import org.einhyrningsins.posix.file.Descriptors;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/// Resources that one process has used, from /proc/PID/stat: see proc_pid_stat(5). Any thread.
///
/// @param cpuSeconds in user and kernel mode, of all its threads, without its children
/// @param residentBytes size of its resident set
public record ProcessUsage(double cpuSeconds, long residentBytes) {
    /// The kernel tells programs of times in these, whatever it counts in itself (USER_HZ).
    private static final double TICKS_A_SECOND = 100;

    // fields behind the command, from 0
    private static final int USER_TIME = 11;
    private static final int SYSTEM_TIME = 12;
    private static final int RESIDENT_PAGES = 21;

    /// Returns the usage of a process; null if it does not exist.
    public static @Nullable ProcessUsage of(int pid) {
        byte[] stat = Descriptors.readWhole("/proc/" + pid + "/stat");
        int end = stat.length - 1;
        while (end >= 0 && stat[end] != ')') { // the command may hold anything, parentheses too
            end--;
        }
        if (end < 0) {
            return null;
        }
        long ticks = field(stat, end + 2, USER_TIME) + field(stat, end + 2, SYSTEM_TIME);
        long pages = field(stat, end + 2, RESIDENT_PAGES);
        return new ProcessUsage(
                ticks / TICKS_A_SECOND, pages * PageManager.getInstance().pageSize());
    }

    /// Parses a field without a text for each: there may be thousands of workers.
    private static long field(byte[] stat, int from, int index) {
        int at = from;
        for (int i = 0; i < index && at < stat.length; at++) {
            i += stat[at] == ' ' ? 1 : 0;
        }
        long number = 0;
        for (; at < stat.length && stat[at] >= '0' && stat[at] <= '9'; at++) {
            number = 10 * number + stat[at] - '0';
        }
        return number;
    }

    /// Returns the number of descriptors that this process has open; -1 if unknown.
    public static int openFiles() {
        int count = -1; // the directory itself
        try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path ignored : files) {
                count++;
            }
        } catch (IOException e) {
            return -1;
        }
        return count;
    }
}
