// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.socket;

import org.einhyrningsins.manager.runtime.DirectoryCalls;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.posix.file.BackgroundCloser;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Inotify;
import org.einhyrningsins.posix.file.PathReach;
import org.einhyrningsins.posix.file.SafePath;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.socket.Datagrams;
import org.einhyrningsins.posix.socket.ProgramSockets;
import org.einhyrningsins.posix.socket.SocketFile;
import org.einhyrningsins.posix.socket.Sockets;
import org.einhyrningsins.spec.SocketSpec;

import java.nio.file.Path;
import java.util.function.IntSupplier;

/// Binds UNIX sockets and looks at their files: with a time limit where other users can hold up the
/// directory, see [DirectoryCalls].
public final class SocketFiles {
    private SocketFiles() {}

    /// A socket of a program.
    ///
    /// @param file inode number of its file; 0 if it has none
    public record Bound(BoundSocket socket, long file) {
        private Bound as(int fd) {
            return new Bound(new BoundSocket(fd, socket.address(), socket.inode()), file);
        }
    }

    /// Binds a socket of a program as [ProgramSockets#bind].
    public static Bound bind(SocketSpec spec) {
        if (!(spec.address() instanceof SocketSpec.UnixPath unix)) {
            return new Bound(ProgramSockets.bind(spec), 0);
        }
        Path path = unix.path();
        Bound bound =
                DirectoryCalls.open(
                        path,
                        bring -> {
                            BoundSocket made = ProgramSockets.bind(spec);
                            Bound here = new Bound(made, SocketFile.inode(path));
                            return here.as(bring.applyAsInt(made.fd()));
                        },
                        late -> BackgroundCloser.close(late.socket().fd()));
        int fd = bound.socket().fd();
        Sockets.orClose(fd, () -> Sockets.relisten(fd, spec.backlog())); // clients see who listens
        return bound;
    }

    /// A socket of the manager's own.
    ///
    /// @param file inode number of its file
    public record Opened(int fd, long file) {}

    /// Listens as [Sockets#listenUnix].
    ///
    /// @param uid user that the file is given to; -1 for none
    public static Opened listen(Path path, int mode, int uid) {
        Opened opened = opened(path, uid, () -> Sockets.listenUnix(path, mode));
        Sockets.orClose(opened.fd(), () -> Sockets.relistenUnix(opened.fd()));
        return opened;
    }

    /// Binds a socket for datagrams as [Datagrams#bind].
    ///
    /// @param uid user that the file is given to; -1 for none
    public static Opened bindDatagrams(Path path, int mode, int uid) {
        return opened(path, uid, () -> Datagrams.bind(path, mode));
    }

    private static Opened opened(Path path, int uid, IntSupplier binds) {
        return DirectoryCalls.open(
                path,
                bring -> {
                    int fd = binds.getAsInt();
                    if (uid != -1) {
                        Sockets.orClose(fd, () -> give(path, uid));
                    }
                    return new Opened(bring.applyAsInt(fd), SocketFile.inode(path));
                },
                late -> BackgroundCloser.close(late.fd()));
    }

    private static void give(Path path, int uid) {
        try {
            SocketFile.giveTo(path, uid);
        } catch (PosixException e) {
            RuntimeFiles.delete(path);
            throw e;
        }
    }

    /// Returns the inode number of what has that path, be it a link; 0 if there is nothing.
    ///
    /// @throws PosixException if that is held up
    public static long inode(Path path) {
        return DirectoryCalls.in(path, () -> SocketFile.inode(path));
    }

    /// Watches a file, see [Inotify#add].
    ///
    /// @throws PosixException if it is not there, or if that is held up
    static int watch(Inotify with, Path path) {
        if (PathReach.ofNames(path) == null) {
            return with.add(path);
        }
        int seen =
                DirectoryCalls.open(
                        path,
                        () -> {
                            try (SafePath place = SafePath.toName(path)) {
                                return place.look();
                            }
                        });
        try {
            return with.add(seen, path);
        } finally {
            Descriptors.close(seen);
        }
    }

    /// Gives the file of a socket its owner and mode, as [SocketFile#setModeAndOwner].
    public static void setModeAndOwner(Path path, SocketSpec.UnixFile file, long inode) {
        SocketFile.Owner owner = SocketFile.Owner.of(file);
        DirectoryCalls.run(path, () -> SocketFile.setModeAndOwner(path, owner, file, inode));
    }

    /// Gives the file of a socket its permission bits, as [SocketFile#mode].
    public static void mode(Path path, int mode, long inode) {
        DirectoryCalls.run(path, () -> SocketFile.mode(path, mode, inode));
    }

    /// Removes a file if it is that one.
    ///
    /// @return false if it is another, or none
    /// @throws PosixException if that is held up: it may be removed later
    public static boolean remove(Path path, long file) {
        try {
            return DirectoryCalls.in(path, () -> SocketFile.remove(path, file));
        } catch (PosixException e) {
            if (DirectoryCalls.isHeldUp(e)) {
                throw e;
            }
            RuntimeFiles.delete(path); // also without a descriptor
            return true;
        }
    }
}
