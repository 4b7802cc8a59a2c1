// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.posix.Descriptors;
import org.einhyrningsins.posix.Errno;
import org.einhyrningsins.posix.PosixException;
import org.einhyrningsins.posix.Sockets;

/// Accepts connections, also when no descriptor is left for them: without that, a full table would
/// leave the connection in the queue and the loop would be told of it for ever.
final class Acceptor {
    private static int spare = Descriptors.openNull();

    private Acceptor() {}

    /// The next connection, non-blocking; -1 if there is none, or none could be kept.
    static int accept(int listener) {
        try {
            return Sockets.accept(listener);
        } catch (PosixException e) {
            if (e.errno() == Errno.EMFILE || e.errno() == Errno.ENFILE) {
                turnAway(listener);
            }
            return -1;
        }
    }

    private static void turnAway(int listener) {
        Descriptors.close(spare);
        try {
            Descriptors.close(Sockets.accept(listener));
        } catch (PosixException stillNone) {
            // somebody else took the one we freed
        }
        spare = Descriptors.openNull();
    }
}
