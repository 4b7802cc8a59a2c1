// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.file;

import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;

/// Regular files that are read from their beginning.
public final class InputFiles {
    private static final int ROOM = 16 * 1024;

    private InputFiles() {}

    /// The first bytes of a file. Nothing is waited for: neither the writer of a FIFO nor whoever
    /// holds a lease, who is told to give it up.
    ///
    /// @param most no more than these
    /// @throws PosixException EAGAIN if there is a lease on it, EINVAL if it is no regular file,
    ///   EPERM if others could choose which file it is: see [SafePath]
    public static byte[] read(Path file, int most) {
        int fd = SafePath.open(file, 0, 0);
        try {
            if (!AppendFiles.isRegular(fd)) {
                throw new PosixException("open " + file, Errno.EINVAL.number());
            }
            byte[] bytes = new byte[Math.min(most, ROOM)];
            int length = 0;
            while (length < most) {
                if (length == bytes.length) {
                    bytes = Arrays.copyOf(bytes, Math.min(most, 2 * length));
                }
                int got =
                        Descriptors.read(fd, ByteBuffer.wrap(bytes, length, bytes.length - length));
                if (got <= 0) {
                    break;
                }
                length += got;
            }
            return Arrays.copyOf(bytes, length);
        } finally {
            Descriptors.close(fd);
        }
    }
}
