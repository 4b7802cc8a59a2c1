// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.socket;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.SocketAddress;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;

import java.nio.file.Path;

/// Sockets of any kind: options, addresses, and the listener of the manager itself. Those of
/// programs are in [ProgramSockets], their files in [SocketFile], streams in [Connections].
public final class Sockets {
    private Sockets() {}

    static final int SOCK_STREAM = 1;
    static final int SOCK_DGRAM = 2;
    static final int SOCK_NONBLOCK = 0x800;
    static final int SOCK_CLOEXEC = Descriptors.O_CLOEXEC;
    static final int SOL_SOCKET = 1;
    private static final int SO_ACCEPTCONN = 30;
    private static final int CONTROL_BACKLOG = 128;
    public static final int SHUT_RDWR = 2;

    /// Lets the accept queue be that long from now on.
    public static void relisten(int fd, int backlog) {
        SystemCalls.check("listen", SystemCalls.call(Syscall.LISTEN, fd, backlog));
    }

    /// A stream listener for the manager's own use: non-blocking, raised. It takes no descriptors,
    /// see [Connections#refuseDescriptors].
    public static int listenUnix(Path path, int mode) {
        int fd = socket(SocketAddress.AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
        orClose(
                fd,
                () -> {
                    Connections.refuseDescriptors(fd);
                    SocketFile.bindFile(fd, path);
                    SocketFile.mode(path, mode, 0);
                    relisten(fd, CONTROL_BACKLOG);
                });
        return Descriptors.raise(fd);
    }

    /// Listens again, as this process, at what [#listenUnix] made: who connects is told who
    /// listens.
    public static void relistenUnix(int fd) {
        relisten(fd, CONTROL_BACKLOG);
    }

    /// Returns the address that a socket is bound to, as in [BoundSocket#address].
    public static String localAddress(int fd) {
        NativeScratch nativeScratch = NativeScratch.here();
        int lengthAt = 128;
        nativeScratch.bytes.putInt(lengthAt, SocketAddress.MAX_LENGTH);
        long at = nativeScratch.structures;
        SystemCalls.check(
                "getsockname", SystemCalls.call(Syscall.GETSOCKNAME, fd, at, at + lengthAt));
        return SocketAddress.text(nativeScratch.bytes, nativeScratch.bytes.getInt(lengthAt));
    }

    /// True if it is a socket that listens.
    public static boolean listens(int fd) {
        NativeScratch nativeScratch = NativeScratch.here();
        get(fd, SO_ACCEPTCONN, 4);
        return nativeScratch.bytes.getInt(0) != 0;
    }

    /// The inode of what is open there.
    public static long inode(int fd) {
        NativeScratch nativeScratch = NativeScratch.here();
        SystemCalls.check("fstat", SystemCalls.call(Syscall.FSTAT, fd, nativeScratch.structures));
        return nativeScratch.bytes.getLong(8); // st_ino, on both machines
    }

    static int socket(int family, int type) {
        return (int)
                SystemCalls.check(
                        "socket", SystemCalls.call(Syscall.SOCKET, family, type | SOCK_CLOEXEC, 0));
    }

    static void bindTo(int fd, int length) {
        SystemCalls.check(
                "bind",
                SystemCalls.call(Syscall.BIND, fd, NativeScratch.here().structures, length));
    }

    static void set(int fd, int level, int option, boolean on) {
        NativeScratch nativeScratch = NativeScratch.here();
        nativeScratch.bytes.putInt(0, on ? 1 : 0);
        long at = nativeScratch.structures;
        SystemCalls.check(
                "setsockopt", SystemCalls.call(Syscall.SETSOCKOPT, fd, level, option, at, 4));
    }

    static void get(int fd, int option, int length) {
        get(fd, SOL_SOCKET, option, length);
    }

    static void get(int fd, int level, int option, int length) {
        NativeScratch nativeScratch = NativeScratch.here();
        int lengthAt = 64;
        nativeScratch.bytes.putInt(lengthAt, length);
        long at = nativeScratch.structures;
        long result = SystemCalls.call(Syscall.GETSOCKOPT, fd, level, option, at, at + lengthAt);
        SystemCalls.check("getsockopt", result);
    }

    /// A descriptor that is closed if what is done to it fails.
    public static int orClose(int fd, Runnable setup) {
        try {
            setup.run();
            return fd;
        } catch (RuntimeException e) {
            Descriptors.close(fd);
            throw e;
        }
    }
}
