// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.file;

import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/// Directories made for users on a [SafePath], also in directories of others.
public final class SafeDirectories {
    private SafeDirectories() {}

    /// Makes a directory, with those it is in, for a user; one that is there already is given to
    /// that user. Nobody else's is: what others may have put there stays as it is.
    ///
    /// @param owner null for our own user
    /// @throws PosixException also if it is another's, and may not be taken from them
    public static void make(Path directory, int mode, @Nullable Credentials owner) {
        makeParents(directory.getParent());
        try (SafePath path = SafePath.toName(directory)) {
            long made = path.makeDirectory(path.name(), mode);
            boolean isNew = made == 0;
            if (!isNew && !SystemCalls.is(made, Errno.EEXIST)) {
                throw new PosixException("mkdir " + directory, (int) -made);
            }
            int fd = path.openDirectory(path.name());
            try {
                give(path, directory, fd, mode, owner, isNew);
            } finally {
                Descriptors.close(fd);
            }
        }
    }

    private static void makeParents(@Nullable Path directory) {
        if (directory == null) {
            return;
        }
        try {
            SafePath.into(directory).close();
            return; // as nearly always
        } catch (PosixException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
        makeParents(directory.getParent());
        try (SafePath path = SafePath.toName(directory)) {
            long made = path.makeDirectory(path.name(), 0755);
            if (!SystemCalls.is(made, Errno.EEXIST)) {
                SystemCalls.check("mkdir " + directory, made);
            }
        }
    }

    /// Gives a directory to its owner; a new one is the manager's, unless another was put there.
    private static void give(
            SafePath path,
            Path asked,
            int fd,
            int mode,
            @Nullable Credentials owner,
            boolean isNew) {
        FileStatus found = FileStatus.of(fd);
        int uid = owner == null ? Credentials.effectiveUser() : owner.uid();
        boolean ours = path.trusted(found.uid()) && (!path.isMovable() || (isNew && isEmpty(fd)));
        if (found.uid() != uid && !ours) {
            throw path.refused(
                    "there is a directory of uid " + found.uid() + ", and not of " + uid);
        }
        if (owner != null && (found.uid() != uid || isNew)) {
            long given = SystemCalls.call(Syscall.FCHOWN, fd, uid, owner.gid());
            SystemCalls.check("chown " + asked, given);
        }
        if ((found.mode() & 0777) != mode) { // of a new one the umask took some
            int bits = (found.mode() & 07000) | mode;
            SystemCalls.check("chmod " + asked, SystemCalls.call(Syscall.FCHMOD, fd, bits));
        }
    }

    private static boolean isEmpty(int fd) {
        Path directory = Path.of("/proc/self/fd/" + fd);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            return !files.iterator().hasNext();
        } catch (IOException e) {
            return false;
        }
    }
}
