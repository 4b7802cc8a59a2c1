// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.config.source.FileContents;
import org.einhyrningsins.posix.file.InputFiles;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// Reads the files of a configuration, which may be in other users' directories, in the manager's
/// loop: one that cannot be opened at once is refused.
public final class NonBlockingFiles implements FileContents {
    private static final String LEASED =
            "another process holds a lease on it, and was told to give it up; try again";

    @Override
    public byte[] read(Path file, int most) throws FileSystemException {
        try {
            return InputFiles.read(file, most);
        } catch (PosixException e) {
            String name = file.toString();
            throw switch (e.errno()) {
                case ENOENT -> new NoSuchFileException(name);
                case EACCES -> new AccessDeniedException(name);
                case EINVAL -> new FileSystemException(name, null, "it is not a regular file");
                case EAGAIN -> new FileSystemException(name, null, LEASED);
                default -> new FileSystemException(name, null, words(e));
            };
        }
    }

    private static String words(PosixException e) {
        if (e.isRefusal()) {
            return e.reason();
        }
        return e.errno() == Errno.UNKNOWN ? Errno.describe(e.number()) : e.errno().text();
    }
}
