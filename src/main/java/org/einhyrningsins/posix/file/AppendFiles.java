// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.file;

import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.file.Path;

/// Regular files that we write at their end.
public final class AppendFiles {
    private static final int O_WRONLY = 1;
    private static final int O_CREAT = 0x40;
    private static final int O_APPEND = 0x400;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int INODE = 8;
    private static final int SIZE = 48;
    private static final int MTIME = 88;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_BTIME = 0x800;
    private static final int STATX_BYTES = 256;
    private static final int BTIME = 80;

    private AppendFiles() {}

    /// Identity and size of a file.
    ///
    /// @param device with the inode it identifies a file for as long as that is open
    /// @param size bytes
    public record Extent(long device, long inode, long size) {
        /// True if both are the same file, whatever its length.
        public boolean sameFile(Extent other) {
            return device == other.device && inode == other.inode;
        }
    }

    /// Opens a file to write to, made with mode 0640 (less the umask) if it is not there. What is
    /// no regular file, or a symbolic link, is refused, and so is what [SafePath] does not trust:
    /// who may write in the directory must not lead us elsewhere.
    ///
    /// @param append every write goes to the end, also when others write; splice(2) refuses that
    /// @return close-on-exec, raised
    public static int open(Path file, boolean append) {
        try (SafePath path = SafePath.toName(file)) {
            return open(path, file, append);
        }
    }

    /// The same, by a way that was followed already.
    ///
    /// @param shown the path as a person knows it
    public static int open(SafePath path, Path shown, boolean append) {
        int flags = O_WRONLY | O_CREAT | (append ? O_APPEND : 0);
        int fd = Descriptors.raise(path.open(flags, 0640));
        if (!isRegular(fd)) {
            Descriptors.close(fd);
            throw new PosixException("open " + shown + ", no regular file", Errno.EINVAL.number());
        }
        return fd;
    }

    /// A descriptor of the same regular file for somebody else, who can only append with it: what
    /// is there cannot be overwritten, and where we write next cannot be changed. From now on we
    /// append too. Close-on-exec, raised.
    ///
    /// @return -1 if it is no regular file, or cannot be opened again; then nothing has changed
    public static int reopenForAppend(int fd) {
        try {
            if (!isRegular(fd)) {
                return -1;
            }
            String same = "/proc/self/fd/" + fd;
            int twin = Descriptors.raise(Descriptors.open(same, O_WRONLY | O_APPEND, 0));
            long flags = SystemCalls.call(Syscall.FCNTL, fd, F_GETFL);
            SystemCalls.call(Syscall.FCNTL, fd, F_SETFL, flags | O_APPEND);
            return twin;
        } catch (PosixException notOurs) {
            return -1;
        }
    }

    /// True if the descriptor is of a regular file.
    public static boolean isRegular(int fd) {
        return FileStatus.of(fd).isRegular();
    }

    /// The file behind a descriptor.
    public static Extent extent(int fd) {
        NativeScratch nativeScratch = NativeScratch.here();
        SystemCalls.check("fstat", SystemCalls.call(Syscall.FSTAT, fd, nativeScratch.structures));
        return extent(nativeScratch);
    }

    /// The file of that name; null if there is none.
    public static @Nullable Extent extent(Path file) {
        NativeScratch nativeScratch = NativeScratch.here();
        long at = nativeScratch.path(file);
        long result =
                SystemCalls.call(
                        Syscall.NEWFSTATAT, Descriptors.AT_FDCWD, at, nativeScratch.structures, 0);
        if (SystemCalls.is(result, Errno.ENOENT)) {
            return null;
        }
        SystemCalls.check("stat " + file, result);
        return extent(nativeScratch);
    }

    /// Returns the time when the file of a descriptor was created, in milliseconds since 1970; -1
    /// where its file system does not record that.
    public static long createdMillis(int fd) {
        NativeScratch nativeScratch = NativeScratch.here().clear(STATX_BYTES);
        long empty = nativeScratch.path("");
        long result =
                SystemCalls.call(
                        Syscall.STATX,
                        fd,
                        empty,
                        AT_EMPTY_PATH,
                        STATX_BTIME,
                        nativeScratch.structures);
        if (result < 0 || (nativeScratch.bytes.getInt(0) & STATX_BTIME) == 0) {
            return -1;
        }
        return nativeScratch.bytes.getLong(BTIME) * 1000
                + nativeScratch.bytes.getInt(BTIME + Long.BYTES) / 1_000_000;
    }

    /// Gives a file the permissions and the time of the last change of another.
    public static void copyAttributes(int fd, int other) {
        FileStatus status = FileStatus.of(other);
        NativeScratch nativeScratch = NativeScratch.here();
        long seconds = nativeScratch.bytes.getLong(MTIME);
        long nanos = nativeScratch.bytes.getLong(MTIME + Long.BYTES);
        SystemCalls.check("fchmod", SystemCalls.call(Syscall.FCHMOD, fd, status.mode() & 07777));
        for (int at = 0; at < 32; at += 16) {
            nativeScratch.bytes.putLong(at, seconds).putLong(at + 8, nanos);
        }
        long set = SystemCalls.call(Syscall.UTIMENSAT, fd, 0, nativeScratch.structures, 0);
        SystemCalls.check("utimensat", set);
    }

    private static Extent extent(NativeScratch nativeScratch) {
        return new Extent(
                nativeScratch.bytes.getLong(0),
                nativeScratch.bytes.getLong(INODE),
                nativeScratch.bytes.getLong(SIZE));
    }

    /// Writes to a place of a file as much as goes at once; to the end, if it is open to append.
    ///
    /// @param from a direct buffer
    /// @return the number of bytes, at least one
    /// @throws PosixException if it takes none: ENOSPC, EDQUOT, EIO
    public static int write(int fd, ByteBuffer from, int at, int length, long offset) {
        while (true) {
            long address = SystemCalls.address(from) + at;
            long count = SystemCalls.call(Syscall.PWRITE64, fd, address, length, offset);
            if (!SystemCalls.is(count, Errno.EINTR)) {
                return (int) SystemCalls.check("write", count);
            }
        }
    }

    /// Takes back what was written behind that length.
    public static void truncate(int fd, long length) {
        SystemCalls.check("ftruncate", SystemCalls.call(Syscall.FTRUNCATE, fd, length));
    }
}
