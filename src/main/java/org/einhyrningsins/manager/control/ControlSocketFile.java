// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.control;

import org.einhyrningsins.manager.socket.SocketFiles;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.socket.SocketFile;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;

/// File of the control socket: which one it is, and its permission bits.
final class ControlSocketFile {
    private final Path path;
    private long inode;
    private int mode;

    ControlSocketFile(Path path, long inode, int mode) {
        this.path = path;
        this.inode = inode;
        this.mode = mode;
    }

    long inode() {
        return inode;
    }

    /// Another one is at the path from now on.
    void replaced(long by, int bits) {
        inode = by;
        mode = bits;
    }

    /// Gives it other permission bits.
    ///
    /// @return why it keeps those that it has; null if it does not
    @Nullable String change(int bits) {
        try {
            if (bits != mode && inode == SocketFiles.inode(path)) {
                SocketFiles.mode(path, bits, inode);
            }
            mode = bits;
            return null;
        } catch (PosixException e) {
            return "the control socket keeps its mode: " + e.getMessage();
        }
    }

    /// Removes it, if it is still ours.
    void remove() {
        try {
            SocketFiles.remove(path, inode);
        } catch (PosixException e) {
            // nobody answers there: the next manager replaces it
        }
    }

    /// Describes who has the socket of that path.
    static String taken(Path socket) {
        PeerCredentials owner = SocketFile.owner(socket);
        String who =
                owner == null ? "somebody" : "pid " + owner.pid() + " (uid " + owner.uid() + ")";
        return "cannot start: control socket "
                + socket
                + " is held by "
                + who
                + "; use that manager, or start this one with another socket (-d)";
    }
}
