// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control;

import org.einhyrningsins.control.wire.LineBuffer;
import org.einhyrningsins.control.wire.ParsedLine;
import org.einhyrningsins.control.wire.RequestReader;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// A manager that says what a test wants it to, one client after the other.
public final class TestManager implements AutoCloseable {
    /// A reply after which the manager says nothing more and keeps the connection.
    public static final byte[] SILENCE = {};

    private final Path directory;
    private final ServerSocketChannel server;
    private final BlockingQueue<ParsedLine> asked = new LinkedBlockingQueue<>();
    private final Thread thread;
    private final List<byte[]> replies;

    /// Answers every request with these replies and closes.
    public TestManager(List<byte[]> replies) throws IOException {
        this.replies = replies;
        directory = Files.createTempDirectory("ctl");
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket()));
        thread = Thread.ofPlatform().daemon().name("test manager").start(this::serve);
    }

    /// Where it listens.
    public Path socket() {
        return directory.resolve("s");
    }

    /// What it was asked next.
    public ParsedLine asked() throws InterruptedException {
        ParsedLine next = asked.poll(10, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("nobody asked");
        }
        return next;
    }

    private void serve() {
        try {
            while (true) {
                try (SocketChannel client = server.accept()) {
                    answer(client);
                }
            }
        } catch (IOException closed) {
            // the test is over
            return;
        }
    }

    private void answer(SocketChannel client) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(4096);
        LineBuffer lineBuffer = new LineBuffer();
        Taken taken = new Taken();
        while (taken.line == null && client.read(buffer) >= 0) {
            lineBuffer.feed(buffer.flip(), taken);
            buffer.clear();
        }
        if (taken.line == null) {
            return;
        }
        asked.add(RequestReader.parse(taken.line));
        for (byte[] reply : replies) {
            send(client, reply);
        }
    }

    private static void send(SocketChannel client, byte[] reply) throws IOException {
        if (reply.length == 0) {
            client.read(ByteBuffer.allocate(1));
        }
        ByteBuffer bytes = ByteBuffer.wrap(reply);
        while (bytes.hasRemaining()) {
            client.write(bytes);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        thread.interrupt();
        Files.deleteIfExists(socket());
        Files.deleteIfExists(directory);
    }

    private static final class Taken implements LineBuffer.Taker {
        byte @org.jspecify.annotations.Nullable [] line;

        @Override
        public void line(byte[] bytes) {
            line = bytes;
        }

        @Override
        public void tooLong(int bound) {
            throw new AssertionError("a request of more than " + bound + " bytes");
        }
    }
}
