// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.socket;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.Kernel;
import org.einhyrningsins.posix.kernel.Peer;
import org.einhyrningsins.posix.kernel.Scratch;
import org.einhyrningsins.posix.kernel.SocketAddress;
import org.einhyrningsins.posix.kernel.Syscall;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Sends datagrams, and descriptors with them, to the UNIX socket of a name. Never waits. It is not
/// connected: whoever binds that name next gets what is sent then.
public final class Courier implements AutoCloseable {
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_NONBLOCK = 0x800;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int SCM_CREDENTIALS = 2;

    // struct msghdr, and what it points to, in the thread's structures
    private static final int NAME = 0;
    private static final int NAME_LENGTH = 8;
    private static final int IOV_AT = 16;
    private static final int IOV_COUNT = 24;
    private static final int CONTROL_AT = 32;
    private static final int CONTROL_LENGTH = 40;
    private static final int IOV = 64;
    private static final int CONTROL = 96;
    private static final int CONTROL_DATA = 16;
    private static final int CONTROL_BYTES = 24; // CMSG_SPACE of one descriptor
    private static final int CREDENTIALS_BYTES = 32; // CMSG_SPACE of three numbers
    private static final int ADDRESS = 128;

    private final String name;
    private final int fd;

    /// @param name a path, or a name of the abstract namespace after an `@`
    public Courier(String name) {
        this.name = name;
        int type = SOCK_DGRAM | SOCK_NONBLOCK | Descriptors.O_CLOEXEC;
        long opened = Kernel.call(Syscall.SOCKET, SocketAddress.AF_UNIX, type, 0);
        fd = Descriptors.raise((int) Kernel.check("socket", opened));
    }

    /// Sends a text.
    ///
    /// @return false if the receiver has no room for it now
    /// @throws PosixException if nobody receives there
    public boolean send(String text) {
        return send(text, -1);
    }

    /// Sends a text and a copy of a descriptor.
    ///
    /// @param passed below 0 for none
    /// @return false if the receiver has no room for it now
    /// @throws PosixException if nobody receives there
    public boolean send(String text, int passed) {
        Scratch scratch = Scratch.here().clear(ADDRESS);
        address(scratch);
        content(scratch, text);
        if (passed >= 0) {
            descriptor(scratch, passed);
        }
        int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
        long sent = Kernel.call(Syscall.SENDMSG, fd, scratch.structures, flags);
        return arrived(sent);
    }

    /// Sends bytes in the name of another process, where we may (CAP_SYS_ADMIN, and of another user
    /// CAP_SETUID and CAP_SETGID); else, and when that is gone, in ours.
    ///
    /// @param content a direct buffer; its first bytes
    /// @param as in whose name; null for ours
    /// @return false if the receiver has no room for it now
    /// @throws PosixException if nobody receives there
    public boolean send(ByteBuffer content, int length, @Nullable Peer as) {
        Scratch scratch = Scratch.here().clear(ADDRESS);
        address(scratch);
        scratch.bytes.putLong(IOV_AT, scratch.structures + IOV).putLong(IOV_COUNT, 1);
        scratch.bytes.putLong(IOV, Kernel.address(content)).putLong(IOV + 8, length);
        if (as != null) {
            credentials(scratch, as);
        }
        int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
        long sent = Kernel.call(Syscall.SENDMSG, fd, scratch.structures, flags);
        if (as != null && (Kernel.is(sent, Errno.EPERM) || Kernel.is(sent, Errno.ESRCH))) {
            return send(content, length, null);
        }
        return arrived(sent);
    }

    private boolean arrived(long sent) {
        boolean full = Kernel.is(sent, Errno.EAGAIN) || Kernel.is(sent, Errno.EINTR);
        if (!full) {
            Kernel.check("sendmsg to " + name, sent);
        }
        return !full;
    }

    private void address(Scratch scratch) {
        ByteBuffer at = scratch.bytes.slice(ADDRESS, SocketAddress.LONGEST);
        int length = SocketAddress.putUnix(at.order(ByteOrder.nativeOrder()), name);
        scratch.bytes.putLong(NAME, scratch.structures + ADDRESS).putInt(NAME_LENGTH, length);
    }

    private static void content(Scratch scratch, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(bytes.length, Sockets.LONGEST_DATAGRAM);
        scratch.chunk.put(0, bytes, 0, length);
        scratch.bytes.putLong(IOV_AT, scratch.structures + IOV).putLong(IOV_COUNT, 1);
        scratch.bytes.putLong(IOV, Kernel.address(scratch.chunk)).putLong(IOV + 8, length);
    }

    private static void descriptor(Scratch scratch, int passed) {
        ByteBuffer bytes = scratch.bytes;
        bytes.putLong(CONTROL_AT, scratch.structures + CONTROL);
        bytes.putLong(CONTROL_LENGTH, CONTROL_BYTES);
        bytes.putLong(CONTROL, CONTROL_DATA + Integer.BYTES);
        bytes.putInt(CONTROL + 8, SOL_SOCKET).putInt(CONTROL + 12, SCM_RIGHTS);
        bytes.putInt(CONTROL + CONTROL_DATA, passed);
    }

    private static void credentials(Scratch scratch, Peer as) {
        ByteBuffer bytes = scratch.bytes;
        bytes.putLong(CONTROL_AT, scratch.structures + CONTROL);
        bytes.putLong(CONTROL_LENGTH, CREDENTIALS_BYTES);
        bytes.putLong(CONTROL, CONTROL_DATA + 3 * Integer.BYTES);
        bytes.putInt(CONTROL + 8, SOL_SOCKET).putInt(CONTROL + 12, SCM_CREDENTIALS);
        bytes.putInt(CONTROL + CONTROL_DATA, as.pid());
        bytes.putInt(CONTROL + CONTROL_DATA + 4, as.uid());
        bytes.putInt(CONTROL + CONTROL_DATA + 8, as.gid());
    }

    @Override
    public void close() {
        Descriptors.close(fd);
    }
}
