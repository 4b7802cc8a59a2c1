// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import org.einhyrningsins.posix.kernel.Errno;

/// A child could not be started: `chdir /srv/web: no such file or directory (ENOENT)`. It left
/// nothing behind.
public final class SpawnException extends Exception {
    private static final long serialVersionUID = 1;

    static final String INTO_CGROUP = "clone into a control group";

    private final String step;
    private final int number;

    /// A step failed with that errno.
    ///
    /// @param step the step that failed, with its object
    /// @param number the errno
    /// @param hint further advice, with its punctuation, or empty
    public SpawnException(String step, int number, String hint) {
        super(step + ": " + Errno.describe(number) + hint);
        this.step = step;
        this.number = number;
    }

    /// The system call that failed, with its object: `execve /srv/web/server`.
    public String step() {
        return step;
    }

    /// True if the kernel refused the control group.
    public boolean refusesCgroup() {
        return step.equals(INTO_CGROUP);
    }

    /// Returns the kernel's error; [Errno#UNKNOWN] if the number has no name here.
    public Errno errno() {
        return Errno.byNumber(number);
    }
}
