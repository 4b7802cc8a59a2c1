// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.channel;

import org.einhyrningsins.control.wire.WorkerMessage;
import org.einhyrningsins.manager.runtime.DatagramInbox;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.manager.snapshot.WorkerSocketsSnapshot;
import org.einhyrningsins.manager.socket.SocketFileWatch;
import org.einhyrningsins.manager.socket.SocketFiles;
import org.einhyrningsins.posix.file.BackgroundCloser;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.Datagram;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.socket.Connections;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.IntFunction;

/// Sockets of one program's workers: a stream socket for `worker:ack` and `worker:ping`
/// (EINHORN_SOCK_PATH) and a datagram socket for notifications (NOTIFY_SOCKET). Only the program's
/// user can reach them, and a message counts only if the kernel listener that its sender is the
/// worker it speaks for, or descends from it.
public final class WorkerSockets {
    private static final String ACKS = ".sock";
    private static final String NOTIFICATIONS = ".notify";
    private final EventLoop eventLoop;
    private final Listener listener;
    private final Path ackPath;
    private final Path notifyPath;
    private final Place place;
    private int acks;
    private DatagramInbox notifications;
    private long acksFile;
    private long notificationsFile;
    private final AckClients clients;

    /// Opens a program's worker sockets.
    public interface Opener {
        WorkerSockets open(ProgramSpec spec, Listener listener) throws IOException;

        /// Takes over those that another manager had opened.
        WorkerSockets resume(WorkerSocketsSnapshot image, Listener listener) throws IOException;
    }

    /// Listener for workers' messages.
    public interface Listener {
        /// A worker is said to be up.
        ///
        /// @param pid the process the message speaks for
        /// @return whether the sender may speak for it
        boolean acked(int pid, PeerCredentials sender);

        /// A worker is said to be alive.
        ///
        /// @return whether the sender may speak for it
        boolean pinged(WorkerMessage.Ping ping, PeerCredentials sender);

        /// Handles a notification.
        void notified(PeerCredentials sender, String text);

        /// Handles a message that was refused.
        void refused(String why);
    }

    /// Location of the sockets.
    ///
    /// @param name base name of their files, without `.sock` and `.notify`; unique while they are
    ///   open
    /// @param owner user who may connect, besides root; null for the manager's own user
    /// @param maker makes the directory again
    record Place(
            Path directory,
            String name,
            @Nullable Credentials owner,
            Maker maker,
            SocketFileWatch files) {}

    /// Makes a directory that is gone.
    interface Maker {
        Path make() throws IOException;
    }

    /// Opens both sockets.
    WorkerSockets(EventLoop eventLoop, Place place, ByteBuffer buffer, Listener listener)
            throws IOException {
        this.eventLoop = eventLoop;
        this.place = place;
        this.listener = listener;
        clients = new AckClients(eventLoop, buffer, listener);
        ackPath = place.directory().resolve(place.name() + ACKS);
        notifyPath = place.directory().resolve(place.name() + NOTIFICATIONS);
        openAcks();
        try {
            notifications = openNotifications();
        } catch (IOException | PosixException e) {
            closeAcks();
            throw e;
        }
        place.files().watch(ackPath, new Acks());
        place.files().watch(notifyPath, new Notifications());
    }

    private void openAcks() throws IOException {
        SocketFiles.Opened fresh = SocketFiles.listen(ackPath, 0600, owner());
        acks =
                opened(
                        fresh.fd(),
                        ackPath,
                        opened -> {
                            eventLoop.watch(opened, Poll.IN, events -> clients.accept(acks));
                            return opened;
                        });
        acksFile = fresh.file();
    }

    private int owner() {
        return place.owner() == null ? -1 : place.owner().uid();
    }

    private DatagramInbox openNotifications() throws IOException {
        RuntimeFiles.delete(notifyPath);
        SocketFiles.Opened fresh = SocketFiles.bindDatagrams(notifyPath, 0600, owner());
        DatagramInbox box =
                opened(
                        fresh.fd(),
                        notifyPath,
                        opened -> new DatagramInbox(eventLoop, opened, this::take));
        notificationsFile = fresh.file();
        return box;
    }

    private <T> T opened(int fd, Path path, IntFunction<T> watched) throws IOException {
        try {
            return watched.apply(fd);
        } catch (PosixException e) {
            Descriptors.close(fd);
            RuntimeFiles.delete(path);
            throw e;
        }
    }

