// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.socket;

import org.einhyrningsins.config.value.SocketPath;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.spec.SocketSpec;

import java.nio.file.Path;

/// Advice for a socket that cannot be bound.
public final class BindAdvice {
    private BindAdvice() {}

    /// Returns advice to follow the kernel's error; empty if there is none.
    public static String of(PosixException e, SocketSpec socket) {
        return socket.address() instanceof SocketSpec.UnixPath unix
                ? onFile(e, unix.path())
                : switch (e.errno()) {
                    case EACCES, EPERM ->
                            isLow(socket.address())
                                    ? "; ports below 1024 need root or CAP_NET_BIND_SERVICE"
                                    : "";
                    case EADDRINUSE -> "; " + holder(socket);
                    case EADDRNOTAVAIL -> "; no interface of this machine has that address";
                    case ENODEV -> "; there is no such network interface: see ip -brief link";
                    default -> "";
                };
    }

    private static String onFile(PosixException e, Path path) {
        if (e.isRefusal()) {
            return "";
        }
        return switch (e.errno()) {
            case EADDRINUSE -> {
                String obstacle = SocketPath.problem(path);
                yield "; " + (obstacle == null ? "another process has it: see ss -lxp" : obstacle);
            }
            case ENOENT, ENOTDIR -> "; there is no directory " + path.getParent();
            case EACCES, EPERM, EROFS -> "; the manager may not make files in " + path.getParent();
            default -> "";
        };
    }

    private static boolean isLow(SocketSpec.Address address) {
        int port =
                address instanceof SocketSpec.Tcp tcp
                        ? tcp.port()
                        : address instanceof SocketSpec.Udp udp ? udp.port() : 1024;
        return port < 1024;
    }

    /// Describes the holder of an address. The kernel also refuses while former connections linger,
    /// and both they and the new socket need SO_REUSEADDR to succeed.
    private static String holder(SocketSpec socket) {
        PortUsage use =
                socket.address() instanceof SocketSpec.Tcp tcp
                        ? PortUsage.of(tcp)
                        : PortUsage.UNKNOWN;
        return switch (use) {
            case LINGERING ->
                    "nobody listens there, but closed connections linger for up to a"
                            + " minute: try again then; with reuse-address, as in -b ADDR:PORT,r,"
                            + " from the first start on nobody has to wait";
            case CONNECTED ->
                    "nobody listens there, but connections from that port are open: see ss -ptn";
            case LISTENING, UNKNOWN ->
                    "another process has it"
                            + (socket.perWorker() ? ", or systemd without ReusePort=yes" : "")
                            + ": see "
                            + lookup(socket.address());
        };
    }

    private static String lookup(SocketSpec.Address address) {
        return switch (address) {
            case SocketSpec.Tcp ignored -> "ss -lptn";
            case SocketSpec.Udp ignored -> "ss -lpun";
            case SocketSpec.UnixPath ignored -> "ss -lxp";
            case SocketSpec.UnixAbstract ignored -> "ss -lxp";
        };
    }
}
