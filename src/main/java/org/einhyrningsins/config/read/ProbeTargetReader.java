// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.value.ConfigFields;
import org.einhyrningsins.config.value.HostPort;
import org.einhyrningsins.config.value.TemplateReader;
import org.einhyrningsins.config.value.ValueReader;
import org.einhyrningsins.spec.AckSpec.Endpoint;
import org.einhyrningsins.spec.AckSpec.ExecTarget;
import org.einhyrningsins.spec.AckSpec.Fixed;
import org.einhyrningsins.spec.AckSpec.HttpTarget;
import org.einhyrningsins.spec.AckSpec.OwnSocket;
import org.einhyrningsins.spec.AckSpec.Target;
import org.einhyrningsins.spec.AckSpec.TcpTarget;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.SocketSpec.Udp;
import org.einhyrningsins.spec.TextTemplate;
import org.jspecify.annotations.Nullable;

import java.net.InetAddress;
import java.util.List;

/// Reads whom a probe or a health check asks: one of `tcp`, `http` and `exec`.
///
/// @param workers number of slots, for ports that depend on the slot
record ProbeTargetReader(ValueReader values, TemplateReader templates, int workers) {
    /// Keys of a target; exactly one is needed.
    static final List<String> KEYS = List.of("tcp", "http", "exec");

    /// Reads a target; null after a problem.
    ///
    /// @param what needs a target
    @Nullable Target read(ConfigFields configFields, String what) {
        String key = null;
        int ways = 0;
        for (String each : KEYS) {
            key = configFields.has(each) ? each : key;
            ways += configFields.has(each) ? 1 : 0;
        }
        if (ways > 1) {
            values.problems()
                    .report(
                            configFields.place(),
                            what
                                    + " asks one of tcp, http and exec, and here are "
                                    + ways
                                    + "; keep one of them");
            return null;
        } else if (key == null) {
            values.problems()
                    .reportMissing(configFields.place(), what + " needs one of tcp, http and exec");
            return null;
        }
        return key.equals("exec")
                ? new ExecTarget(new CommandReader(values, templates).read(configFields.node(key)))
                : connection(configFields, key);
    }

    private @Nullable Target connection(ConfigFields configFields, String key) {
        String text = configFields.text(key, "what to probe");
        try {
            return text == null ? null : key.equals("tcp") ? tcp(text) : http(text);
        } catch (ValueException e) {
            configFields.report(key, e);
            return null;
        }
    }

    private Target tcp(String text) throws ValueException {
        return new TcpTarget(text.indexOf(':') < 0 ? ownSocket(text) : fixed(text));
    }

    private Endpoint ownSocket(String name) throws ValueException {
        for (SocketSpec socket : templates.sockets()) {
            if (socket.name().equals(name)) {
                if (socket.address() instanceof Udp) {
                    throw new ValueException(
                            TextUtil.quoted(name) + " is a UDP socket; nothing connects there");
                }
                return new OwnSocket(name);
            }
        }
        if (TextUtil.areDigits(name)) {
            throw new ValueException(
                    "expected a socket of bind or ADDR:PORT, found "
                            + TextUtil.quoted(name)
                            + "; write \"127.0.0.1:"
                            + name
                            + '"');
        }
        throw ValueException.ofMissing(templates.noSocket(name));
    }

    private Endpoint fixed(String authority) throws ValueException {
        HostPort at = HostPort.split(authority);
        TextTemplate port = templates.parse(at.port());
        for (TextTemplate.Part part : port.parts()) {
            if (part instanceof TextTemplate.AddressOf) {
                throw new ValueException("a port may hold ${slot}, not ${address.NAME}");
            }
        }
        if (port.needsRelease()) {
            throw new ValueException("a port may hold ${slot}, not ${release}");
        }
        int last = Math.max(0, workers - 1);
        for (int slot : List.of(0, last)) {
            String number = port.expand(slot, java.util.Map.of());
            if (new HostPort("", number).portNumber() == 0) {
                throw new ValueException(
                        "expected a port from 1 to 65535, found " + TextUtil.quoted(number));
            }
        }
        InetAddress host = at.host().isEmpty() ? InetAddress.getLoopbackAddress() : address(at);
        return new Fixed(host, port);
    }

    private InetAddress address(HostPort at) throws ValueException {
        InetAddress address = at.address(HostPort.Family.ANY, values.names());
        return at.scope().isEmpty() ? address : at.scopedNow();
    }

    /// The whole of a URL of which only a part is there, behind a semicolon.
    private String meant(String url) {
        String first =
                templates.sockets().isEmpty() ? "http" : templates.sockets().getFirst().name();
        if (url.startsWith("https:")) {
            return "; there is no TLS here: ask a plain port, or write exec: [curl, -fsS, URL]";
        } else if (url.startsWith("/")) {
            return "; write \"GET http://{" + first + "}" + TextUtil.cut(url) + "\"";
        }
        return url.matches("[A-Za-z0-9_.-]+:[0-9]+(/.*)?")
                ? "; write \"GET http://" + TextUtil.cut(url) + "\""
                : "";
    }

    /// `GET http://{NAME}/path` or `GET http://HOST:PORT/path`; GET may be left out.
    private Target http(String text) throws ValueException {
        String url = text.startsWith("GET ") ? text.substring(4).strip() : text;
        if (!url.startsWith("http://")) {
            throw new ValueException(
                    "expected \"GET http://…\", found " + TextUtil.quoted(text) + meant(url));
        }
        String rest = url.substring(7);
        int slash = rest.indexOf('/');
        String authority = slash < 0 ? rest : rest.substring(0, slash);
        String path = slash < 0 ? "/" : rest.substring(slash);
        if (!isPath(path)) {
            throw new ValueException(
                    "expected a path of printable ASCII without spaces or ${…}, found "
                            + TextUtil.quoted(path));
        }
        if (authority.startsWith("{") && authority.endsWith("}")) {
            String name = authority.substring(1, authority.length() - 1);
            return new HttpTarget(ownSocket(name), "localhost", path);
        }
        boolean bare = !authority.isEmpty() && authority.indexOf(':') < 0;
        String hostPort = bare || authority.endsWith("]") ? authority + ":80" : authority;
        String host = HostPort.split(hostPort).host();
        String header = host.isEmpty() ? "localhost" : host;
        return new HttpTarget(
                fixed(hostPort), header.indexOf(':') < 0 ? header : "[" + header + "]", path);
    }

    private static boolean isPath(String path) {
        for (int i = 0; i < path.length(); i++) {
            if (path.charAt(i) <= ' ' || path.charAt(i) > '~') {
                return false;
            }
        }
        return path.indexOf("${") < 0;
    }
}
