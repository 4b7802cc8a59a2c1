// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.socket;

import org.einhyrningsins.posix.file.BackgroundCloser;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.FileStatus;
import org.einhyrningsins.posix.file.SafePath;
import org.einhyrningsins.posix.kernel.Accounts;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.Datagram;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.NetworkInterfaces;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.SocketAddress;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.einhyrningsins.spec.SocketSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;

/// Sockets: those that workers share, those the manager is asked through, and probes.
///
/// A UNIX socket's file outlives who bound it. Where nobody answers, it is stale and is replaced;
/// where somebody does, the address is in use. Between the question and the answer another process
/// may do the same: who binds last has it.
public final class Sockets {
    private Sockets() {}

    private static final int SOCK_STREAM = 1;
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_NONBLOCK = 0x800;
    private static final int SOCK_CLOEXEC = Descriptors.O_CLOEXEC;
    private static final int SOL_SOCKET = 1;
    private static final int SO_REUSEADDR = 2;
    private static final int SO_ACCEPTCONN = 30;
    private static final int SO_TYPE = 3;
    private static final int SO_ERROR = 4;
    private static final int SO_REUSEPORT = 15;
    private static final int SO_PASSCRED = 16;
    private static final int SO_PEERCRED = 17;
    private static final int SO_PEERGROUPS = 59; // Linux 4.13
    private static final int SO_PASSRIGHTS = 83; // Linux 6.16
    private static final int MAX_GROUPS = 65_536; // NGROUPS_MAX
    private static final int IPPROTO_IPV6 = 41;
    private static final int IPV6_V6ONLY = 26;
    private static final int CONTROL_BACKLOG = 128;
    private static final int SHUT_WR = 1;
    public static final int SHUT_RDWR = 2;
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_INFO = 11;
    private static final int TCP_INFO_UNACKED = 24; // of a listener: who waits to be accepted

    // struct msghdr with one buffer, and what it points to, in the thread's structures
    private static final int HEADER_IOV = 16;
    private static final int HEADER_IOV_COUNT = 24;
    private static final int HEADER_CONTROL = 32;
    private static final int HEADER_CONTROL_LENGTH = 40;
    private static final int HEADER_FLAGS = 48;
    private static final int IOV = 64;
    private static final int CONTROL = 128;
    private static final int CONTROL_BYTES = 32; // credentials, and no room for descriptors
    private static final int CMSG_DATA = 16;
    private static final int SCM_CREDENTIALS = 2;
    private static final int MSG_PEEK = 2;
    private static final int MSG_CTRUNC = 8;
    private static final int MSG_TRUNC = 0x20;
    private static final int MSG_DONTWAIT = 0x40;

    /// The longest datagram that is taken; a longer one is dropped, as systemd does (PIPE_BUF).
    public static final int MAX_DATAGRAM_LENGTH = 4096;

    private static final int MAX_TRUNCATED = 64;

    /// Binds a socket of a program, and listens where that applies; raised.
    ///
    /// @throws PosixException the kernel's error, beginning with the call
    /// @throws UnknownAccountException if the owner of its file is not known
    public static BoundSocket bind(SocketSpec spec) {
        int fd =
                switch (spec.address()) {
                    case SocketSpec.Tcp tcp ->
                            bindInet(
                                    spec, scoped(tcp.host(), tcp.scope()), tcp.port(), SOCK_STREAM);
                    case SocketSpec.Udp udp ->
                            bindInet(spec, scoped(udp.host(), udp.scope()), udp.port(), SOCK_DGRAM);
                    case SocketSpec.UnixPath unix -> bindFile(spec, unix.path());
                    case SocketSpec.UnixAbstract unix -> bindAbstract(spec, unix.name());
                };
        int raised = Descriptors.raise(fd);
        return new BoundSocket(raised, localAddress(raised), inode(raised));
    }

