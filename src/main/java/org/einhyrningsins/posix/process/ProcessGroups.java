// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.process;

import org.einhyrningsins.posix.kernel.Errno;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Process groups: their members, and signals to all of them.
public final class ProcessGroups {
    private static final int PIDFD_SIGNAL_PROCESS_GROUP = 4;
    private static final int NO_SIGNAL = 0;

    /// True if a process leads a process group.
    public static boolean leads(int pid) {
        return group(pid) == pid;
    }

    /// Sends a signal to all of a process group.
    ///
    /// @param pgid above 1
    /// @return false if it has no process
    public static boolean killGroup(int pgid, Signal signal) {
        if (pgid <= 1) {
            throw new IllegalArgumentException("process group " + pgid + " would be everybody");
        }
        return Processes.sent(SystemCalls.call(Syscall.KILL, -pgid, signal.number()));
    }

    /// Sends a signal to all of the process group that a process led, also after that was reaped;
    /// from Linux 6.9 on never to one that has its number since.
    ///
    /// @param pidfd of the leader; -1 if it was gone before one could be opened
    /// @param pgid the leader's pid, above 1
    /// @return false if it has no process
    public static boolean killGroup(int pidfd, int pgid, Signal signal) {
        return Processes.sent(toGroup(pidfd, pgid, signal.number()));
    }

    /// True if the process group that a process led has any process, dead ones that are not reaped
    /// included.
    ///
    /// @param pidfd as for [#killGroup(int, int, Signal)]
    public static boolean groupExists(int pidfd, int pgid) {
        long result = toGroup(pidfd, pgid, NO_SIGNAL);
        return SystemCalls.is(result, Errno.EPERM) || Processes.sent(result);
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
        if (groups.contains(group) && ProcessStatus.isAlive(pid)) {
            members.computeIfAbsent(group, g -> new ArrayList<>()).add(pid);
        }
    }

    /// The process group of a process; 0 or less if there is none.
    public static int group(int pid) {
        return pid <= 0 ? -1 : (int) SystemCalls.call(Syscall.GETPGID, pid);
    }

    private ProcessGroups() {}
}
