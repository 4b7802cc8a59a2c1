// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.control.report.StatusReport;
import org.einhyrningsins.manager.ForeignClient;
import org.einhyrningsins.manager.page.HttpRequest;
import org.einhyrningsins.manager.page.PageData;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.socket.ProgramSockets;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.manager.HttpSpec;
import org.einhyrningsins.spec.manager.LogSpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;

/// Real clients of a real listener; there is no program to tell of.
@Timeout(240)
class HttpServerIT {
    private static final String NEWLINE = "\r\n";

    @TempDir Path directory;

    private final ByteArrayOutputStream logged = new ByteArrayOutputStream();
    private final ManagerLog managerLog = new ManagerLog(logged::writeBytes, LogSpec.DEFAULT);
    private final EventLoop eventLoop = new EventLoop(managerLog);
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
    private final List<ForeignClient> clients = new ArrayList<>();
    private final List<String> unready = new ArrayList<>();
    private volatile CountDownLatch held = new CountDownLatch(0);
    private boolean mayStartThreads = true;
    private Path path = Path.of("/");
    private BoundSocket listener = new BoundSocket(-1, "", 0);
    private HttpServer server = null_();

    @SuppressWarnings({"NullAway", "DataFlowIssue"}) // made before each test
    private static HttpServer null_() {
        return null;
    }

    @BeforeEach
    void open() {
        path = directory.resolve("http.sock");
        var address = new SocketSpec.UnixPath(path);
        var file = SocketSpec.UnixFile.DEFAULT;
        listener =
                ProgramSockets.bind(
                        new SocketSpec(
                                HttpSpec.NAME,
                                address,
                                false,
                                true,
                                HttpSpec.BACKLOG,
                                false,
                                file));
        HttpServer.DataSource sight =
                new HttpServer.DataSource() {
                    @Override
                    public PageData snapshot() {
                        var status = new StatusReport("1", 1, 0, "services.yaml", -1, List.of());
                        var manager = new PageData.Manager(0, 0, 0, 0, 1024);
                        return new PageData(status, List.of(), manager);
                    }

                    @Override
                    public List<String> unready() {
                        return unready;
                    }
                };
        ThreadFactory threads =
                work -> mayStartThreads ? new Thread(() -> later(work)) : new Unstartable();
        server = new HttpServer(eventLoop, listener.fd(), buffer, sight, threads);
    }

