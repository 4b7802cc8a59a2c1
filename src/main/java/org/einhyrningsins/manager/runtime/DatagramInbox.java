// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.posix.file.BackgroundCloser;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.Datagram;
import org.einhyrningsins.posix.socket.Datagrams;

import java.util.function.Consumer;

/// The loop's end of a datagram socket that others write to. A datagram that came with descriptors
/// is let go of on another thread, which may have to wait for whoever sent it; until then this box
/// is not emptied any further, and all others are.
public final class DatagramInbox {
    private static final int AT_ONCE = 64;

    private final EventLoop eventLoop;
    private final int fd;
    private final Consumer<Datagram> taker;
    private final EventLoop.Watch watch;

    /// The rest is guarded by this.
    private boolean busy;

    private boolean closed;

    /// Watches a datagram socket.
    ///
    /// @param fd the box's from now on
    public DatagramInbox(EventLoop eventLoop, int fd, Consumer<Datagram> taker) {
        this.eventLoop = eventLoop;
        this.fd = fd;
        this.taker = taker;
        watch = eventLoop.watch(fd, Poll.IN, events -> empty());
    }

    public int fd() {
        return fd;
    }

    /// Hands over what is there; not more than a turn has time for.
    public void empty() {
        if (busy()) {
            return;
        }
        for (int i = 0; i < AT_ONCE; i++) {
            switch (Datagrams.receive(fd, taker)) {
                case NONE -> {
                    return;
                }
                case TAKEN -> {}
                case LEFT -> {
                    release();
                    return;
                }
            }
        }
    }

    private synchronized boolean busy() {
        return busy || closed;
    }

    private synchronized void release() {
        if (closed) {
            return;
        }
        busy = true;
        watch.pause();
        if (!BackgroundCloser.run(this::finish)) {
            busy = false; // no thread may be started: it stays where it is until one may
            watch.resume();
        }
    }

    /// Finishes the reading, on another thread.
    private void finish() {
        Datagrams.discard(fd);
        resume();
    }

    private synchronized void resume() {
        busy = false;
        if (closed) {
            Descriptors.close(fd);
        } else {
            watch.resume();
        }
    }

    /// Closes the socket; what is still in it is gone.
    public synchronized void close() {
        closed = true;
        eventLoop.forget(fd);
        if (!busy) {
            BackgroundCloser.close(fd);
        }
    }
}
