// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.control.ExitStatus;
import org.einhyrningsins.control.JsonId;
import org.einhyrningsins.control.Lines;
import org.einhyrningsins.control.Malformed;
import org.einhyrningsins.control.Replies;
import org.einhyrningsins.control.Request;
import org.einhyrningsins.control.Requests;
import org.einhyrningsins.control.WorkerMessage;
import org.einhyrningsins.posix.Credentials;
import org.einhyrningsins.posix.Datagram;
import org.einhyrningsins.posix.Descriptors;
import org.einhyrningsins.posix.Peer;
import org.einhyrningsins.posix.Poll;
import org.einhyrningsins.posix.PosixException;
import org.einhyrningsins.posix.Sockets;
import org.einhyrningsins.spec.BondSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Where the workers of one program speak to us: a stream socket for `worker:ack` and `worker:ping`
/// (EINHORN_SOCK_PATH) and a datagram socket for notifications (NOTIFY_SOCKET). Only the program's
/// user can reach them, and a message counts only if the kernel says that its sender is the worker
/// it speaks for, or descends from it.
final class WorkerDoor {
    private static final int LINE_BOUND = 4 * 1024;
    private static final int MOST_GUESTS = 256;
    private static final int DATAGRAMS_AT_ONCE = 64;

    private final Loop loop;
    private final Listener says;
    private final Path controlPath;
    private final Path ackPath;
    private final Path notifyPath;
    private final int acks;
    private final int notifications;
    private final Map<Integer, Guest> guests = new HashMap<>();
    private int lines;
    private final ByteBuffer buffer;

    /// Who speaks to us.
    ///
    /// @param worker whose line it is, of those that were born with one; null for one who came in
    private record Guest(Lines lines, @Nullable Peer worker) {}

    /// Who is told what workers say.
    interface Listener {
        /// A worker is said to be up.
        ///
        /// @param pid the process the message speaks for
        void acked(int pid, Peer sender);

        /// Somebody sent a notification.
        void notified(Peer sender, String text);

        /// Something was said that does not count.
        void refused(String why);
    }

    /// Opens both sockets.
    ///
    /// @param controlPath the operator's socket, where some programs' workers speak to us
    /// @param owner who may use them besides root; null for the manager's own user
    WorkerDoor(
            Loop loop,
            Path controlPath,
            Path directory,
            String program,
            @Nullable Credentials owner,
            ByteBuffer buffer,
            Listener says)
            throws IOException {
        this.loop = loop;
        this.says = says;
        this.buffer = buffer;
        this.controlPath = controlPath;
        ackPath = directory.resolve(program + ".sock");
        notifyPath = directory.resolve(program + ".notify");
        acks = Sockets.listenUnix(ackPath, 0600);
        Files.deleteIfExists(notifyPath);
        notifications = Sockets.bindUnixDatagram(notifyPath, 0600);
        if (owner != null) {
            give(ackPath, owner);
            give(notifyPath, owner);
        }
        loop.watch(acks, Poll.IN, events -> accept());
        loop.watch(notifications, Poll.IN, events -> receive());
    }

    private static void give(Path path, Credentials owner) throws IOException {
        Files.setAttribute(path, "unix:uid", owner.uid());
    }

    /// What a worker's EINHORN_SOCK_PATH says.
    Path ackPath(BondSpec bond) {
        return switch (bond.workerSocket()) {
            case OWN -> ackPath;
            case CONTROL -> controlPath;
        };
    }

    /// Listens to a worker on the line that it was born with. Whoever holds the other end has it
    /// from that worker, so it speaks for that worker and no other.
    void connect(int line, Peer worker) {
        guests.put(line, new Guest(new Lines(LINE_BOUND), worker));
        lines++;
        loop.watch(line, Poll.IN, events -> hear(line));
    }

    /// The worker is gone. If it had hung up before, the number of its line may be another's by
    /// now.
    void disconnect(int line, int pid) {
        Guest guest = guests.get(line);
        if (guest != null && guest.worker() != null && guest.worker().pid() == pid) {
            dismiss(line);
        }
    }

