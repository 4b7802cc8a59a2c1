// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/// The few files the manager makes: directories for its sockets, the pid file.
final class RuntimeFiles {
    private RuntimeFiles() {}

    /// Makes a directory, with its parents, that only its owner may use; one that exists stays as
    /// it is.
    ///
    /// @param permissions as `rwx--x--x`
    /// @return whether it was made
    static boolean directory(Path path, String permissions) throws IOException {
        if (Files.isDirectory(path)) {
            return false;
        }
        Path parent = path.getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        try {
            Files.createDirectory(path);
        } catch (FileAlreadyExistsException e) {
            if (Files.isDirectory(path)) {
                return false; // another manager was faster
            }
            throw e;
        }
        // not at creation: the umask would take from it
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
        return true;
    }

    /// Gives a directory its permissions, if it is ours to give.
    static void permit(Path directory, String permissions) {
        try {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(permissions));
        } catch (IOException notOurs) {
            // whoever cannot get through is told of it
        }
    }

    /// The first directory on the way to a file that lets nobody through but its owner; null if
    /// there is none.
    static @Nullable Path barred(Path file) {
        Path at = file.getRoot();
        for (int i = 0; at != null && i < file.getNameCount() - 1; i++) {
            at = at.resolve(file.getName(i));
            if (!letsOthersThrough(at)) {
                return at;
            }
        }
        return null;
    }

    private static boolean letsOthersThrough(Path directory) {
        try {
            Object mode = Files.getAttribute(directory, "unix:mode");
            return !(mode instanceof Integer bits) || (bits & 0011) != 0;
        } catch (IOException unknown) {
            return true;
        }
    }

    /// Removes a file, or an empty directory, if it is there.
    static void delete(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException inUseOrNotOurs) {
            // somebody else's by now
        }
    }

    /// What went wrong, as a person reads it. Of a file system's exception the message is often the
    /// path alone, and what went wrong is its class.
    static String why(IOException e) {
        String message = String.valueOf(e.getMessage());
        return switch (e) {
            case NoSuchFileException missing -> message + ": no such file or directory";
            case AccessDeniedException denied -> message + ": permission denied";
            case FileAlreadyExistsException there -> message + ": it exists and is no directory";
            default -> message;
        };
    }

    /// Whose a file is; -1 if there is none.
    static int owner(Path path) {
        try {
            Object uid = Files.getAttribute(path, "unix:uid");
            return uid instanceof Integer number ? number : -1;
        } catch (IOException e) {
            return -1;
        }
    }

    /// Which file a path names; 0 if none.
    static long inode(Path path) {
        try {
            Object inode =
                    Files.getAttribute(path, "unix:ino", java.nio.file.LinkOption.NOFOLLOW_LINKS);
            return inode instanceof Long number ? number : 0;
        } catch (IOException e) {
            return 0;
        }
    }
}
