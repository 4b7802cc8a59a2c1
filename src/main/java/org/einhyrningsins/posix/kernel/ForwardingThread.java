// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

import org.jspecify.annotations.Nullable;

/// A thread that may have its system calls made by another process: see
/// [org.einhyrningsins.posix.spawn.SystemCallDeputy].
public abstract class ForwardingThread extends Thread {
    public ForwardingThread(Runnable work, String name, long stackBytes) {
        super((@Nullable ThreadGroup) null, work, name, stackBytes);
    }

    /// True if calls are made elsewhere now. Called on this thread.
    public abstract boolean isForwarding();

    /// Makes a system call elsewhere; below zero an errno, negated.
    public abstract long call(Syscall call, long a, long b, long c, long d, long e);
}
