// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// A thread's memory for the arguments of one system call: a path, structures, bytes on their way
/// from or to a heap buffer. What a call leaves here is good until the next call.
public final class NativeScratch {
    private static final int PATH_MAX = 4096; // with its NUL, limits.h
    private static final int STRUCTURES = 4096;

    /// Bytes moved at once between a descriptor and a heap buffer.
    public static final int CHUNK = 16_384;

    private static final ThreadLocal<NativeScratch> HERE =
            ThreadLocal.withInitial(NativeScratch::new);

    /// Structures; an offset in here is an offset from [#structures].
    public final ByteBuffer bytes;

    /// Address of the beginning of [#bytes].
    public final long structures;

    /// A stretch of [#CHUNK] bytes.
    public final ByteBuffer chunk;

    private final ByteBuffer path;

    private NativeScratch() {
        ByteBuffer all = ByteBuffer.allocateDirect(PATH_MAX + STRUCTURES + CHUNK);
        path = all.slice(0, PATH_MAX);
        bytes = all.slice(PATH_MAX, STRUCTURES).order(ByteOrder.nativeOrder());
        chunk = all.slice(PATH_MAX + STRUCTURES, CHUNK);
        structures = SystemCalls.address(bytes);
    }

    public static NativeScratch here() {
        return HERE.get();
    }

    /// Writes the path; the address of its text.
    public long path(Path file) {
        return path(file.toString());
    }

    public long path(String text) {
        byte[] name = text.getBytes(StandardCharsets.UTF_8);
        if (name.length >= PATH_MAX) {
            throw new PosixException(text, Errno.ENAMETOOLONG.number());
        }
        path.put(0, name).put(name.length, (byte) 0);
        return SystemCalls.address(path);
    }

    /// Zeroes the first bytes of the structures.
    public NativeScratch clear(int length) {
        for (int at = 0; at < length; at += Long.BYTES) {
            bytes.putLong(at, 0);
        }
        return this;
    }
}