    Path notifyPath() {
        return notifyPath;
    }

    /// Takes up all that has been said until now: what a worker said before it died counts.
    void listen() {
        for (int i = 0; i < MOST_GUESTS && accept(); i++) {
            // each is heard as it comes
        }
        for (int guest : List.copyOf(guests.keySet())) {
            hear(guest);
        }
        receive();
    }

    /// Who connects mostly speaks at once, so the first look is not left to the next turn.
    private boolean accept() {
        int guest = Acceptor.accept(acks);
        if (guest < 0) {
            return false;
        }
        if (guests.size() - lines >= MOST_GUESTS) {
            Descriptors.close(guest);
            says.refused("more than " + MOST_GUESTS + " connections at the worker socket");
            return true;
        }
        guests.put(guest, new Guest(new Lines(LINE_BOUND), null));
        loop.watch(guest, Poll.IN, events -> hear(guest));
        hear(guest);
        return true;
    }

    private void hear(int guest) {
        Guest known = guests.get(guest);
        buffer.clear();
        int count = known == null ? -1 : read(guest);
        if (known == null || count < 0) {
            return;
        }
        buffer.flip();
        Peer sender = known.worker() == null ? Sockets.peer(guest) : known.worker();
        known.lines().feed(buffer, new Ear(sender, guest));
        if (count == 0) {
            dismiss(guest);
        }
    }

    private int read(int guest) {
        try {
            return Descriptors.read(guest, buffer);
        } catch (PosixException e) {
            return 0; // reset: as good as closed
        }
    }

    private void dismiss(int guest) {
        Guest gone = guests.remove(guest);
        lines -= gone != null && gone.worker() != null ? 1 : 0;
        loop.forget(guest);
        Descriptors.close(guest);
    }

    /// One line after the other of one guest.
    private final class Ear implements Lines.Taker {
        private final Peer sender;
        private final int guest;

        Ear(Peer sender, int guest) {
            this.sender = sender;
            this.guest = guest;
        }

        @Override
        public void line(byte[] line) {
            switch (Requests.parse(line)) {
                case WorkerMessage.Ack ack -> {
                    says.acked(ack.pid(), sender);
                    reply(ack.id(), "acknowledged");
                }
                case WorkerMessage.Ping ping -> reply(ping.id(), "pong");
                case Request request ->
                        refuse(
                                request.id(),
                                "the worker socket takes worker:ack and worker:ping, not '"
                                        + request.command()
                                        + "'");
                case Malformed malformed -> refuse(malformed.id(), malformed.message());
            }
        }

        @Override
        public void tooLong(int bound) {
            says.refused("pid " + sender.pid() + " wrote a line of more than " + bound + " bytes");
        }

        private void refuse(JsonId id, String message) {
            says.refused("pid " + sender.pid() + ": " + message);
            write(Replies.done(id, ExitStatus.USAGE, message));
        }

        private void reply(@Nullable JsonId id, String message) {
            if (id != null) {
                write(Replies.done(id, ExitStatus.DONE, message));
            }
        }

        /// A guest that does not read does not get its reply.
        private void write(byte[] reply) {
            try {
                Descriptors.write(guest, ByteBuffer.wrap(reply));
            } catch (PosixException e) {
                says.refused("pid " + sender.pid() + " did not wait for its reply");
            }
        }
    }

    private void receive() {
        for (int i = 0; i < DATAGRAMS_AT_ONCE; i++) {
            Datagram datagram = Sockets.receive(notifications);
            if (datagram == null) {
                return;
            }
            says.notified(datagram.sender(), new String(datagram.text(), StandardCharsets.UTF_8));
        }
    }

    void close() {
        List.copyOf(guests.keySet()).forEach(this::dismiss);
        loop.forget(acks);
        loop.forget(notifications);
        Descriptors.close(acks);
        Descriptors.close(notifications);
        RuntimeFiles.delete(ackPath);
        RuntimeFiles.delete(notifyPath);
    }
}
