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
import org.einhyrningsins.manager.image.ConnectionImage;
import org.einhyrningsins.manager.image.ManagerImage;
import org.einhyrningsins.posix.Descriptors;
import org.einhyrningsins.posix.Errno;
import org.einhyrningsins.posix.Peer;
import org.einhyrningsins.posix.Poll;
import org.einhyrningsins.posix.PosixException;
import org.einhyrningsins.posix.Sockets;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;

/// The operator's socket: accepts clients and hands each line they write to the [Operator].
///
/// Whoever may connect here may do everything, so clients are not enemies; but one that is broken,
/// or forgotten in a script, must not keep the others out. When there are too many, the one that
/// has been silent for longest and waits for nothing has to go; when they make us hold too much,
/// the one that makes us hold most.
final class ControlServer implements SocketFiles.Owner {
    /// What a worker is told whose socket is another one.
    static final String ELSEWHERE =
            "this is the operator's socket; a worker acknowledges at its EINHORN_SOCK_PATH";

    private static final int MOST_CLIENTS = 512;

    /// Of replies not taken and lines not ended, all clients together: a quarter of the heap.
    private static final int MOST_HELD = 8 * 1024 * 1024;

    private final Loop loop;
    private final Path path;
    private final int mode;
    private int listener;
    private long file;
    private final ByteBuffer buffer;

    /// The one that spoke last stands last.
    private final SequencedSet<Connection> connections = new LinkedHashSet<>();

    private final Requested requested;

    /// Who is told what is asked.
    interface Requested {
        void request(Connection client, Request request);

        /// A worker says something of itself.
        ///
        /// @return why it does not count; null if it does
        default @Nullable String heard(WorkerMessage message, Peer sender) {
            return ELSEWHERE;
        }
    }

    /// Listens at the path. A file left behind by a manager that died is replaced; a socket that
    /// somebody answers at is not ours to take.
    ControlServer(Loop loop, Path path, int mode, ByteBuffer buffer, Requested requested) {
        this.loop = loop;
        this.path = path;
        this.mode = mode;
        this.buffer = buffer;
        this.requested = requested;
        listener = Sockets.listenUnix(path, mode);
        file = RuntimeFiles.inode(path);
        loop.watch(listener, Poll.IN, events -> accept());
    }

    static ControlServer open(
            Loop loop, Path path, int mode, ByteBuffer buffer, Requested requested)
            throws CannotStart {
        try {
            return new ControlServer(loop, path, mode, buffer, requested);
        } catch (PosixException e) {
            throw new CannotStart(
                    ExitStatus.FAILED,
                    e.errno() == Errno.EADDRINUSE
                            ? taken(path)
                            : "cannot start: control socket " + path + ": " + e.getMessage());
        }
    }

    private static String taken(Path socket) {
        Peer owner = Sockets.owner(socket);
        String who =
                owner == null ? "somebody" : "pid " + owner.pid() + " (uid " + owner.uid() + ")";
        return "cannot start: control socket "
                + socket
                + " is held by "
                + who
                + "; use that manager, or start this one with another socket (-d)";
    }

    /// Goes on where another manager stopped, with its socket and its clients.
    ControlServer(
            Loop loop,
            Path path,
            ManagerImage before,
            List<ConnectionImage> clients,
            ByteBuffer buffer,
            Requested requested) {
        this.loop = loop;
        this.path = path;
        this.mode = before.settings().control().mode();
        this.buffer = buffer;
        this.requested = requested;
        this.listener = before.descriptor("control");
        file = RuntimeFiles.inode(path);
        loop.watch(listener, Poll.IN, events -> accept());
        for (ConnectionImage image : clients) {
            Connection client = new Connection(loop, image, connections::remove);
            loop.watch(image.fd(), client.interest(), events -> ready(client, events));
            connections.add(client);
        }
    }

    /// Its socket, for the next manager.
    int listener() {
        return listener;
    }

    /// Its clients, for the next manager.
    List<ConnectionImage> clients() {
        return connections.stream().map(Connection::image).toList();
    }

    /// The client of that descriptor; null if there is none.
    @Nullable Connection client(int fd) {
        for (Connection client : connections) {
            if (client.fd() == fd) {
                return client;
            }
        }
        return null;
    }

    Path path() {
        return path;
    }

    @Override
    public long inode() {
        return file;
    }

