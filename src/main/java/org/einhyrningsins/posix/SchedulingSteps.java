// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// The steps of a child that say what it gets of processors and disks, see [Scheduling]. More than
/// others takes a right, so they come before the user changes.
final class SchedulingSteps {
    private static final String OOM_SCORE_ADJ = "/proc/self/oom_score_adj";
    private static final int O_WRONLY = 1;
    private static final int IOPRIO_WHO_PROCESS = 1;
    private static final String OPEN = "open";
    private static final String WRITE = "oom_score_adj";
    private static final String AFFINITY = "sched_setaffinity";
    private static final String IO = "ioprio_set";

    private final SyscallList list;

    SchedulingSteps(SyscallList list) {
        this.list = list;
    }

    void add(SpawnOrder order) {
        Scheduling scheduling = order.confinement().scheduling();
        Integer score = scheduling.oomScoreAdj();
        if (score != null) {
            oomScoreAdj(score, free(order.descriptors()));
        }
        if (!scheduling.cpus().isEmpty()) {
            affinity(scheduling.cpus());
        }
        Integer priority = scheduling.ioPriority();
        if (priority != null) {
            list.add(IO, "", Syscall.IOPRIO_SET, IOPRIO_WHO_PROCESS, 0, priority);
        }
    }

    /// The number that a file gets that is opened next: the descriptors are the child's own by now,
    /// and nothing else is open below those of the manager.
    private static int free(List<Integer> descriptors) {
        int hole = descriptors.indexOf(-1);
        return hole < 0 ? descriptors.size() : hole;
    }

    /// The file is closed by execve.
    private void oomScoreAdj(int score, int fd) {
        String text = Integer.toString(score);
        long path = list.text(OOM_SCORE_ADJ);
        int flags = O_WRONLY | Descriptors.O_CLOEXEC;
        list.add(OPEN, OOM_SCORE_ADJ, Syscall.OPENAT, Descriptors.AT_FDCWD, path, flags, 0);
        int length = text.getBytes(StandardCharsets.US_ASCII).length;
        list.add(WRITE, text, Syscall.WRITE, fd, list.text(text), length);
    }

    private void affinity(List<Integer> cpus) {
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

    /// What EPERM or EACCES means at one of these steps; empty for others.
    static String whyRefused(String step) {
        if (step.startsWith(WRITE)) {
            return "; a score below the manager's own takes CAP_SYS_RESOURCE";
        }
        return step.startsWith(IO) ? "; the class realtime takes CAP_SYS_NICE" : "";
    }

    /// What EINVAL means at one of these steps; empty for others.
    static String whyInvalid(String step) {
        return step.startsWith(AFFINITY)
                ? "; the machine has, or the manager may use, none of the processors in cpus"
                : "";
    }
}
