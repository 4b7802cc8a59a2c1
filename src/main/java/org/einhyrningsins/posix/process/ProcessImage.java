// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.process;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;

/// Becomes another program in the same process: execve(2). The pid, the children, the zombies that
/// are not reaped yet, pending signals, the signal mask of the calling thread and the descriptors
/// that are said to be inherited stay; everything else ends. Of our threads none is left, so it may
/// be called from any; a child that asked to be told when the thread ends that spawned it
/// (PR_SET_PDEATHSIG) is told unless that is the one that calls.
public final class ProcessImage {
    private ProcessImage() {}

    private static final int FIRST = 3;
    private static final long LAST = 0xffff_ffffL;
    private static final int CLOSE_RANGE_CLOEXEC = 4; // Linux 5.11

    /// Becomes that program. Returns only by the exception, and then all is as before.
    ///
    /// @param path of the program; a script names its interpreter
    /// @param environment `NAME=VALUE`; the whole of it
    /// @param kept descriptors that the program shall have, besides 0, 1 and 2
    public static PosixException exec(
            String path, List<String> argv, List<String> environment, Collection<Integer> kept) {
        ByteBuffer memory = memory(path, argv, environment);
        long base = SystemCalls.address(memory);
        long argvAt = base;
        long envpAt = argvAt + (argv.size() + 1L) * Long.BYTES;
        long pathAt = envpAt + (environment.size() + 1L) * Long.BYTES;
        try {
            // the Java machine's libraries are not; before Linux 5.11 they stay open
            SystemCalls.call(Syscall.CLOSE_RANGE, FIRST, LAST, CLOSE_RANGE_CLOEXEC);
            kept.forEach(fd -> Descriptors.setInherited(fd, true));
            long result = SystemCalls.call(Syscall.EXECVE, pathAt, argvAt, envpAt);
            return new PosixException("execve " + path, (int) -result);
        } finally {
            kept.forEach(fd -> Descriptors.setInherited(fd, false));
        }
    }

    /// The two arrays of pointers, the path, and the texts they point to.
    private static ByteBuffer memory(String path, List<String> argv, List<String> environment) {
        int pointers = (argv.size() + environment.size() + 2) * Long.BYTES;
        long size = pointers + bytes(path).length + 1L;
        for (List<String> texts : List.of(argv, environment)) {
            for (String text : texts) {
                size += bytes(text).length + 1L;
            }
        }
        ByteBuffer memory =
                ByteBuffer.allocateDirect(Math.toIntExact(size)).order(ByteOrder.nativeOrder());
        long base = SystemCalls.address(memory);
        int text = put(memory, pointers, path);
        int pointer = 0;
        for (List<String> texts : List.of(argv, environment)) {
            for (String one : texts) {
                memory.putLong(pointer, base + text);
                pointer += Long.BYTES;
                text = put(memory, text, one);
            }
            memory.putLong(pointer, 0);
            pointer += Long.BYTES;
        }
        return memory;
    }

    private static int put(ByteBuffer memory, int at, String text) {
        byte[] bytes = bytes(text);
        memory.put(at, bytes).put(at + bytes.length, (byte) 0);
        return at + bytes.length + 1;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
