// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.socket.UnixDatagramSender;
import org.jspecify.annotations.Nullable;

/// Sender of datagrams to NOTIFY_SOCKET, or of nothing where there is none. A failure is logged
/// once, until one is sent again.
final class SystemdSender {
    private final @Nullable UnixDatagramSender unixDatagramSender;
    private final ManagerLog managerLog;
    private boolean unreachable;

    private SystemdSender(@Nullable UnixDatagramSender to, ManagerLog managerLog) {
        this.unixDatagramSender = to;
        this.managerLog = managerLog;
    }

    /// Sends to that address; null for nobody.
    static SystemdSender of(@Nullable String address, ManagerLog managerLog) {
        return new SystemdSender(open(address, managerLog), managerLog);
    }

    private static @Nullable UnixDatagramSender open(
            @Nullable String address, ManagerLog managerLog) {
        if (address == null || address.isEmpty()) {
            return null;
        }
        if (!address.startsWith("/") && !address.startsWith("@")) {
            managerLog.warn("", "NOTIFY_SOCKET is no UNIX socket: " + address + "; nobody is told");
            return null;
        }
        return new UnixDatagramSender(address);
    }

    /// True if there is anybody to be told.
    boolean isOpen() {
        return unixDatagramSender != null;
    }

    /// True if nobody received the last datagram.
    boolean isUnreachable() {
        return unreachable;
    }

    /// Sends a text.
    ///
    /// @param passed below 0 for none
    /// @return false if there is no room for it now
    boolean send(String text, int passed) {
        if (unixDatagramSender == null) {
            return true;
        }
        try {
            boolean room = unixDatagramSender.send(text, passed);
            unreachable &= !room;
            return room;
        } catch (PosixException e) {
            if (!unreachable) {
                unreachable = true;
                managerLog.warn(
                        "", "cannot tell the service manager how it goes: " + e.getMessage());
            }
            return true;
        }
    }

    void close() {
        if (unixDatagramSender != null) {
            unixDatagramSender.close();
        }
    }
}
