// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.socket;

import org.einhyrningsins.core.model.SocketKey;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.socket.ProgramSockets;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketSpec;

import java.util.Map;

/// Accept queues of single slots: sockets that each slot has of its own at one address, among which
/// the kernel distributes connections.
public final class SlotQueues {
    private final Map<SocketKey, OpenSocket> sockets;
    private final ManagerLog managerLog;

    /// @param sockets a view of those that the manager has
    SlotQueues(Map<SocketKey, OpenSocket> sockets, ManagerLog managerLog) {
        this.sockets = sockets;
        this.managerLog = managerLog;
    }

    /// True if any socket has a queue for single workers.
    public boolean anyOpen() {
        for (OpenSocket held : sockets.values()) {
            if (held.spec().ownQueue()) {
                return true;
            }
        }
        return false;
    }

    /// Check whether a slot's connections are, or will be, served.
    public interface ServedCheck {
        boolean serves(SocketKey key, int slot);
    }

    /// Steers new connections only to where they are served.
    public void steer(ServedCheck served) {
        sockets.forEach(
                (key, held) -> {
                    if (held.spec().ownQueue()) {
                        steer(key, held, served);
                    }
                });
    }

    private void steer(SocketKey key, OpenSocket held, ServedCheck served) {
        String which = "socket '" + held.spec().name() + "', " + held.spec().address() + ": ";
        try {
            if (!held.group().steer(slot -> served.serves(key, slot))) {
                managerLog.debug(
                        "", which + "cannot be steered, since nobody knows the kernel's order");
            }
        } catch (PosixException e) {
            managerLog.warn(
                    "",
                    which
                            + "cannot keep new connections from workers that leave: "
                            + e.getMessage()
                            + "; those that wait when such a worker ends are reset");
        }
    }

    /// True if connections wait to be accepted by the worker of that slot alone.
    public boolean waits(ProgramSpec program, int slot) {
        for (SocketSpec socket : program.sockets()) {
            OpenSocket held = sockets.get(SocketKey.of(program, socket));
            BoundSocket own = held == null || !socket.ownQueue() ? null : held.group().of(slot);
            if (own != null && ProgramSockets.queued(own.fd()) > 0) {
                return true;
            }
        }
        return false;
    }
}
