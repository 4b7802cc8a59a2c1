// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

/// The manager's ends of a worker's own connections to it.
///
/// @param ackSocket of its EINHORN_SOCK_FD; -1 if it has none
/// @param ack of its EINHORN_ACK_FD when it was started; -1 if it had none
public record WorkerChannels(int ackSocket, int ack) {
    private static final WorkerChannels NONE = new WorkerChannels(-1, -1);

    static WorkerChannels of(int line, int ack) {
        return line < 0 && ack < 0 ? NONE : new WorkerChannels(line, ack);
    }
}
