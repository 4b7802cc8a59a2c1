// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.manager.runtime.LineEnds;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// The newest lines of what cannot be written now, in bounded memory. What has no room pushes the
/// oldest lines out, which are counted as lost.
final class LineBacklog {
    /// Maximum memory of one target's backlog.
    static final int MAX_BYTES = 256 * 1024;

    private static final int FIRST_ROOM = 8 * 1024;

    private final int most;
    private final LostLines lost;
    private ByteBuffer ring = ByteBuffer.allocate(0);
    private int start;
    private int length;

    /// @param most bytes to hold
    /// @param lost counts what is pushed out; a piece of a line counts as one
    LineBacklog(int most, LostLines lost) {
        this.most = most;
        this.lost = lost;
    }

    int length() {
        return length;
    }

    /// Returns the bytes of memory that it takes.
    int room() {
        return ring.capacity();
    }

    /// Adds lines. Of more than it can hold, the last.
    ///
    /// @param count bytes from that place; they end with a line, or are a piece of a long one
    /// @param allowed bytes of memory that it may take at present
    void add(ByteBuffer from, int at, int count, int allowed) {
        int bound = Math.min(most, allowed);
        int skipped = 0;
        if (count > bound) {
            // to the end of the line in which the last byte without room is
            skipped = LineEnds.first(from, at + Math.max(0, count - bound - 1), at + count) - at;
            boolean torn = from.get(at + skipped - 1) != '\n';
            lost.add(LineEnds.count(from, at, at + skipped) + (torn ? 1 : 0), skipped);
        }
        makeRoom(count - skipped, bound);
        append(from, at + skipped, count - skipped);
    }

    private void append(ByteBuffer from, int at, int count) {
        if (count > 0) {
            int place = (start + length) % ring.capacity();
            int straight = Math.min(count, ring.capacity() - place);
            ring.put(place, from, at, straight);
            ring.put(0, from, at + straight, count - straight);
            length += count;
        }
    }

    private void makeRoom(int count, int bound) {
        while (length > 0 && length + count > bound) {
            loseOldest(length + count - bound);
        }
        if (length + count > ring.capacity()) {
            int room = Math.max(FIRST_ROOM, Math.max(length + count, 2 * ring.capacity()));
            int bytes = Math.max(length + count, Math.min(room, most));
            ByteBuffer larger = ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
            copy(larger, length);
            ring = larger;
            start = 0;
        }
    }

    /// @param atLeast bytes, and then to the end of the line
    private void loseOldest(int atLeast) {
        int straight = Math.min(length, ring.capacity() - start);
        int count = lineEnd(atLeast - 1, straight);
        int lines =
                LineEnds.count(ring, start, start + Math.min(count, straight))
                        + LineEnds.count(ring, 0, Math.max(0, count - straight));
        boolean torn = ring.get((start + count - 1) % ring.capacity()) != '\n';
        lost.add(lines + (torn ? 1 : 0), count);
        forget(count);
    }

    /// Returns the number of bytes up to the end of the line in which the byte of that index is.
    ///
    /// @param straight bytes before the ring begins anew
    private int lineEnd(int index, int straight) {
        if (index < straight) {
            int end = LineEnds.first(ring, start + index, start + straight) - start;
            if (end < straight || straight == length || ring.get(start + end - 1) == '\n') {
                return end;
            }
        }
        int from = Math.max(0, index - straight);
        return straight + LineEnds.first(ring, from, length - straight);
    }

    /// Copies the oldest bytes, as many as have room.
    ///
    /// @param into from its first byte on
    /// @return the number
    int oldest(ByteBuffer into) {
        int count = Math.min(length, into.capacity());
        copy(into, count);
        return count;
    }

    private void copy(ByteBuffer into, int count) {
        int straight = Math.min(count, ring.capacity() - start);
        into.put(0, ring, start, straight);
        into.put(straight, ring, 0, count - straight);
    }

    /// The oldest bytes are written.
    void forget(int count) {
        start = ring.capacity() == 0 ? 0 : (start + count) % ring.capacity();
        length -= count;
    }
}
