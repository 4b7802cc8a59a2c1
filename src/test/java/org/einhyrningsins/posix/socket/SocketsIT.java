// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import org.einhyrningsins.posix.Nursery;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.Datagram;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.SocketAddress;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.einhyrningsins.posix.kernel.UnknownAccountException;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.SocketSpec.UnixFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

@Timeout(240)
class SocketsIT {
    @TempDir Path directory;
    private final List<Integer> open = new ArrayList<>();

    @AfterEach
    void close() {
        open.forEach(Descriptors::close);
    }

    private BoundSocket bind(SocketSpec.Address address, UnixFile file) {
        BoundSocket boundSocket =
                ProgramSockets.bind(new SocketSpec("s", address, true, false, 128, true, file));
        open.add(boundSocket.fd());
        return boundSocket;
    }

    private BoundSocket bind(SocketSpec.Address address) {
        return bind(address, UnixFile.DEFAULT);
    }

    private int keep(int fd) {
        open.add(fd);
        return fd;
    }

    private BoundSocket tcp(String host, int port) {
        return bind(new SocketSpec.Tcp(InetAddress.ofLiteral(host), port));
    }

    @Test
    void bindsTcpAndTellsThePortTheKernelChose() {
        BoundSocket boundSocket = tcp("127.0.0.1", 0);
        assertThat(boundSocket.address()).matches("127\\.0\\.0\\.1:[1-9][0-9]*");
        assertThat(boundSocket.fd()).isGreaterThanOrEqualTo(64);
        int client = keep(Connections.connect(boundSocket.address()));
        assertThat(poll(client, Poll.OUT)).isEqualTo(Poll.OUT);
        assertThat(Connections.connectResult(client)).isNull();
        assertThat(keep(Connections.accept(boundSocket.fd()))).isNotNegative();
    }

    @Test
    void bindsTcpOnIpv6() {
        BoundSocket boundSocket = tcp("::1", 0);
        assertThat(boundSocket.address()).matches("\\[::1]:[1-9][0-9]*");
        int client = keep(Connections.connect(boundSocket.address()));
        poll(client, Poll.OUT);
        assertThat(Connections.connectResult(client)).isNull();
    }

    /// As whoever looks for a socket in a worker knows it: the file has `[::1]:0`, the kernel a
    /// port.
    @Test
    void knowsASocketWhosePortTheKernelChose() {
        InetAddress six = InetAddress.ofLiteral("::1");
        BoundSocket boundSocket = tcp("::1", 0);
        assertThat(isAtSomePort(boundSocket, new SocketSpec.Tcp(six, 0))).isTrue();
        assertThat(isAtSomePort(boundSocket, new SocketSpec.Udp(six, 0))).isFalse();
        InetAddress all = InetAddress.ofLiteral("::");
        assertThat(isAtSomePort(boundSocket, new SocketSpec.Tcp(all, 0))).isFalse();
        BoundSocket udp = bind(new SocketSpec.Udp(six, 0));
        assertThat(isAtSomePort(udp, new SocketSpec.Udp(six, 0))).isTrue();
        BoundSocket four = tcp("127.0.0.1", 0);
        InetAddress other = InetAddress.ofLiteral("127.0.0.12");
        assertThat(isAtSomePort(four, new SocketSpec.Tcp(other, 0))).isFalse();
    }

    private static boolean isAtSomePort(BoundSocket boundSocket, SocketSpec.Address address) {
        SocketSpec spec = new SocketSpec("s", address, true, false, 128, true, UnixFile.DEFAULT);
        return ProgramSockets.isBoundAtSomePort(boundSocket.fd(), spec);
    }

    @Test
    void bindsUdp() {
        BoundSocket boundSocket = bind(new SocketSpec.Udp(InetAddress.ofLiteral("127.0.0.1"), 0));
        assertThat(boundSocket.address()).matches("127\\.0\\.0\\.1:[1-9][0-9]*");
    }

    @Test
    void bindsAnAbstractName() {
        String name = "einhyrningsins-test-" + Processes.self() + "-" + System.nanoTime();
        BoundSocket boundSocket = bind(new SocketSpec.UnixAbstract(name));
        assertThat(boundSocket.address()).isEqualTo("unix:@" + name);
        keep(Connections.connect(boundSocket.address()));
        assertThat(keep(Connections.accept(boundSocket.fd()))).isNotNegative();
    }

    @Test
    void aTakenPortIsInUse() {
        String address = tcp("127.0.0.1", 0).address();
        int port = Integer.parseInt(address.substring(address.indexOf(':') + 1));
        assertThatThrownBy(() -> tcp("127.0.0.1", port))
                .isInstanceOf(PosixException.class)
                .hasMessage("bind: address already in use (EADDRINUSE)");
    }

    @Test
    void aRefusedConnectionIsToldSo() {
        BoundSocket boundSocket = tcp("127.0.0.1", 0);
        Descriptors.close(boundSocket.fd());
        int client = keep(Connections.connect(boundSocket.address()));
        poll(client, Poll.OUT);
        assertThat(Connections.connectResult(client)).isEqualTo(Errno.ECONNREFUSED);
    }