    private static int bindInet(SocketSpec spec, InetAddress host, int port, int type) {
        int fd = socket(SocketAddress.family(host), type | nonBlocking(spec));
        return orClose(
                fd,
                () -> {
                    set(fd, SOL_SOCKET, SO_REUSEADDR, spec.reuseAddress());
                    if (spec.perWorker()) {
                        set(fd, SOL_SOCKET, SO_REUSEPORT, true);
                    }
                    if (SocketAddress.family(host) == SocketAddress.AF_INET6) {
                        set(fd, IPPROTO_IPV6, IPV6_V6ONLY, spec.ipv6Only());
                    }
                    bind(fd, SocketAddress.put(NativeScratch.here().bytes, host, port));
                    if (type == SOCK_STREAM) {
                        relisten(fd, spec.backlog());
                    }
                });
    }

    /// The address with the number that its interface has now: one that was removed and made again
    /// has another.
    ///
    /// @throws PosixException if there is no such interface
    private static InetAddress scoped(InetAddress host, String scope) {
        if (scope.isEmpty()) {
            return host;
        }
        try {
            return Inet6Address.getByAddress(
                    null, host.getAddress(), NetworkInterfaces.number(scope));
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // only for a wrong length
        }
    }

    private static int bindAbstract(SocketSpec spec, String name) {
        int fd = socket(SocketAddress.AF_UNIX, SOCK_STREAM | nonBlocking(spec));
        return orClose(
                fd,
                () -> {
                    bind(fd, SocketAddress.putUnix(NativeScratch.here().bytes, "@" + name));
                    relisten(fd, spec.backlog());
                });
    }

    /// Binds a socket to a file. No client connects before listen: mode and owner are right.
    private static int bindFile(SocketSpec spec, Path path) {
        Owner owner = Owner.of(spec.file()); // before anything is bound
        int fd = socket(SocketAddress.AF_UNIX, SOCK_STREAM | nonBlocking(spec));
        return orClose(
                fd,
                () -> {
                    bindFile(fd, path);
                    dress(path, owner, spec.file(), 0);
                    relisten(fd, spec.backlog());
                });
    }

    /// Gives the file of a UNIX socket its owner and mode, as far as they are given.
    ///
    /// @param inode which file that is; nothing is done to another one
    /// @throws UnknownAccountException if an owner is not known
    public static void dress(Path path, SocketSpec.UnixFile file, long inode) {
        dress(path, Owner.of(file), file, inode);
    }

    private static void dress(Path path, Owner owner, SocketSpec.UnixFile file, long inode) {
        if (owner.uid() != -1 || owner.gid() != -1) {
            change(path, inode, shown -> own(path, shown, owner.uid(), owner.gid()));
        }
        Integer mode = file.mode();
        if (mode != null) {
            change(path, inode, shown -> mode(path, shown, mode));
        }
    }

    /// Owner of a new socket file; -1 leaves it.
    private record Owner(int uid, int gid) {
        static Owner of(SocketSpec.UnixFile file) {
            return new Owner(
                    file.owner() == null ? -1 : Accounts.requireUid(file.owner()),
                    file.group() == null ? -1 : Accounts.requireGid(file.group()));
        }
    }

    private static int nonBlocking(SocketSpec spec) {
        return spec.nonBlocking() ? SOCK_NONBLOCK : 0;
    }

    /// Lets the accept queue be that long from now on.
    public static void relisten(int fd, int backlog) {
        SystemCalls.check("listen", SystemCalls.call(Syscall.LISTEN, fd, backlog));
    }

