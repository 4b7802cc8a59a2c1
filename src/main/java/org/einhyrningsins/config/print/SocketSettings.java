// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.print;

import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.SocketSpec.Tcp;
import org.einhyrningsins.spec.SocketSpec.Udp;
import org.einhyrningsins.spec.SocketSpec.UnixAbstract;
import org.einhyrningsins.spec.SocketSpec.UnixPath;

/// A socket as an item of `bind`.
final class SocketSettings {
    private SocketSettings() {}

    static InlineMap of(SocketSpec socket) {
        InlineMap map = new InlineMap().put("name", YamlText.quoted(socket.name()));
        address(socket, map);
        if (!isUnix(socket)) {
            map.put("reuse-address", socket.reuseAddress());
        }
        map.put("non-blocking", socket.nonBlocking());
        if (!(socket.address() instanceof Udp)) {
            map.put("backlog", socket.backlog());
        }
        map.putIfTrue("per-worker", socket.perWorker());
        more(socket, map);
        return map;
    }

    /// The socket of `http`, which has no name, and no options but these.
    static InlineMap ofHttp(SocketSpec socket) {
        InlineMap map = new InlineMap();
        address(socket, map);
        more(socket, map);
        return map;
    }

    private static boolean isUnix(SocketSpec socket) {
        return switch (socket.address()) {
            case Tcp _, Udp _ -> false;
            case UnixPath _, UnixAbstract _ -> true;
        };
    }

    private static void address(SocketSpec socket, InlineMap map) {
        switch (socket.address()) {
            case Tcp tcp -> map.put("tcp", YamlText.quoted(tcp.toString()));
            case Udp udp ->
                    map.put("udp", YamlText.quoted(udp.toString().substring("udp:".length())));
            case UnixPath unix -> map.put("unix", YamlText.quoted(unix.path().toString()));
            case UnixAbstract unix -> map.put("unix", YamlText.quoted("@" + unix.name()));
        }
    }

    private static void more(SocketSpec socket, InlineMap map) {
        map.putIfTrue("ipv6-only", socket.ipv6Only());
        SocketSpec.UnixFile file = socket.file();
        if (file.mode() != null) {
            map.put("mode", YamlText.octal(file.mode()));
        }
        if (file.owner() != null) {
            map.put("owner", YamlText.quoted(file.owner()));
        }
        if (file.group() != null) {
            map.put("group", YamlText.quoted(file.group()));
        }
    }
}