    @Test
    void aSocketsInodeIsWhatProcShows() throws Exception {
        BoundSocket boundSocket = tcp("127.0.0.1", 0);
        Path link = Files.readSymbolicLink(Path.of("/proc/self/fd/" + boundSocket.fd()));
        assertThat(link).hasToString("socket:[" + boundSocket.inode() + "]");
    }

    @Test
    void aSocketBlocksUnlessAskedNotTo() throws Exception {
        BoundSocket blocking = tcp("127.0.0.1", 0);
        SocketSpec.Tcp address = new SocketSpec.Tcp(InetAddress.ofLiteral("127.0.0.1"), 0);
        BoundSocket not =
                ProgramSockets.bind(
                        new SocketSpec("s", address, true, true, 9, true, UnixFile.DEFAULT));
        keep(not.fd());
        assertThat(flags(blocking.fd()) & 04000).isZero();
        assertThat(flags(not.fd()) & 04000).isEqualTo(04000);
        assertThat(flags(not.fd()) & 02000000).as("close-on-exec").isEqualTo(02000000);
    }

    private static int flags(int fd) throws Exception {
        return Files.readAllLines(Path.of("/proc/self/fdinfo/" + fd)).stream()
                .filter(line -> line.startsWith("flags:"))
                .map(line -> Integer.parseInt(line.substring(6).strip(), 8))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void replacesAStaleSocketFile() {
        Path path = directory.resolve("s");
        BoundSocket first = bind(new SocketSpec.UnixPath(path));
        Descriptors.close(first.fd());
        open.clear();
        assertThat(path).exists();
        assertThat(SocketFile.answers(path)).isFalse();
        BoundSocket second = bind(new SocketSpec.UnixPath(path));
        assertThat(second.address()).isEqualTo("unix:" + path);
        assertThat(SocketFile.answers(path)).isTrue();
    }

    @Test
    void leavesALiveSocketAlone() {
        Path path = directory.resolve("s");
        bind(new SocketSpec.UnixPath(path));
        assertThatThrownBy(() -> bind(new SocketSpec.UnixPath(path)))
                .hasMessage("bind: address already in use (EADDRINUSE)");
        assertThat(SocketFile.answers(path)).isTrue();
    }

    @Test
    void leavesALiveDatagramSocketAlone() {
        Path path = directory.resolve("s");
        int first = keep(Datagrams.bind(path, 0600));
        assertThatThrownBy(() -> bind(new SocketSpec.UnixPath(path)))
                .hasMessage("bind: address already in use (EADDRINUSE)");
        Descriptors.close(first);
        open.clear();
        keep(Datagrams.bind(path, 0600));
    }

    @Test
    void neverRemovesWhatIsNoSocket() throws Exception {
        Path path = Files.writeString(directory.resolve("s"), "precious");
        assertThatThrownBy(() -> bind(new SocketSpec.UnixPath(path)))
                .hasMessage("bind: address already in use (EADDRINUSE)");
        assertThat(path).hasContent("precious");
    }

    @Test
    void refusesAPathThatIsTooLong() {
        Path path = directory.resolve("x".repeat(108));
        assertThatThrownBy(() -> bind(new SocketSpec.UnixPath(path)))
                .hasMessageEndingWith("file name too long (ENAMETOOLONG)");
    }

    @Test
    void givesTheFileItsModeAndOwner() throws Exception {
        Path path = directory.resolve("s");
        boolean root = Nursery.isRoot();
        bind(new SocketSpec.UnixPath(path), new UnixFile(0666, root ? "12345" : null, null));
        assertThat(mode(path)).isEqualTo("rw-rw-rw-");
        assumeTrue(root);
        assertThat(Files.getAttribute(path, "unix:uid")).isEqualTo(12345);
        assertThat(Files.getAttribute(path, "unix:gid")).isNotEqualTo(12345);
    }

    private static String mode(Path path) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void anUnknownOwnerIsNamedAndNothingIsBound() {
        Path path = directory.resolve("s");
        assertThatThrownBy(
                        () ->
                                bind(
                                        new SocketSpec.UnixPath(path),
                                        new UnixFile(null, "no-such-user", null)))
                .isInstanceOf(UnknownAccountException.class)
                .hasMessageContaining("no user 'no-such-user'");
        assertThat(path).doesNotExist();
    }

    @Test
    void aListenerKnowsWhoConnected() throws Exception {
        Path path = directory.resolve("control");
        int listener = keep(Sockets.listenUnix(path, 0600));
        assertThat(mode(path)).isEqualTo("rw-------");
        assertThat(Connections.accept(listener)).isEqualTo(-1);
        keep(Connections.connect("unix:" + path));
        int served = keep(Connections.accept(listener));
        int uid = (int) SystemCalls.call(Syscall.GETEUID, 0);
        assertThat(Connections.peer(served).pid()).isEqualTo(Processes.self());
        assertThat(Connections.peer(served).uid()).isEqualTo(uid);
        assertThat(flags(served) & 02004000).as("non-blocking, close-on-exec").isEqualTo(02004000);
    }

    @Test
    void whoConnectedHasTheGroupsThatTheKernelShows() throws Exception {
        int[] pair = Connections.pair();
        keep(pair[1]);
        String line =
                Files.readAllLines(Path.of("/proc/self/status")).stream()
                        .filter(each -> each.startsWith("Groups:"))
                        .findFirst()
                        .orElseThrow();
        List<Integer> shown =
                Arrays.stream(line.substring("Groups:".length()).strip().split("\\s+"))
                        .filter(word -> !word.isEmpty())
                        .map(Integer::parseUnsignedInt)
                        .toList();
        assertThat(Connections.peerGroups(keep(pair[0])))
                .containsExactlyInAnyOrderElementsOf(shown);
    }

    @Test
    void aDatagramTellsItsSenderAndLosesItsDescriptors() throws Exception {
        Path path = directory.resolve("notify");
        int receiver = keep(Datagrams.bind(path, 0622));
        assertThat(mode(path)).isEqualTo("rw--w--w-");
        assertThat(Datagrams.receive(receiver)).isNull();
        int sender = datagramTo(path);
        send(sender, "READY=1", List.of(receiver, sender, receiver));
        send(sender, "x".repeat(5_000), List.of(receiver));
        send(sender, "STATUS=on", List.of());
        long before = Nursery.descriptors();
        Datagram first = requireNonNull(Datagrams.receive(receiver));
        Datagram second = requireNonNull(Datagrams.receive(receiver)); // the long one is dropped
        assertThat(new String(first.text(), UTF_8)).isEqualTo("READY=1");
        assertThat(first.sender().pid()).isEqualTo(Processes.self());
        assertThat(new String(second.text(), UTF_8)).isEqualTo("STATUS=on");
        assertThat(Datagrams.receive(receiver)).isNull();
        assertThat(Nursery.descriptors()).isEqualTo(before);
    }

    @Test
    void takesNoDescriptorsFromAConnection() {
        int listener = keep(Sockets.listenUnix(directory.resolve("doors"), 0600));
        int client = keep(Connections.connect("unix:" + directory.resolve("doors")));
        int accepted = keep(Connections.accept(listener));
        ByteBuffer buffer = ByteBuffer.allocateDirect(64);
        boolean refused = refuses(client, listener);
        if (refused) {
            send(client, "word", List.of());
            assertThat(Connections.read(accepted, buffer)).isEqualTo(4);
        } else { // before Linux 6.16
            assertThatThrownBy(() -> Connections.read(accepted, buffer))
                    .isInstanceOf(PosixException.class);
        }
        int[] pair =
                Connections.pair(); // nobody asked the kernel to refuse here: as on an older one
        Connections.forgetRefusing();
        try {
            keep(pair[1]);
            send(pair[1], "word", List.of(listener));
            assertThatThrownBy(() -> Connections.read(pair[0], buffer.clear()))
                    .isInstanceOf(PosixException.class)
                    .hasMessageContaining("descriptors are not taken");
            assertThatThrownBy(() -> Connections.peek(pair[0], buffer.clear()))
                    .isInstanceOf(PosixException.class);
            Connections.hangUp(pair[0]);
        } finally {
            Connections.refuseDescriptors(listener);
        }
    }

    private static boolean refuses(int client, int descriptor) {
        try {
            send(client, "word", List.of(descriptor));
            return false;
        } catch (PosixException e) {
            return e.errno() == Errno.EPERM;
        }
    }

    private int datagramTo(Path path) {
        int fd = keep((int) SystemCalls.check("socket", SystemCalls.call(Syscall.SOCKET, 1, 2, 0)));
        NativeScratch nativeScratch = NativeScratch.here();
        int length = SocketAddress.putUnix(nativeScratch.bytes, path.toString());
        SystemCalls.check(
                "connect", SystemCalls.call(Syscall.CONNECT, fd, nativeScratch.structures, length));
        return fd;
    }

    private static void send(int fd, String text, List<Integer> descriptors) {
        ByteBuffer memory = ByteBuffer.allocateDirect(8192).order(ByteOrder.nativeOrder());
        long at = SystemCalls.address(memory);
        memory.put(1024, text.getBytes(UTF_8)).putLong(64, at + 1024).putLong(72, text.length());
        memory.putLong(16, at + 64).putLong(24, 1); // msghdr: one buffer
        if (!descriptors.isEmpty()) {
            int length = 16 + 4 * descriptors.size();
            memory.putLong(32, at + 128).putLong(40, (length + 7) & -8);
            memory.putLong(128, length).putInt(136, 1).putInt(140, 1); // SOL_SOCKET, SCM_RIGHTS
            for (int i = 0; i < descriptors.size(); i++) {
                memory.putInt(144 + 4 * i, descriptors.get(i));
            }
        }
        SystemCalls.check("sendmsg", SystemCalls.call(Syscall.SENDMSG, fd, at, 0));
    }

    private static int poll(int fd, int interest) {
        try (Poll poll = Poll.open()) {
            poll.add(fd, interest, 1);
            assertThat(poll.await(10_000_000_000L)).isEqualTo(1);
            return poll.events(0) & interest;
        }
    }
}
