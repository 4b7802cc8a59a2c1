// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.file;

import org.einhyrningsins.posix.kernel.CpuArchitecture;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;

/// Waits for descriptors, level-triggered (epoll(7)). One thread.
public final class Poll implements AutoCloseable {
    public static final int IN = 1;
    public static final int OUT = 4;
    public static final int ERR = 8;
    public static final int HUP = 0x10;
    public static final int RDHUP = 0x2000;

    /// Tell of what comes, not of what is there: a descriptor with something left to read is not
    /// reported again until more comes. (Pipes tell of each write since Linux 5.14, and 5.10.56.)
    public static final int EDGE = 1 << 31;

    private static final int ADD = 1;
    private static final int REMOVE = 2;
    private static final int MODIFY = 3;
    private static final int MAX_AT_ONCE = 256;
    // struct epoll_event is packed on x86-64 only
    private static final int EVENT = CpuArchitecture.current() == CpuArchitecture.X86_64 ? 12 : 16;
    private static final int EVENTS = MAX_AT_ONCE * EVENT;
    private static final int TOKEN = EVENT - Long.BYTES;

    private final int fd;
    private final int most;
    private final ByteBuffer memory;
    private final long events;
    private final long timespec;
    private boolean inNanos = true;

    private Poll(int fd, int most) {
        this.fd = fd;
        this.most = most;
        memory = ByteBuffer.allocateDirect(EVENTS + 16).order(ByteOrder.nativeOrder());
        events = SystemCalls.address(memory);
        timespec = events + EVENTS;
    }

    /// A new one, watching nothing.
    public static Poll open() {
        return open(MAX_AT_ONCE);
    }

    /// Opens an epoll that reports so many events at once, at most 256.
    public static Poll open(int most) {
        long fd = SystemCalls.call(Syscall.EPOLL_CREATE1, Descriptors.O_CLOEXEC);
        return new Poll(Descriptors.raise((int) SystemCalls.check("epoll_create1", fd)), most);
    }

    /// Itself as a descriptor: readable when one of those it watches is ready.
    public int descriptor() {
        return fd;
    }

    /// Watches a descriptor.
    ///
    /// @param interest IN, OUT, RDHUP; ERR and HUP are always reported
    /// @param token value of [#token] for its events
    public void add(int watched, int interest, long token) {
        control(ADD, watched, interest, token);
    }

    /// Changes what a descriptor is watched for. Any thread.
    public void modify(int watched, int interest, long token) {
        control(MODIFY, watched, interest, token);
    }

    /// Watches it no more; to be called before it is closed, since a copy of it elsewhere (in a
    /// worker) would keep it watched.
    public void remove(int watched) {
        control(REMOVE, watched, 0, 0);
    }

    private void control(int operation, int watched, int interest, long token) {
        NativeScratch nativeScratch =
                NativeScratch.here(); // of this thread: another may be waiting
        nativeScratch.bytes.putInt(0, interest).putLong(TOKEN, token);
        SystemCalls.check(
                "epoll_ctl of descriptor " + watched,
                SystemCalls.call(
                        Syscall.EPOLL_CTL, fd, operation, watched, nativeScratch.structures));
    }

    /// Waits until something happens or the time is over.
    ///
    /// @param timeoutNanos 0 does not wait, -1 waits forever
    /// @return the number of events, for [#token] and [#events]; 0 also after an interruption by a
    ///   signal handler
    public int await(long timeoutNanos) {
        long count = inNanos ? awaitNanos(timeoutNanos) : -Errno.ENOSYS.number();
        if (SystemCalls.is(
                count, Errno.ENOSYS)) { // before Linux 5.11, or under an old seccomp filter
            inNanos = false;
            count = SystemCalls.call(Syscall.EPOLL_PWAIT, fd, events, most, millis(timeoutNanos));
        }
        return SystemCalls.is(count, Errno.EINTR)
                ? 0
                : (int) SystemCalls.check("epoll_wait", count);
    }

    private long awaitNanos(long timeoutNanos) {
        long second = TimeUnit.SECONDS.toNanos(1);
        int at = EVENTS;
        memory.putLong(at, timeoutNanos / second).putLong(at + 8, timeoutNanos % second);
        long time = timeoutNanos < 0 ? 0 : timespec;
        return SystemCalls.call(Syscall.EPOLL_PWAIT2, fd, events, most, time);
    }

    /// Rounded up: who wakes up before a deadline only waits again.
    public static long millis(long nanos) {
        long millis = Math.ceilDiv(nanos, TimeUnit.MILLISECONDS.toNanos(1));
        return nanos < 0 ? -1 : Math.min(millis, Integer.MAX_VALUE);
    }

    /// Returns the token of the i-th event of the last [#await].
    public long token(int i) {
        return memory.getLong(i * EVENT + TOKEN);
    }

    /// Returns the events: a set of IN, OUT, HUP, ERR, RDHUP.
    public int events(int i) {
        return memory.getInt(i * EVENT);
    }

    @Override
    public void close() {
        Descriptors.close(fd);
    }
}
