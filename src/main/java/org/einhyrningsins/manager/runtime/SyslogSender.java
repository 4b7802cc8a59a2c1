// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.posix.socket.Datagrams;
import org.einhyrningsins.spec.manager.LogSpec;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/// The system's log, as syslog(3) writes to it: a datagram for each message (RFC 3164, facility
/// daemon) to a socket that syslogd or journald listens at. Who listens may come and go; a message
/// that nobody takes, or that would have to be waited for, is lost there and still on stderr.
final class SyslogSender {
    static final Path SOCKET = Path.of("/dev/log");

    private static final int DAEMON = 3 << 3;
    private static final int MAX_LENGTH = 2000; // RFC 3164 has 1024, and everybody takes more
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("MMM ppd HH:mm:ss", Locale.ROOT);

    private final Path socket;
    private int fd = -1;
    private boolean errorReported;

    /// Connects when there is something to say.
    SyslogSender(Path socket) {
        this.socket = socket;
    }

    /// Says it there.
    ///
    /// @return the error, the first time after a success; else null
    @Nullable String send(LogSpec.Level level, String message) {
        ByteBuffer datagram = datagram(level, message);
        try {
            deliver(datagram);
            errorReported = false;
            return null;
        } catch (PosixException e) {
            boolean news = !errorReported;
            errorReported = true;
            return news ? "the system's log cannot be had: " + e.getMessage() + " " + socket : null;
        }
    }

    /// Sends a datagram; after a failure connects anew once, since the syslog daemon may have been
    /// restarted.
    private void deliver(ByteBuffer datagram) {
        if (fd >= 0) {
            try {
                Descriptors.write(fd, datagram);
                return;
            } catch (PosixException gone) {
                Descriptors.close(fd);
                fd = -1;
            }
        }
        fd = Datagrams.connect(socket);
        Descriptors.write(fd, datagram);
    }

    private static ByteBuffer datagram(LogSpec.Level level, String message) {
        String time =
                TIME.format(
                        Instant.ofEpochMilli(Clock.wallMillis()).atZone(ZoneId.systemDefault()));
        String text =
                "<"
                        + (DAEMON | severity(level))
                        + ">"
                        + time
                        + " einhyrningsins["
                        + Processes.self()
                        + "]: "
                        + message.replace('\n', ' ');
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.wrap(bytes, 0, Math.min(bytes.length, MAX_LENGTH));
    }

    private static int severity(LogSpec.Level level) {
        return switch (level) {
            case ERROR -> 3;
            case WARN -> 4;
            case INFO -> 6;
            case DEBUG -> 7;
        };
    }
}
