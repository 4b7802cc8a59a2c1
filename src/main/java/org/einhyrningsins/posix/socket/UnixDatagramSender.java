// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.socket;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.kernel.SocketAddress;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Sends datagrams, and descriptors with them, to the UNIX socket of a name. Never waits. It is not
/// connected: whoever binds that name next gets what is sent then.
public final class UnixDatagramSender implements AutoCloseable {
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

    /// Sends to the socket of that name.
    ///
    /// @param name a path, or a name of the abstract namespace after an `@`
    public UnixDatagramSender(String name) {
        this.name = name;
        int type = SOCK_DGRAM | SOCK_NONBLOCK | Descriptors.O_CLOEXEC;
        long opened = SystemCalls.call(Syscall.SOCKET, SocketAddress.AF_UNIX, type, 0);
        fd = Descriptors.raise((int) SystemCalls.check("socket", opened));
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
        NativeScratch nativeScratch = NativeScratch.here().clear(ADDRESS);
        address(nativeScratch);
        content(nativeScratch, text);
        if (passed >= 0) {
            descriptor(nativeScratch, passed);
        }
        int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
        long sent = SystemCalls.call(Syscall.SENDMSG, fd, nativeScratch.structures, flags);
        return arrived(sent);
    }

    /// Sends bytes in the name of another process, where we may (CAP_SYS_ADMIN, and of another user
    /// CAP_SETUID and CAP_SETGID); else, and when that is gone, in ours.
    ///
    /// @param content a direct buffer; its first bytes
    /// @param as in whose name; null for ours
    /// @return false if the receiver has no room for it now
    /// @throws PosixException if nobody receives there
    public boolean send(ByteBuffer content, int length, @Nullable PeerCredentials as) {
        NativeScratch nativeScratch = NativeScratch.here().clear(ADDRESS);
        address(nativeScratch);
        nativeScratch.bytes.putLong(IOV_AT, nativeScratch.structures + IOV).putLong(IOV_COUNT, 1);
        nativeScratch.bytes.putLong(IOV, SystemCalls.address(content)).putLong(IOV + 8, length);
        if (as != null) {
            credentials(nativeScratch, as);
        }
        int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
        long sent = SystemCalls.call(Syscall.SENDMSG, fd, nativeScratch.structures, flags);
        if (as != null
                && (SystemCalls.is(sent, Errno.EPERM) || SystemCalls.is(sent, Errno.ESRCH))) {
            return send(content, length, null);
        }
        return arrived(sent);
    }

    private boolean arrived(long sent) {
        boolean full = SystemCalls.is(sent, Errno.EAGAIN) || SystemCalls.is(sent, Errno.EINTR);
        if (!full) {
            SystemCalls.check("sendmsg to " + name, sent);
        }
        return !full;
    }

    private void address(NativeScratch nativeScratch) {
        ByteBuffer at = nativeScratch.bytes.slice(ADDRESS, SocketAddress.MAX_LENGTH);
        int length = SocketAddress.putUnix(at.order(ByteOrder.nativeOrder()), name);
        nativeScratch
                .bytes
                .putLong(NAME, nativeScratch.structures + ADDRESS)
                .putInt(NAME_LENGTH, length);
    }

    private static void content(NativeScratch nativeScratch, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(bytes.length, Datagrams.MAX_LENGTH);
        nativeScratch.chunk.put(0, bytes, 0, length);
        nativeScratch.bytes.putLong(IOV_AT, nativeScratch.structures + IOV).putLong(IOV_COUNT, 1);
        nativeScratch
                .bytes
                .putLong(IOV, SystemCalls.address(nativeScratch.chunk))
                .putLong(IOV + 8, length);
    }

    private static void descriptor(NativeScratch nativeScratch, int passed) {
        ByteBuffer bytes = nativeScratch.bytes;
        bytes.putLong(CONTROL_AT, nativeScratch.structures + CONTROL);
        bytes.putLong(CONTROL_LENGTH, CONTROL_BYTES);
        bytes.putLong(CONTROL, CONTROL_DATA + Integer.BYTES);
        bytes.putInt(CONTROL + 8, SOL_SOCKET).putInt(CONTROL + 12, SCM_RIGHTS);
        bytes.putInt(CONTROL + CONTROL_DATA, passed);
    }

    private static void credentials(NativeScratch nativeScratch, PeerCredentials as) {
        ByteBuffer bytes = nativeScratch.bytes;
        bytes.putLong(CONTROL_AT, nativeScratch.structures + CONTROL);
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
