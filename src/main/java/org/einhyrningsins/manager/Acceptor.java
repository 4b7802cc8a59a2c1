// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.posix.Descriptors;
import org.einhyrningsins.posix.Errno;
import org.einhyrningsins.posix.PosixException;
import org.einhyrningsins.posix.Sockets;

/// Accepts connections, also when no descriptor is left for them: without that, a full table would
/// leave the connection in the queue and the loop would be told of it for ever.
final class Acceptor {
    /// Kept to be given up. A pipe, since it is had again with exactly as many as were given up:
    /// whatever is moved to a high number needs one more for a moment.
    private static int[] spare = {};

    static {
        reserve();
    }

    private Acceptor() {}

    /// The next connection, non-blocking; -1 if there is none, or none could be kept.
    static int accept(int listener) {
        reserve();
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
        for (int fd : spare) {
            Descriptors.close(fd);
        }
        spare = new int[0]; // never to be closed twice: the numbers may be somebody's by then
        try {
            Descriptors.close(Sockets.accept(listener));
        } catch (PosixException stillNone) {
            // somebody else took what we freed
        }
        reserve();
    }

    private static void reserve() {
        if (spare.length == 0) {
            try {
                spare = Descriptors.pipe();
            } catch (PosixException none) {
                // the next call tries again
            }
        }
    }
}
