// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.file;

import org.einhyrningsins.posix.kernel.CpuArchitecture;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;

/// Result of fstat(2).
///
/// @param mode its type and permission bits
/// @param links number of its names
public record FileStatus(long inode, int mode, long links, int uid, int gid) {
    private static final boolean X86 = CpuArchitecture.current() == CpuArchitecture.X86_64;
    private static final int TYPE = 0170000;
    private static final int REGULAR = 0100000;
    private static final int SYMBOLIC_LINK = 0120000;
    private static final int SOCKET = 0140000;
    private static final int WRITABLE_BY_OTHERS = 0022;
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int STICKY_FOR_ALL = 01002;

    public static FileStatus of(int fd) {
        NativeScratch nativeScratch = NativeScratch.here();
        SystemCalls.check("fstat", SystemCalls.call(Syscall.FSTAT, fd, nativeScratch.structures));
        return read(nativeScratch);
    }

    /// Returns that of a path, or of a link that is its last name; null if there is nothing.
    public static @Nullable FileStatus of(Path path) {
        return at(Descriptors.AT_FDCWD, path.toString());
    }

    static @Nullable FileStatus at(int directory, String name) {
        NativeScratch nativeScratch = NativeScratch.here();
        long at = nativeScratch.path(name);
        long result =
                SystemCalls.call(
                        Syscall.NEWFSTATAT,
                        directory,
                        at,
                        nativeScratch.structures,
                        AT_SYMLINK_NOFOLLOW);
        if (SystemCalls.is(result, Errno.ENOENT)) {
            return null;
        }
        SystemCalls.check("stat " + name, result);
        return read(nativeScratch);
    }

    private static FileStatus read(NativeScratch nativeScratch) {
        return new FileStatus(
                nativeScratch.bytes.getLong(8),
                nativeScratch.bytes.getInt(X86 ? 24 : 16),
                X86 ? nativeScratch.bytes.getLong(16) : nativeScratch.bytes.getInt(20),
                nativeScratch.bytes.getInt(X86 ? 28 : 24),
                nativeScratch.bytes.getInt(X86 ? 32 : 28));
    }

    public boolean isRegular() {
        return (mode & TYPE) == REGULAR;
    }

    public boolean isLink() {
        return (mode & TYPE) == SYMBOLIC_LINK;
    }

    public boolean isSocket() {
        return (mode & TYPE) == SOCKET;
    }

    /// True if group or others may write.
    boolean isShared() {
        return (mode & WRITABLE_BY_OTHERS) != 0;
    }

    /// True if it is a directory such as /tmp: all may write, and remove only their own files.
    boolean isSticky() {
        return (mode & STICKY_FOR_ALL) == STICKY_FOR_ALL;
    }
}
