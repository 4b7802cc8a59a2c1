// SPDX-License-Identifier: GPL-3.0-or-later

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.AbstractHandler;
import org.eclipse.jetty.server.handler.StatisticsHandler;

/** Jetty on the socket that is its standard input, as {@code System.inheritedChannel()} has it. */
public final class JettyHello {
    private static final long PATIENCE_MILLIS = 2_000; // for connections on which nothing is asked
    private static final int QUIET = 20; // looks: one that was just accepted is not yet seen
    private static volatile boolean told;

    private JettyHello() {}

    public static void main(String[] arguments) throws Exception {
        if (!(System.inheritedChannel() instanceof ServerSocketChannel listener)) {
            System.err.println("no listening socket on standard input");
            System.exit(1);
            return;
        }
        System.setProperty("org.eclipse.jetty.LEVEL", "WARN");
        // It would tell us that our listener is closed, see below.
        System.setProperty("org.eclipse.jetty.server.AbstractConnector.LEVEL", "OFF");
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server, 1, 1);
        connector.open(listener); // setInheritChannel(true) does that too
        server.addConnector(connector);
        StatisticsHandler graceful = new StatisticsHandler(); // lets requests in progress finish
        graceful.setHandler(new Hello());
        server.setHandler(graceful);
        server.setStopTimeout(15_000);
        Thread hook = new Thread(() -> drain(server, connector, listener), "drain");
        Runtime.getRuntime().addShutdownHook(hook); // TERM runs it
        server.start();
        acknowledge();
        server.join();
    }

    /**
     * What {@code setStopAtShutdown(true)} does not do. By itself Jetty interrupts its acceptor, and
     * the connection that it was accepting is lost; it answers 503 on kept connections, and cuts
     * them. So first only the listener is closed (it lives on in the manager and in our siblings),
     * and each kept connection ends with its next answer.
     */
    private static void drain(
            Server server, ServerConnector connector, ServerSocketChannel listener) {
        told = true;
        try {
            connector.setAccepting(false);
            listener.close(); // completes an accept() that has a connection already
            long end = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
            for (int quiet = 0; quiet < QUIET && System.nanoTime() < end; quiet++) {
                Thread.sleep(5);
                if (!connector.getConnectedEndPoints().isEmpty()) {
                    quiet = 0;
                }
            }
            server.stop();
        } catch (Exception problem) {
            // going anyway
        }
    }

    /** Tells the manager that this worker is up; without a manager there is nobody to tell. */
    private static void acknowledge() throws IOException {
        String path = System.getenv("EINHORN_SOCK_PATH");
        if (path == null) {
            return;
        }
        String line =
                "{\"command\":\"worker:ack\",\"pid\":" + ProcessHandle.current().pid() + "}\n";
        try (SocketChannel manager = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            manager.connect(UnixDomainSocketAddress.of(path));
            ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII));
            while (bytes.hasRemaining()) {
                manager.write(bytes);
            }
        }
    }

    private static final class Hello extends AbstractHandler {
        @Override
        public void handle(
                String target,
                Request request,
                HttpServletRequest asked,
                HttpServletResponse answer)
                throws IOException {
            if (told) {
                answer.setHeader("Connection", "close");
            }
            answer.setContentType("text/plain");
            answer.getWriter()
                    .printf(
                            "Hello from Jetty version=%s pid=%d slot=%s%n",
                            System.getenv("VERSION"),
                            ProcessHandle.current().pid(),
                            System.getenv("EINHORN_CHILD_INDEX"));
            request.setHandled(true);
        }
    }
}
