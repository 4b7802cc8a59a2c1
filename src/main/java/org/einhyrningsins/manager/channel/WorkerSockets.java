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
import org.einhyrningsins.manager.runtime.DatagramInbox;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.manager.runtime.SocketAcceptor;
import org.einhyrningsins.manager.snapshot.WorkerClientSnapshot;
import org.einhyrningsins.manager.snapshot.WorkerSocketsSnapshot;
import org.einhyrningsins.manager.socket.SocketFileWatch;
import org.einhyrningsins.posix.file.BackgroundCloser;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.Datagram;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.socket.Sockets;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.IntFunction;

/// Sockets of one program's workers: a stream socket for `worker:ack` and `worker:ping`
/// (EINHORN_SOCK_PATH) and a datagram socket for notifications (NOTIFY_SOCKET). Only the program's
/// user can reach them, and a message counts only if the kernel says that its sender is the worker
/// it speaks for, or descends from it.
public final class WorkerSockets {
    private static final String ACKS = ".sock";
    private static final String NOTIFICATIONS = ".notify";
    private static final int LINE_BOUND = 4 * 1024;
    private static final int MAX_GUESTS = 256;

    /// Read at once: a guest that writes without end lets the others have their turns.
    private static final int MAX_READ = LINE_BOUND;

    private final EventLoop eventLoop;
    private final Listener says;
    private final Path ackPath;
    private final Path notifyPath;
    private final Place place;
    private int acks;
    private DatagramInbox notifications;
    private long acksFile;
    private long notificationsFile;

    /// The one that came last stands last.
    private final SequencedMap<Integer, Guest> guests = new LinkedHashMap<>();

    private int lines;
    private final ByteBuffer buffer;

    /// Client of the stream socket.
    ///
    /// @param worker the worker that inherited the connection; null for a client that connected
    private record Guest(LineBuffer lines, @Nullable PeerCredentials worker) {}

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
    WorkerSockets(EventLoop eventLoop, Place place, ByteBuffer buffer, Listener says)
            throws IOException {
        this.eventLoop = eventLoop;
        this.place = place;
        this.says = says;
        this.buffer = buffer;
        ackPath = place.directory().resolve(place.name() + ACKS);
        notifyPath = place.directory().resolve(place.name() + NOTIFICATIONS);
        openAcks();
        try {
            notifications = openNotifications();
        } catch (IOException | PosixException e) {
            closeAcks();
            throw e;
        }
        place.files().guard(ackPath, new Acks());
        place.files().guard(notifyPath, new Notifications());
    }

    private void openAcks() throws IOException {
        int fd = Sockets.listenUnix(ackPath, 0600);
        acks =
                opened(
                        fd,
                        ackPath,
                        opened -> {
                            eventLoop.watch(opened, Poll.IN, events -> accept());
                            return opened;
                        });
        acksFile = RuntimeFiles.inode(ackPath);
    }

    private DatagramInbox openNotifications() throws IOException {
        RuntimeFiles.delete(notifyPath);
        int fd = Sockets.bindUnixDatagram(notifyPath, 0600);
        DatagramInbox box =
                opened(fd, notifyPath, opened -> new DatagramInbox(eventLoop, opened, this::take));
        notificationsFile = RuntimeFiles.inode(notifyPath);
        return box;
    }

    private <T> T opened(int fd, Path path, IntFunction<T> watched) throws IOException {
        try {
            if (place.owner() != null) {
                Sockets.give(path, place.owner().uid());
            }
            return watched.apply(fd);
        } catch (PosixException e) {
            Descriptors.close(fd);
            RuntimeFiles.delete(path);
            throw e;
        }
    }

    /// Goes on where another manager stopped, with its sockets and its guests.
    WorkerSockets(
            EventLoop eventLoop,
            Place place,
            WorkerSocketsSnapshot image,
            ByteBuffer buffer,
            Listener says) {
        this.eventLoop = eventLoop;
        this.place = place;
        this.says = says;
        this.buffer = buffer;
        ackPath = place.directory().resolve(place.name() + ACKS);
        notifyPath = place.directory().resolve(place.name() + NOTIFICATIONS);
        acks = image.acks();
        Sockets.refuseDescriptors(acks);
        notifications = new DatagramInbox(eventLoop, image.notifications(), this::take);
        acksFile = RuntimeFiles.inode(ackPath);
        notificationsFile = RuntimeFiles.inode(notifyPath);
        eventLoop.watch(acks, Poll.IN, events -> accept());
        for (WorkerClientSnapshot guest : image.guests()) {
            PeerCredentials worker =
                    guest.pid() == 0 ? null : new PeerCredentials(guest.pid(), guest.uid(), -1);
            Guest known = new Guest(new LineBuffer(LINE_BOUND), worker);
            byte[] begun = guest.begun().getBytes(StandardCharsets.ISO_8859_1);
            known.lines().feed(ByteBuffer.wrap(begun), new Ear(NOBODY, guest.fd(), known));
            guests.put(guest.fd(), known);
            lines += worker == null ? 0 : 1;
            Sockets.refuseDescriptors(guest.fd());
            eventLoop.watch(guest.fd(), Poll.IN, events -> hear(guest.fd()));
        }
        place.files().guard(ackPath, new Acks());
        place.files().guard(notifyPath, new Notifications());
    }

