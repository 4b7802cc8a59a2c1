// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control;

import org.einhyrningsins.control.report.StatusText;
import org.einhyrningsins.control.wire.ControlException;
import org.einhyrningsins.control.wire.ControlReply;
import org.einhyrningsins.control.wire.ControlRequest;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonId;
import org.einhyrningsins.control.wire.LineBuffer;
import org.einhyrningsins.control.wire.ReplyHandler;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/// A connection to a manager, for one request after the other. For one thread.
///
/// It is the JDK's UNIX socket and not that of jnr: a whole `status` is half as long so. Blocking,
/// with one thread that closes the channel when time is up: a selector would take longer to load
/// than the answer to come.
public final class ControlClient implements AutoCloseable {
    /// A manager's reply may be long: the status of ten thousand workers.
    private static final int REPLY_BOUND = 64 * 1024 * 1024;

    private static final int BUFFER_BYTES = 64 * 1024;
    private static final int ID = 1;

    private final Path socket;
    private final SocketChannel channel;
    private final TimeLimit limit;
    private final LineBuffer lineBuffer = new LineBuffer(REPLY_BOUND);
    private final Arrivals arrivals = new Arrivals();
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);

    private ControlClient(Path socket, SocketChannel channel, TimeLimit limit) {
        this.socket = socket;
        this.channel = channel;
        this.limit = limit;
    }

    /// Connects.
    ///
    /// @param patience time limit of everything until [#close()], connecting included
    public static ControlClient connect(Path socket, Duration patience) throws ControlException {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(socket);
        try {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            ControlClient controlClient =
                    new ControlClient(socket, channel, new TimeLimit(channel, patience));
            controlClient.limit.start();
            controlClient.connect(address);
            return controlClient;
        } catch (IOException e) {
            throw new ControlException(ExitStatus.FAILED, "cannot make a socket: " + e);
        }
    }

    private void connect(UnixDomainSocketAddress address) throws ControlException {
        try {
            channel.connect(address);
        } catch (IOException e) {
            close();
            throw limit.isOver() ? timedOut() : cannotConnect(String.valueOf(e.getMessage()));
        }
    }

    /// Asks, and hands on what is told until the end.
    ///
    /// @return the last reply; or the one after which the handler would hear no more
    public ControlReply send(
            String command, List<String> args, boolean wait, boolean text, ReplyHandler handler)
            throws ControlException {
        String claim = System.getenv("SUDO_USER");
        send(new ControlRequest(JsonId.of(ID), command, args, wait, text, claim));
        ControlReply controlReply = next();
        while (controlReply.more() && handler.progress(controlReply)) {
            controlReply = next();
        }
        return controlReply;
    }

    /// A manager that closes at once may still have said why: so a failed write is no error, the
    /// read that follows it tells.
    private void send(ControlRequest controlRequest) {
        ByteBuffer bytes = ByteBuffer.wrap(controlRequest.line());
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException readOn) {
            bytes.clear();
        }
    }

    private ControlReply next() throws ControlException {
        while (true) {
            byte[] line = arrivals.received.poll();
            if (line == null) {
                receive();
                continue;
            }
            ControlReply controlReply = read(line);
            if (controlReply.id() == null || controlReply.id().equals(Integer.toString(ID))) {
                return controlReply;
            }
        }
    }

    private void receive() throws ControlException {
        int count = receiveBytes();
        if (count < 0) {
            throw disconnected();
        }
        buffer.flip();
        lineBuffer.feed(buffer, arrivals);
        buffer.clear();
        if (arrivals.tooLong) {
            throw new ControlException(ExitStatus.BUG, "the manager's reply is too long");
        }
    }

    /// Reads bytes and returns their number; negative at the end of the stream.
    private int receiveBytes() throws ControlException {
        try {
            return channel.read(buffer);
        } catch (IOException e) {
            if (limit.isOver()) {
                throw timedOut();
            }
            return -1;
        }
    }

    private static ControlReply read(byte[] line) throws ControlException {
        try {
            return ControlReply.read(line);
        } catch (IllegalArgumentException e) {
            throw new ControlException(
                    ExitStatus.BUG, "cannot understand the manager's reply: " + e.getMessage());
        }
    }

    private ControlException cannotConnect(String reason) {
        if (reason.contains("ermission denied")) {
            return new ControlException(
                    ExitStatus.NOT_ALLOWED,
                    "cannot ask the manager at " + socket + ": permission denied");
        }
        if (reason.contains("too long")) {
            return new ControlException(
                    ExitStatus.USAGE,
                    "cannot connect to " + socket + ": a socket's path has at most 107 bytes");
        }
        return new ControlException(
                ExitStatus.NO_MANAGER, "no manager at " + socket + why(reason) + "; " + NEXT);
    }

    private static final String NEXT =
            "start one with 'einhyrningsins -c FILE', or name its socket with -d";

    private String why(String reason) {
        if (reason.contains("refused")) {
            return " (the file is there, but nobody listens)";
        }
        return Files.exists(socket) ? " (" + reason + ")" : " (no such file)";
    }

    private ControlException timedOut() {
        return new ControlException(
                ExitStatus.TIMED_OUT,
                "no answer within "
                        + timeLimit(limit.patience.toMillis())
                        + "; what was asked for may still go on in the manager");
    }

    private static String timeLimit(long millis) {
        return millis < 1_000 ? millis + "ms" : StatusText.duration(millis);
    }

    private ControlException disconnected() {
        return new ControlException(
                ExitStatus.NO_MANAGER,
                "the manager at " + socket + " went away before it answered");
    }

    @Override
    public void close() {
        limit.interrupt();
        try {
            channel.close();
        } catch (IOException alreadyGone) {
            // nothing was to be said any more
            return;
        }
    }

    /// Lines that came and were not yet read.
    private static final class Arrivals implements LineBuffer.Taker {
        final Deque<byte[]> received = new ArrayDeque<>();
        boolean tooLong;

        @Override
        public void line(byte[] line) {
            received.add(line);
        }

        @Override
        public void tooLong(int bound) {
            tooLong = true;
        }
    }

    /// Closes the channel when time is up, which ends whatever blocks on it.
    private static final class TimeLimit extends Thread {
        private final SocketChannel channel;
        final Duration patience;
        private volatile boolean over;

        TimeLimit(SocketChannel channel, Duration patience) {
            super("time limit");
            this.channel = channel;
            this.patience = patience;
            setDaemon(true);
        }

        boolean isOver() {
            return over;
        }

        @Override
        public void run() {
            try {
                Thread.sleep(patience);
                over = true;
                channel.close();
            } catch (InterruptedException answered) {
                return;
            } catch (IOException alreadyGone) {
                return;
            }
        }
    }
}
