// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.process;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.ProcessExit;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;

/// Processes: ours, our children's, and who descends from whom.
public final class Processes {
    private Processes() {}

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
    private static final int MAX_ANCESTORS = 1_000;
    private static final int MAX_ORPHANS_AT_ONCE = 1_000;

    /// Name of a child until it executes its program (comm in proc(5)), where the kernel shows it.
    /// Its program's file gives it another name.
    public static final String UNBORN = "einhyrn-birth";

    private static final String NAME = "\nName:\t";
    private static final String STATE = "\nState:\t";
    private static final String PARENT = "\nPPid:\t";
    private static final String THREADS = "\nThreads:\t";
    private static final int STAT_STATE = 0;
    private static final int STAT_NICE = 16; // fields after the command, counted from 0
    private static final int STAT_THREADS = 17;
    private static final int STAT_START = 19;
    // struct pidfd_info, include/uapi/linux/pidfd.h: mask, cgroupid, 10 of 32 bits, exit_code
    private static final long PIDFD_GET_INFO = 0xc040_ff0bL;
    private static final long REAPED_SOON_NANOS = 5_000_000;
    private static final int PIDFD_INFO_BYTES = 64;
    private static final long PIDFD_INFO_EXIT = 8;
    private static final int PIDFD_INFO_CODE = 60;
    private static final int PIDFD_SIGNAL_PROCESS_GROUP = 4;
    private static final int NO_SIGNAL = 0;
    private static final int PRIO_PROCESS = 0;
    private static final int PR_SET_CHILD_SUBREAPER = 36;
    private static final int MAX_OF_A_TREE = 10_000;
    private static final int EXECUTE = 1;
    private static final int EFFECTIVE_IDS = 0x200;

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
        return Descriptors.raise(
                (int) SystemCalls.check("pidfd_getfd of descriptor " + number, fd));
    }

    /// Returns the exit of a process reaped by another parent, from Linux 6.15 on (PIDFD_GET_INFO).
    ///
    /// Waits a few milliseconds for it to be reaped.
    ///
    /// @param pidfd opened before it was reaped
    /// @return null if it lives, is not reaped yet, or the kernel does not tell
    public static @Nullable ProcessExit exitOfStranger(int pidfd) {
        ProcessExit processExit = toldOf(pidfd);
        if (processExit != null) {
            return processExit;
        }
        try (Poll poll = Poll.open()) {
            poll.add(pidfd, 0, 0); // hangs up when it is reaped, from Linux 6.9 on
            poll.await(REAPED_SOON_NANOS);
        } catch (PosixException none) {
            // no descriptor or no memory to wait with: then it is not waited for
        }
        return toldOf(pidfd);
    }

    private static @Nullable ProcessExit toldOf(int pidfd) {
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
        return parent(pid) == self();
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

    /// True if a process was spawned by this program and does not execute its own yet
    /// ([org.einhyrningsins.posix.spawn.Spawner]).
    public static boolean isUnborn(int pid) {
        return status(pid, NAME).equals(UNBORN);
    }

    /// True if a process is stopped by a signal; false if it does not exist.
    public static boolean isStopped(int pid) {
        return status(pid, STATE).startsWith("T");
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
        int self = self();
        byte[] list = Descriptors.readWhole("/proc/" + self + "/task/" + self + "/children");
        return list.length == 0 ? List.of() : pids(new String(list, StandardCharsets.US_ASCII));
    }

    /// A process and all that come from it, as far as the kernel tells.
    public static List<Integer> tree(int root) {
        List<Integer> all = new ArrayList<>(List.of(root));
        for (int i = 0; i < all.size() && all.size() < MAX_OF_A_TREE; i++) {
            Path tasks = Path.of("/proc/" + all.get(i) + "/task");
            try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
                for (Path thread : threads) {
                    all.addAll(pids(Files.readString(thread.resolve("children"))));
                }
            } catch (IOException | DirectoryIteratorException gone) {
                // it has ended
            }
        }
        return all;
    }

    private static List<Integer> pids(String text) {
        List<Integer> pids = new ArrayList<>();
        for (String pid : text.strip().split(" ", -1)) {
            if (!pid.isEmpty()) {
                pids.add(Integer.valueOf(pid));
            }
        }
        return pids;
    }

    /// The variable of a process as it was when it executed what it is; null if it had none, is
    /// dead, or may not be looked at.
    public static @Nullable String variable(int pid, String name) {
        byte[] all = Descriptors.readWhole("/proc/" + pid + "/environ");
        String wanted = name + "=";
        for (String entry : new String(all, StandardCharsets.UTF_8).split("\0", -1)) {
            if (entry.startsWith(wanted)) {
                return entry.substring(wanted.length());
            }
        }
        return null;
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

    /// The variables of a process as they were when it executed what it is.
    ///
    /// @param one that it has to have
    /// @return empty if it has not, is dead, has written over them, or may not be looked at
    /// @throws PosixException if the kernel cannot be asked now
    public static Map<String, String> variables(int pid, String one) {
        byte[] all = environment(pid);
        Map<String, String> variables = new HashMap<>();
        if (!contains(all, (one + "=").getBytes(StandardCharsets.UTF_8))) {
            return variables;
        }
        for (String entry : new String(all, StandardCharsets.UTF_8).split("\0", -1)) {
            int equals = entry.indexOf('=');
            if (equals > 0) {
                variables.putIfAbsent(entry.substring(0, equals), entry.substring(equals + 1));
            }
        }
        return variables.containsKey(one) ? variables : Map.of();
    }

    private static byte[] environment(int pid) {
        try {
            return Descriptors.readAboutProcess("/proc/" + pid + "/environ");
        } catch (PosixException e) {
            if (e.errno() == Errno.EACCES || e.errno() == Errno.EPERM) {
                return new byte[0];
            }
            throw e;
        }
    }

    /// True if a process leads a process group.
    public static boolean leads(int pid) {
        return group(pid) == pid;
    }

    private static boolean contains(byte[] all, byte[] part) {
        for (int at = 0; at + part.length <= all.length; at++) {
            int same = 0;
            while (same < part.length && all[at + same] == part[same]) {
                same++;
            }
            if (same == part.length) {
                return true;
            }
        }
        return false;
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

    /// Ends a process for good.
    ///
    /// @param pid of a child of ours or below one, so that nobody else can have its number
    public static void end(int pid) {
        SystemCalls.call(Syscall.KILL, pid, Signal.KILL.number());
    }

    /// Sends a signal to the process behind a pidfd, never to one that has its pid since.
    ///
    /// @return false if it is dead and reaped
    public static boolean kill(int pidfd, Signal signal) {
        return sent(SystemCalls.call(Syscall.PIDFD_SEND_SIGNAL, pidfd, signal.number()));
    }

    /// Sends a signal to all of a process group.
    ///
    /// @param pgid above 1
    /// @return false if it has no process
    public static boolean killGroup(int pgid, Signal signal) {
        if (pgid <= 1) {
            throw new IllegalArgumentException("process group " + pgid + " would be everybody");
        }
        return sent(SystemCalls.call(Syscall.KILL, -pgid, signal.number()));
    }

    /// Sends a signal to all of the process group that a process led, also after that was reaped;
    /// from Linux 6.9 on never to one that has its number since.
    ///
    /// @param pidfd of the leader; -1 if it was gone before one could be opened
    /// @param pgid the leader's pid, above 1
    /// @return false if it has no process
    public static boolean killGroup(int pidfd, int pgid, Signal signal) {
        return sent(toGroup(pidfd, pgid, signal.number()));
    }

    /// True if the process group that a process led has any process, dead ones that are not reaped
    /// included.
    ///
    /// @param pidfd as for [#killGroup(int, int, Signal)]
    public static boolean groupExists(int pidfd, int pgid) {
        long result = toGroup(pidfd, pgid, NO_SIGNAL);
        return SystemCalls.is(result, Errno.EPERM) || sent(result);
    }

    private static long toGroup(int pidfd, int pgid, int signal) {
        if (pgid <= 1) {
            throw new IllegalArgumentException("process group " + pgid + " would be everybody");
        }
        long result = -Errno.EINVAL.number();
        if (pidfd >= 0) {
            int group = PIDFD_SIGNAL_PROCESS_GROUP;
            result = SystemCalls.call(Syscall.PIDFD_SEND_SIGNAL, pidfd, signal, 0, group);
        }
        return SystemCalls.is(result, Errno.EINVAL)
                ? SystemCalls.call(Syscall.KILL, -pgid, signal)
                : result;
    }

    /// The living processes of some process groups: one look at every process there is.
    public static Map<Integer, List<Integer>> members(Set<Integer> groups) {
        Map<Integer, List<Integer>> members = new HashMap<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc"))) {
            for (Path each : all) {
                String name = each.getFileName().toString();
                if (name.charAt(0) >= '1' && name.charAt(0) <= '9') {
                    note(Integer.parseInt(name), groups, members);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw new PosixException("open /proc", Errno.ENOENT.number());
        }
        return members;
    }

    private static void note(int pid, Set<Integer> groups, Map<Integer, List<Integer>> members) {
        int group = group(pid);
        if (groups.contains(group) && isAlive(pid)) {
            members.computeIfAbsent(group, g -> new ArrayList<>()).add(pid);
        }
    }

    /// Ended, whether or not its parent has reaped it. One whose first thread ended lives on in the
    /// others.
    private static boolean isDead(byte[] stat) {
        char state = word(stat, STAT_STATE).charAt(0);
        return (state == 'Z' || state == 'X') && field(stat, STAT_THREADS) <= 1;
    }

    private static boolean sent(long result) {
        if (SystemCalls.is(result, Errno.ESRCH)) {
            return false;
        }
        SystemCalls.check("kill", result);
        return true;
    }

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
        byte[] stat = Descriptors.readWhole("/proc/" + self() + "/stat");
        return (int) field(stat, STAT_NICE);
    }

    /// Gives a process's session that niceness against others. A kernel that groups the processes
    /// of each session by itself weighs the groups, and not the processes of different ones
    /// (sched(7), "The autogroup feature"). Where it does not, or will not now, nothing is changed.
    public static void niceSession(int pid, int nice) {
        try {
            Files.writeString(Path.of("/proc/" + pid + "/autogroup"), Integer.toString(nice));
        } catch (IOException none) {
            // no such feature, it has ended, or we may not; an EAGAIN says not so often
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

    /// The parent of a process; 0 or less if it has none, or is none.
    public static int parent(int pid) {
        String parent = status(pid, PARENT);
        return parent.isEmpty() ? -1 : Integer.parseInt(parent);
    }

    /// True if there is a process of that pid, a dead one that is not reaped included.
    public static boolean exists(int pid) {
        return group(pid) >= 0;
    }

    /// The process group of a process; 0 or less if there is none.
    public static int group(int pid) {
        return pid <= 0 ? -1 : (int) SystemCalls.call(Syscall.GETPGID, pid);
    }

    /// True if a process is that ancestor or descends from it, as far as its parents live: an
    /// orphan has lost its descent.
    public static boolean isDescendant(int pid, int ancestor) {
        int at = pid;
        for (int i = 0; i < MAX_ANCESTORS && at > 0; i++) {
            if (at == ancestor) {
                return true;
            }
            at = parent(at);
        }
        return false;
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
    private static String status(int pid, String field) {
        return line(status(pid), field);
    }

    private static String status(int pid) {
        byte[] all = Descriptors.readWhole("/proc/" + pid + "/status");
        return "\n" + new String(all, StandardCharsets.ISO_8859_1);
    }

    private static String line(String status, String field) {
        int at = status.indexOf(field);
        return at < 0 ? "" : status.substring(at + field.length(), status.indexOf('\n', at + 1));
    }

    private static long field(byte[] stat, int field) {
        return stat.length == 0 ? -1 : Long.parseLong(word(stat, field));
    }

    private static String word(byte[] stat, int field) {
        String text = new String(stat, StandardCharsets.ISO_8859_1);
        // the command is in parentheses and may hold anything, parentheses too
        return text.substring(text.lastIndexOf(')') + 2).split(" ", -1)[field];
    }

    /// Finds what a command names, as execvp would: with a slash it is a path, else it is looked
    /// for.
    ///
    /// @param directory base of relative paths (also in `path`)
    /// @param path directories with colons between them
    /// @return an absolute path
    /// @throws PosixException with ENOENT, EACCES or EISDIR and such
    public static String findExecutable(String command, String directory, String path) {
        if (command.indexOf('/') >= 0) {
            return executable(command, Path.of(directory).resolve(command));
        }
        PosixException worst = new PosixException(command, Errno.ENOENT.number());
        for (String each : path.split(":", -1)) {
            try {
                return executable(command, Path.of(directory).resolve(each).resolve(command));
            } catch (PosixException e) {
                worst = e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR ? worst : e;
            }
        }
        throw worst;
    }

    private static String executable(String command, Path file) {
        String found = file.normalize().toString();
        long at = NativeScratch.here().path(found);
        long result =
                SystemCalls.call(
                        Syscall.FACCESSAT2, Descriptors.AT_FDCWD, at, EXECUTE, EFFECTIVE_IDS);
        SystemCalls.check(command, result);
        if (Files.isDirectory(file)) {
            throw new PosixException(command, Errno.EISDIR.number());
        }
        if (!Files.isRegularFile(file)) {
            throw new PosixException(command, Errno.EACCES.number());
        }
        return found;
    }
}
