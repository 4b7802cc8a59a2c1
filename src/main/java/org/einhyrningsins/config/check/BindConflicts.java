// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.check;

import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.SocketSpec.Address;
import org.einhyrningsins.spec.SocketSpec.Tcp;
import org.einhyrningsins.spec.SocketSpec.Udp;
import org.einhyrningsins.spec.SocketSpec.UnixPath;
import org.jspecify.annotations.Nullable;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Addresses that are bound, with their owners, to find those that two want.
public final class BindConflicts {
    /// @param scope of a link-local address: the same on another interface is another
    private record Claim(
            SocketSpec socket,
            InetAddress host,
            String scope,
            String program,
            SourcePosition place) {
        Where where() {
            return new Where(host, scope);
        }
    }

    private record Where(InetAddress host, String scope) {}

    /// The claims on one port. There may be thousands of single addresses, but few wildcards.
    private record Port(Map<Where, Claim> single, List<Claim> wide) {}

    private record Named(Address address, String program, SourcePosition place) {}

    private final Map<Integer, Port> tcp = new HashMap<>();
    private final Map<Integer, Port> udp = new HashMap<>();
    private final Map<String, Named> named = new HashMap<>();

    /// Notes a socket. Says what is wrong with it if the kernel would refuse it because of another
    /// one of the file, else null.
    public @Nullable String claim(
            SocketSpec socket, String program, SourcePosition sourcePosition) {
        Address address = socket.address();
        // no pattern switch and no lambda here: linking them costs milliseconds at start
        if (address instanceof Tcp at) {
            return claimPort(
                    tcp,
                    at.port(),
                    new Claim(socket, at.host(), at.scope(), program, sourcePosition));
        } else if (address instanceof Udp at) {
            return claimPort(
                    udp,
                    at.port(),
                    new Claim(socket, at.host(), at.scope(), program, sourcePosition));
        }
        return claimName(address, program, sourcePosition);
    }

    /// Notes a UNIX address, be it a program's or the manager's own.
    public @Nullable String claimName(
            Address address, String program, SourcePosition sourcePosition) {
        String name =
                address instanceof UnixPath file ? file.file().toString() : address.toString();
        Named other = named.putIfAbsent(name, new Named(address, program, sourcePosition));
        return other == null ? null : objection(address, address, other.program(), other.place());
    }

    private static @Nullable String claimPort(Map<Integer, Port> ports, int number, Claim mine) {
        if (number == 0) {
            return null;
        }
        Port port = ports.get(number);
        if (port == null) {
            port = new Port(new HashMap<>(), new ArrayList<>());
            ports.put(number, port);
        }
        Claim other = conflicting(port, mine);
        if (other != null) {
            return objection(
                    mine.socket().address(),
                    other.socket().address(),
                    other.program(),
                    other.place());
        } else if (mine.host().isAnyLocalAddress()) {
            port.wide().add(mine);
        } else {
            port.single().put(mine.where(), mine);
        }
        return null;
    }

    /// Returns the claim to which the kernel gives the address that is asked for now; null if it is
    /// free.
    private static @Nullable Claim conflicting(Port port, Claim mine) {
        for (Claim other : port.wide()) {
            if (conflict(mine, other)) {
                return other;
            }
        }
        if (!mine.host().isAnyLocalAddress()) {
            return port.single().get(mine.where());
        }
        for (Claim other : port.single().values()) {
            if (conflict(mine, other)) {
                return other;
            }
        }
        return null;
    }

    /// True if the kernel gives the same port to only one of the two.
    private static boolean conflict(Claim a, Claim b) {
        return a.where().equals(b.where()) || a.socket().overlaps(b.socket());
    }

    private static String objection(
            Address mine, Address other, String program, SourcePosition sourcePosition) {
        String what = mine.equals(other) ? "" : " as part of " + other;
        return mine
                + " is bound already"
                + what
                + ", by "
                + TextUtil.quoted(program)
                + " at "
                + sourcePosition;
    }
}
