// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.check.BindConflicts;
import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.ProblemCollector;
import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.value.BindAddressText;
import org.einhyrningsins.config.value.ConfigFields;
import org.einhyrningsins.config.value.KernelRights;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.config.value.ValueReader;
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

    private final BindAddressText texts;
    private final AccountReader accountReader;
    private final KernelRights kernelRights;
    private final BindConflicts book;
    private final ValueReader valueReader;
    private final ProblemCollector problemCollector;

    HttpReader(
            Path base,
            LoadEnvironment loadEnvironment,
            BindConflicts book,
            ValueReader valueReader) {
        this.texts = BindAddressText.ofFile(base, valueReader.names());
        this.accountReader = new AccountReader(loadEnvironment);
        this.kernelRights = loadEnvironment.rights();
        this.book = book;
        this.valueReader = valueReader;
        this.problemCollector = valueReader.problems();
    }

    /// Reads the settings; null if there are none, or none that can be read.
    @Nullable HttpSpec read(ConfigFields http) {
        http.require("bind");
        ConfigNode bind = http.node("bind");
        SocketSpec socket = bind == null ? null : socket(bind);
        if (bind == null || socket == null) {
            return null;
        }
        String objection = book.claim(socket, HttpSpec.NAME, bind.place());
        if (objection != null) {
            problemCollector.report(bind.place(), objection);
        }
        warn(socket.address(), bind.place());
        return new HttpSpec(socket, hosts(http));
    }

    private static List<String> hosts(ConfigFields http) {
        List<String> hosts = http.texts("allowed-hosts", "a host name, as in a browser's address");
        for (String host : hosts) {
            if (!host.equals(HttpSpec.ANY) && !HOST_NAME.matcher(host).matches()) {
                http.report(
                        "allowed-hosts",
                        TextUtil.quoted(host)
                                + " is not a host name; write it without scheme and port, as in"
                                + " `allowed-hosts: [metrics.example.org]`, or \"*\" for any");
            }
        }
        return hosts;
    }

    private @Nullable SocketSpec socket(ConfigNode bind) {
        if (bind instanceof Mapping map) {
            return socket(ConfigFields.of(map, ConfigShape.HTTP_BIND, valueReader));
        }
        String text = valueReader.text(bind, EXPECTED);
        if (text == null) {
            return null;
        }
        try {
            return spec(address(text), false, UnixFile.DEFAULT);
        } catch (ValueException e) {
            problemCollector.report(bind.place(), e.reason());
            return null;
        }
    }

    private Address address(String text) throws ValueException {
        if (text.startsWith("udp:")) {
            throw new ValueException(
                    "expected a TCP or UNIX address: HTTP does not go over UDP here");
        }
        return text.startsWith("unix:") ? texts.unix(text.substring(5)) : texts.tcp(text);
    }

    private @Nullable SocketSpec socket(ConfigFields bind) {
        if (bind.has("tcp") == bind.has("unix")) {
            problemCollector.report(bind.place(), "expected one of tcp and unix with an address");
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
        } catch (ValueException e) {
            bind.report(kind, e);
            return null;
        }
    }

    private static SocketSpec spec(Address address, boolean ipv6Only, UnixFile file) {
        boolean reuse = address instanceof Tcp;
        int backlog = HttpSpec.BACKLOG;
        return new SocketSpec(HttpSpec.NAME, address, reuse, true, backlog, ipv6Only, file);
    }

    private static boolean ipv6Only(ConfigFields bind, Address address) {
        boolean ipv6 = address instanceof Tcp tcp && tcp.host() instanceof Inet6Address;
        if (!ipv6 && bind.has("ipv6-only")) {
            bind.report("ipv6-only", "ipv6-only is for IPv6 addresses");
        }
        return ipv6 && bind.flag("ipv6-only", false);
    }

    private UnixFile file(ConfigFields bind, Address address) {
        String owner = accountReader.user(bind, "owner");
        String group = accountReader.group(bind, "group");
        Integer mode = bind.octal("mode");
        for (String key : List.of("mode", "owner", "group")) {
            if (bind.has(key) && !(address instanceof UnixPath)) {
                bind.report(key, key + " is for a UNIX socket with a path");
            }
        }
        return address instanceof UnixPath ? new UnixFile(mode, owner, group) : UnixFile.DEFAULT;
    }

    private void warn(Address address, SourcePosition sourcePosition) {
        if (address instanceof Tcp tcp) {
            if (!tcp.host().isLoopbackAddress()) {
                problemCollector.warn(
                        sourcePosition,
                        "whoever reaches "
                                + tcp
                                + " may read it: there is no authentication; bind 127.0.0.1 or a"
                                + " UNIX socket, or let a firewall or proxy decide");
            }
            if (tcp.port() > 0 && !kernelRights.canBind(tcp.port())) {
                problemCollector.warn(
                        sourcePosition,
                        "port " + tcp.port() + " needs root, or whoever has CAP_NET_BIND_SERVICE");
            }
        } else if (address instanceof UnixPath unix) {
            Path directory = unix.path().getParent();
            if (directory != null && !Files.isDirectory(directory)) {
                problemCollector.warn(
                        sourcePosition, "there is no directory " + directory + " yet");
            }
            KernelRights.Stranger stranger =
                    directory == null ? null : kernelRights.otherOwner(directory, null, false);
            if (stranger != null) {
                problemCollector.warn(
                        sourcePosition, stranger.could("put another socket in its place"));
            }
        }
    }
}
