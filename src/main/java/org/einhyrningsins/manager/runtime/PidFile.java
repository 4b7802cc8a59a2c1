// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.DirectoryEntries;
import org.einhyrningsins.posix.file.FileStatus;
import org.einhyrningsins.posix.file.SafePath;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// The file that says which process the manager is. A new one takes the place of the old one as a
/// whole, so no reader sees half a number, and no link is followed.
public final class PidFile {
    private static final int READABLE = 0644;

    private PidFile() {}

    /// Writes the file, in place of one that is there.
    ///
    /// @throws IOException if it cannot be written, or others could choose which file it is
    public static void write(Path file, int pid) throws IOException {
        byte[] text = (pid + "\n").getBytes(StandardCharsets.US_ASCII);
        try {
            DirectoryCalls.run(file, () -> put(file, text));
        } catch (PosixException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static void put(Path file, byte[] text) {
        try (SafePath place = SafePath.toName(file)) {
            FileStatus found = DirectoryEntries.status(place, place.name());
            if (found != null && !found.isRegular() && !found.isLink()) {
                throw PosixException.refused(
                        "write " + file, "it is not a regular file; name another (-e)");
            }
            replace(place, text);
        }
    }

    /// Replaces the pid file. Where no files may be created, an existing one that the manager owns
    /// is overwritten.
    private static void replace(SafePath place, byte[] text) {
        String fresh = "." + place.name() + ".new";
        try {
            int fd = created(place, fresh);
            try {
                Descriptors.write(fd, ByteBuffer.wrap(text));
            } finally {
                Descriptors.close(fd);
            }
        } catch (PosixException e) {
            if (e.errno() != Errno.EACCES) {
                throw e;
            }
            writeOver(place, text, e);
            return;
        }
        try {
            DirectoryEntries.rename(place, fresh, place.name());
        } catch (PosixException e) {
            DirectoryEntries.remove(place, fresh);
            throw e;
        }
    }

    private static int created(SafePath place, String fresh) {
        try {
            return place.create(fresh, READABLE);
        } catch (PosixException e) {
            if (e.errno() != Errno.EEXIST) {
                throw e;
            }
            DirectoryEntries.remove(place, fresh);
            return place.create(fresh, READABLE);
        }
    }

    private static void writeOver(SafePath place, byte[] text, PosixException because) {
        int fd;
        try {
            fd = place.openToWrite();
        } catch (PosixException e) {
            throw because;
        }
        try {
            Descriptors.truncate(fd, 0);
            Descriptors.write(fd, ByteBuffer.wrap(text));
        } finally {
            Descriptors.close(fd);
        }
    }
}
