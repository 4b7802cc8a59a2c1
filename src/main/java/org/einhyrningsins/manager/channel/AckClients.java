// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.channel;

import org.einhyrningsins.control.report.ReplyWriter;
import org.einhyrningsins.control.wire.ControlRequest;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonId;
import org.einhyrningsins.control.wire.LineBuffer;
import org.einhyrningsins.control.wire.MalformedRequest;
import org.einhyrningsins.control.wire.RequestReader;
import org.einhyrningsins.control.wire.WorkerMessage;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.SocketAcceptor;
import org.einhyrningsins.manager.snapshot.WorkerClientSnapshot;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.socket.Connections;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// Clients of a program's ack socket, and the lines that its workers were started with: reads
/// `worker:ack` and `worker:ping` and replies. Their number, their lines and what is read at once
/// are bounded.
final class AckClients {
    private static final int LINE_BOUND = 4 * 1024;
    private static final int MAX_CLIENTS = 256;

    /// Read at once: a client that writes without end lets the others have their turns.
    private static final int MAX_READ = LINE_BOUND;

    /// Half a line is nobody's word yet.
    private static final PeerCredentials NOBODY = new PeerCredentials(0, -1, -1);

    private final EventLoop eventLoop;
    private final ByteBuffer buffer;
    private final WorkerSockets.Listener listener;

    /// The one that came last stands last.
    private final SequencedMap<Integer, Client> clients = new LinkedHashMap<>();

    /// Number of lines that workers were started with.
    private int lines;

    /// @param buffer to read into; the loop's thread's own
    AckClients(EventLoop eventLoop, ByteBuffer buffer, WorkerSockets.Listener listener) {
        this.eventLoop = eventLoop;
        this.buffer = buffer;
        this.listener = listener;
    }

    /// Client of the stream socket.
    ///
    /// @param worker the worker that inherited the connection; null for a client that connected
    private record Client(LineBuffer lines, @Nullable PeerCredentials worker) {}

    /// Goes on with a client of another manager.
    void resume(WorkerClientSnapshot client) {
        PeerCredentials worker =
                client.pid() == 0 ? null : new PeerCredentials(client.pid(), client.uid(), -1);
        Client known = new Client(new LineBuffer(LINE_BOUND), worker);
        byte[] begun = client.partialLine().getBytes(StandardCharsets.ISO_8859_1);
        known.lines().feed(ByteBuffer.wrap(begun), new LineReceiver(NOBODY, client.fd(), known));
        clients.put(client.fd(), known);
        lines += worker == null ? 0 : 1;
        Connections.refuseDescriptors(client.fd());
        eventLoop.watch(client.fd(), Poll.IN, events -> receive(client.fd()));
    }

    /// Returns the snapshots of all clients.
    List<WorkerClientSnapshot> images() {
        List<WorkerClientSnapshot> here = new ArrayList<>();
        clients.forEach(
                (fd, client) -> {
                    String begun =
                            new String(
                                    client.lines().unfinishedLine(), StandardCharsets.ISO_8859_1);
                    PeerCredentials worker = client.worker();
                    here.add(
                            worker == null
                                    ? new WorkerClientSnapshot(fd, 0, -1, begun)
                                    : new WorkerClientSnapshot(
                                            fd, worker.pid(), worker.uid(), begun));
                });
        return here;
    }

    /// Listens to a worker on the line that it was started with.
    void connect(int line, PeerCredentials worker) {
        clients.put(line, new Client(new LineBuffer(LINE_BOUND), worker));
        Connections.refuseDescriptors(line);
        lines++;
        eventLoop.watch(line, Poll.IN, events -> receive(line));
    }

    /// Hangs up the line of a worker that is gone, unless it did so before.
    ///
    /// @return whether it had not
    boolean disconnect(int line, int pid) {
        Client client = clients.get(line);
        boolean known = client != null && client.worker() != null && client.worker().pid() == pid;
        if (known) {
            disconnect(line);
        }
        return known;
    }

    /// Takes up all that has been said until now.
    void listen(int acks) {
        for (int i = 0; i < MAX_CLIENTS && accept(acks); i++) {
            // each is heard as it comes
        }
        for (int client : List.copyOf(clients.keySet())) {
            receive(client);
        }
    }

