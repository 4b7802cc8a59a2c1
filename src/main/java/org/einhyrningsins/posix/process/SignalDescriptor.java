// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.process;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.Collection;

/// Signals sent to the manager, read from a descriptor (signalfd(2)).
///
/// They must be blocked in every thread, so before the JVM starts: the launcher's work. A signal
/// that is not blocked does what it always does, and is not read here.
public final class SignalDescriptor {
    private SignalDescriptor() {}

    private static final int SIG_BLOCK = 0;
    private static final int MASK_BYTES = 8;
    private static final int NON_BLOCKING = 0x800;
    private static final int INFO = 128; // struct signalfd_siginfo
    private static final int ACTION = 32; // struct kernel_sigaction
    private static final int INFO_CODE = 8;
    private static final int INFO_SENDER = 12;
    private static final int SI_KERNEL = 128;

    /// A signal that came.
    ///
    /// @param sender the pid of who sent it; 0 for the kernel, and for who is outside our pid
    ///   namespace
    /// @param byKernel whether no process sent it: so do keys of a terminal
    public record Received(Signal signal, int sender, boolean byKernel) {}

    /// A descriptor that is readable when one of them came; non-blocking.
    public static int open(Collection<Signal> signals) {
        NativeScratch nativeScratch = NativeScratch.here();
        nativeScratch.bytes.putLong(0, mask(signals));
        int flags = NON_BLOCKING | Descriptors.O_CLOEXEC;
        long fd =
                SystemCalls.call(
                        Syscall.SIGNALFD4, -1, nativeScratch.structures, MASK_BYTES, flags);
        return Descriptors.raise((int) SystemCalls.check("signalfd", fd));
    }

    /// Lets CHLD come for children that are stopped by a signal or go on, too: the JVM's own
    /// process classes ask the kernel not to (SA_NOCLDSTOP). What it does stays its default.
    public static void includeStops() {
        long zeros = NativeScratch.here().clear(ACTION).structures;
        int child = Signal.CHLD.number();
        SystemCalls.check(
                "sigaction", SystemCalls.call(Syscall.RT_SIGACTION, child, zeros, 0, MASK_BYTES));
    }

    /// The next signal, or null if none is waiting.
    public static @Nullable Received read(int fd) {
        NativeScratch nativeScratch = NativeScratch.here();
        long got = SystemCalls.call(Syscall.READ, fd, nativeScratch.structures, INFO);
        if (SystemCalls.is(got, Errno.EAGAIN) || SystemCalls.is(got, Errno.EINTR)) {
            return null;
        }
        SystemCalls.check("read signal", got);
        int number = nativeScratch.bytes.getInt(0);
        int sender = nativeScratch.bytes.getInt(INFO_SENDER);
        boolean byKernel = nativeScratch.bytes.getInt(INFO_CODE) == SI_KERNEL;
        return Arrays.stream(Signal.values())
                .filter(signal -> signal.number() == number)
                .findFirst()
                .map(signal -> new Received(signal, sender, byKernel))
                .orElseThrow(
                        () -> new IllegalStateException("signal " + number + " not asked for"));
    }

    /// True if this thread has the signal blocked; if not, the launcher was not used.
    public static boolean blocked(Signal signal) {
        NativeScratch nativeScratch = NativeScratch.here();
        long mask = nativeScratch.structures;
        SystemCalls.check(
                "sigprocmask", SystemCalls.call(Syscall.RT_SIGPROCMASK, SIG_BLOCK, 0, mask, 8));
        return (nativeScratch.bytes.getLong(0) & mask(signal)) != 0;
    }

    private static long mask(Collection<Signal> signals) {
        return signals.stream().mapToLong(SignalDescriptor::mask).reduce(0, (a, b) -> a | b);
    }

    public static long mask(Signal signal) {
        return 1L << (signal.number() - 1);
    }
}
