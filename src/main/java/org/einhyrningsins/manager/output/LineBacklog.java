// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import java.nio.ByteBuffer;

/// The newest lines of what cannot be written now, in bounded memory. What has no room pushes the
/// oldest lines out, which are counted.
final class LineBacklog {
    private static final int FIRST_ROOM = 8 * 1024;

    private final int most;
    private byte[] ring = new byte[0];
    private int start;
    private int length;
    private long lostLines;
    private long lostBytes;

    /// @param most bytes to hold
    LineBacklog(int most) {
        this.most = most;
    }

    int length() {
        return length;
    }

    /// Returns the bytes of memory that it takes.
    int room() {
        return ring.length;
    }

    /// Returns the number of lines pushed out since it was made; a piece of a line counts as one.
    long lostLines() {
        return lostLines;
    }

    long lostBytes() {
        return lostBytes;
    }

    /// Adds lines. Of more than it can hold, the last.
    ///
    /// @param count bytes from that place; they end with a line, or are a piece of a long one
    /// @param allowed bytes of memory that it may take at present
    void add(ByteBuffer from, int at, int count, int allowed) {
        int bound = Math.min(most, allowed);
        int skipped = 0;
        if (count > bound) {
            skipped = endOfLine(from, at, count, count - bound);
            lose(lines(from, at, skipped), skipped);
        }
        makeRoom(count - skipped, bound);
        for (int i = skipped; i < count; i++) {
            ring[(start + length++) % ring.length] = from.get(at + i);
        }
    }

    private void makeRoom(int count, int bound) {
        while (length > 0 && length + count > bound) {
            loseOldest(length + count - bound);
        }
        if (length + count > ring.length) {
            int room = Math.max(FIRST_ROOM, Math.max(length + count, 2 * ring.length));
            byte[] larger = new byte[Math.max(length + count, Math.min(room, most))];
            copy(larger, length);
            ring = larger;
            start = 0;
        }
    }

    /// @param atLeast bytes, and then to the end of the line
    private void loseOldest(int atLeast) {
        int count = 0;
        long lines = 0;
        while (count < length) {
            boolean end = ring[(start + count++) % ring.length] == '\n';
            lines += end ? 1 : 0;
            if (end && count >= atLeast) {
                break;
            }
        }
        boolean torn = count > 0 && ring[(start + count - 1) % ring.length] != '\n';
        lose(lines + (torn ? 1 : 0), count);
        forget(count);
    }

    private void lose(long lines, int bytes) {
        lostLines += lines;
        lostBytes += bytes;
    }

    /// The end of the line in which the byte of that index is; all of it, if that is the last.
    private static int endOfLine(ByteBuffer from, int at, int count, int index) {
        for (int i = Math.max(0, index - 1); i < count; i++) {
            if (from.get(at + i) == '\n') {
                return i + 1;
            }
        }
        return count;
    }

    private static long lines(ByteBuffer from, int at, int count) {
        long lines = 0;
        for (int i = 0; i < count; i++) {
            lines += from.get(at + i) == '\n' ? 1 : 0;
        }
        return count > 0 && from.get(at + count - 1) != '\n' ? lines + 1 : lines;
    }

    /// Copies the oldest bytes, as many as have room.
    ///
    /// @param into from its first byte on
    /// @return the number
    int oldest(ByteBuffer into) {
        int count = Math.min(length, into.capacity());
        for (int i = 0; i < count; i++) {
            into.put(i, ring[(start + i) % ring.length]);
        }
        return count;
    }

    private void copy(byte[] into, int count) {
        for (int i = 0; i < count; i++) {
            into[i] = ring[(start + i) % ring.length];
        }
    }

    /// The oldest bytes are written.
    void forget(int count) {
        start = ring.length == 0 ? 0 : (start + count) % ring.length;
        length -= count;
    }
}