    private void later(Runnable work) {
        try {
            held.await();
            work.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// What the Java machine does where the kernel lets no thread start.
    private static final class Unstartable extends Thread {
        @Override
        public void start() {
            throw new OutOfMemoryError("unable to create native thread");
        }
    }

    @AfterEach
    void close() throws IOException {
        for (ForeignClient client : clients) {
            client.close();
        }
        server.close();
        eventLoop.turn(100_000_000); // a scribe that is at work rings
        eventLoop.close();
        Descriptors.close(listener.fd());
        assertThat(logged.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    private ForeignClient connect() throws IOException {
        ForeignClient client = ForeignClient.at(path);
        clients.add(client);
        eventLoop.turn(0);
        return client;
    }

    private String ask(String what) throws IOException {
        ForeignClient client = connect();
        client.write(what);
        return answer(client);
    }

    private String answer(ForeignClient client) throws IOException {
        ends(client);
        return client.received();
    }

    /// Where the kernel takes no SO_PASSRIGHTS, connections are closed on another thread.
    private void ends(ForeignClient client) {
        for (int i = 0; i < 20_000 && !client.ended(); i++) {
            eventLoop.turn(1_000_000);
        }
        assertThat(client.ended()).isTrue();
    }

    /// A page elsewhere may have given itself our address, and its visitor's browser asks here.
    @Test
    void answersNobodyWhoTakesUsForSomebodyElse() throws IOException {
        server.answerTo(List.of("metrics.example.org"));
        for (String host : List.of("evil.example", "evil.example:9911", "127.0.0.1.evil.example")) {
            assertThat(ask(headTo(host)))
                    .startsWith("HTTP/1.1 421 ")
                    .contains("is not known as", "http.allowed-hosts");
        }
        for (String host : List.of("127.0.0.1:9911", "[::1]", "localhost", "metrics.example.org")) {
            assertThat(ask(headTo(host))).startsWith("HTTP/1.1 200 ");
        }
        assertThat(ask("GET /healthz HTTP/1.0" + NEWLINE + NEWLINE)).startsWith("HTTP/1.1 200 ");
        server.answerTo(null);
        assertThat(ask(headTo("evil.example"))).startsWith("HTTP/1.1 200 ");
    }

    private static String headTo(String host) {
        return "GET /healthz HTTP/1.1" + NEWLINE + "Host: " + host + NEWLINE + NEWLINE;
    }

    private static String head(String path) {
        return "GET " + path + " HTTP/1.1" + NEWLINE + "Host: x" + NEWLINE + NEWLINE;
    }

    @Test
    void whereNoThreadMayStartWhoAsksIsToldAndTheManagerGoesOn() throws IOException {
        assertThat(ask(head("/metrics"))).startsWith("HTTP/1.1 200 ");
        mayStartThreads = false;
        assertThat(ask(head("/metrics"))).startsWith("HTTP/1.1 503 ").contains("no thread");
        assertThat(ask(head("/healthz"))).startsWith("HTTP/1.1 200 ");
        mayStartThreads = true;
        assertThat(ask(head("/status.json"))).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void isReadyOnlyWhenNothingIsNamedThatIsNot() throws IOException {
        assertThat(ask(head("/readyz"))).startsWith("HTTP/1.1 200 ");
        unready.add("web is backing-off");
        assertThat(ask(head("/readyz")))
                .startsWith("HTTP/1.1 503 ")
                .endsWith("web is backing-off\n");
    }

    @Test
    void aHeadMayBeAsLongAsTheBoundAndNoLonger() throws IOException {
        String rest = " HTTP/1.1" + NEWLINE + "Host: x" + NEWLINE + NEWLINE;
        String begun = "GET /healthz?";
        String fill = "x".repeat(HttpRequest.MAX_LENGTH - begun.length() - rest.length());
        assertThat(ask(begun + fill + rest)).startsWith("HTTP/1.1 200 ");
        assertThat(ask(begun + fill + "x" + rest)).startsWith("HTTP/1.1 431 ");
    }

    @Test
    void whoIsSilentForLongestMakesRoomForTheNext() throws IOException {
        ForeignClient first = connect();
        ForeignClient second = connect();
        for (int i = 2; i < HttpServer.MAX_CLIENTS; i++) {
            connect();
        }
        assertThat(first.ended()).isFalse();
        assertThat(ask(head("/healthz"))).startsWith("HTTP/1.1 200 ");
        ends(first);
        assertThat(second.ended()).isFalse();
    }

    @Test
    void whoWaitsForItsPageStaysWhileOthersAreIdle() throws IOException {
        assertThat(ask(head("/metrics"))).startsWith("HTTP/1.1 200 ");
        held = new CountDownLatch(1);
        ForeignClient waits = connect();
        waits.write(head("/metrics"));
        eventLoop.turn(100_000_000);
        ForeignClient idle = connect();
        for (int i = 2; i < HttpServer.MAX_CLIENTS; i++) {
            connect();
        }
        assertThat(ask(head("/healthz"))).startsWith("HTTP/1.1 200 ");
        ends(idle);
        held.countDown();
        assertThat(answer(waits)).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void nothingIsChangedOverHttp() throws IOException {
        String post = "POST /status.json HTTP/1.1" + NEWLINE + "Host: x" + NEWLINE + NEWLINE;
        assertThat(ask(post)).startsWith("HTTP/1.1 405 ").contains("Allow: GET, HEAD");
    }
}
