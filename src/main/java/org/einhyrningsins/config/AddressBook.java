// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.SocketSpec.Address;
import org.einhyrningsins.spec.SocketSpec.Tcp;
import org.einhyrningsins.spec.SocketSpec.Udp;
import org.jspecify.annotations.Nullable;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Who binds which address, to find those that two want.
final class AddressBook {
    private record Claim(SocketSpec socket, String program, Place place) {}

    private final Map<Integer, List<Claim>> byPort = new HashMap<>();
    private final Map<String, Claim> byName = new HashMap<>();

    /// Notes a socket. Says what is wrong with it if the kernel would refuse it because of another
    /// one of the file, else null.
    @Nullable String claim(SocketSpec socket, String program, Place place) {
        Claim mine = new Claim(socket, program, place);
        Address address = socket.address();
        // no pattern switch and no lambda here: linking them costs milliseconds at start
        if (address instanceof Tcp tcp) {
            return claimPort(mine, tcp.port());
        } else if (address instanceof Udp udp) {
            return claimPort(mine, udp.port());
        }
        Claim other = byName.putIfAbsent(address.toString(), mine);
        return other == null ? null : objection(mine, other);
    }

    private @Nullable String claimPort(Claim mine, int port) {
        if (port == 0) {
            return null;
        }
        List<Claim> others = byPort.get(port);
        if (others == null) {
            others = new ArrayList<>();
            byPort.put(port, others);
        }
        for (Claim other : others) {
            if (clash(mine.socket(), other.socket())) {
                return objection(mine, other);
            }
        }
        others.add(mine);
        return null;
    }

    private static String objection(Claim mine, Claim other) {
        Address address = mine.socket().address();
        String what =
                address.equals(other.socket().address())
                        ? ""
                        : " as part of " + other.socket().address();
        return address
                + " is bound already"
                + what
                + ", by "
                + Texts.quoted(other.program())
                + " at "
                + other.place();
    }

    /// Whether the kernel gives the same port to only one of the two. A wildcard address takes the
    /// port of all addresses of its family; `[::]` without IPV6_V6ONLY those of IPv4 too.
    private static boolean clash(SocketSpec a, SocketSpec b) {
        if (a.address() instanceof Tcp x && b.address() instanceof Tcp y) {
            return x.equals(y) || covers(a, x.host(), y.host()) || covers(b, y.host(), x.host());
        }
        return a.address().equals(b.address());
    }

    private static boolean covers(SocketSpec socket, InetAddress wide, InetAddress other) {
        boolean sameFamily = wide instanceof Inet6Address == other instanceof Inet6Address;
        boolean dual = wide instanceof Inet6Address && !socket.ipv6Only();
        return wide.isAnyLocalAddress() && (sameFamily || dual);
    }
}
