// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Memory behind the entries of a [ChildProgram]: the texts and structures that they point to.
final class ChildData {
    private ByteBuffer memory = ByteBuffer.allocate(0);
    private long base;
    private int data;

    /// Begins to fill a memory.
    ///
    /// @param base address of its first byte for whoever uses it
    /// @param from offset of the first free byte
    void begin(ByteBuffer room, long base, int from) {
        this.memory = room;
        this.base = base;
        this.data = from;
    }

    /// Offset of the first byte that is free.
    int end() {
        return data;
    }

    /// Adds a text with its NUL and returns its address.
    long text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int at = take(bytes.length + 1);
        memory.put(at, bytes).put(at + bytes.length, (byte) 0);
        return base + at;
    }

    /// Adds an array of texts, ended by a null, and returns its address.
    long texts(List<String> texts) {
        int at = pointers(texts.size());
        fill(at, texts);
        return base + at;
    }

    /// Puts texts and the pointers to them, from that offset on.
    ///
    /// @return the offset behind the pointers
    int fill(int at, List<String> texts) {
        int next = at;
        for (String text : texts) {
            memory.putLong(next, text(text));
            next += Long.BYTES;
        }
        return next;
    }

    /// An array of so many pointers and a null.
    int pointers(int count) {
        data = (data + 7) & -8;
        int at = take((count + 1) * Long.BYTES);
        memory.putLong(at + count * Long.BYTES, 0);
        return at;
    }

    /// Adds two numbers and returns their address.
    long longs(long first, long second) {
        data = (data + 7) & -8;
        int at = take(2 * Long.BYTES);
        memory.putLong(at, first).putLong(at + 8, second);
        return base + at;
    }

    /// Adds numbers of 32 bits and returns their address.
    long ints(List<Integer> numbers) {
        data = (data + 3) & -4;
        int at = take(numbers.size() * Integer.BYTES);
        for (int i = 0; i < numbers.size(); i++) {
            memory.putInt(at + i * Integer.BYTES, numbers.get(i));
        }
        return base + at;
    }

    /// Takes room.
    ///
    /// @return its offset
    int take(int bytes) {
        int at = data;
        if (bytes > memory.capacity() - at) {
            throw new BufferOverflowException();
        }
        data += bytes;
        return at;
    }
}
