// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.posix.file.DirectoryEntries;
import org.einhyrningsins.posix.file.SafePath;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Processes;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// The few files the manager makes: directories for its sockets, the pid file.
public final class RuntimeFiles {
    private RuntimeFiles() {}

    /// Makes a directory, with its parents, that only its owner may use; one that exists stays as
    /// it is.
    ///
    /// @param permissions as `rwx--x--x`; null for what the umask leaves
    /// @return whether it was made
    /// @throws IOException also if others could choose which directory it is: see [SafePath]
    public static boolean directory(Path path, @Nullable String permissions) throws IOException {
        try {
            return made(path, permissions);
        } catch (PosixException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /// @param permissions null for what the umask leaves
    private static boolean made(Path path, @Nullable String permissions) throws IOException {
        try {
            return DirectoryCalls.in(path, () -> make(path, permissions));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static boolean make(Path path, @Nullable String permissions) {
        if (isDirectory(path)) {
            return false;
        }
        Path parent = path.getParent();
        if (parent != null) {
            make(parent, null);
        }
        try (SafePath place = SafePath.toName(path)) {
            DirectoryEntries.makeDirectory(place, place.name(), 0777);
        } catch (PosixException e) {
            if (e.errno() == Errno.EEXIST && isDirectory(path)) {
                return false; // another manager was faster
            }
            throw new UncheckedIOException(explained(path, e));
        }
        if (permissions != null) {
            give(path, permissions); // not at creation: the umask would take from it
        }
        return true;
    }

    /// True if it is a directory; false also if others could choose which, or hold up who looks.
    public static boolean hasDirectory(Path path) {
        try {
            return DirectoryCalls.in(path, () -> isDirectory(path));
        } catch (PosixException e) {
            return false;
        }
    }

    private static boolean isDirectory(Path path) {
        try {
            SafePath.into(path).close();
            return true;
        } catch (PosixException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
                return false;
            }
            throw e;
        }
    }

    private static IOException explained(Path path, PosixException e) {
        return switch (e.errno()) {
            case EEXIST -> new FileAlreadyExistsException(path.toString());
            case EACCES -> new AccessDeniedException(path.toString());
            case ENOENT -> new NoSuchFileException(path.toString());
            default -> new FileSystemException(path.toString(), null, e.reason());
        };
    }

    /// Gives a directory its permissions, if it is ours to give.
    public static void permit(Path directory, String permissions) {
        try {
            Path inside = directory.resolve("any"); // it is its own lock that is waited for
            DirectoryCalls.run(inside, () -> give(directory, permissions));
        } catch (PosixException notOurs) {
            // whoever cannot get through is told of it
        }
    }

    private static void give(Path directory, String permissions) {
        try (SafePath place = SafePath.into(directory)) {
            if (place.owner() == Processes.user()) {
                DirectoryEntries.setMode(place, mode(permissions));
            }
        }
    }

    private static int mode(String permissions) {
        int mode = 0;
        for (int i = 0; i < permissions.length(); i++) {
            mode = 2 * mode + (permissions.charAt(i) == '-' ? 0 : 1);
        }
        return mode;
    }

    /// The first directory on the way to a file that lets nobody through but its owner; null if
    /// there is none.
    static @Nullable Path closedDirectory(Path file) {
        Path at = file.getRoot();
        for (int i = 0; at != null && i < file.getNameCount() - 1; i++) {
            at = at.resolve(file.getName(i));
            if (!isTraversable(at)) {
                return at;
            }
        }
        return null;
    }

    private static boolean isTraversable(Path directory) {
        try {
            Object mode = Files.getAttribute(directory, "unix:mode");
            return !(mode instanceof Integer bits) || (bits & 0011) != 0;
        } catch (IOException unknown) {
            return true;
        }
    }

    /// Removes a file, or an empty directory, if it is there and nobody else could choose which it
    /// is.
    public static void delete(Path path) {
        try {
            DirectoryCalls.run(path, () -> remove(path));
        } catch (PosixException e) {
            if (e.errno() == Errno.EMFILE || e.errno() == Errno.ENFILE) {
                deleteByName(path);
            } // else there is nothing, or it is in use, or not ours
        }
    }

    private static void remove(Path path) {
        try (SafePath place = SafePath.toName(path)) {
            DirectoryEntries.removeAny(place, place.name());
        }
    }

    /// Deletes by name when no descriptor is left to hold on to the directory; only where nobody
    /// else owns any of the path.
    private static void deleteByName(Path path) {
        try {
            for (Path at = path.getParent(); at != null; at = at.getParent()) {
                Object uid = Files.getAttribute(at, "unix:uid", LinkOption.NOFOLLOW_LINKS);
                if (!uid.equals(0) && !uid.equals(Processes.user())) {
                    return;
                }
            }
            Files.deleteIfExists(path);
        } catch (IOException inUseOrNotOurs) {
            // it stays
        }
    }

    /// Describes an error for a person. A file system's exception often has the path alone as its
    /// message; the error is its class.
    public static String why(IOException e) {
        String message = String.valueOf(e.getMessage());
        return switch (e) {
            case NoSuchFileException missing -> message + ": no such file or directory";
            case AccessDeniedException denied -> message + ": permission denied";
            case FileAlreadyExistsException there -> message + ": it exists and is no directory";
            default -> message;
        };
    }

    /// Returns the owner of a directory; -1 if it does not exist, or if others could replace it.
    public static int owner(Path directory) {
        try (SafePath place = SafePath.into(directory)) {
            return place.owner();
        } catch (PosixException e) {
            return -1;
        }
    }

    /// Returns the inode number of a path; 0 if it does not exist.
    public static long inode(Path path) {
        try {
            Object inode = Files.getAttribute(path, "unix:ino", LinkOption.NOFOLLOW_LINKS);
            return inode instanceof Long number ? number : 0;
        } catch (IOException e) {
            return 0;
        }
    }

    /// Returns the permissions of the control socket's directory, if the manager makes it.
    ///
    /// @param others true if users other than the manager's must reach the socket
    public static String permissions(boolean others) {
        return others ? "rwx--x--x" : "rwx------";
    }
}
