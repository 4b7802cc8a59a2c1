// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import org.einhyrningsins.posix.kernel.Errno;

import java.nio.file.Files;
import java.nio.file.Path;

/// Explanations of errors of a spawn: the reason beyond the kernel's word, and the next step. Each
/// begins with "; ", or is empty.
final class SpawnAdvice {
    private static final String ABOVE_THE_MANAGERS =
            "; a hard limit above the manager's own takes CAP_SYS_RESOURCE: lower it under limits,"
                    + " or raise the manager's (ulimit -H, LimitNOFILE= and so on)";

    private SpawnAdvice() {}

    /// Explains a failure of clone.
    static String forClone(int errno) {
        return switch (Errno.byNumber(errno)) {
            case EMFILE -> "; the manager may open no more files: raise its limit (ulimit -n)";
            case ENFILE -> "; the machine may open no more files (fs.file-max)";
            case EAGAIN -> "; no more processes are allowed (ulimit -u, pids.max, kernel.pid_max)";
            case ENOMEM -> "; there is no memory left";
            default -> "";
        };
    }

    /// Explains a failure of a step of the child.
    static String forStep(ChildCommand command, String step, int errno) {
        boolean exec = step.startsWith("execve");
        Path file = Path.of(command.directory()).resolve(command.executable());
        return switch (Errno.byNumber(errno)) {
            case ENOENT -> exec && Files.exists(file) ? "; its interpreter is missing" : "";
            case ENOEXEC -> "; a script begins with a line like #!/bin/sh";
            case ETXTBSY -> "; somebody is writing to it";
            case EPERM ->
                    step.startsWith("prlimit")
                            ? ABOVE_THE_MANAGERS
                            : ConfinementSteps.whyRefused(step);
            case EINVAL -> SchedulingSteps.whyInvalid(step);
            case EDQUOT -> ConfinementSteps.whyFull(step);
            default -> "";
        };
    }
}
