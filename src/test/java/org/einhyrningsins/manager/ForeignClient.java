// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import static java.nio.charset.StandardCharsets.UTF_8;

import jnr.unixsocket.UnixSocketAddress;
import jnr.unixsocket.UnixSocketChannel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/// A client of another make than ours: jnr-unixsocket's. Never blocks, so that the loop under test
/// can be turned by the same thread.
public final class ForeignClient implements AutoCloseable {
    private final UnixSocketChannel channel;
    private final StringBuilder received = new StringBuilder();
    private boolean ended;

    private ForeignClient(UnixSocketChannel channel) {
        this.channel = channel;
    }

    public static ForeignClient at(Path path) throws IOException {
        UnixSocketChannel channel = UnixSocketChannel.open(new UnixSocketAddress(path.toFile()));
        channel.configureBlocking(false);
        return new ForeignClient(channel);
    }

    /// Writes what the socket has room for.
    ///
    /// @return how many bytes that was
    public int write(byte[] bytes) throws IOException {
        return Math.max(0, channel.write(ByteBuffer.wrap(bytes)));
    }

    public void write(String text) throws IOException {
        byte[] bytes = text.getBytes(UTF_8);
        if (write(bytes) != bytes.length) {
            throw new IOException("the socket took only a part");
        }
    }

    /// All that has come until now.
    public String received() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(256 * 1024);
        while (!ended) {
            buffer.clear();
            int count;
            try {
                count = channel.read(buffer);
            } catch (IOException e) {
                if (String.valueOf(e.getMessage()).contains("temporarily unavailable")) {
                    break;
                }
                ended = true;
                throw e;
            }
            if (count == 0) {
                break;
            }
            if (count < 0) {
                ended = true;
            } else {
                received.append(UTF_8.decode(buffer.flip()));
            }
        }
        return received.toString();
    }

    /// Whether the other end has closed.
    public boolean ended() {
        try {
            received();
        } catch (IOException reset) {
            return true;
        }
        return ended;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
