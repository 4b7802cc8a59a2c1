// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.Datagram;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.spec.SocketSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;

@Timeout(240)
class UnixDatagramSenderIT {
    @TempDir Path directory;

    @Test
    void bringsTextsUntilThereIsNoRoomAndAgainWhenThereIs() {
        Path address = directory.resolve("to");
        int receiver = Datagrams.bind(address, 0600);
        try (UnixDatagramSender unixDatagramSender = new UnixDatagramSender(address.toString())) {
            int sent = 0;
            while (unixDatagramSender.send("text " + sent)) {
                sent++;
            }
            assertThat(sent).isPositive();
            for (int i = 0; i < sent; i++) {
                Datagram datagram = Objects.requireNonNull(Datagrams.receive(receiver));
                String text = new String(datagram.text(), StandardCharsets.UTF_8);
                assertThat(text).isEqualTo("text " + i);
            }
            assertThat(unixDatagramSender.send("once more", receiver)).isTrue();
            assertThat(Datagrams.receive(receiver)).isNotNull();
        } finally {
            Descriptors.close(receiver);
        }
    }

    @Test
    void saysThatNobodyIsThere() {
        String nobody = directory.resolve("nobody").toString();
        try (UnixDatagramSender unixDatagramSender = new UnixDatagramSender(nobody);
                UnixDatagramSender hidden = new UnixDatagramSender("@" + nobody)) {
            assertThatThrownBy(() -> unixDatagramSender.send("?"))
                    .isInstanceOf(PosixException.class)
                    .hasMessageContaining("sendmsg to " + nobody);
            assertThatThrownBy(() -> hidden.send("?")).isInstanceOf(PosixException.class);
        }
    }

    @Test
    void aSocketIsKnownByItsTypeAndAddress() {
        BoundSocket tcp =
                ProgramSockets.bind(spec(new SocketSpec.Tcp(InetAddress.ofLiteral("::1"), 0)));
        int port = Integer.parseInt(tcp.address().substring(tcp.address().lastIndexOf(':') + 1));
        try {
            assertThat(is(tcp, new SocketSpec.Tcp(InetAddress.ofLiteral("::1"), port))).isTrue();
            assertThat(is(tcp, new SocketSpec.Udp(InetAddress.ofLiteral("::1"), port))).isFalse();
            assertThat(is(tcp, new SocketSpec.Tcp(InetAddress.ofLiteral("::"), port))).isFalse();
            assertThat(is(tcp, new SocketSpec.Tcp(InetAddress.ofLiteral("::1"), 0))).isFalse();
            assertThat(is(tcp, new SocketSpec.UnixAbstract("::1"))).isFalse();
        } finally {
            Descriptors.close(tcp.fd());
        }
    }

    private static boolean is(BoundSocket boundSocket, SocketSpec.Address address) {
        return ProgramSockets.isBound(boundSocket.fd(), spec(address));
    }

    private static SocketSpec spec(SocketSpec.Address address) {
        return new SocketSpec("s", address, true, false, 16, false, SocketSpec.UnixFile.DEFAULT);
    }
}
