// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.Misread;
import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Node.Mapping;
import org.einhyrningsins.config.source.Place;
import org.einhyrningsins.config.source.Problems;
import org.einhyrningsins.config.source.Shape;
import org.einhyrningsins.config.source.Texts;
import org.einhyrningsins.config.value.AddressBook;
import org.einhyrningsins.config.value.BindText;
import org.einhyrningsins.config.value.Fields;
import org.einhyrningsins.config.value.Rights;
import org.einhyrningsins.config.value.Surroundings;
import org.einhyrningsins.config.value.Values;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.SocketSpec.Address;
import org.einhyrningsins.spec.SocketSpec.Tcp;
import org.einhyrningsins.spec.SocketSpec.UnixFile;
import org.einhyrningsins.spec.SocketSpec.UnixPath;
import org.einhyrningsins.spec.manager.HttpSpec;
import org.jspecify.annotations.Nullable;

import java.net.Inet6Address;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/// Reads `http`: one listener of the manager's own, so it has no name and no flags.
final class HttpReader {
    private static final String EXPECTED = "an address such as 127.0.0.1:9911, or a map";

    private static final Pattern HOST_NAME = Pattern.compile("[A-Za-z0-9_-]+([.][A-Za-z0-9_-]+)*");

    private final BindText texts;
    private final People people;
    private final Rights rights;
    private final AddressBook book;
    private final Values values;
    private final Problems problems;

    HttpReader(Path base, Surroundings surroundings, AddressBook book, Values values) {
        this.texts = BindText.ofFile(base, values.names());
        this.people = new People(surroundings);
        this.rights = surroundings.rights();
        this.book = book;
        this.values = values;
        this.problems = values.problems();
    }

    /// Null if there is none, or none that can be read.
    @Nullable HttpSpec read(Fields http) {
        http.require("bind");
        Node bind = http.node("bind");
        SocketSpec socket = bind == null ? null : socket(bind);
        if (bind == null || socket == null) {
            return null;
        }
        String objection = book.claim(socket, HttpSpec.NAME, bind.place());
        if (objection != null) {
            problems.report(bind.place(), objection);
        }
        warn(socket.address(), bind.place());
        return new HttpSpec(socket, hosts(http));
    }

    private static List<String> hosts(Fields http) {
        List<String> hosts = http.texts("allowed-hosts", "a host name, as in a browser's address");
        for (String host : hosts) {
            if (!host.equals(HttpSpec.ANY) && !HOST_NAME.matcher(host).matches()) {
                http.report(
                        "allowed-hosts",
                        Texts.quoted(host)
                                + " is not a host name; write it without scheme and port, as in"
                                + " `allowed-hosts: [metrics.example.org]`, or \"*\" for any");
            }
        }
        return hosts;
    }

    private @Nullable SocketSpec socket(Node bind) {
        if (bind instanceof Mapping map) {
            return socket(Fields.of(map, Shape.HTTP_BIND, values));
        }
        String text = values.text(bind, EXPECTED);
        if (text == null) {
            return null;
        }
        try {
            return spec(address(text), false, UnixFile.DEFAULT);
        } catch (Misread e) {
            problems.report(bind.place(), e.reason());
            return null;
        }
    }

    private Address address(String text) throws Misread {
        if (text.startsWith("udp:")) {
            throw new Misread("expected a TCP or UNIX address: HTTP does not go over UDP here");
        }
        return text.startsWith("unix:") ? texts.unix(text.substring(5)) : texts.tcp(text);
    }

    private @Nullable SocketSpec socket(Fields bind) {
        if (bind.has("tcp") == bind.has("unix")) {
            problems.report(bind.place(), "expected one of tcp and unix with an address");
            return null;
        }
        String kind = bind.has("tcp") ? "tcp" : "unix";
        String text = bind.text(kind, "an address");
        if (text == null) {
            return null;
        }
        try {
            Address address = kind.equals("tcp") ? texts.tcp(text) : texts.unix(text);
            return spec(address, ipv6Only(bind, address), file(bind, address));
        } catch (Misread e) {
            bind.report(kind, e);
            return null;
        }
    }

    private static SocketSpec spec(Address address, boolean ipv6Only, UnixFile file) {
        boolean reuse = address instanceof Tcp;
        int backlog = HttpSpec.BACKLOG;
        return new SocketSpec(HttpSpec.NAME, address, reuse, true, backlog, ipv6Only, file);
    }

    private static boolean ipv6Only(Fields bind, Address address) {
        boolean ipv6 = address instanceof Tcp tcp && tcp.host() instanceof Inet6Address;
        if (!ipv6 && bind.has("ipv6-only")) {
            bind.report("ipv6-only", "ipv6-only is for IPv6 addresses");
        }
        return ipv6 && bind.flag("ipv6-only", false);
    }

    private UnixFile file(Fields bind, Address address) {
        String owner = people.user(bind, "owner");
        String group = people.group(bind, "group");
        Integer mode = bind.octal("mode");
        for (String key : List.of("mode", "owner", "group")) {
            if (bind.has(key) && !(address instanceof UnixPath)) {
                bind.report(key, key + " is for a UNIX socket with a path");
            }
        }
        return address instanceof UnixPath ? new UnixFile(mode, owner, group) : UnixFile.DEFAULT;
    }

    private void warn(Address address, Place place) {
        if (address instanceof Tcp tcp) {
            if (!tcp.host().isLoopbackAddress()) {
                problems.warn(
                        place,
                        "whoever reaches "
                                + tcp
                                + " may read it: there is no authentication; bind 127.0.0.1 or a"
                                + " UNIX socket, or let a firewall or proxy decide");
            }
            if (tcp.port() > 0 && !rights.bind(tcp.port())) {
                problems.warn(
                        place,
                        "port " + tcp.port() + " needs root, or whoever has CAP_NET_BIND_SERVICE");
            }
        } else if (address instanceof UnixPath unix) {
            Path directory = unix.path().getParent();
            if (directory != null && !Files.isDirectory(directory)) {
                problems.warn(place, "there is no directory " + directory + " yet");
            }
            Rights.Stranger stranger =
                    directory == null ? null : rights.stranger(directory, null, false);
            if (stranger != null) {
                problems.warn(place, stranger.could("put another socket in its place"));
            }
        }
    }
}
