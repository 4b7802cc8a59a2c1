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

/// Clients of a program's ack socket, and the lines that its workers were born with: reads
/// `worker:ack` and `worker:ping` and replies. Their number, their lines and what is read at once
/// are bounded.
final class AckClients {
    private static final int LINE_BOUND = 4 * 1024;
    private static final int MAX_GUESTS = 256;

    /// Read at once: a guest that writes without end lets the others have their turns.
    private static final int MAX_READ = LINE_BOUND;

    /// Half a line is nobody's word yet.
    private static final PeerCredentials NOBODY = new PeerCredentials(0, -1, -1);

    private final EventLoop eventLoop;
    private final ByteBuffer buffer;
    private final WorkerSockets.Listener says;

    /// The one that came last stands last.
    private final SequencedMap<Integer, Guest> guests = new LinkedHashMap<>();

    /// Number of lines that workers were born with.
    private int lines;

    /// @param buffer to read into; the loop's thread's own
    AckClients(EventLoop eventLoop, ByteBuffer buffer, WorkerSockets.Listener says) {
        this.eventLoop = eventLoop;
        this.buffer = buffer;
        this.says = says;
    }

    /// Client of the stream socket.
    ///
    /// @param worker the worker that inherited the connection; null for a client that connected
    private record Guest(LineBuffer lines, @Nullable PeerCredentials worker) {}

    /// Goes on with a client of another manager.
    void resume(WorkerClientSnapshot guest) {
        PeerCredentials worker =
                guest.pid() == 0 ? null : new PeerCredentials(guest.pid(), guest.uid(), -1);
        Guest known = new Guest(new LineBuffer(LINE_BOUND), worker);
        byte[] begun = guest.begun().getBytes(StandardCharsets.ISO_8859_1);
        known.lines().feed(ByteBuffer.wrap(begun), new Ear(NOBODY, guest.fd(), known));
        guests.put(guest.fd(), known);
        lines += worker == null ? 0 : 1;
        Connections.refuseDescriptors(guest.fd());
        eventLoop.watch(guest.fd(), Poll.IN, events -> hear(guest.fd()));
    }

    /// Returns the snapshots of all clients.
    List<WorkerClientSnapshot> images() {
        List<WorkerClientSnapshot> here = new ArrayList<>();
        guests.forEach(
                (fd, guest) -> {
                    String begun = new String(guest.lines().begun(), StandardCharsets.ISO_8859_1);
                    PeerCredentials worker = guest.worker();
                    here.add(
                            worker == null
                                    ? new WorkerClientSnapshot(fd, 0, -1, begun)
                                    : new WorkerClientSnapshot(
                                            fd, worker.pid(), worker.uid(), begun));
                });
        return here;
    }

    /// Listens to a worker on the line that it was born with.
    void connect(int line, PeerCredentials worker) {
        guests.put(line, new Guest(new LineBuffer(LINE_BOUND), worker));
        Connections.refuseDescriptors(line);
        lines++;
        eventLoop.watch(line, Poll.IN, events -> hear(line));
    }

    /// Hangs up the line of a worker that is gone, unless it did so before.
    ///
    /// @return whether it had not
    boolean disconnect(int line, int pid) {
        Guest guest = guests.get(line);
        boolean known = guest != null && guest.worker() != null && guest.worker().pid() == pid;
        if (known) {
            dismiss(line);
        }
        return known;
    }

    /// Takes up all that has been said until now.
    void listen(int acks) {
        for (int i = 0; i < MAX_GUESTS && accept(acks); i++) {
            // each is heard as it comes
        }
        for (int guest : List.copyOf(guests.keySet())) {
            hear(guest);
        }
    }

    /// Accepts a client and reads at once: most write as soon as they connect.
    boolean accept(int acks) {
        int guest = SocketAcceptor.accept(acks);
        if (guest < 0) {
            return false;
        }
        if (guests.size() - lines >= MAX_GUESTS) {
            // a worker has little to say and may come late: who has been here for longest goes
            evictOldest();
        }
        try {
            eventLoop.watch(guest, Poll.IN, events -> hear(guest));
        } catch (PosixException e) { // it may try again
            Connections.hangUp(guest);
            return true;
        }
        guests.put(guest, new Guest(new LineBuffer(LINE_BOUND), null));
        hear(guest);
        return true;
    }

    /// Evicts the client that connected first; connections inherited by workers stay.
    private void evictOldest() {
        for (Map.Entry<Integer, Guest> entry : guests.entrySet()) {
            if (entry.getValue().worker() == null) {
                dismiss(entry.getKey());
                return;
            }
        }
    }

    private void hear(int guest) {
        Guest known = guests.get(guest);
        buffer.clear().limit(MAX_READ);
        int count = known == null ? -1 : read(guest);
        if (known == null || count < 0) {
            return;
        }
        buffer.flip();
        PeerCredentials sender = known.worker() == null ? Connections.peer(guest) : known.worker();
        known.lines().feed(buffer, new Ear(sender, guest, known));
        if (count == 0 && known.equals(guests.get(guest))) {
            dismiss(guest);
        }
    }

    private int read(int guest) {
        try {
            return Connections.hear(guest, buffer);
        } catch (PosixException e) {
            return 0; // reset: as good as closed
        }
    }

    private void dismiss(int guest) {
        Guest gone = guests.remove(guest);
        if (gone != null) {
            lines -= gone.worker() == null ? 0 : 1;
            eventLoop.forget(guest);
            Connections.hangUp(guest);
        }
    }

    /// Hangs up on all.
    void close() {
        List.copyOf(guests.keySet()).forEach(this::dismiss);
    }

    /// Reader of one client's lines.
    private final class Ear implements LineBuffer.Taker {
        private final PeerCredentials sender;
        private final int guest;
        private final Guest known;

        Ear(PeerCredentials sender, int guest, Guest known) {
            this.sender = sender;
            this.guest = guest;
            this.known = known;
        }

        @Override
        public void line(byte[] line) {
            if (left()) {
                return;
            }
            switch (RequestReader.parse(line)) {
                case WorkerMessage.Ack ack -> {
                    if (says.acked(ack.pid(), sender)) {
                        reply(ack.id(), "acknowledged");
                    } else {
                        reject(ack, "you may not acknowledge for pid " + ack.pid());
                    }
                }
                case WorkerMessage.Ping ping -> {
                    if (says.pinged(ping, sender)) {
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
            return !known.equals(guests.get(guest));
        }

        private void refuse(JsonId id, String message) {
            says.refused("pid " + sender.pid() + ": " + message);
            reject(id, ExitStatus.USAGE, message);
        }

        private void reject(WorkerMessage message, String why) {
            JsonId id = message.id() == null ? JsonId.NONE : message.id();
            reject(id, ExitStatus.NOT_ALLOWED, why);
        }

        /// Rejects a client after a malformed line, lest it send a million of them.
        private void reject(JsonId id, ExitStatus code, String message) {
            write(ReplyWriter.done(id, code, message));
            dismiss(guest);
        }

        private void reply(@Nullable JsonId id, String message) {
            if (id != null) {
                write(ReplyWriter.done(id, ExitStatus.DONE, message));
            }
        }

        /// A guest that does not read does not get its reply.
        private void write(byte[] reply) {
            if (left()) {
                return;
            }
            try {
                Descriptors.write(guest, ByteBuffer.wrap(reply));
            } catch (PosixException e) {
                // it did not wait for its reply; what it said counts all the same
            }
        }
    }
}
