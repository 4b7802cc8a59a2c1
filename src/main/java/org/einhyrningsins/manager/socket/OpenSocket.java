// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.socket;

import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.spec.SocketSpec;
import org.jspecify.annotations.Nullable;

/// Open sockets of an address.
///
/// @param program one that uses them; empty if unknown
/// @param file inode of a UNIX socket's file, so that no other is unlinked; else 0
/// @param foreign it was passed to the manager: the process that bound it may go on with it
record OpenSocket(String program, SocketSpec spec, SocketGroup group, long file, boolean foreign) {
    OpenSocket as(String name, SocketSpec wanted) {
        return new OpenSocket(name, wanted, group, file, foreign);
    }

    /// The same with another socket at the path of its file.
    OpenSocket rebound(SocketGroup other, long inode) {
        return new OpenSocket(program, spec, other, inode, false);
    }

    /// True if its file is at the path of a definition.
    boolean isAtPathOf(SocketSpec socket) {
        return spec.address() instanceof SocketSpec.UnixPath mine
                && socket.address() instanceof SocketSpec.UnixPath wanted
                && mine.path().equals(wanted.path());
    }

    /// Removes its file, here or where its path led until now, unless another is there.
    ///
    /// @return reason why it may stay; null if it is removed
    @Nullable String removeFile(SocketSpec.UnixPath unix) {
        try {
            if (!SocketFiles.remove(unix.path(), file) && !unix.file().equals(unix.path())) {
                SocketFiles.remove(unix.file(), file);
            }
            return null;
        } catch (PosixException e) {
            return "the file " + unix.path() + " may stay: " + e.getMessage();
        }
    }
}
