// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.PosixException;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;

/// Writes the log's lines to a descriptor that may be a pipe nobody reads, a stopped terminal or a
/// full disk, and never waits for it: what cannot be written yet is kept, the newest 64 KiB of it,
/// and written when there is room; what is lost is counted, and the count is written then.
///
/// The descriptor is shared with whoever started us, so it is not made non-blocking: it is asked
/// for room instead, and given no more at a time than a pipe with room surely takes.
public final class LogOutput implements ManagerLog.Sink {
    private static final int MAX_HELD = 64 * 1024;
    private static final int AT_ONCE = 4096;

    /// Time to wait at the end: a reader that is merely slow gets the last lines.
    private static final int LAST_WAIT_MILLIS = 1_000;

    private final int fd;
    private final Deque<ByteBuffer> held = new ArrayDeque<>();
    private int heldBytes;
    private long lost;
    private @Nullable EventLoop eventLoop;
    private boolean watching;

    public LogOutput(int fd) {
        this.fd = fd;
    }

    /// Attaches the event loop: what is held is written as soon as there is room from now on.
    public void in(EventLoop where) {
        eventLoop = where;
        write();
    }

    @Override
    public void write(byte[] line) {
        held.addLast(ByteBuffer.wrap(line));
        heldBytes += line.length;
        write();
        while (heldBytes > MAX_HELD && held.size() > 1) {
            dropTheOldest();
        }
    }

    /// But for one that is begun: it is not torn.
    private void dropTheOldest() {
        ByteBuffer first = held.removeFirst();
        ByteBuffer oldest = first;
        if (first.position() > 0) {
            oldest = held.removeFirst();
            held.addFirst(first);
        }
        heldBytes -= oldest.remaining();
        lost++;
    }

    private void write() {
        try {
            while (!held.isEmpty() && Descriptors.writable(fd, 0)) {
                tellLoss();
                push(held.getFirst());
            }
        } catch (PosixException noReader) {
            forget(); // nobody will ever read it, or the disk is full; either way it is gone
        }
        watch(!held.isEmpty());
    }

    private void push(ByteBuffer line) {
        int end = line.limit();
        int begin = line.position();
        line.limit(Math.min(end, begin + AT_ONCE));
        try {
            Descriptors.write(fd, line);
        } finally {
            line.limit(end);
        }
        heldBytes -= line.position() - begin;
        if (!line.hasRemaining()) {
            held.removeFirst();
        }
    }

    /// Logs a loss before the next whole line: lost lines came before it.
    private void tellLoss() {
        if (lost > 0 && held.getFirst().position() == 0) {
            String count = lost == 1 ? "1 line" : lost + " lines";
            lost = 0;
            String text = "einhyrningsins: " + count + " of the log lost here: nobody took them\n";
            ByteBuffer note = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            heldBytes += note.remaining();
            held.addFirst(note);
        }
    }

    private void forget() {
        lost += held.size();
        held.clear();
        heldBytes = 0;
    }

    /// A file cannot be watched, and need not: it is always ready.
    private void watch(boolean wanted) {
        if (eventLoop == null || watching == wanted) {
            return;
        }
        try {
            if (wanted) {
                eventLoop.watch(fd, Poll.OUT, events -> write());
            } else {
                eventLoop.forget(fd);
            }
            watching = wanted;
        } catch (PosixException notWatchable) {
            // the next line tries again
        }
    }

    /// The last lines are given some time.
    public void close() {
        eventLoop = null;
        if (!held.isEmpty() && Descriptors.writable(fd, LAST_WAIT_MILLIS)) {
            write();
        }
    }
}
