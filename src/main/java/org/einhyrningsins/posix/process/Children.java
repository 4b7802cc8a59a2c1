// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.process;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.ProcessExit;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.IntPredicate;

/// Children of this process: their ends, stops and continuations, and orphans that are given to it.
public final class Children {
    private static final int P_ALL = 0;
    private static final int P_PID = 1;
    private static final int P_PIDFD = 3;
    private static final int WNOHANG = 1;
    private static final int WSTOPPED = 2;
    private static final int WCONTINUED = 8;
    private static final int CLD_STOPPED = 5;
    private static final int POLL_BYTES = 24; // a struct pollfd and a struct timespec
    private static final long SECOND = 1_000_000_000;
    private static final int WEXITED = 4;
    private static final int WNOWAIT = 0x01000000;
    private static final int SIGINFO = 128;
    private static final int SIGINFO_CODE = 8;
    private static final int SIGINFO_PID = 16;
    private static final int SIGINFO_STATUS = 24;
    private static final int CLD_EXITED = 1;
    private static final int CLD_DUMPED = 3;
    private static final int MAX_ORPHANS_AT_ONCE = 1_000;
    // struct pidfd_info, include/uapi/linux/pidfd.h: mask, cgroupid, 10 of 32 bits, exit_code
    private static final long PIDFD_GET_INFO = 0xc040_ff0bL;
    private static final long REAPED_SOON_NANOS = 5_000_000;
    private static final int PIDFD_INFO_BYTES = 64;
    private static final long PIDFD_INFO_EXIT = 8;
    private static final int PIDFD_INFO_CODE = 60;
    private static final int PR_SET_CHILD_SUBREAPER = 36;

    /// Returns the exit of a process reaped by another parent, from Linux 6.15 on (PIDFD_GET_INFO).
    ///
    /// Waits a few milliseconds for it to be reaped.
    ///
    /// @param pidfd opened before it was reaped
    /// @return null if it lives, is not reaped yet, or the kernel does not tell
    public static @Nullable ProcessExit exitOfStranger(int pidfd) {
        ProcessExit processExit = notifiedOf(pidfd);
        if (processExit != null) {
            return processExit;
        }
        try (Poll poll = Poll.open()) {
            poll.add(pidfd, 0, 0); // hangs up when it is reaped, from Linux 6.9 on
            poll.await(REAPED_SOON_NANOS);
        } catch (PosixException none) {
            // no descriptor or no memory to wait with: then it is not waited for
        }
        return notifiedOf(pidfd);
    }

    private static @Nullable ProcessExit notifiedOf(int pidfd) {
        NativeScratch nativeScratch = NativeScratch.here().clear(PIDFD_INFO_BYTES);
        nativeScratch.bytes.putLong(0, PIDFD_INFO_EXIT);
        long result =
                SystemCalls.call(Syscall.IOCTL, pidfd, PIDFD_GET_INFO, nativeScratch.structures);
        if (result < 0 || (nativeScratch.bytes.getLong(0) & PIDFD_INFO_EXIT) == 0) {
            return null;
        }
        int status = nativeScratch.bytes.getInt(PIDFD_INFO_CODE); // as wait(2) has it
        int signal = status & 0x7f;
        return signal == 0
                ? new ProcessExit(status >> 8 & 0xff, 0, false)
                : new ProcessExit(0, signal, (status & 0x80) != 0);
    }

    /// True if a process is a child of this one.
    public static boolean isChild(int pid) {
        return ProcessTree.parent(pid) == Processes.self();
    }

    /// Takes a dead child's status, after which it is gone; null while it lives.
    public static @Nullable ProcessExit reap(int pidfd) {
        return waitFor(pidfd, WEXITED | WNOHANG);
    }

    /// A dead child's status, which is left there: it stays a zombie, so that nobody else can have
    /// its number; null while it lives.
    public static @Nullable ProcessExit peek(int pidfd) {
        return waitFor(pidfd, WEXITED | WNOHANG | WNOWAIT);
    }

    /// Waits until that child is dead, and takes its status.
    public static ProcessExit await(int pidfd) {
        while (true) {
            ProcessExit processExit = waitFor(pidfd, WEXITED);
            if (processExit != null) {
                return processExit;
            }
        }
    }

