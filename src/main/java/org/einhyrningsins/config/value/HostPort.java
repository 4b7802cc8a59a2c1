// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/// An internet address and port as one writes them: `127.0.0.1:80`, `[::1]:80`, `:80`, `*:80`,
/// `example.org:80`.
///
/// @param host without brackets; empty for all addresses
/// @param port still as text
public record HostPort(String host, String port) {

    private static final int MAX_INTERFACE_NAME = 15; // IFNAMSIZ, less the NUL

    /// Address family that a host name is resolved to.
    public enum Family {
        ANY,
        IPV4,
        IPV6
    }

    public static HostPort split(String text) throws ValueException {
        if (text.indexOf("://") >= 0 || text.startsWith("-")) {
            throw new ValueException(
                    "expected ADDR:PORT, found "
                            + TextUtil.quoted(text)
                            + Suggestions.address(text));
        }
        if (text.startsWith("[")) {
            int close = text.indexOf("]:");
            if (close < 0) {
                throw new ValueException(
                        "expected [ADDR]:PORT, found "
                                + TextUtil.quoted(text)
                                + Suggestions.address(text));
            }
            return new HostPort(text.substring(1, close), text.substring(close + 2));
        }
        int colon = text.indexOf(':');
        if (colon < 0) {
            String hint =
                    TextUtil.areDigits(text)
                            ? "; write \":" + text + "\" for all addresses"
                            : Suggestions.address(text);
            throw new ValueException("expected ADDR:PORT, found " + TextUtil.quoted(text) + hint);
        }
        String rest = text.substring(colon + 1);
        if (rest.startsWith(":") || (rest.indexOf(':') >= 0 && rest.indexOf('$') < 0)) {
            String hint = Suggestions.address(text);
            throw new ValueException(
                    (hint.isEmpty() || hint.contains("write [")
                                    ? "an IPv6 address needs brackets, as in [::1]:80"
                                    : "expected ADDR:PORT")
                            + ", found "
                            + TextUtil.quoted(text)
                            + hint);
        }
        String host = text.substring(0, colon);
        if (host.indexOf('/') >= 0) {
            throw new ValueException(
                    "expected ADDR:PORT, found "
                            + TextUtil.quoted(text)
                            + Suggestions.address(text));
        }
        return new HostPort(host.equals("*") ? "" : host, rest);
    }

    public int portNumber() throws ValueException {
        if (!TextUtil.areDigits(port) || port.length() > 5 || Integer.parseInt(port) > 65535) {
            throw new ValueException(
                    "expected a port from 0 to 65535, found "
                            + TextUtil.quoted(port)
                            + Suggestions.port(host, port));
        }
        return Integer.parseInt(port);
    }

    /// The interface of a link-local address, behind a `%`: its name or number; empty without one.
    /// Whether there is such an interface is known when the socket is bound.
    public String scope() {
        int at = host.indexOf('%');
        return at < 0 || host.indexOf(':') < 0 ? "" : host.substring(at + 1);
    }

    /// The address itself, without its scope; of a host name, its first of that family.
    public InetAddress address(Family family, HostNameLookup names) throws ValueException {
        try {
            return host.isEmpty()
                    ? all(family)
                    : scoped(ofFamily(family, literalOrName(family, names)));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("16 or 4 bytes are an address", e);
        } catch (IllegalArgumentException _) {
            throw new ValueException(
                    TextUtil.quoted(host)
                            + " is not an IP address"
                            + (host.indexOf(':') < 0
                                    ? "; each of its numbers is at most 255"
                                    : ""));
        }
    }

    private static InetAddress all(Family family) throws UnknownHostException {
        return InetAddress.getByAddress(new byte[family == Family.IPV6 ? 16 : 4]);
    }

    private InetAddress literalOrName(Family family, HostNameLookup names) throws ValueException {
        if (host.indexOf(':') >= 0) {
            int percent = host.indexOf('%');
            return Inet6Address.ofLiteral(percent < 0 ? host : host.substring(0, percent));
        } else if (TextUtil.areDigits(host.replace(".", ""))) {
            return dotted();
        }
        for (InetAddress address : names.addresses(host)) {
            if (family == Family.ANY
                    || (family == Family.IPV6) == address instanceof Inet6Address) {
                return address;
            }
        }
        throw new ValueException(
                "the host name " + TextUtil.quoted(host) + " has no address of " + word(family));
    }

    /// A link-local address with the interface that it names, which has to be there.
    public InetAddress scopedNow() throws ValueException {
        try {
            return Inet6Address.ofLiteral(host);
        } catch (IllegalArgumentException _) {
            throw new ValueException("there is no interface " + TextUtil.quoted(scope()) + " here");
        }
    }

    /// A link-local address is one of an interface, and the kernel wants to know which; to any
    /// other it means nothing.
    private InetAddress scoped(InetAddress address) throws ValueException {
        boolean local =
                address instanceof Inet6Address
                        && (address.isLinkLocalAddress()
                                || address.isMCLinkLocal()
                                || address.isMCNodeLocal());
        if (local && host.indexOf('%') < 0) {
            throw new ValueException(
                    "the link-local address %s needs a scope, the interface it is on, as in [%s%%eth0]:%s"
                            .formatted(TextUtil.quoted(host), host, port));
        }
        if (!local && host.indexOf('%') >= 0) {
            throw new ValueException(
                    "a scope is for link-local addresses such as fe80::1, not for "
                            + TextUtil.quoted(host.substring(0, host.indexOf('%')))
                            + "; leave out "
                            + TextUtil.quoted(host.substring(host.indexOf('%'))));
        }
        if (local && !isInterface(scope())) {
            throw new ValueException(
                    "expected the name or number of an interface after the %, found "
                            + TextUtil.quoted(scope()));
        }
        return address;
    }

    /// True if the kernel takes it as an interface name: at most 15 bytes, and no `/`, `:` or
    /// space.
    private static boolean isInterface(String scope) {
        for (int i = 0; i < scope.length(); i++) {
            char c = scope.charAt(i);
            if (c <= ' ' || c > '~' || c == '/' || c == ':' || c == '%') {
                return false;
            }
        }
        return !scope.isEmpty() && scope.length() <= MAX_INTERFACE_NAME;
    }

    private InetAddress ofFamily(Family family, InetAddress address) throws ValueException {
        if (family != Family.ANY && (family == Family.IPV6) != address instanceof Inet6Address) {
            throw new ValueException(
                    TextUtil.quoted(host) + " is not an address of " + word(family));
        }
        return address;
    }

    private static String word(Family family) {
        return family == Family.IPV6 ? "IPv6" : "IPv4";
    }

    /// Four numbers; what the C library makes of three or two (127.1) is never meant.
    private Inet4Address dotted() throws ValueException {
        int dots = 0;
        for (int i = 0; i < host.length(); i++) {
            dots += host.charAt(i) == '.' ? 1 : 0;
        }
        if (dots != 3) {
            String hint = dots == 0 ? Suggestions.address(host + ":" + port) : "";
            throw new ValueException(TextUtil.quoted(host) + " is not an IP address" + hint);
        }
        return Inet4Address.ofLiteral(host);
    }
}
