// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.einhyrningsins.config.Node.Mapping;
import org.einhyrningsins.config.Node.Scalar;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.AckSpec.Endpoint;
import org.einhyrningsins.spec.AckSpec.Fixed;
import org.einhyrningsins.spec.AckSpec.HttpTarget;
import org.einhyrningsins.spec.AckSpec.Manual;
import org.einhyrningsins.spec.AckSpec.Mode;
import org.einhyrningsins.spec.AckSpec.Notify;
import org.einhyrningsins.spec.AckSpec.OwnSocket;
import org.einhyrningsins.spec.AckSpec.Probe;
import org.einhyrningsins.spec.AckSpec.Target;
import org.einhyrningsins.spec.AckSpec.TcpTarget;
import org.einhyrningsins.spec.AckSpec.Timer;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.SocketSpec.Udp;
import org.einhyrningsins.spec.Template;
import org.jspecify.annotations.Nullable;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;

/// Reads `ack`: a mode, or a map that names it by `mode`, `timer` or `probe`.
///
/// @param workers how many slots there are, for ports that depend on the slot
record AckReader(Values values, Templates templates, int workers) {
    private static final Duration TIMER = Duration.ofSeconds(1);
    private static final Duration EVERY = Duration.ofMillis(200);
    private static final String MODES = "manual, timer, notify or probe";

    AckSpec read(@Nullable Node node) {
        if (node == null) {
            return AckSpec.DEFAULT;
        }
        if (node instanceof Mapping map) {
            Fields ack = Fields.of(map, Shape.ACK, values);
            Fields probe = ack.fields("probe", Shape.PROBE);
            Duration timeout = ack.positive("timeout", AckSpec.DEFAULT.timeout());
            return new AckSpec(mode(ack, probe), probe.positive("timeout", timeout));
        }
        return new AckSpec(mode(node), AckSpec.DEFAULT.timeout());
    }

    private Mode mode(Node node) {
        String text = node instanceof Scalar scalar ? scalar.text() : "";
        return switch (text) {
            case "manual" -> new Manual();
            case "notify" -> new Notify();
            case "timer" -> new Timer(TIMER);
            case "fd", "log", "exec" -> {
                values.problems().report(node.place(), "not supported by this version");
                yield new Manual();
            }
            case "probe" -> {
                values.problems()
                        .report(
                                node.place(),
                                "a probe needs a target, as in {mode: probe, tcp: …}");
                yield new Manual();
            }
            default -> {
                values.expected(node, MODES);
                yield new Manual();
            }
        };
    }

    private Mode mode(Fields ack, Fields probe) {
        Node mode = ack.node("mode");
        int ways = count(ack, "mode", "timer", "probe");
        if (ways > 1) {
            ack.report("mode", "expected one of mode, timer and probe, found " + ways);
        } else if (ack.has("timer")) {
            refuse(ack, "after", "tcp", "http", "every");
            return new Timer(ack.duration("timer", TIMER));
        } else if (ack.has("probe")) {
            refuse(ack, "after", "tcp", "http", "every");
            return probe(probe);
        } else if (mode == null) {
            values.problems().report(ack.place(), "mode is missing: " + MODES);
        } else if (mode instanceof Scalar scalar && scalar.text().equals("timer")) {
            refuse(ack, "tcp", "http", "every");
            return new Timer(ack.duration("after", TIMER));
        } else if (mode instanceof Scalar scalar && scalar.text().equals("probe")) {
            refuse(ack, "after");
            return probe(ack);
        } else {
            refuse(ack, "after", "tcp", "http", "every");
            return mode(mode);
        }
        return new Manual();
    }

    private static int count(Fields fields, String... keys) {
        int count = 0;
        for (String key : keys) {
            count += fields.has(key) ? 1 : 0;
        }
        return count;
    }

    private static void refuse(Fields ack, String... keys) {
        for (String key : keys) {
            if (ack.has(key)) {
                ack.report(key, key + " has no meaning in this mode");
            }
        }
    }

    private Mode probe(Fields probe) {
        Duration every = probe.positive("every", EVERY);
        if (count(probe, "tcp", "http") != 1) {
            values.problems().report(probe.place(), "a probe needs either tcp or http");
            return new Manual();
        }
        String key = probe.has("tcp") ? "tcp" : "http";
        String text = probe.text(key, "what to probe");
        if (text == null) {
            return new Manual();
        }
        try {
            return new Probe(key.equals("tcp") ? tcp(text) : http(text), every);
        } catch (Misread e) {
            probe.report(key, e.reason());
            return new Manual();
        }
    }

    private Target tcp(String text) throws Misread {
        return new TcpTarget(text.indexOf(':') < 0 ? own(text) : fixed(text));
    }

    private Endpoint own(String name) throws Misread {
        for (SocketSpec socket : templates.sockets()) {
            if (socket.name().equals(name)) {
                if (socket.address() instanceof Udp) {
                    throw new Misread(
                            Texts.quoted(name) + " is a UDP socket; nothing connects there");
                }
                return new OwnSocket(name);
            }
        }
        throw new Misread(templates.noSocket(name));
    }

    private Endpoint fixed(String authority) throws Misread {
        HostPort at = HostPort.split(authority);
        Template port = templates.parse(at.port());
        for (Template.Part part : port.parts()) {
            if (part instanceof Template.AddressOf) {
                throw new Misread("a port may hold ${slot}, not ${address.NAME}");
            }
        }
        int last = Math.max(0, workers - 1);
        for (int slot : List.of(0, last)) {
            String number = port.expand(slot, java.util.Map.of());
            if (new HostPort("", number).portNumber() == 0) {
                throw new Misread("expected a port from 1 to 65535, found " + Texts.quoted(number));
            }
        }
        InetAddress host = at.host().isEmpty() ? InetAddress.getLoopbackAddress() : address(at);
        return new Fixed(host, port);
    }

    private static InetAddress address(HostPort at) throws Misread {
        return at.address(HostPort.Family.ANY);
    }

    /// `GET http://{NAME}/path` or `GET http://HOST:PORT/path`; GET may be left out.
    private Target http(String text) throws Misread {
        String url = text.startsWith("GET ") ? text.substring(4).strip() : text;
        if (!url.startsWith("http://")) {
            throw new Misread("expected \"GET http://…\", found " + Texts.quoted(text));
        }
        String rest = url.substring(7);
        int slash = rest.indexOf('/');
        String authority = slash < 0 ? rest : rest.substring(0, slash);
        String path = slash < 0 ? "/" : rest.substring(slash);
        if (!isPath(path)) {
            throw new Misread(
                    "expected a path of printable ASCII without spaces or ${…}, found "
                            + Texts.quoted(path));
        }
        if (authority.startsWith("{") && authority.endsWith("}")) {
            String name = authority.substring(1, authority.length() - 1);
            return new HttpTarget(own(name), "localhost", path);
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