    /// Goes on where another manager stopped, with its sockets and its clients.
    WorkerSockets(
            EventLoop eventLoop,
            Place place,
            WorkerSocketsSnapshot image,
            ByteBuffer buffer,
            Listener listener) {
        this.eventLoop = eventLoop;
        this.place = place;
        this.listener = listener;
        clients = new AckClients(eventLoop, buffer, listener);
        ackPath = place.directory().resolve(place.name() + ACKS);
        notifyPath = place.directory().resolve(place.name() + NOTIFICATIONS);
        acks = image.acks();
        Connections.refuseDescriptors(acks);
        notifications = new DatagramInbox(eventLoop, image.notifications(), this::take);
        acksFile = RuntimeFiles.inode(ackPath);
        notificationsFile = RuntimeFiles.inode(notifyPath);
        eventLoop.watch(acks, Poll.IN, events -> clients.accept(acks));
        image.clients().forEach(clients::resume);
        place.files().watch(ackPath, new Acks());
        place.files().watch(notifyPath, new Notifications());
    }

    /// Returns the snapshot of the sockets.
    ///
    /// @param user their owner; empty for the manager's own user
    public WorkerSocketsSnapshot image(String user) {
        return new WorkerSocketsSnapshot(
                user, place.name(), place.owner(), acks, notifications.fd(), clients.images());
    }

    /// The stream socket, as one whose file may vanish.
    private final class Acks implements SocketFileWatch.Owner {
        @Override
        public long inode() {
            return acksFile;
        }

        @Override
        public void remake() throws IOException {
            place.maker().make();
            int before = acks;
            openAcks();
            eventLoop.forget(before);
            BackgroundCloser.close(before); // who waits in its queue may have passed something
        }
    }

    /// The datagram socket, as one whose file may vanish.
    private final class Notifications implements SocketFileWatch.Owner {
        @Override
        public long inode() {
            return notificationsFile;
        }

        @Override
        public void remake() throws IOException {
            place.maker().make();
            DatagramInbox before = notifications;
            notifications = openNotifications();
            before.close();
        }
    }

    /// A name that no open worker sockets have: the program's own, unless older ones of that name
    /// are still in use.
    static String freeName(Path directory, String program) {
        String name = program;
        for (int i = 2; Files.exists(directory.resolve(name + ACKS)); i++) {
            name = program + "~" + i;
        }
        return name;
    }

    /// The name of the worker sockets whose notify socket has this path; null if it is none.
    public static @Nullable String nameOf(String notifyPath) {
        String file = notifyPath.substring(notifyPath.lastIndexOf('/') + 1);
        int end = file.length() - NOTIFICATIONS.length();
        return end > 0 && file.endsWith(NOTIFICATIONS) ? file.substring(0, end) : null;
    }

    /// Removes what a manager that was killed left behind. Only for who knows that it is the only
    /// one to use the directory.
    public static void removeLeftovers(Path directory) throws IOException {
        try (DirectoryStream<Path> left =
                Files.newDirectoryStream(directory, "*{" + ACKS + "," + NOTIFICATIONS + "}")) {
            left.forEach(RuntimeFiles::delete);
        }
    }

    public Path ackPath() {
        return ackPath;
    }

    /// Listens to a worker on the line that it was started with. Whoever holds the other end has it
    /// from that worker, so it speaks for that worker and no other.
    public void connect(int line, PeerCredentials worker) {
        clients.connect(line, worker);
    }

    /// The worker is gone. If it had hung up before, the number of its line may be another's by
    /// now.
    ///
    /// @return whether it had not
    public boolean disconnect(int line, int pid) {
        return clients.disconnect(line, pid);
    }

    public Path notifyPath() {
        return notifyPath;
    }

    /// Takes up all that has been said until now: what a worker said before it died counts.
    public void listen() {
        clients.listen(acks);
        notifications.empty();
    }

    private void take(Datagram datagram) {
        listener.notified(datagram.sender(), new String(datagram.text(), StandardCharsets.UTF_8));
    }

    public void close() {
        clients.close();
        place.files().unwatch(ackPath);
        place.files().unwatch(notifyPath);
        closeAcks();
        RuntimeFiles.delete(notifyPath);
        notifications.close();
    }

    private void closeAcks() {
        eventLoop.forget(acks);
        RuntimeFiles.delete(ackPath);
        BackgroundCloser.close(acks);
    }
}
