// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/// The path of a UNIX socket in the file system: which file it means, and what is there.
public final class SocketPath {
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

    /// What keeps a socket from being bound at a path, and what to do; null if nothing does. A
    /// socket that is there does not: whether anybody listens at it is known when it is bound.
    public static @Nullable String obstacle(Path path) {
        try {
            BasicFileAttributes there =
                    Files.readAttributes(
                            path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (there.isDirectory()) {
                return "there is a directory at "
                        + path
                        + ", where the socket is to be; remove it, or name another path";
            } else if (there.isSymbolicLink()) {
                return link(path);
            } else if (there.isRegularFile()) {
                return "there is a file at "
                        + path
                        + ", where the socket is to be; remove it, or name another path";
            }
            return isSocket(path)
                    ? null
                    : "there is a device or pipe at "
                            + path
                            + ", where the socket is to be; remove it, or name another path";
        } catch (IOException e) {
            return null;
        }
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

    private static boolean isSocket(Path path) throws IOException {
        Object mode = Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        return mode instanceof Integer bits && (bits & 0170000) == 0140000;
    }
}