    /// A stream listener for the manager's own use: non-blocking, raised. It takes no descriptors,
    /// see [#refuseDescriptors].
    public static int listenUnix(Path path, int mode) {
        int fd = socket(SocketAddress.AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
        orClose(
                fd,
                () -> {
                    refuseDescriptors(fd);
                    bindFile(fd, path);
                    mode(path, mode, 0);
                    relisten(fd, CONTROL_BACKLOG);
                });
        return Descriptors.raise(fd);
    }

    /// A datagram socket that learns its senders' credentials: non-blocking, raised. It can be sent
    /// to from the moment it is bound, so it is bound with its mode (less the umask) and then
    /// opened.
    public static int bindUnixDatagram(Path path, int mode) {
        int fd = socket(SocketAddress.AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK);
        orClose(
                fd,
                () -> {
                    set(fd, SOL_SOCKET, SO_PASSCRED, true);
                    SystemCalls.check("fchmod", SystemCalls.call(Syscall.FCHMOD, fd, mode));
                    bindFile(fd, path);
                    mode(path, mode, 0);
                });
        return Descriptors.raise(fd);
    }

    /// The kernel follows the path by itself, so it is looked at before, and after: what is bound
    /// must be found there.
    private static void bindFile(int fd, Path path) {
        try (SafePath place = SafePath.toName(path)) {
            if (isSocket(place.path()) && !answers(path)) {
                Files.deleteIfExists(place.path());
            }
        } catch (PosixException e) {
            if (e.isRefusal()) {
                throw e;
            } // else bind says what is wrong
        } catch (IOException e) {
            // bind says what is wrong
        }
        bind(fd, SocketAddress.putUnix(NativeScratch.here().bytes, path.toString()));
        change(path, 0, found -> {});
    }

    private static boolean isSocket(Path path) {
        try {
            Object mode = Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            return ((Integer) mode & 0170000) == 0140000;
        } catch (IOException e) {
            return false;
        }
    }

    /// True if a process holds the socket of that path, of whatever type.
    public static boolean answers(Path path) {
        int fd = socket(SocketAddress.AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
        try {
            NativeScratch nativeScratch = NativeScratch.here();
            int length = SocketAddress.putUnix(nativeScratch.bytes, path.toString());
            long result = SystemCalls.call(Syscall.CONNECT, fd, nativeScratch.structures, length);
            if (SystemCalls.is(result, Errno.EPROTOTYPE)) { // not a stream
                return answersDatagrams(path);
            }
            return !SystemCalls.is(result, Errno.ECONNREFUSED)
                    && !SystemCalls.is(result, Errno.ENOENT);
        } finally {
            Descriptors.close(fd);
        }
    }

    /// Returns the process with the stream listener of that path; null if there is none.
    public static @Nullable PeerCredentials owner(Path path) {
        int fd = socket(SocketAddress.AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
        try {
            NativeScratch nativeScratch = NativeScratch.here();
            int length = SocketAddress.putUnix(nativeScratch.bytes, path.toString());
            return SystemCalls.call(Syscall.CONNECT, fd, nativeScratch.structures, length) == 0
                    ? peer(fd)
                    : null;
        } finally {
            Descriptors.close(fd);
        }
    }

    private static boolean answersDatagrams(Path path) {
        int fd = socket(SocketAddress.AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK);
        NativeScratch nativeScratch = NativeScratch.here();
        int length = SocketAddress.putUnix(nativeScratch.bytes, path.toString());
        long result = SystemCalls.call(Syscall.CONNECT, fd, nativeScratch.structures, length);
        Descriptors.close(fd);
        return !SystemCalls.is(result, Errno.ECONNREFUSED);
    }

    private static void own(Path path, String shown, int uid, int gid) {
        long at = NativeScratch.here().path(shown);
        long result = SystemCalls.call(Syscall.FCHOWNAT, Descriptors.AT_FDCWD, at, uid, gid, 0);
        SystemCalls.check("chown " + path, result);
    }

    private static void mode(Path path, String shown, int mode) {
        long at = NativeScratch.here().path(shown);
        long result = SystemCalls.call(Syscall.FCHMODAT, Descriptors.AT_FDCWD, at, mode);
        SystemCalls.check("chmod " + path, result);
    }

    /// Gives the file of a socket its permission bits.
    ///
    /// @param inode which file that is; nothing is done to another one
    public static void mode(Path path, int mode, long inode) {
        change(path, inode, shown -> mode(path, shown, mode));
    }

    /// Gives the file of a socket that was just bound to a user.
    public static void give(Path path, int uid) {
        change(path, 0, shown -> own(path, shown, uid, -1));
    }

    /// Changes the file of a socket by a descriptor: whoever may change its directory may put
    /// something else there at any moment.
    ///
    /// @param inode 0 for one that was just bound, and has one name
    /// @param how is given a path to the file that holds whatever becomes of its name
    private static void change(Path path, long inode, Consumer<String> how) {
        try (SafePath place = SafePath.toName(path)) {
            int file = place.look();
            try {
                FileStatus status = FileStatus.of(file);
                boolean same = inode == 0 ? status.links() == 1 : status.inode() == inode;
                if (!status.isSocket() || !same) {
                    throw PosixException.refused("change " + path, "it is not the socket any more");
                }
                how.accept("/proc/self/fd/" + file);
            } finally {
                Descriptors.close(file);
            }
        }
    }

    /// Makes two stream sockets connected to each other: the first is the manager's, non-blocking
    /// and raised; the second blocks and is raised.
    public static int[] pair() {
        NativeScratch nativeScratch = NativeScratch.here();
        int type = SOCK_STREAM | SOCK_CLOEXEC;
        long result =
                SystemCalls.call(
                        Syscall.SOCKETPAIR,
                        SocketAddress.AF_UNIX,
                        type,
                        0,
                        nativeScratch.structures);
        SystemCalls.check("socketpair", result);
        int[] pair = {nativeScratch.bytes.getInt(0), nativeScratch.bytes.getInt(4)};
        Descriptors.raise(pair);
        Descriptors.setNonBlocking(pair[0], true);
        return pair;
    }

    /// A socket that sends datagrams to the one at that path: non-blocking, raised.
    public static int connectUnixDatagram(Path path) {
        int fd = socket(SocketAddress.AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK);
        orClose(
                fd,
                () ->
                        connect(
                                fd,
                                SocketAddress.putUnix(
                                        NativeScratch.here().bytes, path.toString())));
        return Descriptors.raise(fd);
    }

    /// The next connection, non-blocking; -1 if none is waiting.
    public static int accept(int listener) {
        int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
        long fd = SystemCalls.call(Syscall.ACCEPT4, listener, 0, 0, flags);
        boolean none =
                SystemCalls.is(fd, Errno.EAGAIN)
                        || SystemCalls.is(fd, Errno.ECONNABORTED)
                        || SystemCalls.is(fd, Errno.EINTR);
        return none ? -1 : (int) SystemCalls.check("accept", fd);
    }

    /// Says that nothing more will be written; what comes can still be read. Nothing happens if the
    /// connection is gone.
    public static void endWriting(int fd) {
        SystemCalls.call(Syscall.SHUTDOWN, fd, SHUT_WR);
    }

    /// Returns the process that connected, or that listens, as the kernel noted it then.
    public static PeerCredentials peer(int fd) {
        NativeScratch nativeScratch = NativeScratch.here();
        get(fd, SO_PEERCRED, 12);
        ByteBuffer bytes = nativeScratch.bytes;
        return new PeerCredentials(bytes.getInt(0), bytes.getInt(4), bytes.getInt(8));
    }

    /// The supplementary groups of who connected, as the kernel noted them at that moment.
    public static Set<Integer> peerGroups(int fd) {
        Set<Integer> few = peerGroups(fd, NativeScratch.here().chunk);
        if (few != null) {
            return few;
        }
        Set<Integer> all = peerGroups(fd, ByteBuffer.allocateDirect(MAX_GROUPS * Integer.BYTES));
        return all == null ? Set.of() : all;
    }

    /// @return null if there are more than have room in that memory
    private static @Nullable Set<Integer> peerGroups(int fd, ByteBuffer memory) {
        ByteBuffer length = NativeScratch.here().bytes.putInt(0, memory.capacity());
        long to = SystemCalls.address(memory);
        long lengthAt = NativeScratch.here().structures;
        long result =
                SystemCalls.call(Syscall.GETSOCKOPT, fd, SOL_SOCKET, SO_PEERGROUPS, to, lengthAt);
        if (SystemCalls.is(result, Errno.ERANGE)) {
            return null;
        }
        SystemCalls.check("getsockopt", result);
        ByteBuffer numbers = memory.duplicate().order(ByteOrder.nativeOrder());
        Set<Integer> groups = new HashSet<>();
        for (int at = 0; at < length.getInt(0); at += Integer.BYTES) {
            groups.add(numbers.getInt(at));
        }
        return groups;
    }

    /// Result of receiving a datagram.
    public enum Received {
        /// No datagram is waiting.
        NONE,

        /// A datagram was handed over.
        TAKEN,

        /// A datagram was handed over, and is still there since descriptors came with it: see
        /// [#letGo(int)].
        LEFT
    }

    /// The next datagram; null if none is waiting. Descriptors that came with it are closed, for
    /// which this may wait.
    public static @Nullable Datagram receive(int fd) {
        Datagram[] received = new Datagram[1];
        while (true) {
            boolean left = receive(fd, datagram -> received[0] = datagram) == Received.LEFT;
            if (left) {
                letGo(fd);
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
                        letGo(fd);
                    }
                }
                return passed ? Received.LEFT : Received.TAKEN;
            }
            if (passed) {
                return Received.LEFT;
            }
            letGo(fd);
        }
        return Received.TAKEN; // the rest at the next turn: poll is level-triggered
    }

    /// Takes the next datagram away, with what came with it. If descriptors did, this may be the
    /// last that keeps them open, and then it waits as [BackgroundCloser] says. Any thread.
    public static void letGo(int fd) {
        long none = NativeScratch.here().structures;
        SystemCalls.call(Syscall.RECVFROM, fd, none, 0, MSG_DONTWAIT);
    }

    /// True if the kernel refuses passed descriptors; null before it was asked.
    private static volatile @Nullable Boolean refusing;

    /// Makes this socket, and connections accepted from it, refuse descriptors: the sender gets
    /// EPERM. Before Linux 6.16 they are not refused, and [#hear] and [#hangUp] see to it.
    ///
    /// @param fd a stream socket
    public static void refuseDescriptors(int fd) {
        NativeScratch.here().bytes.putInt(0, 0);
        long at = NativeScratch.here().structures;
        long result = SystemCalls.call(Syscall.SETSOCKOPT, fd, SOL_SOCKET, SO_PASSRIGHTS, at, 4);
        if (result == 0 || SystemCalls.is(result, Errno.ENOPROTOOPT)) {
            refusing = result == 0; // else it is no UNIX socket
        }
    }

    /// For tests: as if the kernel were an older one.
    static void forgetRefusing() {
        refusing = false;
    }

    private static boolean mayPass() {
        return !Boolean.TRUE.equals(refusing);
    }

    /// Reads from a connection of somebody else, as [Descriptors#read] does.
    ///
    /// @throws PosixException also if descriptors are passed to us
    public static int hear(int fd, ByteBuffer into) {
        if (mayPass()) {
            requireNoDescriptors(fd);
        }
        return Descriptors.read(fd, into);
    }

    /// Looks at what is there at a connection of somebody else, as [Descriptors#peek] does.
    ///
    /// @throws PosixException also if descriptors are passed to us
    public static int peek(int fd, ByteBuffer into) {
        if (mayPass()) {
            requireNoDescriptors(fd);
        }
        return Descriptors.peek(fd, into);
    }

    private static void requireNoDescriptors(int fd) {
        NativeScratch nativeScratch = header(NativeScratch.here());
        nativeScratch.bytes.putLong(HEADER_CONTROL, 0).putLong(HEADER_CONTROL_LENGTH, 0);
        int flags = MSG_DONTWAIT | MSG_PEEK;
        long length = SystemCalls.call(Syscall.RECVMSG, fd, nativeScratch.structures, flags);
        if (length >= 0 && (nativeScratch.bytes.getInt(HEADER_FLAGS) & MSG_CTRUNC) != 0) {
            throw new PosixException("recvmsg: descriptors are not taken", Errno.EPERM.number());
        }
    }

    /// Closes a connection of somebody else: what it holds that we never read goes with it.
    public static void hangUp(int fd) {
        if (mayPass()) {
            BackgroundCloser.close(fd);
        } else {
            Descriptors.close(fd);
        }
    }

    private static NativeScratch header(NativeScratch nativeScratch) {
        ByteBuffer bytes = nativeScratch.clear(HEADER_FLAGS + Long.BYTES).bytes;
        bytes.putLong(HEADER_IOV, nativeScratch.structures + IOV).putLong(HEADER_IOV_COUNT, 1);
        bytes.putLong(HEADER_CONTROL, nativeScratch.structures + CONTROL);
        bytes.putLong(HEADER_CONTROL_LENGTH, CONTROL_BYTES);
        bytes.putLong(IOV, SystemCalls.address(nativeScratch.chunk))
                .putLong(IOV + 8, MAX_DATAGRAM_LENGTH);
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

    /// Begins to connect; non-blocking. Writable when it is decided: see [#connectResult].
    public static int connect(InetAddress host, int port) {
        int fd = socket(SocketAddress.family(host), SOCK_STREAM | SOCK_NONBLOCK);
        return orClose(
                fd, () -> connect(fd, SocketAddress.put(NativeScratch.here().bytes, host, port)));
    }

    /// Begins to connect to an address as in [BoundSocket#address]. It takes no descriptors, see
    /// [#refuseDescriptors].
    public static int connect(String address) {
        if (address.startsWith("unix:")) {
            String name = address.substring("unix:".length());
            int fd = socket(SocketAddress.AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
            refuseDescriptors(fd);
            return orClose(
                    fd, () -> connect(fd, SocketAddress.putUnix(NativeScratch.here().bytes, name)));
        }
        int colon = address.lastIndexOf(':');
        String host = address.substring(0, colon).replace("[", "").replace("]", "");
        return connect(InetAddress.ofLiteral(host), Integer.parseInt(address.substring(colon + 1)));
    }

    private static void connect(int fd, int length) {
        long result =
                SystemCalls.call(Syscall.CONNECT, fd, NativeScratch.here().structures, length);
        if (!SystemCalls.is(result, Errno.EINPROGRESS)) {
            SystemCalls.check("connect", result);
        }
    }

    /// Returns the error of a connect; null if it succeeded.
    public static @Nullable Errno connectResult(int fd) {
        NativeScratch nativeScratch = NativeScratch.here();
        get(fd, SO_ERROR, 4);
        int error = nativeScratch.bytes.getInt(0);
        return error == 0 ? null : Errno.of(error);
    }

    /// True if other sockets may be bound to the same address if they allow it too (SO_REUSEPORT).
    public static boolean sharesPort(int fd) {
        get(fd, SO_REUSEPORT, 4);
        return NativeScratch.here().bytes.getInt(0) != 0;
    }

    /// Returns the number of connections that wait to be accepted at a TCP listener.
    public static int queued(int fd) {
        get(fd, IPPROTO_TCP, TCP_INFO, TCP_INFO_UNACKED + 4);
        return NativeScratch.here().bytes.getInt(TCP_INFO_UNACKED);
    }

    /// Ends a listener for all who have it: nobody comes any more, and whoever waits is reset.
    public static void endListening(int fd) {
        SystemCalls.call(Syscall.SHUTDOWN, fd, SHUT_RDWR);
    }

    /// Ends a TCP listener for all who have it, and keeps its port, also from those who would share
    /// it (`SO_REUSEADDR`), as far as the port was not chosen by the kernel.
    public static void rest(int fd) {
        endListening(fd);
        set(fd, SOL_SOCKET, SO_REUSEADDR, false);
    }

    /// Makes a resting socket listen again; does nothing to another.
    public static void wake(int fd, SocketSpec spec) {
        if (!listens(fd)) {
            set(fd, SOL_SOCKET, SO_REUSEADDR, spec.reuseAddress());
            relisten(fd, spec.backlog());
        }
    }

    /// Returns the address that a socket is bound to, as in [BoundSocket#address].
    public static String localAddress(int fd) {
        NativeScratch nativeScratch = NativeScratch.here();
        int lengthAt = 128;
        nativeScratch.bytes.putInt(lengthAt, SocketAddress.MAX_LENGTH);
        long at = nativeScratch.structures;
        SystemCalls.check(
                "getsockname", SystemCalls.call(Syscall.GETSOCKNAME, fd, at, at + lengthAt));
        return SocketAddress.text(nativeScratch.bytes, nativeScratch.bytes.getInt(lengthAt));
    }

    /// True if it is a socket with an address.
    public static boolean isBound(int fd) {
        try {
            return !localAddress(fd).equals("unix:");
        } catch (PosixException e) {
            return false; // no socket
        }
    }

    /// True if a socket is like one that [#bind] would make: of its type, at its address and, for a
    /// stream, listening. False where the kernel chooses the port.
    public static boolean isBound(int fd, SocketSpec spec) {
        return isOfKind(fd, spec) && isAt(localAddress(fd), spec.address());
    }

    /// The same where the kernel chooses the port, so at any.
    public static boolean isBoundAtSomePort(int fd, SocketSpec spec) {
        return isOfKind(fd, spec) && host(localAddress(fd)).equals(host(address(spec.address())));
    }

    /// An address without its port.
    private static String host(String address) {
        return address.substring(0, address.lastIndexOf(':') + 1);
    }

    /// True if a socket is of the type that [#bind] would make and, for a stream, listening;
    /// wherever it is bound.
    private static boolean isOfKind(int fd, SocketSpec spec) {
        get(fd, SO_TYPE, 4);
        boolean datagrams = NativeScratch.here().bytes.getInt(0) == SOCK_DGRAM;
        return datagrams == spec.address() instanceof SocketSpec.Udp && (datagrams || listens(fd));
    }

    /// True if the local address is that one; a UNIX path may be spelled otherwise.
    private static boolean isAt(String local, SocketSpec.Address address) {
        return local.equals(address(address))
                || (address instanceof SocketSpec.UnixPath unix
                        && local.equals("unix:" + unix.file()));
    }

    /// Returns the address in the form of [#localAddress].
    private static String address(SocketSpec.Address address) {
        ByteBuffer bytes = NativeScratch.here().bytes;
        return switch (address) {
            case SocketSpec.Tcp tcp ->
                    SocketAddress.text(
                            bytes,
                            SocketAddress.put(bytes, scoped(tcp.host(), tcp.scope()), tcp.port()));
            case SocketSpec.Udp udp ->
                    SocketAddress.text(
                            bytes,
                            SocketAddress.put(bytes, scoped(udp.host(), udp.scope()), udp.port()));
            case SocketSpec.UnixPath unix -> "unix:" + unix.path();
            case SocketSpec.UnixAbstract unix -> "unix:@" + unix.name();
        };
    }

    /// True if it is a socket that listens.
    public static boolean listens(int fd) {
        NativeScratch nativeScratch = NativeScratch.here();
        get(fd, SO_ACCEPTCONN, 4);
        return nativeScratch.bytes.getInt(0) != 0;
    }

    /// The inode of what is open there.
    public static long inode(int fd) {
        NativeScratch nativeScratch = NativeScratch.here();
        SystemCalls.check("fstat", SystemCalls.call(Syscall.FSTAT, fd, nativeScratch.structures));
        return nativeScratch.bytes.getLong(8); // st_ino, on both machines
    }

    private static int socket(int family, int type) {
        return (int)
                SystemCalls.check(
                        "socket", SystemCalls.call(Syscall.SOCKET, family, type | SOCK_CLOEXEC, 0));
    }

    private static void bind(int fd, int length) {
        SystemCalls.check(
                "bind",
                SystemCalls.call(Syscall.BIND, fd, NativeScratch.here().structures, length));
    }

    private static void set(int fd, int level, int option, boolean on) {
        NativeScratch nativeScratch = NativeScratch.here();
        nativeScratch.bytes.putInt(0, on ? 1 : 0);
        long at = nativeScratch.structures;
        SystemCalls.check(
                "setsockopt", SystemCalls.call(Syscall.SETSOCKOPT, fd, level, option, at, 4));
    }

    private static void get(int fd, int option, int length) {
        get(fd, SOL_SOCKET, option, length);
    }

    private static void get(int fd, int level, int option, int length) {
        NativeScratch nativeScratch = NativeScratch.here();
        int lengthAt = 64;
        nativeScratch.bytes.putInt(lengthAt, length);
        long at = nativeScratch.structures;
        long result = SystemCalls.call(Syscall.GETSOCKOPT, fd, level, option, at, at + lengthAt);
        SystemCalls.check("getsockopt", result);
    }

    /// A descriptor that is closed if what is done to it fails.
    private static int orClose(int fd, Runnable setup) {
        try {
            setup.run();
            return fd;
        } catch (RuntimeException e) {
            Descriptors.close(fd);
            throw e;
        }
    }
}
