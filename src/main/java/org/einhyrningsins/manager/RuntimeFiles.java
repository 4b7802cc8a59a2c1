// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The few files the manager makes: directories for its sockets, the pid file.
final class RuntimeFiles {
    private RuntimeFiles() {}

    /// Makes a directory, with its parents, that only its owner may use; one that exists stays as
    /// it is.
    ///
    /// @param permissions as `rwx--x--x`
    static void directory(Path path, String permissions) throws IOException {
        if (Files.isDirectory(path)) {
            return;
        }
        Path parent = path.getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        Files.createDirectory(path);
        // not at creation: the umask would take from it
        Files.setPosixFilePermissions(
                path, java.nio.file.attribute.PosixFilePermissions.fromString(permissions));
    }

    /// Removes a file, or an empty directory, if it is there.
    static void delete(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException inUseOrNotOurs) {
            // somebody else's by now
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
