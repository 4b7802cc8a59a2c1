// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.Errno;
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
    private static final int MAX_LINE = 200;
    private static final int MAX_READS = 64;

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
    interface ResultListener {
        /// An attempt is over.
        ///
        /// @param up whether it answered as it should
        /// @param answer what it answered, in words; empty if it is up
        void answered(boolean up, String answer);

        /// A part of an answer is there that says that it is not up.
        default void partialAnswer(String answer) {}
    }

    /// Begins an attempt.
    ///
    /// @param whom identifies the worker, for [#forget]
    /// @param address as [BoundSocket] has it
    void start(Object whom, SocketTarget target, String address, ResultListener listener) {
        forget(whom);
        if (!connectable(address)) {
            listener.answered(false, "nothing to connect to: '" + address + "' is no address");
            return;
        }
        try {
            Connection attempt =
                    new Connection(whom, target, address, Connections.connect(address), listener);
            attempts.put(whom, attempt);
            eventLoop.watch(attempt.fd, Poll.OUT, attempt);
        } catch (PosixException e) {
            forget(whom);
            listener.answered(false, refused(address, e.reason()));
        }
    }

    private static String refused(String address, String why) {
        return "connect to " + address + ": " + why;
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
    /// @param output our end of the pipe that has its output, does not block; is closed
    /// @param over ends what it leaves when it is over, or is not waited for any more
    void await(
            Object whom, SpawnedChild command, int output, ResultListener listener, Runnable over) {
        forget(whom);
        Command attempt = new Command(whom, command, output, listener, over);
        attempts.put(whom, attempt);
        eventLoop.watch(command.pidfd(), Poll.IN, attempt);
        eventLoop.watch(output, Poll.IN, ignored -> attempt.hear());
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
        private final int output;
        private final ResultListener listener;
        private final Runnable over;
        private String lastOutput = "";
        private boolean reaped;

        Command(
                Object whom,
                SpawnedChild process,
                int output,
                ResultListener listener,
                Runnable over) {
            this.whom = whom;
            this.process = process;
            this.output = output;
            this.listener = listener;
            this.over = over;
        }

        /// Ends what the command leaves behind, while its number is still its own.
        @Override
        public void ready(int events) {
            ProcessGroups.killGroup(process.pid(), Signal.KILL);
            ProcessExit processExit = Children.reap(process.pidfd());
            if (processExit != null) {
                reaped = true;
                for (int left = MAX_READS; left > 0 && hear(); left--) {} // the last line counts
                forget(whom);
                WorkerExit exit =
                        new WorkerExit(
                                processExit.code(),
                                processExit.signal(),
                                processExit.core(),
                                0,
                                false,
                                false);
                listener.answered(exit.success(), exit.success() ? "" : exit + lastLine());
            }
        }

        /// Takes some of what it wrote, so that it does not wait for us.
        ///
        /// @return false if there is nothing more
        private boolean hear() {
            buffer.clear();
            int length = Descriptors.read(output, buffer);
            if (length > 0) {
                buffer.flip();
                String text = lastOutput + StandardCharsets.ISO_8859_1.decode(buffer);
                lastOutput = text.substring(Math.max(0, text.length() - MAX_ANSWER));
            } else if (length == 0) {
                eventLoop.forget(output); // closed by it
            }
            return length > 0;
        }

        private String lastLine() {
            String text = lastOutput.stripTrailing();
            String line = ProbeWords.of(text.substring(text.lastIndexOf('\n') + 1), MAX_LINE);
            return line.isEmpty() ? "" : ": " + line;
        }

        /// Ends the attempt. A command that was not waited for is reaped as an orphan.
        @Override
        public void end() {
            if (!reaped) {
                ProcessGroups.killGroup(process.pid(), Signal.KILL);
            }
            eventLoop.forget(process.pidfd());
            Descriptors.close(process.pidfd());
            eventLoop.forget(output);
            Descriptors.close(output);
            over.run();
        }
    }

    private final class Connection implements EventLoop.Watcher, Attempt {
        private final Object whom;
        private final SocketTarget target;
        private final String address;
        private final int fd;
        private final ResultListener listener;
        private final HttpProbeAnswer answer = new HttpProbeAnswer();
        private boolean connected;

        Connection(
                Object whom, SocketTarget target, String address, int fd, ResultListener listener) {
            this.whom = whom;
            this.target = target;
            this.address = address;
            this.fd = fd;
            this.listener = listener;
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
                end(false, String.valueOf(e.getMessage()));
            }
        }

        private void connected() {
            Errno error = Connections.connectResult(fd);
            if (error != null) {
                end(false, refused(address, Errno.describe(error.number())));
                return;
            }
            switch (target) {
                case AckSpec.TcpTarget ignored -> end(true, "");
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
            int count = Connections.read(fd, buffer);
            if (count < 0) {
                return;
            }
            buffer.flip();
            answer.add(buffer);
            if (answer.over()) {
                end(answer.up(), answer.up() ? "" : answer.words());
            } else if (answer.failed()) {
                listener.partialAnswer(answer.words());
            }
        }

        private void end(boolean up, String words) {
            forget(whom);
            listener.answered(up, words);
        }

        @Override
        public void end() {
            eventLoop.forget(fd);
            Connections.hangUp(fd);
        }
    }
}
