// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.socket;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.DirectoryEntries;
import org.einhyrningsins.posix.file.FileStatus;
import org.einhyrningsins.posix.file.SafePath;
import org.einhyrningsins.posix.kernel.Accounts;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.SocketAddress;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.einhyrningsins.spec.SocketSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.function.Consumer;

/// Files of UNIX sockets: bound, asked, given an owner and a mode.
///
/// A file outlives who bound it. Where nobody answers, it is stale and is replaced; where somebody
/// does, the address is in use. Between the question and the answer another process may do the
/// same: who binds last has it.
public final class SocketFile {
    /// Gives the file of a UNIX socket its owner and mode, as far as they are given.
    ///
    /// @param inode which file that is; nothing is done to another one
    /// @throws UnknownAccountException if an owner is not known
    public static void setModeAndOwner(Path path, SocketSpec.UnixFile file, long inode) {
        setModeAndOwner(path, Owner.of(file), file, inode);
    }

    public static void setModeAndOwner(
            Path path, Owner owner, SocketSpec.UnixFile file, long inode) {
        if (owner.uid() != -1 || owner.gid() != -1) {
            change(path, inode, shown -> chown(path, shown, owner.uid(), owner.gid()));
        }
        Integer mode = file.mode();
        if (mode != null) {
            change(path, inode, shown -> mode(path, shown, mode));
        }
    }

    /// Owner of a new socket file; -1 leaves it.
    public record Owner(int uid, int gid) {
        /// Looks the names up.
        public static Owner of(SocketSpec.UnixFile file) {
            return new Owner(
                    file.owner() == null ? -1 : Accounts.requireUid(file.owner()),
                    file.group() == null ? -1 : Accounts.requireGid(file.group()));
        }
    }

    /// The kernel follows the path by itself, so it is looked at before, and after: what is bound
    /// must be found there.
    static void bindFile(int fd, Path path) {
        try (SafePath place = SafePath.toName(path)) {
            if (isSocket(place) && !answers(path)) {
                DirectoryEntries.remove(place, place.name());
            }
        } catch (PosixException e) {
            if (e.isRefusal()) {
                throw e;
            } // else bind says what is wrong
        }
        Sockets.bindTo(fd, SocketAddress.putUnix(NativeScratch.here().bytes, path.toString()));
        change(path, 0, found -> {});
    }

    private static boolean isSocket(SafePath place) {
        FileStatus found = DirectoryEntries.status(place, place.name());
        return found != null && found.isSocket();
    }

    /// Returns the inode number of what has that path, be it a link; 0 if there is nothing.
    public static long inode(Path path) {
        try {
            FileStatus found = FileStatus.of(path);
            return found == null ? 0 : found.inode();
        } catch (PosixException e) {
            return 0;
        }
    }

    /// Removes a file, if it is that one.
    ///
    /// @return false if it is another, or none
    public static boolean remove(Path path, long inode) {
        if (inode(path) != inode) {
            return false;
        }
        try (SafePath place = SafePath.toName(path)) {
            DirectoryEntries.remove(place, place.name());
            return true;
        }
    }

    /// True if a process holds the socket of that path, of whatever type.
    public static boolean answers(Path path) {
        int fd = Sockets.socket(SocketAddress.AF_UNIX, Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK);
        try {
            NativeScratch nativeScratch = NativeScratch.here();
            int length = SocketAddress.putUnix(nativeScratch.bytes, path.toString());
            long result = SystemCalls.call(Syscall.CONNECT, fd, nativeScratch.structures, length);
            if (SystemCalls.is(result, Errno.EPROTOTYPE)) { // not a stream
                return answersDatagrams(path);
            }
            return !SystemCalls.is(result, Errno.ECONNREFUSED)
                    && !SystemCalls.is(result, Errno.ENOENT);
        } finally {
            Descriptors.close(fd);
        }
    }

    /// Returns the process with the stream listener of that path; null if there is none.
    public static @Nullable PeerCredentials owner(Path path) {
        int fd = Sockets.socket(SocketAddress.AF_UNIX, Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK);
        try {
            NativeScratch nativeScratch = NativeScratch.here();
            int length = SocketAddress.putUnix(nativeScratch.bytes, path.toString());
            return SystemCalls.call(Syscall.CONNECT, fd, nativeScratch.structures, length) == 0
                    ? Connections.peer(fd)
                    : null;
        } finally {
            Descriptors.close(fd);
        }
    }

    private static boolean answersDatagrams(Path path) {
        int fd = Sockets.socket(SocketAddress.AF_UNIX, Sockets.SOCK_DGRAM | Sockets.SOCK_NONBLOCK);
        NativeScratch nativeScratch = NativeScratch.here();
        int length = SocketAddress.putUnix(nativeScratch.bytes, path.toString());
        long result = SystemCalls.call(Syscall.CONNECT, fd, nativeScratch.structures, length);
        Descriptors.close(fd);
        return !SystemCalls.is(result, Errno.ECONNREFUSED);
    }

    private static void chown(Path path, String shown, int uid, int gid) {
        long at = NativeScratch.here().path(shown);
        long result = SystemCalls.call(Syscall.FCHOWNAT, Descriptors.AT_FDCWD, at, uid, gid, 0);
        SystemCalls.check("chown " + path, result);
    }

    static void mode(Path path, String shown, int mode) {
        long at = NativeScratch.here().path(shown);
        long result = SystemCalls.call(Syscall.FCHMODAT, Descriptors.AT_FDCWD, at, mode);
        SystemCalls.check("chmod " + path, result);
    }

    /// Gives the file of a socket its permission bits.
    ///
    /// @param inode which file that is; nothing is done to another one
    public static void mode(Path path, int mode, long inode) {
        change(path, inode, shown -> mode(path, shown, mode));
    }

    /// Gives the file of a socket that was just bound to a user.
    public static void giveTo(Path path, int uid) {
        change(path, 0, shown -> chown(path, shown, uid, -1));
    }

    /// Changes the file of a socket by a descriptor: whoever may change its directory may put
    /// something else there at any moment.
    ///
    /// @param inode 0 for one that was just bound, and has one name
    /// @param how is given a path to the file that holds whatever becomes of its name
    private static void change(Path path, long inode, Consumer<String> how) {
        try (SafePath place = SafePath.toName(path)) {
            int file = place.look();
            try {
                FileStatus status = FileStatus.of(file);
                boolean same = inode == 0 ? status.links() == 1 : status.inode() == inode;
                if (!status.isSocket() || !same) {
                    throw PosixException.refused("change " + path, "it is not the socket any more");
                }
                how.accept("/proc/self/fd/" + file);
            } finally {
                Descriptors.close(file);
            }
        }
    }

    private SocketFile() {}
}
