// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.socket;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.manager.snapshot.SocketSnapshot;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.socket.ProgramSockets;
import org.einhyrningsins.spec.SocketSpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// Real listeners with SO_REUSEPORT: what the kernel does is what the group believes.
@Timeout(240)
class SocketGroupIT {
    private static final int CONNECTIONS = 100;

    private final SocketSpec spec;
    private final SocketGroup group;
    private final List<Socket> clients = new ArrayList<>();

    SocketGroupIT() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var address = new SocketSpec.Tcp(InetAddress.getLoopbackAddress(), free.getLocalPort());
            var file = SocketSpec.UnixFile.DEFAULT;
            spec = new SocketSpec("http", address, true, true, 1000, false, file, true);
        }
        group = SocketGroup.of(0, ProgramSockets.bind(spec));
    }

    @AfterEach
    void close() throws IOException {
        for (Socket client : clients) {
            client.close();
        }
        group.closeAll();
    }

    @Test
    void steersToWhoIsServedOnly() throws IOException {
        join(1, 2, 3);
        assertThat(slotsOfNewConnections(4)).containsExactly(0, 1, 2, 3);
        assertThat(group.steer(slot -> slot != 1)).isTrue();
        assertThat(slotsOfNewConnections(4)).containsExactly(0, 2, 3);
        assertThat(group.steer(slot -> slot == 3)).isTrue();
        assertThat(slotsOfNewConnections(4)).containsExactly(3);
        assertThat(group.steer(slot -> false)).isTrue();
        assertThat(slotsOfNewConnections(4)).containsExactly(0, 1, 2, 3);
    }

    @Test
    void steersToTheSameSlotsWhenOthersWereClosed() throws IOException {
        join(3, 1, 2); // not in the order of the slots, as after a manager was killed
        group.steer(slot -> slot < 3);
        assertThat(slotsOfNewConnections(4)).containsExactly(0, 1, 2);
        assertThat(group.closeAbove(3)).isTrue();
        assertThat(group.of(3)).isNull();
        group.steer(slot -> true);
        assertThat(slotsOfNewConnections(3)).containsExactly(0, 1, 2);
        group.steer(slot -> slot == 2);
        assertThat(slotsOfNewConnections(3)).containsExactly(2);
        assertThat(group.closeAbove(3)).isFalse();
    }

    @Test
    void knowsTheOrderAfterOneWasLost() {
        assertThat(afterLosing(1)).containsExactly(0, 3, 2);
        assertThat(afterLosing(3)).containsExactly(0, 1, 2);
    }

    @Test
    void knowsTheOrderAfterTheLastWereLost() {
        assertThat(afterLosing(2, 3)).containsExactly(0, 1);
        assertThat(afterLosing(0, 1, 2, 3)).isEmpty();
    }

    @Test
    void doesNotSteerWhenItCannotKnowTheOrder() throws IOException {
        SocketGroup other = SocketGroup.resumed();
        List<SocketSnapshot> images = images();
        for (SocketSnapshot image : images) {
            other.resume(image, image.own() == 1 || image.own() == 3 ? -1 : image.fd());
        }
        other.forgetLost();
        assertThat(other.steer(slot -> slot == 1)).isFalse();
        List<SocketSnapshot> next = new ArrayList<>();
        other.images(images.getFirst(), next);
        assertThat(next).hasSize(2).allMatch(SocketSnapshot::disordered);
    }

    @Test
    void turnsAwayWhomTheKernelTakesAmissUntilItKnowsTheNumbers() throws IOException {
        join(2, 1);
        group.steer(slot -> slot == 1);
        group.closeAbove(2); // slot 1 is the second now, and the kernel still takes the third
        List<SocketChannel> knocking = knock();
        assertThat(queued(2).getFirst()).isZero();
        assertThat(queued(2).getLast()).isPositive().isLessThan(CONNECTIONS);
        group.steer(slot -> slot == 1);
        allConnect(knocking);
        assertThat(queued(2)).containsExactly(0, CONNECTIONS);
    }

    @Test
    void turnsAwayAlsoWhomItCannotSteer() throws IOException {
        assertThat(disordered().steer(slot -> slot == 0)).isFalse();
        List<SocketChannel> knocking = knock();
        assertThat(queued(4)).endsWith(0, 0, 0);
        group.closeAbove(1);
        allConnect(knocking);
    }

    @Test
    void hearsAgainWhenASlotIsServedAgain() throws IOException {
        join(1, 2, 3);
        group.steer(slot -> slot == 0);
        SocketGroup other = disordered(); // it does not know who is turned away
        other.steer(slot -> true);
        assertThat(slotsOfNewConnections(4)).containsExactly(0, 1, 2, 3);
        other.steer(slot -> slot == 0);
        other.steer(slot -> false);
        assertThat(slotsOfNewConnections(4)).containsExactly(0, 1, 2, 3);
    }

    /// As after a manager was killed, and two slots had lost their listeners.
    private SocketGroup disordered() {
        SocketGroup other = SocketGroup.resumed();
        for (SocketSnapshot image : images()) {
            other.resume(image.of(image.own(), true, image.bound()), image.fd());
        }
        return other;
    }

    private List<SocketChannel> knock() throws IOException {
        SocketSpec.Tcp tcp = (SocketSpec.Tcp) spec.address();
        List<SocketChannel> knocking = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
            SocketChannel client = SocketChannel.open();
            clients.add(client.socket());
            client.configureBlocking(false);
            client.connect(new InetSocketAddress(tcp.host(), tcp.port()));
            knocking.add(client);
        }
        return knocking;
    }

    private static void allConnect(List<SocketChannel> knocking) throws IOException {
        for (SocketChannel client : knocking) {
            client.configureBlocking(true);
            assertThat(client.finishConnect()).isTrue();
        }
    }

    private List<Integer> afterLosing(int... slots) {
        SocketGroup other = SocketGroup.resumed();
        Set<Integer> lost = new TreeSet<>();
        for (int slot : slots) {
            lost.add(slot);
        }
        List<SocketSnapshot> images = images();
        images.forEach(each -> other.resume(each, lost.contains(each.own() - 1) ? -1 : each.fd()));
        other.forgetLost();
        List<SocketSnapshot> left = new ArrayList<>();
        other.images(images.getFirst(), left);
        assertThat(left).noneMatch(SocketSnapshot::disordered);
        return left.stream().map(image -> image.own() - 1).toList();
    }

    private List<SocketSnapshot> images() {
        if (group.all().size() == 1) {
            join(1, 2, 3);
        }
        BoundSocket any = group.any();
        List<SocketSnapshot> images = new ArrayList<>();
        group.images(new SocketSnapshot("", spec, any, 0), images);
        return images;
    }

    private void join(int... slots) {
        for (int slot : slots) {
            group.join(slot, ProgramSockets.bind(spec));
        }
    }

    private Set<Integer> slotsOfNewConnections(int slots) throws IOException {
        List<Integer> before = queued(slots);
        SocketSpec.Tcp at = (SocketSpec.Tcp) spec.address();
        for (int i = 0; i < CONNECTIONS; i++) {
            clients.add(new Socket(at.host(), at.port()));
        }
        Set<Integer> found = new TreeSet<>();
        List<Integer> after = queued(slots);
        for (int slot = 0; slot < slots; slot++) {
            if (after.get(slot) > before.get(slot)) {
                found.add(slot);
            }
        }
        return found;
    }

    private List<Integer> queued(int slots) {
        List<Integer> queued = new ArrayList<>();
        for (int slot = 0; slot < slots; slot++) {
            BoundSocket boundSocket = group.of(slot);
            queued.add(boundSocket == null ? 0 : ProgramSockets.queued(boundSocket.fd()));
        }
        return queued;
    }
}
