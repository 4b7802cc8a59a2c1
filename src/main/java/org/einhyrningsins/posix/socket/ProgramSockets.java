// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.socket;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.NetworkInterfaces;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.SocketAddress;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.einhyrningsins.spec.SocketSpec;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/// Sockets of programs: bound as a definition says, checked against one, at rest.
public final class ProgramSockets {
    private static final int SO_REUSEADDR = 2;
    private static final int SO_TYPE = 3;
    private static final int SO_REUSEPORT = 15;
    private static final int IPPROTO_IPV6 = 41;
    private static final int IPV6_V6ONLY = 26;
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_INFO = 11;
    private static final int TCP_INFO_UNACKED = 24; // of a listener: who waits to be accepted

    /// Binds a socket of a program, and listens where that applies; raised.
    ///
    /// @throws PosixException the kernel's error, beginning with the call
    /// @throws UnknownAccountException if the owner of its file is not known
    public static BoundSocket bind(SocketSpec spec) {
        int fd =
                switch (spec.address()) {
                    case SocketSpec.Tcp tcp ->
                            bindInet(
                                    spec,
                                    scoped(tcp.host(), tcp.scope()),
                                    tcp.port(),
                                    Sockets.SOCK_STREAM);
                    case SocketSpec.Udp udp ->
                            bindInet(
                                    spec,
                                    scoped(udp.host(), udp.scope()),
                                    udp.port(),
                                    Sockets.SOCK_DGRAM);
                    case SocketSpec.UnixPath unix -> bindUnix(spec, unix.path());
                    case SocketSpec.UnixAbstract unix -> bindAbstract(spec, unix.name());
                };
        int raised = Descriptors.raise(fd);
        return new BoundSocket(raised, Sockets.localAddress(raised), Sockets.inode(raised));
    }

    private static int bindInet(SocketSpec spec, InetAddress host, int port, int type) {
        int fd = Sockets.socket(SocketAddress.family(host), type | nonBlocking(spec));
        return Sockets.orClose(
                fd,
                () -> {
                    Sockets.set(fd, Sockets.SOL_SOCKET, SO_REUSEADDR, spec.reuseAddress());
                    if (spec.perWorker()) {
                        Sockets.set(fd, Sockets.SOL_SOCKET, SO_REUSEPORT, true);
                    }
                    if (SocketAddress.family(host) == SocketAddress.AF_INET6) {
                        Sockets.set(fd, IPPROTO_IPV6, IPV6_V6ONLY, spec.ipv6Only());
                    }
                    Sockets.bindTo(fd, SocketAddress.put(NativeScratch.here().bytes, host, port));
                    if (type == Sockets.SOCK_STREAM) {
                        Sockets.relisten(fd, spec.backlog());
                    }
                });
    }

    /// The address with the number that its interface has now: one that was removed and made again
    /// has another.
    ///
    /// @throws PosixException if there is no such interface
    private static InetAddress scoped(InetAddress host, String scope) {
        if (scope.isEmpty()) {
            return host;
        }
        try {
            return Inet6Address.getByAddress(
                    null, host.getAddress(), NetworkInterfaces.number(scope));
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // only for a wrong length
        }
    }

    private static int bindAbstract(SocketSpec spec, String name) {
        int fd = Sockets.socket(SocketAddress.AF_UNIX, Sockets.SOCK_STREAM | nonBlocking(spec));
        return Sockets.orClose(
                fd,
                () -> {
                    Sockets.bindTo(
                            fd, SocketAddress.putUnix(NativeScratch.here().bytes, "@" + name));
                    Sockets.relisten(fd, spec.backlog());
                });
    }

    /// Binds a socket to a file. No client connects before listen: mode and owner are right.
    private static int bindUnix(SocketSpec spec, Path path) {
        SocketFile.Owner owner = SocketFile.Owner.of(spec.file()); // before anything is bound
        int fd = Sockets.socket(SocketAddress.AF_UNIX, Sockets.SOCK_STREAM | nonBlocking(spec));
        return Sockets.orClose(
                fd,
                () -> {
                    SocketFile.bindFile(fd, path);
                    SocketFile.setModeAndOwner(path, owner, spec.file(), 0);
                    Sockets.relisten(fd, spec.backlog());
                });
    }

