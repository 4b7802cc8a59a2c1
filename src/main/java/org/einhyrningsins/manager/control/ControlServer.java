// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.control;

import org.einhyrningsins.control.report.ReplyWriter;
import org.einhyrningsins.control.wire.ControlRequest;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonId;
import org.einhyrningsins.control.wire.LineBuffer;
import org.einhyrningsins.control.wire.MalformedRequest;
import org.einhyrningsins.control.wire.RequestReader;
import org.einhyrningsins.control.wire.WorkerMessage;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.manager.runtime.SocketAcceptor;
import org.einhyrningsins.manager.runtime.StartException;
import org.einhyrningsins.manager.snapshot.ControlConnectionSnapshot;
import org.einhyrningsins.manager.snapshot.ManagerSnapshot;
import org.einhyrningsins.manager.socket.SocketFileWatch;
import org.einhyrningsins.manager.socket.SocketFiles;
import org.einhyrningsins.posix.file.BackgroundCloser;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.OpenFileLimits;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.socket.Connections;
import org.einhyrningsins.spec.manager.ControlSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/// The operator's socket: accepts clients and hands each line they write to the
/// [org.einhyrningsins.manager.operate.CommandDispatcher].
///
/// Who may do what is in [AccessControl], and is looked up for each request: what a client may do
/// can change while it is connected. Where anybody may connect, and where a client is broken or
/// forgotten in a script, none may keep the others out: when there are too many, or they make us
/// hold too much, some have to go, see [ClientQuota].
public final class ControlServer implements SocketFileWatch.Owner {
    /// Reply to a worker that uses the operator's socket by mistake.
    public static final String ELSEWHERE =
            "this is the operator's socket; a worker acknowledges at its EINHORN_SOCK_PATH";

    private static final int MAX_CLIENTS = 512;

    /// Maximum of connections not accepted yet: the backlog, and one.
    private static final int MAX_QUEUED = 129;

    /// Maximum of replies not taken and lines not ended, all clients together: a quarter of the
    /// heap.
    private static final int MAX_QUEUED_BYTES = 8 * 1024 * 1024;

    private final EventLoop eventLoop;
    private final Path path;
    private ControlSpec spec;
    private AccessControl accessControl;
    private int listener;
    private final ControlSocketFile file;
    private final ByteBuffer buffer;

    private final ClientQuota<ControlConnection> connections = new ClientQuota<>();
    private final int mostClients;
    private final RequestHandler requestHandler;

    /// Listener for requests.
    public interface RequestHandler {
        /// A client asks for something.
        ///
        /// @param role its rights now
        void request(
                ControlConnection client, AccessControl.Role role, ControlRequest controlRequest);

        /// A worker says something of itself.
        ///
        /// @return reason why it does not count; null if it does
        default @Nullable String workerMessage(WorkerMessage message, PeerCredentials sender) {
            return ELSEWHERE;
        }
    }

    /// Listens at the path. A file left behind by a manager that died is replaced; a socket that
    /// somebody answers at is not ours to take.
    ControlServer(
            EventLoop eventLoop,
            Path path,
            ControlSpec spec,
            AccessControl accessControl,
            ByteBuffer buffer,
            RequestHandler requested) {
        this.eventLoop = eventLoop;
        this.path = path;
        this.spec = spec;
        this.accessControl = accessControl;
        this.buffer = buffer;
        this.requestHandler = requested;
        mostClients = mostClients();
        SocketFiles.Opened opened = SocketFiles.listen(path, spec.mode(), -1);
        listener = opened.fd();
        file = new ControlSocketFile(path, opened.file(), spec.mode());
        eventLoop.watch(listener, Poll.IN, events -> accept());
    }

    public static ControlServer open(
            EventLoop eventLoop,
            Path path,
            ControlSpec spec,
            AccessControl accessControl,
            ByteBuffer buffer,
            RequestHandler requested)
            throws StartException {
        try {
            return new ControlServer(eventLoop, path, spec, accessControl, buffer, requested);
        } catch (PosixException e) {
            throw new StartException(
                    ExitStatus.FAILED,
                    e.errno() == Errno.EADDRINUSE
                            ? ControlSocketFile.taken(path)
                            : "cannot start: control socket " + path + ": " + e.getMessage());
        }
    }

