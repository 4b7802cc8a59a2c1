// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.ProcessExit;
import org.einhyrningsins.posix.process.Children;
import org.einhyrningsins.posix.process.ProcessGroups;
import org.einhyrningsins.posix.socket.Connections;
import org.einhyrningsins.posix.spawn.SpawnedChild;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.AckSpec.SocketTarget;
import org.einhyrningsins.spec.Signal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/// Asks workers whether they are up, or well: by connecting to them, or by a command. One attempt
/// at a time for a worker.
public final class ProbeRunner {
    private static final int MAX_ANSWER = 512;

    private final EventLoop eventLoop;
    private final ByteBuffer buffer;
    private final Map<Object, Attempt> attempts = new HashMap<>();

    /// Something under way that will have an answer.
    private interface Attempt {
        /// Nobody wants the answer any more.
        void end();
    }

    public ProbeRunner(EventLoop eventLoop, ByteBuffer buffer) {
        this.eventLoop = eventLoop;
        this.buffer = buffer;
    }

    /// Receives the result of an attempt.
    interface Asker {
        /// An attempt is over.
        ///
        /// @param up whether it answered as it should
        void answered(boolean up);
    }

    /// Begins an attempt.
    ///
    /// @param whom identifies the worker, for [#forget]
    /// @param address as [BoundSocket] has it
    void ask(Object whom, SocketTarget target, String address, Asker asker) {
        forget(whom);
        if (!connectable(address)) {
            asker.answered(false);
            return;
        }
        try {
            Connection attempt = new Connection(whom, target, Connections.connect(address), asker);
            attempts.put(whom, attempt);
            eventLoop.watch(attempt.fd, Poll.OUT, attempt);
        } catch (PosixException e) {
            forget(whom);
            asker.answered(false);
        }
    }

    /// A port made from a slot's number may be none, and a socket may be gone from its program.
    private static boolean connectable(String address) {
        if (address.startsWith("unix:")) {
            return true;
        }
        try {
            int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
            return port > 0 && port <= 65_535;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    /// Ends an attempt whose answer is of no use any more.
    void forget(Object whom) {
        Attempt attempt = attempts.remove(whom);
        if (attempt != null) {
            attempt.end();
        }
    }

    /// Waits for a command that tells.
    ///
    /// @param command just spawned
    /// @param over ends what it leaves when it is over, or is not waited for any more
    void await(Object whom, SpawnedChild command, Asker asker, Runnable over) {
        forget(whom);
        Command attempt = new Command(whom, command, asker, over);
        attempts.put(whom, attempt);
        eventLoop.watch(command.pidfd(), Poll.IN, attempt);
    }

    /// Returns whether a process is a command that is waited for.
    public boolean owns(int pid) {
        for (Attempt attempt : attempts.values()) {
            if (attempt instanceof Command command && command.process.pid() == pid) {
                return true;
            }
        }
        return false;
    }

    private final class Command implements EventLoop.Watcher, Attempt {
        private final Object whom;
        private final SpawnedChild process;
        private final Asker asker;
        private final Runnable over;
        private boolean reaped;

        Command(Object whom, SpawnedChild process, Asker asker, Runnable over) {
            this.whom = whom;
            this.process = process;
            this.asker = asker;
            this.over = over;
        }

        /// Ends what the command leaves behind, while its number is still its own.
        @Override
        public void ready(int events) {
            ProcessGroups.killGroup(process.pid(), Signal.KILL);
            ProcessExit processExit = Children.reap(process.pidfd());
            if (processExit != null) {
                reaped = true;
                forget(whom);
                asker.answered(processExit.code() == 0 && processExit.signal() == 0);
            }
        }

        /// Ends the attempt. A command that was not waited for is reaped as an orphan.
        @Override
        public void end() {
            if (!reaped) {
                ProcessGroups.killGroup(process.pid(), Signal.KILL);
            }
            eventLoop.forget(process.pidfd());
            Descriptors.close(process.pidfd());
            over.run();
        }
    }

    private final class Connection implements EventLoop.Watcher, Attempt {
        private final Object whom;
        private final SocketTarget target;
        private final int fd;
        private final Asker asker;
        private final StringBuilder answer = new StringBuilder();
        private boolean connected;

        Connection(Object whom, SocketTarget target, int fd, Asker asker) {
            this.whom = whom;
            this.target = target;
            this.fd = fd;
            this.asker = asker;
        }

        @Override
        public void ready(int events) {
            try {
                if (connected) {
                    hear();
                } else {
                    connected();
                }
            } catch (PosixException e) {
                end(false);
            }
        }

        private void connected() {
            if (Connections.connectResult(fd) != null) {
                end(false);
                return;
            }
            switch (target) {
                case AckSpec.TcpTarget ignored -> end(true);
                case AckSpec.HttpTarget http -> get(http);
            }
        }

        /// The request is smaller than any socket buffer, so it goes out whole.
        private void get(AckSpec.HttpTarget http) {
            String request =
                    "GET "
                            + http.path()
                            + " HTTP/1.1\r\nHost: "
                            + http.host()
                            + "\r\nUser-Agent: einhyrningsins\r\nConnection: close\r\n\r\n";
            Descriptors.write(fd, ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
            connected = true;
            eventLoop.change(fd, Poll.IN);
        }

        private void hear() {
            buffer.clear();
            int count = Connections.hear(fd, buffer);
            if (count < 0) {
                return;
            }
            buffer.flip();
            answer.append(StandardCharsets.ISO_8859_1.decode(buffer));
            int end = answer.indexOf("\r\n");
            if (end >= 0 || count == 0 || answer.length() > MAX_ANSWER) {
                end(end >= 0 && good(answer.substring(0, end)));
            }
        }

        /// `HTTP/1.1 204 No Content` is, `HTTP/1.1 503 Not Yet` is not.
        private static boolean good(String statusLine) {
            return statusLine.startsWith("HTTP/1.")
                    && statusLine.length() >= 12
                    && (statusLine.charAt(9) == '2' || statusLine.charAt(9) == '3');
        }

        private void end(boolean up) {
            forget(whom);
            asker.answered(up);
        }

        @Override
        public void end() {
            eventLoop.forget(fd);
            Connections.hangUp(fd);
        }
    }
}
