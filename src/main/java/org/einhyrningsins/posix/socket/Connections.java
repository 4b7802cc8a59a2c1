// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.socket;

import org.einhyrningsins.posix.file.BackgroundCloser;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.SocketAddress;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.jspecify.annotations.Nullable;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Set;

/// Stream connections: accepted from others, made to others, and read without taking the
/// descriptors that come with them.
public final class Connections {
    private static final int SO_ERROR = 4;
    private static final int SO_PEERCRED = 17;
    private static final int SO_PEERGROUPS = 59; // Linux 4.13
    private static final int SO_PASSRIGHTS = 83; // Linux 6.16
    private static final int MAX_GROUPS = 65_536; // NGROUPS_MAX
    private static final int SHUT_WR = 1;

    /// Makes two stream sockets connected to each other: the first is the manager's, non-blocking
    /// and raised; the second blocks and is raised.
    public static int[] pair() {
        NativeScratch nativeScratch = NativeScratch.here();
        int type = Sockets.SOCK_STREAM | Sockets.SOCK_CLOEXEC;
        long result =
                SystemCalls.call(
                        Syscall.SOCKETPAIR,
                        SocketAddress.AF_UNIX,
                        type,
                        0,
                        nativeScratch.structures);
        SystemCalls.check("socketpair", result);
        int[] pair = {nativeScratch.bytes.getInt(0), nativeScratch.bytes.getInt(4)};
        Descriptors.raise(pair);
        Descriptors.setNonBlocking(pair[0], true);
        return pair;
    }

    /// The next connection, non-blocking; -1 if none is waiting.
    public static int accept(int listener) {
        int flags = Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC;
        long fd = SystemCalls.call(Syscall.ACCEPT4, listener, 0, 0, flags);
        boolean none =
                SystemCalls.is(fd, Errno.EAGAIN)
                        || SystemCalls.is(fd, Errno.ECONNABORTED)
                        || SystemCalls.is(fd, Errno.EINTR);
        return none ? -1 : (int) SystemCalls.check("accept", fd);
    }

    /// Says that nothing more will be written; what comes can still be read. Nothing happens if the
    /// connection is gone.
    public static void endWriting(int fd) {
        SystemCalls.call(Syscall.SHUTDOWN, fd, SHUT_WR);
    }

    /// Returns the process that connected, or that listens, as the kernel noted it then.
    public static PeerCredentials peer(int fd) {
        NativeScratch nativeScratch = NativeScratch.here();
        Sockets.get(fd, SO_PEERCRED, 12);
        ByteBuffer bytes = nativeScratch.bytes;
        return new PeerCredentials(bytes.getInt(0), bytes.getInt(4), bytes.getInt(8));
    }

    /// The supplementary groups of who connected, as the kernel noted them at that moment.
    public static Set<Integer> peerGroups(int fd) {
        Set<Integer> few = peerGroups(fd, NativeScratch.here().chunk);
        if (few != null) {
            return few;
        }
        Set<Integer> all = peerGroups(fd, ByteBuffer.allocateDirect(MAX_GROUPS * Integer.BYTES));
        return all == null ? Set.of() : all;
    }

    /// @return null if there are more than have room in that memory
    private static @Nullable Set<Integer> peerGroups(int fd, ByteBuffer memory) {
        ByteBuffer length = NativeScratch.here().bytes.putInt(0, memory.capacity());
        long to = SystemCalls.address(memory);
        long lengthAt = NativeScratch.here().structures;
        long result =
                SystemCalls.call(
                        Syscall.GETSOCKOPT, fd, Sockets.SOL_SOCKET, SO_PEERGROUPS, to, lengthAt);
        if (SystemCalls.is(result, Errno.ERANGE)) {
            return null;
        }
        SystemCalls.check("getsockopt", result);
        ByteBuffer numbers = memory.duplicate().order(ByteOrder.nativeOrder());
        Set<Integer> groups = new HashSet<>();
        for (int at = 0; at < length.getInt(0); at += Integer.BYTES) {
            groups.add(numbers.getInt(at));
        }
        return groups;
    }

    /// True if the kernel refuses passed descriptors; null before it was asked.
    private static volatile @Nullable Boolean refusing;

