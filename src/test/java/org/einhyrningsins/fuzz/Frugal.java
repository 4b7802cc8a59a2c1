// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.fuzz;

import com.sun.management.ThreadMXBean;

import java.lang.management.ManagementFactory;

/// That whatever is read costs no more memory than the manager has: its heap is 32 MiB, and the
/// fuzzer's cannot be so small. What is allocated is counted, so what is held is less.
public final class Frugal {
    private static final long MAX_BYTES = 20L * 1024 * 1024;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Frugal() {}

    /// Runs it.
    ///
    /// @throws AssertionError if it took more memory than it may
    public static void run(Runnable reading) {
        run(MAX_BYTES, reading);
    }

    /// The same, where most of what is allocated is garbage at once.
    ///
    /// @param most bytes
    /// @throws AssertionError if it took more
    public static void run(long most, Runnable reading) {
        if (taken(reading) > most) {
            // the first time may have loaded classes, which the fuzzer rewrites
            long again = taken(reading);
            if (again > most) {
                throw new AssertionError("took " + again + " bytes of memory");
            }
        }
    }

    private static long taken(Runnable reading) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        reading.run();
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    /// Fails unless they are equal.
    public static void same(Object expected, Object actual, Object about) {
        if (!expected.equals(actual)) {
            throw new AssertionError(about + ": expected " + expected + ", found " + actual);
        }
    }
}
