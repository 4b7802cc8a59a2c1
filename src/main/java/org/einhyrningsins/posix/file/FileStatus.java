// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.file;

import org.einhyrningsins.posix.kernel.Kernel;
import org.einhyrningsins.posix.kernel.Machine;
import org.einhyrningsins.posix.kernel.Scratch;
import org.einhyrningsins.posix.kernel.Syscall;

/// What fstat(2) says of a file.
///
/// @param mode its type and permission bits
/// @param links how many names it has
public record FileStatus(long inode, int mode, long links, int uid, int gid) {
    private static final boolean X86 = Machine.current() == Machine.X86_64;
    private static final int TYPE = 0170000;
    private static final int REGULAR = 0100000;
    private static final int SYMBOLIC_LINK = 0120000;
    private static final int SOCKET = 0140000;
    private static final int WRITABLE_BY_OTHERS = 0022;
    private static final int STICKY_FOR_ALL = 01002;

    public static FileStatus of(int fd) {
        Scratch scratch = Scratch.here();
        Kernel.check("fstat", Kernel.call(Syscall.FSTAT, fd, scratch.structures));
        return new FileStatus(
                scratch.bytes.getLong(8),
                scratch.bytes.getInt(X86 ? 24 : 16),
                X86 ? scratch.bytes.getLong(16) : scratch.bytes.getInt(20),
                scratch.bytes.getInt(X86 ? 28 : 24),
                scratch.bytes.getInt(X86 ? 32 : 28));
    }

    boolean isRegular() {
        return (mode & TYPE) == REGULAR;
    }

    boolean isLink() {
        return (mode & TYPE) == SYMBOLIC_LINK;
    }

    public boolean isSocket() {
        return (mode & TYPE) == SOCKET;
    }

    /// Whether group or others may write.
    boolean isShared() {
        return (mode & WRITABLE_BY_OTHERS) != 0;
    }

    /// Whether it is a directory such as /tmp: all may write, and remove only what is theirs.
    boolean isSticky() {
        return (mode & STICKY_FOR_ALL) == STICKY_FOR_ALL;
    }
}
