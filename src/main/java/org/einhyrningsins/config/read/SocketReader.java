// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.Budget;
import org.einhyrningsins.config.source.Misread;
import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Node.Mapping;
import org.einhyrningsins.config.source.Problems;
import org.einhyrningsins.config.source.Shape;
import org.einhyrningsins.config.source.Texts;
import org.einhyrningsins.config.value.AddressBook;
import org.einhyrningsins.config.value.BindText;
import org.einhyrningsins.config.value.Fields;
import org.einhyrningsins.config.value.Rights;
import org.einhyrningsins.config.value.SocketPath;
import org.einhyrningsins.config.value.Values;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.SocketSpec.Address;
import org.einhyrningsins.spec.SocketSpec.Tcp;
import org.einhyrningsins.spec.SocketSpec.Udp;
import org.einhyrningsins.spec.SocketSpec.UnixFile;
import org.einhyrningsins.spec.SocketSpec.UnixPath;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.net.Inet6Address;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Reads `bind`. A socket without a name is called `socket0`, `socket1`, … by its place in the
/// list.
final class SocketReader {
    private static final Path INTERFACES = Path.of("/proc/self/net/dev");
    private static final String KINDS = "expected one of tcp, udp and unix with an address";
    private static final String EXPECTED = "an address such as 127.0.0.1:8080, or a map";

    private final BindText texts;
    private final People people;
    private final AddressBook book;
    private final Budget budget;
    private final Rights rights;
    private final Values values;
    private final Problems problems;

    SocketReader(
            Path base,
            People people,
            AddressBook book,
            Budget budget,
            Rights rights,
            Values values) {
        this.texts = BindText.ofFile(base, values.names());
        this.people = people;
        this.book = book;
        this.budget = budget;
        this.rights = rights;
        this.values = values;
        this.problems = values.problems();
    }

