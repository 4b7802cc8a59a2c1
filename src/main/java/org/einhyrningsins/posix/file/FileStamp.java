// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.file;

import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;

import java.nio.file.Path;

/// Result of stat(2) of a file at a time: another stamp later means that the file was written or
/// replaced. Links are followed.
///
/// @param size bytes; -1 if the file could not be looked at
/// @param changedNanos time of its last change, nanoseconds since 1970
public record FileStamp(Path path, long inode, long size, long changedNanos) {
    private static final int INODE = 8;
    private static final int SIZE = 48;
    private static final int MTIME = 88;

    /// Looks at a file once; opens and reads nothing.
    public static FileStamp of(Path file) {
        NativeScratch nativeScratch = NativeScratch.here();
        long result =
                SystemCalls.call(
                        Syscall.NEWFSTATAT,
                        Descriptors.AT_FDCWD,
                        nativeScratch.path(file),
                        nativeScratch.structures,
                        0);
        if (result < 0) {
            return new FileStamp(file, 0, -1, 0);
        }
        long seconds = nativeScratch.bytes.getLong(MTIME);
        return new FileStamp(
                file,
                nativeScratch.bytes.getLong(INODE),
                nativeScratch.bytes.getLong(SIZE),
                seconds * 1_000_000_000 + nativeScratch.bytes.getLong(MTIME + Long.BYTES));
    }

    /// Returns whether the file is not as it was.
    public boolean isOutdated() {
        return !of(path).equals(this);
    }
}