    /// Goes on where another manager stopped, with its socket and its clients.
    public ControlServer(
            EventLoop eventLoop,
            Path path,
            ManagerSnapshot before,
            AccessControl accessControl,
            List<ControlConnectionSnapshot> clients,
            ByteBuffer buffer,
            RequestHandler requested) {
        this.eventLoop = eventLoop;
        this.path = path;
        this.spec = before.settings().control();
        this.accessControl = accessControl;
        this.buffer = buffer;
        this.requestHandler = requested;
        this.listener = before.descriptor("control");
        Connections.refuseDescriptors(listener);
        mostClients = mostClients();
        file = new ControlSocketFile(path, RuntimeFiles.inode(path), spec.mode());
        eventLoop.watch(listener, Poll.IN, events -> accept());
        for (ControlConnectionSnapshot image : clients) {
            Connections.refuseDescriptors(image.fd());
            ControlConnection client = new ControlConnection(eventLoop, image, connections::remove);
            eventLoop.watch(image.fd(), client.interest(), events -> ready(client, events));
            connections.add(client);
        }
    }

    /// A quarter of the descriptors there may be: the sockets and pipes of workers need theirs.
    private static int mostClients() {
        return Math.clamp(OpenFileLimits.openFiles().soft() / 4, 16, MAX_CLIENTS);
    }

    /// Returns the listening socket, for the next manager.
    public int listener() {
        return listener;
    }

    /// Returns the number of clients.
    public int count() {
        return connections.size();
    }

    /// Returns the clients, for the next manager.
    public List<ControlConnectionSnapshot> clients() {
        return connections.all().stream().map(ControlConnection::image).toList();
    }

    /// The client of that descriptor; null if there is none.
    public @Nullable ControlConnection client(int fd) {
        for (ControlConnection client : connections.all()) {
            if (client.fd() == fd) {
                return client;
            }
        }
        return null;
    }

    public Path path() {
        return path;
    }

    @Override
    public long inode() {
        return file.inode();
    }

    /// Clients that are connected stay so.
    @Override
    public void remake() throws IOException {
        Path directory = path.getParent();
        if (directory != null) {
            RuntimeFiles.directory(directory, RuntimeFiles.permissions(spec.forOthers()));
        }
        SocketFiles.Opened fresh = SocketFiles.listen(path, spec.mode(), -1);
        try {
            eventLoop.watch(fresh.fd(), Poll.IN, events -> accept());
        } catch (PosixException e) {
            Descriptors.close(fresh.fd());
            throw e;
        }
        eventLoop.forget(listener);
        BackgroundCloser.close(listener); // who waits in its queue may have passed something
        listener = fresh.fd();
        file.replaced(fresh.file(), spec.mode());
    }

    /// Takes up all that was said until now: what a worker said before it died counts.
    public void listen() {
        acceptAll();
        for (ControlConnection client : connections.all()) {
            ready(client, Poll.IN);
        }
    }

    private boolean accept() {
        int fd = SocketAcceptor.accept(listener);
        if (fd < 0) {
            return false;
        }
        try {
            ControlConnection client = new ControlConnection(eventLoop, fd, connections::remove);
            if (connections.size() >= mostClients && !makeRoomFor(client)) {
                reject(client);
                return true;
            }
            eventLoop.watch(fd, Poll.IN, events -> ready(client, events));
            connections.add(client);
            ready(client, Poll.IN); // before others come, who mostly have less to say
        } catch (PosixException e) {
            Connections.hangUp(fd);
        }
        return true;
    }

    private boolean makeRoomFor(ControlConnection client) {
        ControlConnection inTheWay = connections.clientToEvict(client.uid());
        if (inTheWay != null) {
            inTheWay.close();
        }
        return inTheWay != null;
    }