    List<SocketSpec> read(@Nullable Node bind, String program) {
        if (bind == null) {
            return List.of();
        }
        List<Node> nodes = values.oneOrMany(bind);
        if (!budget.takeSockets(nodes.size())) {
            problems.report(bind.place(), "all programs together have more than 10,000 sockets");
            return List.of();
        }
        List<SocketSpec> sockets = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Node node : nodes) {
            SocketSpec socket = socket(node, "socket" + names.size());
            if (socket == null) {
                names.add("socket" + names.size());
                continue;
            }
            if (!names.add(socket.name())) {
                problems.report(
                        node.place(),
                        "two sockets are named "
                                + Texts.quoted(socket.name())
                                + "; give each a name of its own");
            }
            String objection = book.claim(socket, program, node.place());
            if (objection != null) {
                problems.report(node.place(), objection);
            }
            warn(socket, node);
            sockets.add(socket);
        }
        return sockets;
    }

    /// What would go wrong now, and may be right when it is bound.
    private void warn(SocketSpec socket, Node node) {
        int port = port(socket.address());
        if (port > 0 && !rights.bind(port)) {
            problems.warn(
                    node.place(),
                    "port " + port + " needs root, or whoever has CAP_NET_BIND_SERVICE");
        }
        if (socket.address() instanceof UnixPath unix) {
            Path directory = unix.path().getParent();
            String obstacle = SocketPath.obstacle(unix.path());
            if (directory != null && !Files.isDirectory(directory)) {
                problems.warn(node.place(), "there is no directory " + directory + " yet");
            } else if (obstacle != null) {
                problems.warn(node.place(), obstacle);
            }
        }
        String scope = scope(socket.address());
        if (!scope.isEmpty() && isMissing(scope)) {
            problems.warn(
                    node.place(),
                    "there is no interface "
                            + scope
                            + " yet: nothing can be bound to it until then");
        }
    }

    private static String scope(Address address) {
        if (address instanceof Tcp tcp) {
            return tcp.scope();
        }
        return address instanceof Udp udp ? udp.scope() : "";
    }

    /// Whether this process sees no interface of that name: /sys/class/net may be that of another
    /// network namespace.
    private static boolean isMissing(String scope) {
        if (Texts.areDigits(scope)) {
            return false;
        }
        try {
            return Files.readAllLines(INTERFACES, StandardCharsets.ISO_8859_1).stream()
                    .noneMatch(line -> line.strip().startsWith(scope + ":"));
        } catch (IOException unknown) {
            return false;
        }
    }

    private @Nullable SocketSpec socket(Node node, String name) {
        if (node instanceof Mapping map) {
            AddressParts parts = AddressParts.of(map);
            if (parts == null) {
                return socket(Fields.of(map, Shape.BIND, values), name);
            }
            problems.report(map.place(), KINDS + "; " + parts.advice());
            Fields.of(parts.rest(), Shape.BIND, values);
            return null;
        }
        String text = values.text(node, EXPECTED);
        if (text == null) {
            return null;
        }
        try {
            return texts.parse(name, text);
        } catch (Misread e) {
            problems.report(node.place(), e);
            return null;
        }
    }

    private @Nullable SocketSpec socket(Fields bind, String defaultName) {
        String name = name(bind, defaultName);
        Address address = address(bind);
        if (address == null) {
            return null;
        }
        boolean internet = address instanceof Tcp || address instanceof Udp;
        if (!internet) {
            refuse(bind, "reuse-address", "is for TCP and UDP");
        }
        if (address instanceof Udp) {
            refuse(bind, "backlog", "is for sockets that accept connections, not for UDP");
        }
        return new SocketSpec(
                name,
                address,
                internet && bind.flag("reuse-address", true),
                bind.flag("non-blocking", false),
                bind.number("backlog", 1, 65535, BindText.DEFAULT_BACKLOG),
                ipv6Only(bind, address),
                file(bind, address),
                perWorker(bind, address));
    }

    private static boolean perWorker(Fields bind, Address address) {
        boolean wanted = bind.flag("per-worker", false);
        if (!(address instanceof Tcp || address instanceof Udp)) {
            refuse(bind, "per-worker", "is for TCP and UDP: UNIX sockets know no SO_REUSEPORT");
            return false;
        }
        if (wanted && port(address) == 0) {
            refuse(
                    bind,
                    "per-worker",
                    "needs a port of its own: the kernel would choose another for each slot");
            return false;
        }
        return wanted;
    }

    /// 0 where the kernel chooses it, or where there are none.
    private static int port(Address address) {
        if (address instanceof Tcp tcp) {
            return tcp.port();
        }
        return address instanceof Udp udp ? udp.port() : 0;
    }

    private String name(Fields bind, String otherwise) {
        String name = bind.text("name", "a name");
        if (name == null) {
            return otherwise;
        } else if (!Texts.isName(name)) {
            bind.report(
                    "name",
                    "expected a name of letters, digits, '_', '-' and '.', found "
                            + Texts.quoted(name));
        }
        return name;
    }

    private @Nullable Address address(Fields bind) {
        String kind = null;
        for (String key : List.of("tcp", "udp", "unix")) {
            if (bind.has(key) && kind != null) {
                bind.report(
                        key, "one socket has one address, and this one has " + kind + " already");
            } else if (bind.has(key)) {
                kind = key;
            }
        }
        if (kind == null) {
            problems.reportMissing(bind.place(), KINDS);
            return null;
        }
        String text = bind.text(kind, "an address");
        if (text == null) {
            return null;
        }
        try {
            return switch (kind) {
                case "tcp" -> texts.tcp(text);
                case "udp" -> texts.udp(text);
                default -> texts.unix(text);
            };
        } catch (Misread e) {
            if (e.reason().contains("; write unix:")) {
                String message =
                        e.reason().replaceFirst("; write unix:.*", "; write unix: ")
                                + Texts.cut(text.strip())
                                + " in place of "
                                + kind;
                bind.report(kind, message);
            } else {
                bind.report(kind, e);
            }
            return null;
        }
    }

    private boolean ipv6Only(Fields bind, Address address) {
        boolean ipv6 =
                (address instanceof Tcp tcp && tcp.host() instanceof Inet6Address)
                        || (address instanceof Udp udp && udp.host() instanceof Inet6Address);
        if (!ipv6) {
            refuse(bind, "ipv6-only", "is for IPv6 addresses");
        }
        return ipv6 && bind.flag("ipv6-only", false);
    }

    private UnixFile file(Fields bind, Address address) {
        if (!(address instanceof UnixPath)) {
            for (String key : List.of("mode", "owner", "group")) {
                refuse(bind, key, "is for a UNIX socket with a path");
            }
            return UnixFile.DEFAULT;
        }
        String owner = people.user(bind, "owner");
        String group = people.group(bind, "group");
        return new UnixFile(bind.octal("mode"), owner, group);
    }

    private static void refuse(Fields bind, String key, String why) {
        if (bind.has(key)) {
            bind.report(key, key + " " + why);
        }
    }
}