    /// Makes this socket, and connections accepted from it, refuse descriptors: the sender gets
    /// EPERM. Before Linux 6.16 they are not refused, and [#read] and [#hangUp] see to it.
    ///
    /// @param fd a stream socket
    public static void refuseDescriptors(int fd) {
        NativeScratch.here().bytes.putInt(0, 0);
        long at = NativeScratch.here().structures;
        long result =
                SystemCalls.call(Syscall.SETSOCKOPT, fd, Sockets.SOL_SOCKET, SO_PASSRIGHTS, at, 4);
        if (result == 0 || SystemCalls.is(result, Errno.ENOPROTOOPT)) {
            refusing = result == 0; // else it is no UNIX socket
        }
    }

    /// For tests: as if the kernel were an older one.
    static void forgetRefusing() {
        refusing = false;
    }

    private static boolean mayPass() {
        return !Boolean.TRUE.equals(refusing);
    }

    /// Reads from a connection of somebody else, as [Descriptors#read] does.
    ///
    /// @throws PosixException also if descriptors are passed to us
    public static int read(int fd, ByteBuffer into) {
        if (mayPass()) {
            requireNoDescriptors(fd);
        }
        return Descriptors.read(fd, into);
    }

    /// Looks at what is there at a connection of somebody else, as [Descriptors#peek] does.
    ///
    /// @throws PosixException also if descriptors are passed to us
    public static int peek(int fd, ByteBuffer into) {
        if (mayPass()) {
            requireNoDescriptors(fd);
        }
        return Descriptors.peek(fd, into);
    }

    private static void requireNoDescriptors(int fd) {
        NativeScratch nativeScratch = Datagrams.header(NativeScratch.here());
        nativeScratch
                .bytes
                .putLong(Datagrams.HEADER_CONTROL, 0)
                .putLong(Datagrams.HEADER_CONTROL_LENGTH, 0);
        int flags = Datagrams.MSG_DONTWAIT | Datagrams.MSG_PEEK;
        long length = SystemCalls.call(Syscall.RECVMSG, fd, nativeScratch.structures, flags);
        if (length >= 0
                && (nativeScratch.bytes.getInt(Datagrams.HEADER_FLAGS) & Datagrams.MSG_CTRUNC)
                        != 0) {
            throw new PosixException("recvmsg: descriptors are not taken", Errno.EPERM.number());
        }
    }

    /// Closes a connection of somebody else: what it holds that we never read goes with it.
    public static void hangUp(int fd) {
        if (mayPass()) {
            BackgroundCloser.close(fd);
        } else {
            Descriptors.close(fd);
        }
    }

    /// Begins to connect; non-blocking. Writable when it is decided: see [#connectResult].
    public static int connect(InetAddress host, int port) {
        int fd =
                Sockets.socket(
                        SocketAddress.family(host), Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK);
        return Sockets.orClose(
                fd, () -> connectTo(fd, SocketAddress.put(NativeScratch.here().bytes, host, port)));
    }

    /// Begins to connect to an address as in [BoundSocket#address]. It takes no descriptors, see
    /// [#refuseDescriptors].
    public static int connect(String address) {
        if (address.startsWith("unix:")) {
            String name = address.substring("unix:".length());
            int fd =
                    Sockets.socket(
                            SocketAddress.AF_UNIX, Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK);
            refuseDescriptors(fd);
            return Sockets.orClose(
                    fd,
                    () -> connectTo(fd, SocketAddress.putUnix(NativeScratch.here().bytes, name)));
        }
        int colon = address.lastIndexOf(':');
        String host = address.substring(0, colon).replace("[", "").replace("]", "");
        return connect(InetAddress.ofLiteral(host), Integer.parseInt(address.substring(colon + 1)));
    }

    static void connectTo(int fd, int length) {
        long result =
                SystemCalls.call(Syscall.CONNECT, fd, NativeScratch.here().structures, length);
        if (!SystemCalls.is(result, Errno.EINPROGRESS)) {
            SystemCalls.check("connect", result);
        }
    }

    /// Returns the error of a connect; null if it succeeded.
    public static @Nullable Errno connectResult(int fd) {
        NativeScratch nativeScratch = NativeScratch.here();
        Sockets.get(fd, SO_ERROR, 4);
        int error = nativeScratch.bytes.getInt(0);
        return error == 0 ? null : Errno.byNumber(error);
    }

    private Connections() {}
}
