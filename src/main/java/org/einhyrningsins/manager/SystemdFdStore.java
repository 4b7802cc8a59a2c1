// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.snapshot.SocketSnapshot;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Copies of the listening sockets that systemd keeps for the next manager
/// (FileDescriptorStoreMax=).
final class SystemdFdStore {
    /// Of the names under which it keeps sockets.
    static final String PREFIX = "einhyrningsins-";

    private static final int MAX_NAME_LENGTH = 255;

    private final SystemdSender sender;
    private final int mostSockets;
    private final ManagerLog managerLog;
    private final Set<String> stored = new LinkedHashSet<>();
    private Map<String, Integer> wanted = Map.of();

    /// @param most maximum number of sockets
    /// @param before names under which it kept sockets for the manager before
    SystemdFdStore(SystemdSender sender, int most, List<String> before, ManagerLog managerLog) {
        this.sender = sender;
        this.mostSockets = most;
        this.managerLog = managerLog;
        before.stream().filter(name -> name.startsWith(PREFIX)).forEach(stored::add);
    }

    /// Sends what differs from what it keeps.
    ///
    /// @return false if there is no room for that now
    boolean update() {
        return store() && unstore();
    }

    /// Has it keep these sockets from now on, and no others, at the next update.
    ///
    /// @return false if those are the sockets that it was to keep already
    boolean keep(List<SocketSnapshot> sockets) {
        Map<String, Integer> next = new LinkedHashMap<>();
        for (SocketSnapshot socket : sockets) {
            if (next.size() < mostSockets) {
                next.put(name(socket), socket.fd());
            }
        }
        if (!sender.isOpen() || next.equals(wanted)) {
            return false;
        }
        if (next.size() < sockets.size() && mostSockets > 0) {
            managerLog.warn(
                    "",
                    "systemd keeps %d of %d sockets; raise FileDescriptorStoreMax="
                            .formatted(next.size(), sockets.size()));
        }
        wanted = next;
        return true;
    }

    /// A name of printable ASCII without a colon, the same as long as the socket is open.
    static String name(SocketSnapshot socket) {
        String name = PREFIX + socket.inode() + "-" + socket.address();
        String plain = name.replaceAll("[^!-9;-~]", "_");
        return plain.substring(0, Math.min(plain.length(), MAX_NAME_LENGTH));
    }

    private boolean store() {
        for (Map.Entry<String, Integer> each : wanted.entrySet()) {
            if (!stored.contains(each.getKey())) {
                // it polls what it keeps, and would drop a socket with an error
                String text = "FDSTORE=1\nFDNAME=" + each.getKey() + "\nFDPOLL=0";
                if (!sender.send(text, each.getValue())) {
                    return false;
                }
                if (!sender.isUnreachable()) {
                    stored.add(each.getKey());
                }
            }
        }
        return true;
    }

    private boolean unstore() {
        for (String name : new ArrayList<>(stored)) {
            if (!wanted.containsKey(name)) {
                if (!sender.send("FDSTOREREMOVE=1\nFDNAME=" + name, -1)) {
                    return false;
                }
                stored.remove(name);
            }
        }
        return true;
    }
}
