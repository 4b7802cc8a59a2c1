// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/// The path of a UNIX socket in the file system: which file it means, and what is there.
public final class SocketPath {
    private static final int KIND = 0170000;
    private static final int SOCKET = 0140000;
    private static final int LINK = 0120000;
    private static final int FILE = 0100000;
    private static final int DIRECTORY = 0040000;

    private SocketPath() {}

    /// The file that a path means, whatever links, `.` and `..` it goes through. Directories that
    /// are not there are taken as they are written. The last name is never followed: a socket is
    /// not bound through a link.
    ///
    /// @param path absolute
    static Path place(Path path) {
        Path name = path.getFileName();
        Path directory = path.getParent();
        if (name == null || directory == null) {
            return path;
        }
        return real(directory).resolve(name);
    }

    private static Path real(Path directory) {
        Path rest = Path.of("");
        for (Path at = directory; at != null; at = at.getParent()) {
            try {
                return at.toRealPath().resolve(rest).normalize();
            } catch (IOException notThere) {
                Path name = at.getFileName();
                rest = name == null ? rest : name.resolve(rest);
            }
        }
        return directory.normalize();
    }

    /// Describes what keeps a socket from being bound at a path, and what to do; null if nothing
    /// does. A socket that is there does not: whether anybody listens at it is known when it is
    /// bound.
    public static @Nullable String problem(Path path) {
        try {
            Object mode = Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            int kind = mode instanceof Integer bits ? bits & KIND : SOCKET;
            return switch (kind) {
                case SOCKET -> null;
                case DIRECTORY -> there("a directory", path);
                case LINK -> link(path);
                case FILE -> there("a file", path);
                default -> there("a device or pipe", path);
            };
        } catch (IOException e) {
            return null;
        }
    }

    private static String there(String what, Path path) {
        return "there is "
                + what
                + " at "
                + path
                + ", where the socket is to be; remove it, or name another path";
    }

    private static String link(Path path) throws IOException {
        Path target = Files.readSymbolicLink(path);
        String dangling = Files.exists(path) ? "" : ", which is not there";
        return "there is a symbolic link at "
                + path
                + ", to "
                + target
                + dangling
                + ", and a socket is not bound through one; remove it, or name "
                + target;
    }
}