    private static int nonBlocking(SocketSpec spec) {
        return spec.nonBlocking() ? Sockets.SOCK_NONBLOCK : 0;
    }

    /// True if other sockets may be bound to the same address if they allow it too (SO_REUSEPORT).
    public static boolean sharesPort(int fd) {
        Sockets.get(fd, SO_REUSEPORT, 4);
        return NativeScratch.here().bytes.getInt(0) != 0;
    }

    /// Returns the number of connections that wait to be accepted at a TCP listener.
    public static int queued(int fd) {
        Sockets.get(fd, IPPROTO_TCP, TCP_INFO, TCP_INFO_UNACKED + 4);
        return NativeScratch.here().bytes.getInt(TCP_INFO_UNACKED);
    }

    /// Ends a listener for all who have it: nobody comes any more, and whoever waits is reset.
    public static void endListening(int fd) {
        SystemCalls.call(Syscall.SHUTDOWN, fd, Sockets.SHUT_RDWR);
    }

    /// Ends a TCP listener for all who have it, and keeps its port, also from those who would share
    /// it (`SO_REUSEADDR`), as far as the port was not chosen by the kernel.
    public static void stopListening(int fd) {
        endListening(fd);
        Sockets.set(fd, Sockets.SOL_SOCKET, SO_REUSEADDR, false);
    }

    /// Makes a resting socket listen again; does nothing to another.
    public static void startListening(int fd, SocketSpec spec) {
        if (!Sockets.listens(fd)) {
            Sockets.set(fd, Sockets.SOL_SOCKET, SO_REUSEADDR, spec.reuseAddress());
            Sockets.relisten(fd, spec.backlog());
        }
    }

    /// True if it is a socket with an address.
    public static boolean isBound(int fd) {
        try {
            return !Sockets.localAddress(fd).equals("unix:");
        } catch (PosixException e) {
            return false; // no socket
        }
    }

    /// True if a socket is like one that [#bind] would make: of its type, at its address and, for a
    /// stream, listening. False where the kernel chooses the port.
    public static boolean isBound(int fd, SocketSpec spec) {
        return isOfKind(fd, spec) && isAt(Sockets.localAddress(fd), spec.address());
    }

    /// The same where the kernel chooses the port, so at any.
    public static boolean isBoundAtSomePort(int fd, SocketSpec spec) {
        return isOfKind(fd, spec)
                && host(Sockets.localAddress(fd)).equals(host(address(spec.address())));
    }

    /// An address without its port.
    private static String host(String address) {
        return address.substring(0, address.lastIndexOf(':') + 1);
    }

    /// True if a socket is of the type that [#bind] would make and, for a stream, listening;
    /// wherever it is bound.
    private static boolean isOfKind(int fd, SocketSpec spec) {
        Sockets.get(fd, SO_TYPE, 4);
        boolean datagrams = NativeScratch.here().bytes.getInt(0) == Sockets.SOCK_DGRAM;
        return datagrams == spec.address() instanceof SocketSpec.Udp
                && (datagrams || Sockets.listens(fd));
    }

    /// True if the local address is that one; a UNIX path may be spelled otherwise.
    private static boolean isAt(String local, SocketSpec.Address address) {
        return local.equals(address(address))
                || (address instanceof SocketSpec.UnixPath unix
                        && local.equals("unix:" + unix.file()));
    }

    /// Returns the address in the form of [Sockets#localAddress].
    private static String address(SocketSpec.Address address) {
        ByteBuffer bytes = NativeScratch.here().bytes;
        return switch (address) {
            case SocketSpec.Tcp tcp ->
                    SocketAddress.text(
                            bytes,
                            SocketAddress.put(bytes, scoped(tcp.host(), tcp.scope()), tcp.port()));
            case SocketSpec.Udp udp ->
                    SocketAddress.text(
                            bytes,
                            SocketAddress.put(bytes, scoped(udp.host(), udp.scope()), udp.port()));
            case SocketSpec.UnixPath unix -> "unix:" + unix.path();
            case SocketSpec.UnixAbstract unix -> "unix:@" + unix.name();
        };
    }

    private ProgramSockets() {}
}
