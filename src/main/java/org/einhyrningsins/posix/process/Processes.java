// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.process;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.einhyrningsins.spec.Signal;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// This process, and others by their pids and pidfds.
public final class Processes {
    /// Beginning of a message about a descriptor that cannot be fetched.
    public static final String FETCH = "pidfd_getfd of descriptor ";

    private Processes() {}

    /// Returns the pid of this process.
    public static int self() {
        return (int) SystemCalls.call(Syscall.GETPID, 0);
    }

    /// Returns the effective user of this process.
    public static int user() {
        return Credentials.effectiveUser();
    }

    /// Makes a directory the one that we are in (chdir(2)).
    ///
    /// @return false if that cannot be
    public static boolean enter(Path directory) {
        return SystemCalls.call(Syscall.CHDIR, NativeScratch.here().path(directory)) >= 0;
    }

    /// A descriptor for a process that exists, close-on-exec and raised; -1 if there is none. The
    /// number of a process group without its leader is no process; what the kernel says of that
    /// depends on its version.
    public static int open(int pid) {
        long fd = SystemCalls.call(Syscall.PIDFD_OPEN, pid);
        return SystemCalls.is(fd, Errno.ESRCH)
                        || SystemCalls.is(fd, Errno.EINVAL)
                        || SystemCalls.is(fd, Errno.ENOENT)
                ? -1
                : Descriptors.raise((int) SystemCalls.check("pidfd_open " + pid, fd));
    }

    /// A copy of a descriptor of another process, close-on-exec and raised. Needs to be allowed to
    /// trace it: the same user, or CAP_SYS_PTRACE.
    ///
    /// @param number as the other process has it
    public static int fetch(int pidfd, int number) {
        long fd = SystemCalls.call(Syscall.PIDFD_GETFD, pidfd, number, 0);
        return Descriptors.raise((int) SystemCalls.check(FETCH + number, fd));
    }

    /// Returns all processes that are visible.
    public static List<Integer> all() {
        List<Integer> pids = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("/proc"))) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (name.charAt(0) >= '1' && name.charAt(0) <= '9') {
                    pids.add(Integer.valueOf(name));
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw new PosixException("open /proc", Errno.EMFILE.number());
        }
        return pids;
    }

    /// Ends a process for good.
    ///
    /// @param pid of a child of ours or below one, so that nobody else can have its number
    public static void kill(int pid) {
        SystemCalls.call(Syscall.KILL, pid, Signal.KILL.number());
    }

    /// Sends a signal to the process behind a pidfd, never to one that has its pid since.
    ///
    /// @return false if it is dead and reaped
    public static boolean kill(int pidfd, Signal signal) {
        return sent(SystemCalls.call(Syscall.PIDFD_SEND_SIGNAL, pidfd, signal.number()));
    }

    static boolean sent(long result) {
        if (SystemCalls.is(result, Errno.ESRCH)) {
            return false;
        }
        SystemCalls.check("kill", result);
        return true;
    }

    /// True if there is a process of that pid, a dead one that is not reaped included.
    public static boolean exists(int pid) {
        return ProcessGroups.group(pid) >= 0;
    }
}
