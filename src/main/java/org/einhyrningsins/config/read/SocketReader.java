// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.check.BindConflicts;
import org.einhyrningsins.config.source.ConfigLimits;
import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.ProblemCollector;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.value.BindAddressText;
import org.einhyrningsins.config.value.ConfigFields;
import org.einhyrningsins.config.value.KernelRights;
import org.einhyrningsins.config.value.SocketPath;
import org.einhyrningsins.config.value.ValueReader;
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

    private final BindAddressText texts;
    private final AccountReader accountReader;
    private final BindConflicts book;
    private final ConfigLimits configLimits;
    private final KernelRights kernelRights;
    private final ValueReader valueReader;
    private final ProblemCollector problemCollector;

    SocketReader(
            Path base,
            AccountReader accountReader,
            BindConflicts book,
            ConfigLimits configLimits,
            KernelRights kernelRights,
            ValueReader valueReader) {
        this.texts = BindAddressText.ofFile(base, valueReader.names());
        this.accountReader = accountReader;
        this.book = book;
        this.configLimits = configLimits;
        this.kernelRights = kernelRights;
        this.valueReader = valueReader;
        this.problemCollector = valueReader.problems();
    }

    List<SocketSpec> read(@Nullable ConfigNode bind, String program) {
        if (bind == null) {
            return List.of();
        }
        List<ConfigNode> nodes = valueReader.oneOrMany(bind);
        if (!configLimits.takeSockets(nodes.size())) {
            problemCollector.report(
                    bind.place(), "all programs together have more than 10,000 sockets");
            return List.of();
        }
        List<SocketSpec> sockets = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (ConfigNode configNode : nodes) {
            SocketSpec socket = socket(configNode, "socket" + names.size());
            if (socket == null) {
                names.add("socket" + names.size());
                continue;
            }
            if (!names.add(socket.name())) {
                problemCollector.report(
                        configNode.place(),
                        "two sockets are named "
                                + TextUtil.quoted(socket.name())
                                + "; give each a name of its own");
            }
            String objection = book.claim(socket, program, configNode.place());
            if (objection != null) {
                problemCollector.report(configNode.place(), objection);
            }
            warn(socket, configNode);
            sockets.add(socket);
        }
        return sockets;
    }

    /// Warns of what would fail now, and may be right when the socket is bound.
    private void warn(SocketSpec socket, ConfigNode configNode) {
        int port = port(socket.address());
        if (port > 0 && !kernelRights.canBind(port)) {
            problemCollector.warn(
                    configNode.place(),
                    "port " + port + " needs root, or whoever has CAP_NET_BIND_SERVICE");
        }
        if (socket.address() instanceof UnixPath unix) {
            Path directory = unix.path().getParent();
            String obstacle = SocketPath.problem(unix.path());
            if (directory != null && !Files.isDirectory(directory)) {
                problemCollector.warn(
                        configNode.place(), "there is no directory " + directory + " yet");
            } else if (obstacle != null) {
                problemCollector.warn(configNode.place(), obstacle);
            }
        }
        String scope = scope(socket.address());
        if (!scope.isEmpty() && isMissing(scope)) {
            problemCollector.warn(
                    configNode.place(),
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

    /// True if this process sees no interface of that name: /sys/class/net may be that of another
    /// network namespace.
    private static boolean isMissing(String scope) {
        if (TextUtil.areDigits(scope)) {
            return false;
        }
        try {
            return Files.readAllLines(INTERFACES, StandardCharsets.ISO_8859_1).stream()
                    .noneMatch(line -> line.strip().startsWith(scope + ":"));
        } catch (IOException unknown) {
            return false;
        }
    }

    private @Nullable SocketSpec socket(ConfigNode configNode, String name) {
        if (configNode instanceof Mapping map) {
            SplitAddress parts = SplitAddress.of(map);
            if (parts == null) {
                return socket(ConfigFields.of(map, ConfigShape.BIND, valueReader), name);
            }
            problemCollector.report(map.place(), KINDS + "; " + parts.advice());
            ConfigFields.of(parts.rest(), ConfigShape.BIND, valueReader);
            return null;
        }
        String text = valueReader.text(configNode, EXPECTED);
        if (text == null) {
            return null;
        }
        try {
            return texts.parse(name, text);
        } catch (ValueException e) {
            problemCollector.report(configNode.place(), e);
            return null;
        }
    }

    private @Nullable SocketSpec socket(ConfigFields bind, String defaultName) {
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
                bind.number("backlog", 1, 65535, SocketSpec.DEFAULT_BACKLOG),
                ipv6Only(bind, address),
                file(bind, address),
                perWorker(bind, address));
    }

    private static boolean perWorker(ConfigFields bind, Address address) {
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

    private String name(ConfigFields bind, String otherwise) {
        String name = bind.text("name", "a name");
        if (name == null) {
            return otherwise;
        } else if (!TextUtil.isName(name)) {
            bind.report(
                    "name",
                    "expected a name of letters, digits, '_', '-' and '.', found "
                            + TextUtil.quoted(name));
        }
        return name;
    }

    private @Nullable Address address(ConfigFields bind) {
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
            problemCollector.reportMissing(bind.place(), KINDS);
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
        } catch (ValueException e) {
            if (e.reason().contains("; write unix:")) {
                String message =
                        e.reason().replaceFirst("; write unix:.*", "; write unix: ")
                                + TextUtil.cut(text.strip())
                                + " in place of "
                                + kind;
                bind.report(kind, message);
            } else {
                bind.report(kind, e);
            }
            return null;
        }
    }

    private boolean ipv6Only(ConfigFields bind, Address address) {
        boolean ipv6 =
                (address instanceof Tcp tcp && tcp.host() instanceof Inet6Address)
                        || (address instanceof Udp udp && udp.host() instanceof Inet6Address);
        if (!ipv6) {
            refuse(bind, "ipv6-only", "is for IPv6 addresses");
        }
        return ipv6 && bind.flag("ipv6-only", false);
    }

    private UnixFile file(ConfigFields bind, Address address) {
        if (!(address instanceof UnixPath)) {
            for (String key : List.of("mode", "owner", "group")) {
                refuse(bind, key, "is for a UNIX socket with a path");
            }
            return UnixFile.DEFAULT;
        }
        String owner = accountReader.user(bind, "owner");
        String group = accountReader.group(bind, "group");
        return new UnixFile(bind.octal("mode"), owner, group);
    }

    private static void refuse(ConfigFields bind, String key, String why) {
        if (bind.has(key)) {
            bind.report(key, key + " " + why);
        }
    }
}
