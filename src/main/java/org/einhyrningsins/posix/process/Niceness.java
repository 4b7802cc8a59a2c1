// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.process;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Niceness of the threads of this process, and of sessions.
public final class Niceness {
    private static final int STAT_NICE = 16; // fields after the command, counted from 0
    private static final int PRIO_PROCESS = 0;

    /// Sets the niceness of all our threads: on Linux each has its own, and what a thread spawns
    /// has that thread's.
    public static void renice(int nice) {
        for (String thread : threads()) {
            int tid = Integer.parseInt(thread);
            long result = SystemCalls.call(Syscall.SETPRIORITY, PRIO_PROCESS, tid, nice);
            if (!SystemCalls.is(result, Errno.ESRCH)) { // gone since
                SystemCalls.check("setpriority", result);
            }
        }
    }

    /// Sets the niceness of the thread that calls, and of no other.
    public static void reniceThread(int nice) {
        SystemCalls.check(
                "setpriority", SystemCalls.call(Syscall.SETPRIORITY, PRIO_PROCESS, 0, nice));
    }

    /// Returns the niceness of this process.
    public static int nice() {
        byte[] stat = Descriptors.readWhole("/proc/" + Processes.self() + "/stat");
        return (int) ProcessStatus.field(stat, STAT_NICE);
    }

    /// Gives a process's session that niceness against others. A kernel that groups the processes
    /// of each session by itself weighs the groups, and not the processes of different ones
    /// (sched(7), "The autogroup feature"). Where it does not, or will not now, nothing is changed.
    public static void niceSession(int pid, int nice) {
        try {
            Files.writeString(Path.of("/proc/" + pid + "/autogroup"), Integer.toString(nice));
        } catch (IOException none) {
            // no such feature, it has ended, or we may not
        } catch (RuntimeException again) {
            // NIO's word for EAGAIN: without CAP_SYS_ADMIN not more than ten times a second
        }
    }

    private static List<String> threads() {
        List<String> threads = new ArrayList<>();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            tasks.forEach(task -> threads.add(task.getFileName().toString()));
        } catch (IOException e) {
            throw new PosixException("open /proc/self/task", Errno.ENOENT.number());
        }
        return threads;
    }

    private Niceness() {}
}
