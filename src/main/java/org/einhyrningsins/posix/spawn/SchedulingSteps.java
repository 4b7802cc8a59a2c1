// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// The steps of a child that say what it gets of processors and disks, see [ChildScheduling]. More
/// than others takes a right, so they come before the user changes.
final class SchedulingSteps {
    private static final int IOPRIO_WHO_PROCESS = 1;
    private static final String AFFINITY = "sched_setaffinity";
    private static final String IO = "ioprio_set";

    private static final int O_WRONLY = 1;
    private static final String SCORE = "oom_score_adj";

    private SchedulingSteps() {}

    static void add(ChildProgram list, ChildScheduling childScheduling) {
        if (!childScheduling.cpus().isEmpty()) {
            affinity(list, childScheduling.cpus());
        }
        Integer priority = childScheduling.ioPriority();
        if (priority != null) {
            list.add(IO, "", Syscall.IOPRIO_SET, IOPRIO_WHO_PROCESS, 0, priority);
        }
    }

    private static void affinity(ChildProgram list, List<Integer> cpus) {
        int[] mask = new int[cpus.getLast() / Integer.SIZE + 1];
        for (int cpu : cpus) {
            mask[cpu / Integer.SIZE] |= 1 << cpu % Integer.SIZE;
        }
        // the kernel takes whole longs
        List<Integer> words = new ArrayList<>(mask.length + 1);
        for (int word : mask) {
            words.add(word);
        }
        if (words.size() % 2 != 0) {
            words.add(0);
        }
        long bytes = (long) words.size() * Integer.BYTES;
        list.add(AFFINITY, "", Syscall.SCHED_SETAFFINITY, 0, bytes, list.ints(words));
    }

    /// Says which process is killed first when memory runs out. Not by the child itself: what is
    /// written for one that shares our memory, the kernel writes for us as well. So a moment of its
    /// life it has ours.
    ///
    /// @param child executes its own program
    /// @return reason of a refusal; then the child is killed
    static @Nullable SpawnException placeInMemory(
            ChildScheduling childScheduling, SpawnedChild child) {
        Integer score = childScheduling.oomScoreAdj();
        long result = score == null ? 0 : writeScore(child.pid(), score);
        boolean gone = SystemCalls.is(result, Errno.ENOENT) || SystemCalls.is(result, Errno.ESRCH);
        if (result < 0 && !gone) {
            Processes.kill(child.pidfd(), Signal.KILL);
            boolean refused =
                    SystemCalls.is(result, Errno.EACCES) || SystemCalls.is(result, Errno.EPERM);
            String why = refused ? "; one below the manager's takes CAP_SYS_RESOURCE" : "";
            return new SpawnException(SCORE + " " + score, (int) -result, why);
        }
        return null;
    }

    /// The same by the child of a monitor, with which it shares its memory.
    ///
    /// @param free number that the next descriptor gets
    static void placeInMemory(ChildProgram list, ChildScheduling childScheduling, int free) {
        Integer score = childScheduling.oomScoreAdj();
        if (score != null) {
            String text = Integer.toString(score);
            long path = list.text("/proc/self/" + SCORE);
            list.add(SCORE, score, Syscall.OPENAT, Descriptors.AT_FDCWD, path, O_WRONLY, 0);
            list.add(SCORE, score, Syscall.WRITE, free, list.text(text), text.length());
            list.add("close", "", Syscall.CLOSE, free);
        }
    }

    private static long writeScore(int pid, int score) {
        long path = NativeScratch.here().path("/proc/" + pid + "/" + SCORE);
        int flags = O_WRONLY | Descriptors.O_CLOEXEC;
        long fd = SystemCalls.call(Syscall.OPENAT, Descriptors.AT_FDCWD, path, flags, 0);
        if (fd < 0) {
            return fd;
        }
        byte[] text = Integer.toString(score).getBytes(StandardCharsets.US_ASCII);
        NativeScratch nativeScratch = NativeScratch.here();
        nativeScratch.bytes.put(0, text);
        long written = SystemCalls.call(Syscall.WRITE, fd, nativeScratch.structures, text.length);
        Descriptors.close((int) fd);
        return written;
    }

    /// Explains EPERM at one of these steps; empty for others.
    static String whyRefused(String step) {
        return step.startsWith(IO) ? "; the class realtime takes CAP_SYS_NICE" : "";
    }

    /// Explains EINVAL at one of these steps; empty for others.
    static String whyInvalid(String step) {
        return step.startsWith(AFFINITY)
                ? "; the machine has, or the manager may use, none of the processors in cpus"
                : "";
    }
}
