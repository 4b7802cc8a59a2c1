// SPDX-License-Identifier: GPL-3.0-or-later

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A web server in one file: {@code java Hello.java}, JDK 17 or newer, nothing to build.
 *
 * <p>It takes its listening socket from standard input ({@code stdin: http} in the configuration),
 * says that it is up by a line to EINHORN_SOCK_PATH, and when it gets TERM it goes gracefully: it
 * accepts no more, finishes what it has in its hands, answers the next request of each kept
 * connection with {@code Connection: close}, and gives silent ones two seconds.
 */
public final class Hello {
    private static final int LONGEST_REQUEST = 16 * 1024;
    private static final long PATIENCE_MILLIS = 2_000;
    private static final int LINGER_MILLIS = 1_000;

    private static final Set<Connection> OPEN = ConcurrentHashMap.newKeySet();
    private static volatile boolean told;

    private Hello() {}

    public static void main(String[] arguments) throws Exception {
        Channel inherited = System.inheritedChannel();
        if (!(inherited instanceof ServerSocketChannel listener)) {
            System.err.println(
                    "no listening socket on standard input; run me by a configuration with"
                        + " `stdin:`");
            System.exit(1);
            return;
        }
        Thread acceptor = new Thread(() -> acceptAll(listener), "accept");
        acceptor.start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> drain(listener, acceptor), "drain"));
        acknowledge();
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

    private static void acceptAll(ServerSocketChannel listener) {
        while (!told) {
            try {
                // Completes with the connection even if the listener is closed meanwhile: none is
                // lost.
                SocketChannel accepted = listener.accept();
                if (accepted == null) {
                    Thread.sleep(1); // somebody made the shared socket non-blocking
                    continue;
                }
                Connection connection = new Connection(accepted);
                OPEN.add(connection);
                new Thread(connection, "connection").start();
            } catch (AsynchronousCloseException closed) {
                return;
            } catch (IOException | InterruptedException problem) {
                if (!listener.isOpen()) {
                    return;
                }
            }
        }
    }

    /** Runs when TERM has come; the JVM ends when it returns. */
    private static void drain(ServerSocketChannel listener, Thread acceptor) {
        told = true;
        try {
            // Our descriptor only: the socket lives on in the manager and in our siblings.
            listener.close();
            acceptor.join();
            long end = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
            while (!OPEN.isEmpty() && (anyBusy() || System.nanoTime() < end)) {
                Thread.sleep(5);
            }
        } catch (IOException | InterruptedException problem) {
            // going anyway
        }
    }

    private static boolean anyBusy() {
        return OPEN.stream().anyMatch(connection -> connection.busy);
    }

    /** One connection and its thread: one request after the other. */
    private static final class Connection implements Runnable {
        private final SocketChannel channel;
        private volatile boolean busy;

        Connection(SocketChannel channel) {
            this.channel = channel;
        }

        @Override
        public void run() {
            try (channel) {
                channel.socket().setTcpNoDelay(true);
                InputStream in = channel.socket().getInputStream();
                OutputStream out = channel.socket().getOutputStream();
                boolean last = false;
                while (!last) {
                    String request = readHead(in);
                    if (request == null) {
                        return;
                    }
                    last = told || request.toLowerCase().contains("\r\nconnection: close");
                    out.write(answer(last));
                    out.flush();
                    busy = false;
                }
                linger(in);
            } catch (IOException problem) {
                // the client went away
            } finally {
                OPEN.remove(this);
            }
        }

        /** The request line and the headers; null when the client has ended the connection. */
        private String readHead(InputStream in) throws IOException {
            StringBuilder head = new StringBuilder();
            while (head.length() < LONGEST_REQUEST) {
                int octet = in.read();
                if (octet < 0) {
                    return null;
                }
                busy = true;
                head.append((char) octet);
                if (octet == '\n'
                        && head.length() > 3
                        && head.substring(head.length() - 4).equals("\r\n\r\n")) {
                    return head.toString();
                }
            }
            return null;
        }

        /** Half-closes and waits for the client's end, so that no answer is cut off by a reset. */
        private void linger(InputStream in) throws IOException {
            channel.shutdownOutput();
            channel.socket().setSoTimeout(LINGER_MILLIS);
            while (in.read() >= 0) {
                // what comes now is nobody's request
            }
        }

        private static byte[] answer(boolean last) {
            String body =
                    "Hello from version="
                            + System.getenv().getOrDefault("VERSION", "v1")
                            + " pid="
                            + ProcessHandle.current().pid()
                            + " slot="
                            + System.getenv().getOrDefault("EINHORN_CHILD_INDEX", "-")
                            + "\n";
            String head =
                    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: "
                            + body.length()
                            + "\r\n"
                            + (last ? "Connection: close\r\n" : "")
                            + "\r\n";
            return (head + body).getBytes(StandardCharsets.US_ASCII);
        }
    }
}
