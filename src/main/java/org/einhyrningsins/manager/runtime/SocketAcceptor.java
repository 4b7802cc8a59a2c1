// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.socket.Connections;

/// Accepts connections, also when no descriptor is left for them: without that, a full table would
/// leave the connection in the queue and the loop would be told of it for ever.
public final class SocketAcceptor {
    /// Kept to be given up. A pipe, since it is had again with exactly as many as were given up:
    /// whatever is moved to a high number needs one more for a moment.
    private static int[] spare = {};

    static {
        openSpare();
    }

    private SocketAcceptor() {}

    /// The next connection, non-blocking; -1 if there is none, or none could be kept.
    public static int accept(int listener) {
        openSpare();
        try {
            return Connections.accept(listener);
        } catch (PosixException e) {
            if (e.errno() == Errno.EMFILE || e.errno() == Errno.ENFILE) {
                rejectOne(listener);
            }
            return -1;
        }
    }

    private static void rejectOne(int listener) {
        for (int fd : spare) {
            Descriptors.close(fd);
        }
        spare = new int[0]; // never to be closed twice: the numbers may be somebody's by then
        try {
            Descriptors.close(Connections.accept(listener));
        } catch (PosixException stillNone) {
            // somebody else took what we freed
        }
        openSpare();
    }

    private static void openSpare() {
        if (spare.length == 0) {
            try {
                spare = Descriptors.pipe();
            } catch (PosixException none) {
                // the next call tries again
            }
        }
    }
}
