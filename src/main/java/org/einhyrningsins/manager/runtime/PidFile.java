// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.SafePath;
import org.einhyrningsins.posix.kernel.PosixException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/// The file that says which process the manager is. A new one takes the place of the old one as a
/// whole, so no reader sees half a number, and no link is followed.
public final class PidFile {
    private static final int TYPE = 0170000;
    private static final int REGULAR = 0100000;
    private static final int SYMBOLIC_LINK = 0120000;
    private static final Set<StandardOpenOption> NEW =
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    private static final FileAttribute<Set<PosixFilePermission>> READABLE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--"));

    private PidFile() {}

    /// Writes the file, in place of one that is there.
    ///
    /// @throws IOException if it cannot be written, or others could choose which file it is
    public static void write(Path file, int pid) throws IOException {
        byte[] text = (pid + "\n").getBytes(StandardCharsets.US_ASCII);
        try (SafePath place = SafePath.toName(file)) {
            if (isForeignFile(place.path())) {
                throw new IOException(file + " is not a regular file; name another (-e)");
            }
            try {
                replace(place, text);
            } catch (IOException e) {
                throw new IOException(place.shown(RuntimeFiles.why(e)), e);
            }
        } catch (PosixException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static boolean isForeignFile(Path file) throws IOException {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        Object mode = Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        int type = mode instanceof Integer bits ? bits & TYPE : 0;
        return type != REGULAR && type != SYMBOLIC_LINK;
    }

    /// Replaces the pid file. Where no files may be created, an existing one that the manager owns
    /// is overwritten.
    private static void replace(SafePath place, byte[] text) throws IOException {
        Path fresh = place.sibling("." + place.name() + ".new");
        try (FileChannel file = created(fresh)) {
            file.write(ByteBuffer.wrap(text));
        } catch (AccessDeniedException e) {
            writeOver(place, text, e);
            return;
        }
        try {
            Files.move(fresh, place.path(), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            Files.deleteIfExists(fresh);
            throw e;
        }
    }

    private static FileChannel created(Path fresh) throws IOException {
        try {
            return FileChannel.open(fresh, NEW, READABLE);
        } catch (FileAlreadyExistsException e) {
            Files.deleteIfExists(fresh);
            return FileChannel.open(fresh, NEW, READABLE);
        }
    }

    private static void writeOver(SafePath place, byte[] text, IOException because)
            throws IOException {
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
