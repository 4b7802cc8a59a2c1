// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.socket.ProgramSockets;
import org.einhyrningsins.spec.SocketSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;

/// Who has a port, by the kernel's tables.
class PortUsageTest {
    private static final String MAPPED = "0000000000000000FFFF0000";

    @ParameterizedTest
    @CsvSource(
            value = {
                // address, port, state in the table | verdict for 127.0.0.1:8080
                "0100007F:1F90 0A | LISTENING",
                "00000000:1F90 0A | LISTENING",
                MAPPED + "0100007F:1F90 0A | LISTENING",
                "00000000000000000000000000000000:1F90 0A | LISTENING",
                "0100007F:1F90 06 | LINGERING",
                "0100007F:1F90 01 | CONNECTED",
                "0100007F:1F90 05 | CONNECTED",
                "0200007F:1F90 0A | UNKNOWN",
                "0100007F:1F91 0A | UNKNOWN",
                "0100007F:1F91 06 | UNKNOWN",
            },
            delimiter = '|')
    void aLineOfTheTableTells(String line, PortUsage use) throws IOException {
        String[] fields = line.split(" ", 2);
        List<String> lines =
                List.of(
                        "  sl  local_address rem_address   st tx_queue",
                        "  17: "
                                + fields[0]
                                + " 0100007F:EC9A "
                                + fields[1]
                                + " 00000000:00000000");
        assertThat(PortUsage.of(lines, Inet4Address.ofLiteral("127.0.0.1"), 8080)).isEqualTo(use);
    }

    /// A real port whose connections were closed on our side, and one that somebody has.
    @Test
    void whatLingersIsNotSaidToBeAnotherProcess() throws IOException {
        InetAddress host = Inet4Address.ofLiteral("127.0.0.1");
        int port;
        try (ServerSocket listener = new ServerSocket()) {
            listener.setReuseAddress(false);
            listener.bind(new InetSocketAddress(host, 0));
            port = listener.getLocalPort();
            try (Socket client = new Socket(host, port)) {
                listener.accept().close();
                assertThat(client.getInputStream().read()).isEqualTo(-1);
                assertThat(refusal(host, port)).contains("another process has it: see ss -lptn");
            }
        }
        assertThat(PortUsage.of(new SocketSpec.Tcp(host, port))).isEqualTo(PortUsage.LINGERING);
        assertThat(refusal(host, port))
                .contains("nobody listens there", "linger for up to a minute", ",r")
                .doesNotContain("another process");
    }

    private static String refusal(InetAddress host, int port) {
        SocketSpec socket =
                new SocketSpec(
                        "a",
                        new SocketSpec.Tcp(host, port),
                        false,
                        false,
                        1,
                        false,
                        SocketSpec.UnixFile.DEFAULT);
        PosixException refused =
                catchThrowableOfType(PosixException.class, () -> ProgramSockets.bind(socket));
        return BindAdvice.of(refused, socket);
    }
}
