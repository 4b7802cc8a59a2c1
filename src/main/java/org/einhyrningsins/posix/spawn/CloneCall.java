// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import org.einhyrningsins.posix.kernel.Syscall;

import java.nio.ByteBuffer;

/// The system call that makes a child, as the machine code reads it from a [ChildProgram]: clone3
/// with its arguments, or clone where a seccomp filter knows no clone3.
final class CloneCall {
    private static final int ARGUMENTS = 64;
    private static final int PIDFD_ADDRESS = ARGUMENTS + 8;
    private static final int CHILD_TID = ARGUMENTS + 16;
    private static final int EXIT_SIGNAL = ARGUMENTS + 32;
    private static final int CGROUP = ARGUMENTS + 80;
    private static final int BYTES = 64;
    private static final int BYTES_WITH_CGROUP = 88;

    /// First byte behind the arguments.
    static final int END = 160;

    private static final int FIRST = ChildProgram.HEADER + 16;
    private static final int NUMBER = ChildProgram.HEADER + 48;
    private static final int SECOND = ChildProgram.HEADER + 56;

    private static final long CLONE_VM = 0x100;
    private static final long CLONE_PIDFD = 0x1000;
    private static final long CLONE_CHILD_CLEARTID = 0x20_0000;
    private static final long CLONE_CLEAR_SIGHAND = 0x1_0000_0000L;
    private static final long CLONE_INTO_CGROUP = 0x2_0000_0000L;
    private static final long FLAGS = CLONE_VM | CLONE_CHILD_CLEARTID | CLONE_PIDFD;
    private static final long SIGCHLD = 17;

    private CloneCall() {}

    /// Writes the call for children in the manager's own control group.
    ///
    /// @param base address of that memory
    static void write(ByteBuffer memory, long base, boolean clone3) {
        if (clone3) {
            memory.putLong(NUMBER, Syscall.CLONE3.number).putLong(FIRST, base + ARGUMENTS);
            memory.putLong(SECOND, BYTES);
            memory.putLong(ARGUMENTS, FLAGS | CLONE_CLEAR_SIGHAND);
            memory.putLong(PIDFD_ADDRESS, base + ChildProgram.PIDFD);
            memory.putLong(EXIT_SIGNAL, SIGCHLD);
            memory.putLong(CHILD_TID, base + ChildProgram.AT_WORK);
        } else {
            memory.putLong(NUMBER, Syscall.CLONE.number).putLong(FIRST, FLAGS | SIGCHLD);
            memory.putLong(SECOND, 0); // on our stack
        }
    }

    /// Sets the control group of children made by clone3.
    ///
    /// @param directory descriptor of the group; below 0 for the manager's own
    static void into(ByteBuffer memory, int directory) {
        boolean own = directory < 0;
        // an older kernel takes the longer structure only if what it does not know is 0
        memory.putLong(SECOND, own ? BYTES : BYTES_WITH_CGROUP);
        long into = own ? 0 : CLONE_INTO_CGROUP;
        memory.putLong(ARGUMENTS, FLAGS | CLONE_CLEAR_SIGHAND | into);
        memory.putLong(CGROUP, own ? 0 : directory);
    }
}
