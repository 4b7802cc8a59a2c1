// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.jspecify.annotations.Nullable;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.file.Path;

/// A socket that the manager binds and holds, and that all workers of a program share; or one for
/// each slot, on one address.
///
/// @param name unique in its program; what `stdin`, `${fd.NAME}` and LISTEN_FDNAMES say
/// @param address address that it is bound to
/// @param reuseAddress SO_REUSEADDR, set before bind
/// @param nonBlocking O_NONBLOCK; belongs to the open socket, so to every worker, and never changes
/// @param backlog length of the accept queue, 1 to 65535; the kernel caps it at net.core.somaxconn
/// @param ipv6Only IPV6_V6ONLY, for IPv6 addresses
/// @param file mode and owner of the file of a UNIX socket
/// @param perWorker whether each slot has one of its own, with SO_REUSEPORT, and the kernel spreads
///   what comes over them; only for TCP and UDP, and not where the kernel chooses the port
public record SocketSpec(
        String name,
        Address address,
        boolean reuseAddress,
        boolean nonBlocking,
        int backlog,
        boolean ipv6Only,
        UnixFile file,
        boolean perWorker) {
    /// Length of the accept queue where none is given: the kernel's own limit since Linux 5.4
    /// (net.core.somaxconn).
    public static final int DEFAULT_BACKLOG = 4096;

    /// Makes a socket that all workers share.
    public SocketSpec(
            String name,
            Address address,
            boolean reuseAddress,
            boolean nonBlocking,
            int backlog,
            boolean ipv6Only,
            UnixFile file) {
        this(name, address, reuseAddress, nonBlocking, backlog, ipv6Only, file, false);
    }

    /// The same socket with another accept queue.
    public SocketSpec withBacklog(int length) {
        return new SocketSpec(
                name, address, reuseAddress, nonBlocking, length, ipv6Only, file, perWorker);
    }

    /// The same socket without what can change while it is open: the length of the accept queue,
    /// the mode and owner of its file. Two sockets that agree in the rest need no other workers.
    public SocketSpec asInherited() {
        return new SocketSpec(
                name,
                address,
                reuseAddress,
                nonBlocking,
                DEFAULT_BACKLOG,
                ipv6Only,
                UnixFile.DEFAULT,
                perWorker);
    }

    /// True if connections wait at one slot's own socket, which no other worker accepts from.
    public boolean ownQueue() {
        return perWorker && address instanceof Tcp;
    }

    /// True if an open socket can serve as the other: all flags that cannot change while it is open
    /// are equal.
    public boolean hasFlagsOf(SocketSpec other) {
        return nonBlocking == other.nonBlocking
                && ipv6Only == other.ipv6Only
                && perWorker == other.perWorker;
    }

    /// True if binding one of the two prevents the other: both have one protocol, different
    /// addresses and the same port, and one address is a wildcard. A wildcard takes the port on all
    /// addresses of its family; `[::]` without IPV6_V6ONLY on those of IPv4 too. Of UDP sockets
    /// with SO_REUSEADDR the more specific one keeps its own, see socket(7).
    public boolean overlaps(SocketSpec other) {
        // no pattern switch here: linking it costs milliseconds at start
        if (address instanceof Tcp mine && other.address instanceof Tcp yours) {
            return mine.port() == yours.port()
                    && overlaps(mine.port(), mine.host(), other, yours.host());
        } else if (address instanceof Udp mine && other.address instanceof Udp yours) {
            boolean shared = reuseAddress && other.reuseAddress;
            return !shared
                    && mine.port() == yours.port()
                    && overlaps(mine.port(), mine.host(), other, yours.host());
        }
        return false;
    }

    private boolean overlaps(int port, InetAddress mine, SocketSpec other, InetAddress yours) {
        boolean one = covers(mine, yours) || other.covers(yours, mine);
        return port != 0 && !mine.equals(yours) && one;
    }

    private boolean covers(InetAddress wide, InetAddress narrow) {
        boolean sameFamily = wide instanceof Inet6Address == narrow instanceof Inet6Address;
        boolean dual = wide instanceof Inet6Address && !ipv6Only;
        return wide.isAnyLocalAddress() && (sameFamily || dual);
    }

    /// Address that a socket is bound to. Two sockets of one address are the same socket.
    public sealed interface Address {
        /// Returns the address as the configuration writes it.
        @Override
        String toString();
    }

    /// A TCP listener. Port 0 lets the kernel choose.
    ///
    /// @param scope name or number of the interface of a link-local IPv6 address; else empty. The
    ///   interface need not be there before the socket is bound
    public record Tcp(InetAddress host, int port, String scope) implements Address {
        /// Makes an address without a scope.
        public Tcp(InetAddress host, int port) {
            this(host, port, "");
        }

        @Override
        public String toString() {
            return inet(host, port, scope);
        }
    }

    /// A UDP socket. Port 0 lets the kernel choose.
    ///
    /// @param scope as of [Tcp]
    public record Udp(InetAddress host, int port, String scope) implements Address {
        /// Makes an address without a scope.
        public Udp(InetAddress host, int port) {
            this(host, port, "");
        }

        @Override
        public String toString() {
            return "udp:" + inet(host, port, scope);
        }
    }

    /// A UNIX stream listener at a path, at most 107 bytes long. Two are the same if their files
    /// are, however the path is spelled.
    ///
    /// @param path as the configuration writes it, absolute
    /// @param place the file itself: the path through no symbolic link, `.` or `..`, as it was when
    ///   the configuration was read; null for the path as it is
    public record UnixPath(Path path, @Nullable Path place) implements Address {
        /// Makes a path without symbolic links.
        public UnixPath(Path path) {
            this(path, null);
        }

        /// The file itself.
        public Path file() {
            return place == null ? path : place;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof UnixPath unix && unix.file().equals(file());
        }

        @Override
        public int hashCode() {
            return file().hashCode();
        }

        @Override
        public String toString() {
            return "unix:" + path;
        }
    }

    /// A UNIX stream listener in Linux's abstract namespace; the name comes without its leading
    /// `@`.
    public record UnixAbstract(String name) implements Address {
        @Override
        public String toString() {
            return "unix:@" + name;
        }
    }

    /// Mode and owner of a UNIX socket's file; null leaves what bind made.
    public record UnixFile(@Nullable Integer mode, @Nullable String owner, @Nullable String group) {
        /// Owner and mode as bind sets them.
        public static final UnixFile DEFAULT = new UnixFile(null, null, null);
    }

    private static String inet(InetAddress host, int port, String scope) {
        String text = InetText.of(host) + (scope.isEmpty() ? "" : "%" + scope);
        return (host instanceof Inet6Address ? "[" + text + "]" : text) + ":" + port;
    }
}
