// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.US_ASCII;

import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.TextTemplate;
import org.einhyrningsins.spec.manager.LogSpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

@Timeout(240)
class ProbeRunnerIT {
    private static final InetAddress HERE = InetAddress.ofLiteral("127.0.0.1");
    private static final AckSpec.Endpoint SOMEWHERE = new AckSpec.Fixed(HERE, TextTemplate.of("1"));
    private static final AckSpec.SocketTarget TCP = new AckSpec.TcpTarget(SOMEWHERE);
    private static final AckSpec.SocketTarget HTTP =
            new AckSpec.HttpTarget(SOMEWHERE, "here", "/up");

    private final EventLoop eventLoop =
            new EventLoop(new ManagerLog(System.err::writeBytes, LogSpec.DEFAULT));
    private final ProbeRunner probeRunner =
            new ProbeRunner(eventLoop, ByteBuffer.allocateDirect(4096));
    private final List<Boolean> answers = new ArrayList<>();
    private final List<String> said = new ArrayList<>();
    private final List<String> heard = new ArrayList<>();
    private final ServerSocket server = listen();

    private static ServerSocket listen() {
        try {
            return new ServerSocket(0, 10, HERE);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @AfterEach
    void close() throws IOException {
        server.close();
        eventLoop.close();
    }

    private String address() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    private void ask(AckSpec.SocketTarget target) {
        ProbeRunner.ResultListener asker =
                new ProbeRunner.ResultListener() {
                    @Override
                    public void answered(boolean up, String answer) {
                        answers.add(up);
                        said.add(answer);
                    }

                    @Override
                    public void partialAnswer(String answer) {
                        heard.add(answer);
                    }
                };
        probeRunner.start("worker", target, address(), asker);
    }

    private void answered(boolean up, String ignored) {
        answers.add(up);
    }

    private void turnUntilAnswered() {
        for (int i = 0; i < 5_000 && answers.isEmpty(); i++) {
            eventLoop.turn(1_000_000);
        }
    }

    private Socket takeRequest() throws IOException {
        eventLoop.turn(1_000_000_000); // connected: it asks
        Socket socket = server.accept();
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(5_000);
        StringBuilder request = new StringBuilder();
        while (!request.toString().endsWith("\r\n\r\n")) {
            request.append((char) socket.getInputStream().read());
        }
        assertThat(request.toString()).startsWith("GET /up HTTP/1.1\r\nHost: here\r\n");
        return socket;
    }

    private static void say(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(US_ASCII));
    }

    @Test
    void whoAcceptsIsUpForTcpAndWhoDoesNotIsNot() throws IOException {
        ask(TCP);
        turnUntilAnswered();
        assertThat(answers).containsExactly(true);
        answers.clear();
        server.close();
        ask(TCP);
        turnUntilAnswered();
        assertThat(answers).containsExactly(false);
    }

    @Test
    void aStatusLineMayComeInPieces() throws IOException {
        ask(HTTP);
        try (Socket socket = takeRequest()) {
            for (String piece : List.of("HTT", "P/1.1 2", "04 No Content\r")) {
                say(socket, piece);
                eventLoop.turn(1_000_000_000);
                assertThat(answers).isEmpty();
            }
            say(socket, "\n");
            turnUntilAnswered();
        }
        assertThat(answers).containsExactly(true);
    }

    @Test
    void otherAnswersAreNoGoodOnes() throws IOException {
        for (String answer :
                List.of("HTTP/1.1 503 Not Yet\r\n", "SSH-2.0-x\r\n", "", "z".repeat(2_000))) {
            answers.clear();
            ask(HTTP);
            try (Socket socket = takeRequest()) {
                say(socket, answer);
                socket.shutdownOutput();
                turnUntilAnswered();
            }
            assertThat(answers).as(answer).containsExactly(false);
        }
    }

    @Test
    void whatAFailedProbeAnsweredIsSaid() throws IOException {
        ask(HTTP);
        try (Socket socket = takeRequest()) {
            say(socket, "HTTP/1.1 503 Not Yet\r\nContent-Length: 11\r\n\r\n");
            eventLoop.turn(1_000_000_000);
            assertThat(answers).as("the body is waited for").isEmpty();
            assertThat(heard).containsExactly("HTTP/1.1 503 Not Yet");
            say(socket, "db is\n\033[2Jx");
            turnUntilAnswered();
        }
        assertThat(answers).containsExactly(false);
        assertThat(said).containsExactly("HTTP/1.1 503 Not Yet: db is [2Jx");
    }

    @Test
    void whyAConnectionWasRefusedIsSaid() throws IOException {
        server.close();
        ask(TCP);
        turnUntilAnswered();
        assertThat(said.getFirst())
                .isEqualTo("connect to " + address() + ": connection refused (ECONNREFUSED)");
    }

    @Test
    void whoHangsIsForgottenWithoutAnAnswer() throws IOException {
        ask(HTTP);
        try (Socket socket = takeRequest()) {
            probeRunner.forget("worker");
            eventLoop.turn(0);
            assertThat(socket.getInputStream().read()).as("we hung up").isEqualTo(-1);
        }
        assertThat(answers).isEmpty();
    }

    @Test
    void anAddressThatIsNoneIsNotUpAndHarmsNobody() {
        for (String none : List.of("", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:99999", "x:y")) {
            probeRunner.start("worker", TCP, none, this::answered);
        }
        probeRunner.start("worker", TCP, "unix:/no/such", this::answered);
        assertThat(answers).hasSize(6).containsOnly(false);
    }
}