    /// Waits until that child is dead, and takes its status.
    ///
    /// @param nanos maximum wait; below 0 for no limit
    /// @return null if it lives
    public static @Nullable ProcessExit await(int pidfd, long nanos) {
        if (nanos < 0) {
            return await(pidfd);
        }
        NativeScratch nativeScratch = NativeScratch.here().clear(POLL_BYTES);
        nativeScratch.bytes.putInt(0, pidfd).putShort(4, (short) Poll.IN);
        nativeScratch.bytes.putLong(8, nanos / SECOND).putLong(16, nanos % SECOND);
        SystemCalls.call(
                Syscall.PPOLL, nativeScratch.structures, 1, nativeScratch.structures + 8, 0);
        return waitFor(pidfd, WEXITED | WNOHANG);
    }

    private static @Nullable ProcessExit waitFor(int pidfd, int options) {
        NativeScratch nativeScratch = NativeScratch.here().clear(SIGINFO);
        long result =
                SystemCalls.call(Syscall.WAITID, P_PIDFD, pidfd, nativeScratch.structures, options);
        if (SystemCalls.is(result, Errno.EINTR)) {
            return null;
        }
        SystemCalls.check("waitid", result);
        return nativeScratch.bytes.getInt(SIGINFO_PID) == 0 ? null : exit(nativeScratch);
    }

    private static ProcessExit exit(NativeScratch nativeScratch) {
        int code = nativeScratch.bytes.getInt(SIGINFO_CODE);
        int status = nativeScratch.bytes.getInt(SIGINFO_STATUS);
        return code == CLD_EXITED
                ? new ProcessExit(status, 0, false)
                : new ProcessExit(0, status, code == CLD_DUMPED);
    }

    /// Reaps dead children that are not ours: as pid 1 or subreaper we are given orphans. Stops at
    /// one of ours, which is to be reaped by its pidfd; call again after that. Others may reap too.
    ///
    /// @return their number; if any, there may be more
    public static int reapOrphans(IntPredicate ours) {
        int reaped = 0;
        for (; reaped < MAX_ORPHANS_AT_ONCE; reaped++) {
            int pid = nextDead();
            if (pid == 0 || ours.test(pid)) {
                break;
            }
            long info = NativeScratch.here().structures;
            long result = SystemCalls.call(Syscall.WAITID, P_PID, pid, info, WEXITED | WNOHANG);
            if (!SystemCalls.is(result, Errno.EINTR) && !SystemCalls.is(result, Errno.ECHILD)) {
                SystemCalls.check("waitid", result);
            }
        }
        return reaped;
    }

    /// A child that was stopped by a signal, or goes on.
    ///
    /// @param by the number of the signal; 0 if it goes on
    public record Change(int pid, int by) {}

    /// The next of our children that was stopped, or goes on, since this was asked last; null if
    /// none was.
    public static @Nullable Change nextChange() {
        NativeScratch nativeScratch = NativeScratch.here().clear(SIGINFO);
        int options = WSTOPPED | WCONTINUED | WNOHANG;
        long result = SystemCalls.call(Syscall.WAITID, P_ALL, 0, nativeScratch.structures, options);
        int pid = result < 0 ? 0 : nativeScratch.bytes.getInt(SIGINFO_PID);
        boolean stopped = nativeScratch.bytes.getInt(SIGINFO_CODE) == CLD_STOPPED;
        return pid == 0
                ? null
                : new Change(pid, stopped ? nativeScratch.bytes.getInt(SIGINFO_STATUS) : 0);
    }

    private static int nextDead() {
        NativeScratch nativeScratch = NativeScratch.here().clear(SIGINFO);
        int options = WEXITED | WNOHANG | WNOWAIT;
        long result = SystemCalls.call(Syscall.WAITID, P_ALL, 0, nativeScratch.structures, options);
        return result < 0
                ? 0
                : nativeScratch.bytes.getInt(SIGINFO_PID); // ECHILD: no children at all
    }

    /// Lets orphans among our descendants become our children instead of those of PID 1
    /// (PR_SET_CHILD_SUBREAPER, prctl(2)). Lasts over an execve.
    public static void becomeSubreaper() {
        SystemCalls.check("prctl", SystemCalls.call(Syscall.PRCTL, PR_SET_CHILD_SUBREAPER, 1));
    }

    /// Returns orphans that became children of this process, dead or alive. They go to a process's
    /// first thread; spawned children belong to the spawning thread, which in a JVM is another.
    /// Empty too if the kernel does not tell (CONFIG_PROC_CHILDREN).
    public static List<Integer> orphans() {
        int self = Processes.self();
        byte[] list = Descriptors.readWhole("/proc/" + self + "/task/" + self + "/children");
        return list.length == 0
                ? List.of()
                : ProcessTree.pids(new String(list, StandardCharsets.US_ASCII));
    }

    private Children() {}
}
