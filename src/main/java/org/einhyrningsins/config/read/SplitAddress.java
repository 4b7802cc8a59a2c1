// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.ConfigNode.Entry;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigNode.Scalar;
import org.einhyrningsins.config.value.ForeignKeywords;
import org.einhyrningsins.config.yaml.YamlMistakes;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/// An address that is written in parts, as in `{ address: 127.0.0.1, port: 80 }`, and how it is
/// written here.
///
/// @param advice the text to write, and the one it replaces
/// @param rest the map without those parts
record SplitAddress(String advice, Mapping rest) {
    private static final Set<String> HOSTS =
            Set.of(
                    "address",
                    "addr",
                    "host",
                    "hostname",
                    "hostip",
                    "ip",
                    "interface",
                    "listen",
                    "bind",
                    "bindaddress",
                    "path",
                    "file",
                    "socketpath");
    private static final Set<String> PORTS = Set.of("port", "published", "listenport");
    private static final Set<String> KINDS = Set.of("protocol", "proto", "type", "family");

    /// Finds the parts of an address in a map of a socket; null if there are none, or it has an
    /// address of ours.
    static @Nullable SplitAddress of(Mapping bind) {
        Map<String, Entry> entries = bind.entries();
        String host = null;
        String port = null;
        boolean udp = false;
        List<String> parts = new ArrayList<>();
        SequencedMap<String, Entry> rest = new LinkedHashMap<>(entries);
        for (Map.Entry<String, Entry> entry : entries.entrySet()) {
            String key = ForeignKeywords.bare(entry.getKey());
            boolean text = entry.getValue().value() instanceof Scalar scalar && !scalar.isNull();
            String value = text ? ((Scalar) entry.getValue().value()).text() : "";
            if (Set.of("tcp", "udp", "unix").contains(key)) {
                return null;
            } else if (HOSTS.contains(key) && host == null && isHost(value)) {
                host = value;
            } else if (PORTS.contains(key) && port == null && isPort(value)) {
                port = value;
            } else if (KINDS.contains(key) && value.toLowerCase(Locale.ROOT).matches("tcp|udp")) {
                udp = value.equalsIgnoreCase("udp");
            } else {
                continue;
            }
            parts.add(entry.getKey());
            rest.remove(entry.getKey());
        }
        if (host == null && port == null) {
            return null;
        }
        String advice = "write " + address(host, port, udp) + " in place of " + and(parts);
        return new SplitAddress(advice, new Mapping(bind.place(), rest));
    }

    private static boolean isHost(String text) {
        return text.matches("[A-Za-z0-9.:*%/_\\[\\]-]{1,100}");
    }

    private static boolean isPort(String text) {
        return text.matches("[0-9]{1,5}");
    }

    private static String address(@Nullable String host, @Nullable String port, boolean udp) {
        if (host != null && host.startsWith("/")) {
            return "unix: " + host;
        }
        boolean complete = host != null && host.matches("[^:]*:[0-9]{1,5}|\\[.*\\]:[0-9]{1,5}");
        String name = host == null || host.equals("*") ? "0.0.0.0" : host;
        boolean bare6 = name.indexOf(':') != name.lastIndexOf(':') && !name.startsWith("[");
        String whole =
                complete
                        ? name
                        : (bare6 ? "[" + name + "]" : name) + ":" + (port == null ? "8080" : port);
        return (udp ? "udp: " : "tcp: ") + YamlMistakes.inQuotes(whole);
    }

    private static String and(List<String> names) {
        int last = names.size() - 1;
        return last == 0
                ? names.getFirst()
                : String.join(", ", names.subList(0, last)) + " and " + names.get(last);
    }
}
