// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.channel;

import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.LineEnds;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.PosixException;

import java.nio.ByteBuffer;

/// Reading end of the pipe on which a worker acks with a newline, as s6 has it. Every holder of the
/// other end got it from that worker. What follows the newline is read and dropped, so that no
/// further writer is killed by SIGPIPE.
public final class NewlineAckPipe implements EventLoop.Watcher {
    private static final int ROOM = 64;

    private final EventLoop eventLoop;
    private final int fd;
    private final Runnable acked;
    private final ByteBuffer buffer = ByteBuffer.allocate(ROOM);
    private boolean open = true;
    private boolean onAck;

    /// Watches our end of the pipe.
    ///
    /// @param acked is onAck once
    public NewlineAckPipe(EventLoop eventLoop, int fd, Runnable acked) {
        this.eventLoop = eventLoop;
        this.fd = fd;
        this.acked = acked;
        eventLoop.watch(fd, Poll.IN, this);
    }

    @Override
    public void ready(int events) {
        receive();
    }

    /// Takes up what has been written until now, up to a bound: one who writes without end is heard
    /// again in the next turn.
    public void receive() {
        buffer.clear();
        int count = open ? read() : -1;
        if (count == 0) {
            close();
        }
        if (!onAck && count > 0 && LineEnds.last(buffer, 0, count) > 0) {
            onAck = true;
            acked.run();
        }
    }

    private int read() {
        try {
            return Descriptors.read(fd, buffer);
        } catch (PosixException e) {
            return 0;
        }
    }

    /// Returns the descriptor for the next manager; -1 if it is closed.
    public int fd() {
        return open ? fd : -1;
    }

    public void close() {
        if (open) {
            open = false;
            eventLoop.forget(fd);
            Descriptors.close(fd);
        }
    }
}
