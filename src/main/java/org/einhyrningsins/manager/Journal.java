// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.posix.Descriptors;
import org.einhyrningsins.posix.PosixException;
import org.einhyrningsins.posix.Sockets;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// A worker's standard output straight to systemd-journald: a stream to its socket, that begins
/// with a few lines on whose it is (systemd's `connect_journal_socket` in execute.c).
final class Journal {
    static final Path SOCKET = Path.of("/run/systemd/journal/stdout");

    private static final int INFO = 6;

    private Journal() {}

    /// Opens a stream.
    ///
    /// @param identifier what the journal calls the writer
    /// @return a descriptor that blocks, raised
    static int open(Path socket, String identifier) {
        int fd = Sockets.connect("unix:" + socket);
        try {
            // no unit; a line may begin with its level, as in <3>; nothing is passed on to syslog,
            // the kernel's log or the console
            String head = identifier + "\n\n" + INFO + "\n1\n0\n0\n0\n";
            Descriptors.setNonBlocking(fd, false);
            Descriptors.write(fd, ByteBuffer.wrap(head.getBytes(StandardCharsets.UTF_8)));
        } catch (PosixException e) {
            Descriptors.close(fd);
            throw e;
        }
        return Descriptors.raise(fd);
    }
}
