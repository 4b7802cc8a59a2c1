// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

import com.kenai.jffi.MemoryIO;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// The manager's memory, by address.
final class Memory {
    private static final MemoryIO IO = MemoryIO.getInstance();

    private Memory() {}

    static int getInt(long at) {
        return IO.getInt(at);
    }

    static long getLong(long at) {
        return IO.getLong(at);
    }

    static void putInt(long at, int value) {
        IO.putInt(at, value);
    }

    static void putLong(long at, long value) {
        IO.putLong(at, value);
    }

    static void clear(ByteBuffer direct) {
        IO.setMemory(IO.getDirectBufferAddress(direct), direct.capacity(), (byte) 0);
    }

    static byte[] get(long at, int length) {
        byte[] bytes = new byte[length];
        IO.getByteArray(at, bytes, 0, length);
        return bytes;
    }

    static void put(long at, byte[] bytes) {
        IO.putByteArray(at, bytes, 0, bytes.length);
    }

    static String text(long at) {
        int length = 0;
        while (IO.getByte(at + length) != 0) {
            length++;
        }
        return new String(get(at, length), StandardCharsets.UTF_8);
    }

    static List<String> texts(long at) {
        List<String> texts = new ArrayList<>();
        for (long next = at; getLong(next) != 0; next += Long.BYTES) {
            texts.add(text(getLong(next)));
        }
        return texts;
    }
}
