// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.SocketSpec.Address;
import org.einhyrningsins.spec.SocketSpec.Tcp;
import org.einhyrningsins.spec.SocketSpec.Udp;
import org.einhyrningsins.spec.SocketSpec.UnixAbstract;
import org.einhyrningsins.spec.SocketSpec.UnixFile;
import org.einhyrningsins.spec.SocketSpec.UnixPath;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;

/// A socket in one text, as the classic command line has it and `bind` takes it too:
/// `ADDR:PORT[,r][,n]`, `udp:ADDR:PORT`, `unix:/path`, `unix:@name`.
public final class BindAddressText {
    /// sun_path holds 108 bytes, and the name of an abstract socket costs one, as the NUL of a
    /// path.
    private static final int MAX_UNIX_NAME = 107;

    private final Path base;
    private final HostPort.Family family;
    private final boolean classic;
    private final HostNameLookup names;

    /// @param base directory of relative paths of UNIX sockets, absolute
    /// @param family which address of a host name is taken, and what `:80` means by "all"
    /// @param classic as the forebears have it: SO_REUSEADDR only with `,r`; flags in upper case,
    ///   and none behind a comma, are taken
    private BindAddressText(
            Path base, HostPort.Family family, boolean classic, HostNameLookup names) {
        this.names = names;
        this.base = base;
        this.family = family;
        this.classic = classic;
    }

    /// Returns the reader for files: SO_REUSEADDR is the default.
    public static BindAddressText ofFile(Path base, HostNameLookup names) {
        return new BindAddressText(base, HostPort.Family.ANY, false, names);
    }

    /// Returns the reader for the classic command line: SO_REUSEADDR only with `,r`.
    ///
    /// @param ipv4 `-4`
    /// @param ipv6 `-6`: such a socket takes no IPv4 either
    public static BindAddressText ofCommandLine(Path base, boolean ipv4, boolean ipv6) {
        HostPort.Family chosen = ipv4 ? HostPort.Family.IPV4 : HostPort.Family.IPV6;
        HostPort.Family family = ipv4 == ipv6 ? HostPort.Family.ANY : chosen;
        return new BindAddressText(base, family, true, new HostNameLookup());
    }

    /// The socket of that text.
    public SocketSpec parse(String name, String text) throws ValueException {
        String rest = text;
        boolean reuse = !classic;
        boolean nonBlocking = false;
        for (int comma = rest.lastIndexOf(','); comma >= 0; comma = rest.lastIndexOf(',')) {
            String flag = rest.substring(comma + 1);
            switch (classic ? flag.toLowerCase(Locale.ROOT) : flag) {
                case "r", "so_reuseaddr" -> reuse = true;
                case "n", "o_nonblock" -> nonBlocking = true;
                default -> {
                    if (!classic || !flag.isEmpty()) {
                        throw new ValueException(
                                "unknown flag "
                                        + TextUtil.quoted(flag)
                                        + "; there are r (so_reuseaddr) and n (o_nonblock)"
                                        + Suggestions.flag(rest.substring(0, comma), flag));
                    }
                }
            }
            rest = rest.substring(0, comma);
        }
        Address address = address(rest);
        boolean internet = address instanceof Tcp || address instanceof Udp;
        boolean ipv6Only = internet && family == HostPort.Family.IPV6;
        return new SocketSpec(
                name,
                address,
                reuse && internet,
                nonBlocking,
                SocketSpec.DEFAULT_BACKLOG,
                ipv6Only,
                UnixFile.DEFAULT);
    }

    private Address address(String text) throws ValueException {
        if (text.startsWith("udp://")) {
            return tcp(text);
        }
        if (text.startsWith("unix:")) {
            return unix(text.substring(5));
        }
        return text.startsWith("udp:") ? udp(text.substring(4)) : tcp(text);
    }

    public Tcp tcp(String text) throws ValueException {
        HostPort at = HostPort.split(text);
        int port = at.portNumber();
        InetAddress host = at.address(family, names);
        if (host.isMulticastAddress()) {
            throw new ValueException(
                    "a multicast address is for UDP, as in udp:"
                            + TextUtil.cut(text)
                            + "; for TCP write an address of this machine");
        }
        return new Tcp(host, port, at.scope());
    }

    public Udp udp(String text) throws ValueException {
        HostPort at = HostPort.split(text);
        int port = at.portNumber();
        return new Udp(at.address(family, names), port, at.scope());
    }

    private static UnixPath unixPath(Path path) {
        Path place = SocketPath.place(path);
        return place.equals(path) ? new UnixPath(path) : new UnixPath(path, place);
    }

    public Address unix(String text) throws ValueException {
        boolean named = text.startsWith("@");
        String name = named ? text.substring(1) : base.resolve(text).toString();
        if (text.isEmpty() || name.isEmpty()) {
            throw new ValueException("expected a path or @NAME, found nothing");
        } else if (text.startsWith("~")) {
            throw new ValueException(
                    "~ is not replaced: write the whole path, or ./~ for a file of that name");
        }
        int length = name.getBytes(StandardCharsets.UTF_8).length;
        if (length > MAX_UNIX_NAME) {
            throw new ValueException(
                    "the address of a UNIX socket holds 107 bytes, and "
                            + TextUtil.quoted(name)
                            + " has "
                            + length);
        }
        return named ? new UnixAbstract(name) : unixPath(Path.of(name));
    }
}
