// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.socket;

import org.einhyrningsins.posix.file.BackgroundCloser;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Datagram;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.kernel.SocketAddress;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.Consumer;

/// UNIX datagram sockets, with the credentials of senders.
public final class Datagrams {
    private static final int SO_PASSCRED = 16;

    // struct msghdr with one buffer, and what it points to, in the thread's structures
    private static final int HEADER_IOV = 16;
    private static final int HEADER_IOV_COUNT = 24;
    static final int HEADER_CONTROL = 32;
    static final int HEADER_CONTROL_LENGTH = 40;
    static final int HEADER_FLAGS = 48;
    private static final int IOV = 64;
    private static final int CONTROL = 128;
    private static final int CONTROL_BYTES = 32; // credentials, and no room for descriptors
    private static final int CMSG_DATA = 16;
    private static final int SCM_CREDENTIALS = 2;
    static final int MSG_PEEK = 2;
    static final int MSG_CTRUNC = 8;
    private static final int MSG_TRUNC = 0x20;
    static final int MSG_DONTWAIT = 0x40;

    /// The longest datagram that is taken; a longer one is dropped, as systemd does (PIPE_BUF).
    public static final int MAX_LENGTH = 4096;

    private static final int MAX_TRUNCATED = 64;

    /// A datagram socket that learns its senders' credentials: non-blocking, raised. It can be sent
    /// to from the moment it is bound, so it is bound with its mode (less the umask) and then
    /// opened.
    public static int bind(Path path, int mode) {
        int fd = Sockets.socket(SocketAddress.AF_UNIX, Sockets.SOCK_DGRAM | Sockets.SOCK_NONBLOCK);
        Sockets.orClose(
                fd,
                () -> {
                    Sockets.set(fd, Sockets.SOL_SOCKET, SO_PASSCRED, true);
                    SystemCalls.check("fchmod", SystemCalls.call(Syscall.FCHMOD, fd, mode));
                    SocketFile.bindFile(fd, path);
                    SocketFile.mode(path, mode, 0);
                });
        return Descriptors.raise(fd);
    }

    /// A socket that sends datagrams to the one at that path: non-blocking, raised.
    public static int connect(Path path) {
        int fd = Sockets.socket(SocketAddress.AF_UNIX, Sockets.SOCK_DGRAM | Sockets.SOCK_NONBLOCK);
        Sockets.orClose(
                fd,
                () ->
                        Connections.connectTo(
                                fd,
                                SocketAddress.putUnix(
                                        NativeScratch.here().bytes, path.toString())));
        return Descriptors.raise(fd);
    }

    /// Result of receiving a datagram.
    public enum Received {
        /// No datagram is waiting.
        NONE,

        /// A datagram was handed over.
        TAKEN,

        /// A datagram was handed over, and is still there since descriptors came with it: see
        /// [#discard(int)].
        LEFT
    }

    /// The next datagram; null if none is waiting. Descriptors that came with it are closed, for
    /// which this may wait.
    public static @Nullable Datagram receive(int fd) {
        Datagram[] received = new Datagram[1];
        while (true) {
            boolean left = receive(fd, datagram -> received[0] = datagram) == Received.LEFT;
            if (left) {
                discard(fd);
            }
            if (!left || received[0] != null) {
                return received[0];
            }
        }
    }

    /// Hands over the next datagram. Descriptors that came with it are never ours: there is no room
    /// for them. Who sends one to see when it is closed (`BARRIER=1`, sd_notify(3)) sees that when
    /// the datagram is gone, which is not before it was taken.
    public static Received receive(int fd, Consumer<Datagram> taker) {
        for (int tries = 0; tries < MAX_TRUNCATED; tries++) {
            NativeScratch nativeScratch = header(NativeScratch.here());
            int flags = MSG_DONTWAIT | MSG_PEEK;
            long length = SystemCalls.call(Syscall.RECVMSG, fd, nativeScratch.structures, flags);
            if (SystemCalls.is(length, Errno.EAGAIN)) {
                return Received.NONE;
            }
            if (SystemCalls.is(length, Errno.EINTR)) {
                continue;
            }
            SystemCalls.check("recvmsg", length);
            int told = nativeScratch.bytes.getInt(HEADER_FLAGS);
            boolean passed = (told & MSG_CTRUNC) != 0;
            if ((told & MSG_TRUNC) == 0) {
                byte[] text = new byte[(int) length];
                nativeScratch.chunk.get(0, text);
                Datagram datagram = new Datagram(sender(nativeScratch.bytes), text);
                try {
                    taker.accept(datagram);
                } finally {
                    if (!passed) {
                        discard(fd);
                    }
                }
                return passed ? Received.LEFT : Received.TAKEN;
            }
            if (passed) {
                return Received.LEFT;
            }
            discard(fd);
        }
        return Received.TAKEN; // the rest at the next turn: poll is level-triggered
    }

    /// Takes the next datagram away, with what came with it. If descriptors did, this may be the
    /// last that keeps them open, and then it waits as [BackgroundCloser] says. Any thread.
    public static void discard(int fd) {
        long none = NativeScratch.here().structures;
        SystemCalls.call(Syscall.RECVFROM, fd, none, 0, MSG_DONTWAIT);
    }

    static NativeScratch header(NativeScratch nativeScratch) {
        ByteBuffer bytes = nativeScratch.clear(HEADER_FLAGS + Long.BYTES).bytes;
        bytes.putLong(HEADER_IOV, nativeScratch.structures + IOV).putLong(HEADER_IOV_COUNT, 1);
        bytes.putLong(HEADER_CONTROL, nativeScratch.structures + CONTROL);
        bytes.putLong(HEADER_CONTROL_LENGTH, CONTROL_BYTES);
        bytes.putLong(IOV, SystemCalls.address(nativeScratch.chunk)).putLong(IOV + 8, MAX_LENGTH);
        return nativeScratch;
    }

    /// Reads the control message: there is room for credentials, and for nothing else.
    private static PeerCredentials sender(ByteBuffer bytes) {
        boolean told =
                bytes.getLong(HEADER_CONTROL_LENGTH) >= CMSG_DATA + 12
                        && bytes.getInt(CONTROL + 12) == SCM_CREDENTIALS;
        int at = CONTROL + CMSG_DATA;
        return told
                ? new PeerCredentials(bytes.getInt(at), bytes.getInt(at + 4), bytes.getInt(at + 8))
                : new PeerCredentials(0, -1, -1);
    }

    private Datagrams() {}
}
