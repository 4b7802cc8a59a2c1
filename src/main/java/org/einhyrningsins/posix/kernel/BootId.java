// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Identity and age of this boot: with them a pid and a moment mean the same to two processes.
public final class BootId {
    private BootId() {}

    private static final int CLOCK_BOOTTIME = 7;
    private static final long NANOS = 1_000_000_000;

    /// Clock ticks of /proc in a second.
    public static final long TICKS_A_SECOND = 100; // USER_HZ, in which /proc counts, is fixed

    /// Names this boot and this pid namespace. Pids and moments of another are none of ours.
    public static String name() {
        try {
            String boot = Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
            return boot + " " + Files.readSymbolicLink(Path.of("/proc/self/ns/pid"));
        } catch (IOException e) {
            throw new PosixException("read boot_id", Errno.ENOENT.number());
        }
    }

    /// Now, as [org.einhyrningsins.posix.process.ProcessStatus#startTime] counts: clock ticks since
    /// boot.
    public static long ticks() {
        NativeScratch nativeScratch = NativeScratch.here();
        long result =
                SystemCalls.call(Syscall.CLOCK_GETTIME, CLOCK_BOOTTIME, nativeScratch.structures);
        SystemCalls.check("clock_gettime", result);
        long second = NANOS / TICKS_A_SECOND;
        return nativeScratch.bytes.getLong(0) * TICKS_A_SECOND
                + nativeScratch.bytes.getLong(8) / second;
    }
}
