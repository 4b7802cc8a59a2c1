// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.control.JsonId;
import org.einhyrningsins.control.Lines;
import org.einhyrningsins.control.Replies;
import org.einhyrningsins.posix.Descriptors;
import org.einhyrningsins.posix.Peer;
import org.einhyrningsins.posix.Poll;
import org.einhyrningsins.posix.PosixException;
import org.einhyrningsins.posix.Sockets;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;

/// One client at the control socket. Its requests come as lines; its replies wait here until it
/// takes them. One that never reads costs at most its bound, and then its connection.
final class Connection {
    private static final int MOST_WAITING = 1024 * 1024;

    private final Loop loop;
    private final int fd;
    private final Peer peer;
    private final Lines lines = new Lines();
    private final Deque<ByteBuffer> waiting = new ArrayDeque<>();
    private int waitingBytes;
    private @Nullable JsonId follows;
    private Set<String> followed = Set.of();
    private boolean closed;

    Connection(Loop loop, int fd) {
        this.loop = loop;
        this.fd = fd;
        this.peer = Sockets.peer(fd);
    }

    Peer peer() {
        return peer;
    }

    int fd() {
        return fd;
    }

    boolean closed() {
        return closed;
    }

    /// From now on it is told what happens.
    ///
    /// @param names to these programs only; empty for all
    void follow(JsonId request, Set<String> names) {
        follows = request;
        followed = names;
    }

    /// Tells it, if it wants to know.
    void tell(String program, String message) {
        if (follows != null && (followed.isEmpty() || followed.contains(program))) {
            send(Replies.progress(follows, message));
        }
    }

    /// Reads what there is.
    ///
    /// @return false when the client has gone
    boolean read(ByteBuffer buffer, Lines.Taker taker) {
        buffer.clear();
        try {
            int count = Descriptors.read(fd, buffer);
            if (count <= 0) {
                return count < 0;
            }
        } catch (PosixException reset) {
            return false;
        }
        buffer.flip();
        lines.feed(buffer, taker);
        return true;
    }

    /// Sends a reply, now or when the client takes it.
    void send(byte[] reply) {
        if (closed) {
            return;
        }
        if (waitingBytes + reply.length > MOST_WAITING) {
            close();
            return;
        }
        waiting.add(ByteBuffer.wrap(reply));
        waitingBytes += reply.length;
        flush();
    }

    /// Writes as much as the client takes.
    void flush() {
        try {
            while (!closed && !waiting.isEmpty()) {
                ByteBuffer first = waiting.getFirst();
                int count = Descriptors.write(fd, first);
                if (count < 0) {
                    break;
                }
                waitingBytes -= count;
                if (!first.hasRemaining()) {
                    waiting.removeFirst();
                }
            }
        } catch (PosixException gone) {
            close();
            return;
        }
        if (!closed) {
            loop.change(fd, waiting.isEmpty() ? Poll.IN : Poll.IN | Poll.OUT);
        }
    }

    void close() {
        if (!closed) {
            closed = true;
            loop.forget(fd);
            Descriptors.close(fd);
            waiting.clear();
        }
    }
}