    /// Clients that are connected stay so.
    @Override
    public void remake() throws IOException {
        Path directory = path.getParent();
        if (directory != null) {
            RuntimeFiles.directory(directory, "rwx------");
        }
        int fresh = Sockets.listenUnix(path, mode);
        try {
            loop.watch(fresh, Poll.IN, events -> accept());
        } catch (PosixException e) {
            Descriptors.close(fresh);
            throw e;
        }
        loop.forget(listener);
        Descriptors.close(listener);
        listener = fresh;
        file = RuntimeFiles.inode(path);
    }

    /// Takes up all that was said until now: what a worker said before it died counts.
    void listen() {
        for (int i = 0; i < MOST_CLIENTS && accept(); i++) {
            // each is heard below
        }
        for (Connection client : List.copyOf(connections)) {
            ready(client, Poll.IN);
        }
    }

    private boolean accept() {
        int fd = Acceptor.accept(listener);
        if (fd < 0) {
            return false;
        }
        if (connections.size() >= MOST_CLIENTS && !dismissAnIdleOne()) {
            byte[] full =
                    Replies.done(
                            JsonId.NONE,
                            ExitStatus.FAILED,
                            "the manager has "
                                    + MOST_CLIENTS
                                    + " clients and takes no more; try again");
            turnAway(fd, full);
            return true;
        }
        try {
            Connection client = new Connection(loop, fd, connections::remove);
            loop.watch(fd, Poll.IN, events -> ready(client, events));
            connections.add(client);
        } catch (PosixException e) {
            Descriptors.close(fd);
        }
        return true;
    }

    private boolean dismissAnIdleOne() {
        for (Connection client : connections) {
            if (client.idle()) {
                client.close();
                return true;
            }
        }
        return false;
    }

    private void boundWhatIsHeld() {
        long held = 0;
        Connection most = null;
        for (Connection client : connections) {
            held += client.heldBytes();
            most = most == null || client.heldBytes() > most.heldBytes() ? client : most;
        }
        if (most != null && held > MOST_HELD) {
            most.close();
        }
    }

    private static void turnAway(int fd, byte[] reply) {
        try {
            Descriptors.write(fd, ByteBuffer.wrap(reply));
        } catch (PosixException gone) {
            // so much the better
        }
        Descriptors.close(fd);
    }

    private void ready(Connection client, int events) {
        if (client.closed()) {
            return;
        }
        if ((events & Poll.OUT) != 0) {
            client.flush();
        }
        if ((events & (Poll.IN | Poll.HUP | Poll.ERR)) != 0
                && !client.read(buffer, new Taker(client))) {
            client.close();
        }
        if (!client.closed()) {
            connections.remove(client);
            connections.add(client);
        }
        boundWhatIsHeld();
    }

    /// One line after the other of one client.
    private final class Taker implements Lines.Taker {
        private final Connection client;

        Taker(Connection client) {
            this.client = client;
        }

        @Override
        public void line(byte[] line) {
            if (client.closed()) {
                return; // it did not take the replies to the lines before
            }
            switch (Requests.parse(line)) {
                case Request request -> requested.request(client, request);
                case WorkerMessage message -> hear(message, line);
                case Malformed malformed -> client.send(Replies.malformed(malformed));
            }
        }

        /// einhyrningsins(1) answers, einhorn(1) closes the connection in case the worker forgets
        /// to: one in the newer dialect gets both, unless it asked for an answer and may go on.
        private void hear(WorkerMessage message, byte[] line) {
            String objection = requested.heard(message, client.peer());
            JsonId id = message.id();
            if (id != null || line[0] == '{') {
                ExitStatus code = objection == null ? ExitStatus.DONE : ExitStatus.USAGE;
                String done = message instanceof WorkerMessage.Ack ? "acknowledged" : "pong";
                String text = objection == null ? done : objection;
                client.send(Replies.done(id == null ? JsonId.NONE : id, code, text));
            }
            if (id == null) {
                client.close();
            }
        }

        @Override
        public void tooLong(int bound) {
            client.send(Replies.tooLong(bound));
        }
    }

    /// Tells all who follow that program.
    void tell(String program, String message) {
        if (!connections.isEmpty()) {
            List.copyOf(connections).forEach(client -> client.tell(program, message));
            boundWhatIsHeld();
        }
    }

    /// Closes everything and removes the socket's file, if it is still ours.
    void close() {
        for (Connection client : List.copyOf(connections)) {
            client.flush();
            client.close();
        }
        loop.forget(listener);
        if (file == RuntimeFiles.inode(path)) { // before it is closed: then its number is free
            RuntimeFiles.delete(path);
        }
        Descriptors.close(listener);
    }
}