    /// Half a line is nobody's word yet.
    private static final PeerCredentials NOBODY = new PeerCredentials(0, -1, -1);

    /// Returns the snapshot of the sockets.
    ///
    /// @param user their owner; empty for the manager's own user
    public WorkerSocketsSnapshot image(String user) {
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
        return new WorkerSocketsSnapshot(
                user, place.name(), place.owner(), acks, notifications.fd(), here);
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

    /// A name that no open door has: the program's own, unless an older door of that name is still
    /// in use.
    static String freeName(Path directory, String program) {
        String name = program;
        for (int i = 2; Files.exists(directory.resolve(name + ACKS)); i++) {
            name = program + "~" + i;
        }
        return name;
    }

    /// The name of the door that a path is the notify socket of; null if it is none.
    public static @Nullable String nameOf(String notifyPath) {
        String file = notifyPath.substring(notifyPath.lastIndexOf('/') + 1);
        int end = file.length() - NOTIFICATIONS.length();
        return end > 0 && file.endsWith(NOTIFICATIONS) ? file.substring(0, end) : null;
    }

    /// Removes what a manager that was killed left behind. Only for who knows that it is the only
    /// one to use the directory.
    public static void sweep(Path directory) throws IOException {
        try (DirectoryStream<Path> left =
                Files.newDirectoryStream(directory, "*{" + ACKS + "," + NOTIFICATIONS + "}")) {
            left.forEach(RuntimeFiles::delete);
        }
    }

    public Path ackPath() {
        return ackPath;
    }

    /// Listens to a worker on the line that it was born with. Whoever holds the other end has it
    /// from that worker, so it speaks for that worker and no other.
    public void connect(int line, PeerCredentials worker) {
        guests.put(line, new Guest(new LineBuffer(LINE_BOUND), worker));
        Sockets.refuseDescriptors(line);
        lines++;
        eventLoop.watch(line, Poll.IN, events -> hear(line));
    }

    /// The worker is gone. If it had hung up before, the number of its line may be another's by
    /// now.
    ///
    /// @return whether it had not
    public boolean disconnect(int line, int pid) {
        Guest guest = guests.get(line);
        boolean known = guest != null && guest.worker() != null && guest.worker().pid() == pid;
        if (known) {
            dismiss(line);
        }
        return known;
    }

    public Path notifyPath() {
        return notifyPath;
    }

    /// Takes up all that has been said until now: what a worker said before it died counts.
    public void listen() {
        for (int i = 0; i < MAX_GUESTS && accept(); i++) {
            // each is heard as it comes
        }
        for (int guest : List.copyOf(guests.keySet())) {
            hear(guest);
        }
        notifications.empty();
    }

    /// Accepts a client and reads at once: most write as soon as they connect.
    private boolean accept() {
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
            Sockets.hangUp(guest);
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
        PeerCredentials sender = known.worker() == null ? Sockets.peer(guest) : known.worker();
        known.lines().feed(buffer, new Ear(sender, guest, known));
        if (count == 0 && known.equals(guests.get(guest))) {
            dismiss(guest);
        }
    }

    private int read(int guest) {
        try {
            return Sockets.hear(guest, buffer);
        } catch (PosixException e) {
            return 0; // reset: as good as closed
        }
    }

    private void dismiss(int guest) {
        Guest gone = guests.remove(guest);
        if (gone != null) {
            lines -= gone.worker() == null ? 0 : 1;
            eventLoop.forget(guest);
            Sockets.hangUp(guest);
        }
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

    private void take(Datagram datagram) {
        says.notified(datagram.sender(), new String(datagram.text(), StandardCharsets.UTF_8));
    }

    public void close() {
        List.copyOf(guests.keySet()).forEach(this::dismiss);
        place.files().leave(ackPath);
        place.files().leave(notifyPath);
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