    private void reject(ControlConnection client) {
        String full =
                "the manager has "
                        + mostClients
                        + " clients that wait for what they asked for, and takes no more; try"
                        + " again";
        client.send(ReplyWriter.done(JsonId.NONE, ExitStatus.FAILED, full));
        client.close();
    }

    private void acceptAll() {
        for (int i = 0; i < MAX_QUEUED && accept(); i++) {
            // each is taken up as it comes
        }
    }

    private void enforceMemoryLimit() {
        ControlConnection heaviest = connections.heaviest(MAX_QUEUED_BYTES);
        if (heaviest != null) {
            heaviest.close();
        }
    }

    // ---- who may do what

    /// Sets the access rights. Clients stay connected and their next request is checked; followers
    /// that may not look any more get no more events.
    ///
    /// Where only the mode of the file decides, it must have decided for every client that is
    /// connected: clients admitted by another mode, without full rights now, are disconnected.
    ///
    /// @return why the file keeps its mode; null if it has the one that is wanted
    public @Nullable String admit(ControlSpec next, AccessControl by) {
        String problem = file.change(next.mode());
        if (by.byModeAlone() && !accessControl.byModeAlone()) {
            acceptAll(); // those in the queue came past the other mode as well
            connections.all().forEach(this::disconnectUnlessAdmin);
        }
        spec = next;
        accessControl = by;
        connections.all().forEach(this::unsubscribeUnauthorised);
        return problem;
    }

    private void disconnectUnlessAdmin(ControlConnection client) {
        if (role(client) != AccessControl.Role.ADMIN) {
            client.close();
        }
    }

    private void unsubscribeUnauthorised(ControlConnection client) {
        if (role(client) == AccessControl.Role.STRANGER) {
            client.unfollow("from now on this is not allowed to you: see control.allow");
        }
    }

    private AccessControl.Role role(ControlConnection client) {
        return accessControl.role(client.peer(), client::groups);
    }

    private void ready(ControlConnection client, int events) {
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
        enforceMemoryLimit();
    }

    /// Reader of one client's lines.
    private final class Taker implements LineBuffer.Taker {
        private final ControlConnection client;

        Taker(ControlConnection client) {
            this.client = client;
        }

        @Override
        public void line(byte[] line) {
            if (client.closed()) {
                return; // it did not take the replies to the lines before
            }
            switch (RequestReader.parse(line)) {
                case ControlRequest controlRequest -> {
                    connections.requestReceived(client);
                    requestHandler.request(client, role(client), controlRequest);
                }
                case WorkerMessage message -> hear(message, line);
                case MalformedRequest malformedRequest ->
                        client.send(ReplyWriter.malformed(malformedRequest));
            }
        }

        /// einhyrningsins(1) answers, einhorn(1) closes the connection in case the worker forgets
        /// to: one in the newer dialect gets both, unless it asked for an answer and may go on.
        private void hear(WorkerMessage message, byte[] line) {
            String objection = requestHandler.workerMessage(message, client.peer());
            JsonId id = message.id();
            if (id != null || line[0] == '{') {
                ExitStatus code = objection == null ? ExitStatus.DONE : ExitStatus.USAGE;
                String done = message instanceof WorkerMessage.Ack ? "acknowledged" : "pong";
                String text = objection == null ? done : objection;
                client.send(ReplyWriter.done(id == null ? JsonId.NONE : id, code, text));
            }
            if (id == null) {
                client.close();
            }
        }

        @Override
        public void tooLong(int bound) {
            client.send(ReplyWriter.tooLong(bound));
        }
    }

    /// Tells something to each client that wants to know.
    public void forEachClient(Consumer<ControlConnection> telling) {
        if (connections.size() > 0) {
            connections.all().forEach(telling);
            enforceMemoryLimit();
        }
    }

    /// Closes everything and removes the socket's file, if it is still ours.
    public void close() {
        for (ControlConnection client : connections.all()) {
            client.flush();
            client.close();
        }
        eventLoop.forget(listener);
        file.remove(); // before it is closed: then its number is free
        BackgroundCloser.close(listener);
    }
}
