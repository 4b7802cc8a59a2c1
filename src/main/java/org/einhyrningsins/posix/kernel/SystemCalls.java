// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.MemoryIO;

import java.nio.ByteBuffer;

/// The gate to the kernel. Every result below zero is a negative errno.
public final class SystemCalls {
    private SystemCalls() {}

    private static final Invoker INVOKER = Invoker.getInstance();
    private static final CallContext SIX_LONGS = MachineCode.sixLongs(false);
    private static final MachineCode.Entry CODE = MachineCode.map();

    /// Makes one system call; a result below zero is an errno, negated. Those of a
    /// [ForwardingThread] may be made by its process.
    public static long call(Syscall call, long a, long b, long c, long d, long e) {
        return Thread.currentThread() instanceof ForwardingThread thread && thread.isForwarding()
                ? thread.call(call, a, b, c, d, e)
                : callHere(call, a, b, c, d, e);
    }

    /// Makes a system call in this process, on whatever thread.
    public static long callHere(Syscall call, long a, long b, long c, long d, long e) {
        return INVOKER.invokeL6NoErrno(SIX_LONGS, CODE.call(), call.number, a, b, c, d, e);
    }

    public static long call(Syscall call, long a, long b, long c, long d) {
        return call(call, a, b, c, d, 0);
    }

    public static long call(Syscall call, long a, long b, long c) {
        return call(call, a, b, c, 0, 0);
    }

    public static long call(Syscall call, long a, long b) {
        return call(call, a, b, 0, 0, 0);
    }

    public static long call(Syscall call, long a) {
        return call(call, a, 0, 0, 0, 0);
    }

    /// Runs the list of system calls at that address in a child; its pid, or a negative errno.
    public static long spawn(long table) {
        return INVOKER.invokeL6NoErrno(SIX_LONGS, CODE.spawn(), table, 0, 0, 0, 0, 0);
    }

    /// The result, unless it is an error.
    ///
    /// @param what begins the message: the call, or what was tried
    public static long check(String what, long result) {
        if (result < 0) {
            throw new PosixException(what, (int) -result);
        }
        return result;
    }

    /// True if the result is that error.
    public static boolean is(long result, Errno errno) {
        return result == -errno.number();
    }

    /// Returns the address of a direct buffer's first byte (not its position).
    public static long address(ByteBuffer direct) {
        return MemoryIO.getInstance().getDirectBufferAddress(direct);
    }
}
