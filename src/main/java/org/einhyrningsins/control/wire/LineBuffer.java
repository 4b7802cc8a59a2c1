// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import java.nio.ByteBuffer;
import java.util.Arrays;

/// Cuts a stream of bytes into lines. Holds at most one unfinished line, and of that at most the
/// bound: a longer line is told of once and skipped up to its newline. An empty line says nothing;
/// some clients end a message with two newlines.
public final class LineBuffer {
    private static final int FIRST_ROOM = 256;

    private final int bound;
    private byte[] held = new byte[0];
    private int length;
    private boolean skipping;

    /// Lines of requests: 64 KiB at most.
    public LineBuffer() {
        this(WireJson.LINE_BOUND);
    }

    /// Lines of at most that many bytes, newline not counted.
    public LineBuffer(int bound) {
        this.bound = bound;
    }

    /// Receiver of the lines.
    public interface Taker {
        /// A whole line that is not empty, without its newline. The array is the taker's.
        void line(byte[] line);

        /// A line was longer than the bound; what remains of it is skipped.
        void tooLong(int bound);
    }

    /// Takes all bytes of the buffer and hands on the lines that they complete, in order.
    public void feed(ByteBuffer bytes, Taker taker) {
        while (bytes.hasRemaining()) {
            byte b = bytes.get();
            if (b == '\n') {
                finish(taker);
            } else if (!skipping) {
                append(b, taker);
            }
        }
    }

    /// True if the stream, if it ended now, would end inside a line.
    public boolean insideLine() {
        return length > 0 || skipping;
    }

    /// The bytes of a line that has begun, for whoever goes on to read it; empty if it is skipped.
    public byte[] unfinishedLine() {
        return Arrays.copyOf(held, length);
    }

    private void finish(Taker taker) {
        if (!skipping && length > 0) {
            taker.line(Arrays.copyOf(held, length));
        }
        reset();
    }

    private void append(byte b, Taker taker) {
        if (length == bound) {
            reset();
            skipping = true;
            taker.tooLong(bound);
            return;
        }
        if (length == held.length) {
            held = Arrays.copyOf(held, Math.min(bound, Math.max(FIRST_ROOM, 2 * length)));
        }
        held[length++] = b;
    }

    /// An idle connection costs no buffer.
    private void reset() {
        skipping = false;
        length = 0;
        held = new byte[0];
    }
}