    /// Accepts a client and reads at once: most write as soon as they connect.
    boolean accept(int acks) {
        int client = SocketAcceptor.accept(acks);
        if (client < 0) {
            return false;
        }
        if (clients.size() - lines >= MAX_CLIENTS) {
            // a worker has little to say and may come late: who has been here for longest goes
            evictOldest();
        }
        try {
            eventLoop.watch(client, Poll.IN, events -> receive(client));
        } catch (PosixException e) { // it may try again
            Connections.hangUp(client);
            return true;
        }
        clients.put(client, new Client(new LineBuffer(LINE_BOUND), null));
        receive(client);
        return true;
    }

    /// Evicts the client that connected first; connections inherited by workers stay.
    private void evictOldest() {
        for (Map.Entry<Integer, Client> entry : clients.entrySet()) {
            if (entry.getValue().worker() == null) {
                disconnect(entry.getKey());
                return;
            }
        }
    }

    private void receive(int client) {
        Client known = clients.get(client);
        buffer.clear().limit(MAX_READ);
        int count = known == null ? -1 : read(client);
        if (known == null || count < 0) {
            return;
        }
        buffer.flip();
        PeerCredentials sender = known.worker() == null ? Connections.peer(client) : known.worker();
        known.lines().feed(buffer, new LineReceiver(sender, client, known));
        if (count == 0 && known.equals(clients.get(client))) {
            disconnect(client);
        }
    }

    private int read(int client) {
        try {
            return Connections.read(client, buffer);
        } catch (PosixException e) {
            return 0; // reset: as good as closed
        }
    }

    private void disconnect(int client) {
        Client gone = clients.remove(client);
        if (gone != null) {
            lines -= gone.worker() == null ? 0 : 1;
            eventLoop.forget(client);
            Connections.hangUp(client);
        }
    }

    /// Hangs up on all.
    void close() {
        List.copyOf(clients.keySet()).forEach(this::disconnect);
    }

    /// Reader of one client's lines.
    private final class LineReceiver implements LineBuffer.Taker {
        private final PeerCredentials sender;
        private final int client;
        private final Client worker;

        LineReceiver(PeerCredentials sender, int client, Client known) {
            this.sender = sender;
            this.client = client;
            this.worker = known;
        }

        @Override
        public void line(byte[] line) {
            if (left()) {
                return;
            }
            switch (RequestReader.parse(line)) {
                case WorkerMessage.Ack ack -> {
                    if (listener.acked(ack.pid(), sender)) {
                        reply(ack.id(), "acknowledged");
                    } else {
                        reject(ack, "you may not acknowledge for pid " + ack.pid());
                    }
                }
                case WorkerMessage.Ping ping -> {
                    if (listener.pinged(ping, sender)) {
                        reply(ping.id(), "pong");
                    } else {
                        reject(ping, "you may not ping for pid " + ping.pid());
                    }
                }
                case ControlRequest controlRequest ->
                        refuse(
                                controlRequest.id(),
                                "the worker socket takes worker:ack and worker:ping, not '"
                                        + controlRequest.command()
                                        + "'");
                case MalformedRequest malformedRequest ->
                        refuse(malformedRequest.id(), malformedRequest.message());
            }
        }

        @Override
        public void tooLong(int bound) {
            if (!left()) {
                refuse(JsonId.NONE, "a line of more than " + bound + " bytes");
            }
        }

        /// True if the client is gone since; its number may be another's.
        private boolean left() {
            return !worker.equals(clients.get(client));
        }

        private void refuse(JsonId id, String message) {
            listener.refused("pid " + sender.pid() + ": " + message);
            reject(id, ExitStatus.USAGE, message);
        }

        private void reject(WorkerMessage message, String why) {
            JsonId id = message.id() == null ? JsonId.NONE : message.id();
            reject(id, ExitStatus.NOT_ALLOWED, why);
        }

        /// Rejects a client after a malformed line, lest it send a million of them.
        private void reject(JsonId id, ExitStatus code, String message) {
            write(ReplyWriter.done(id, code, message));
            disconnect(client);
        }

        private void reply(@Nullable JsonId id, String message) {
            if (id != null) {
                write(ReplyWriter.done(id, ExitStatus.DONE, message));
            }
        }

        /// A client that does not read does not get its reply.
        private void write(byte[] reply) {
            if (left()) {
                return;
            }
            try {
                Descriptors.write(client, ByteBuffer.wrap(reply));
            } catch (PosixException e) {
                // it did not wait for its reply; what it said counts all the same
            }
        }
    }
}
