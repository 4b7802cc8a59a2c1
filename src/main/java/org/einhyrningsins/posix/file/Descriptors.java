// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.file;

import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.OpenFileLimits;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;

/// Files and pipes by their descriptors. Everything opened here is close-on-exec.
public final class Descriptors {
    private Descriptors() {}

    public static final int AT_FDCWD = -100;
    public static final int O_CLOEXEC = 0x80000;
    private static final int MSG_PEEK = 2;
    private static final int O_WRONLY = 1;
    private static final int O_RDWR = 2;
    private static final int O_CREAT = 0x40;
    private static final int O_TRUNC = 0x200;
    private static final int O_APPEND = 0x400;
    private static final int O_NONBLOCK = 0x800;
    private static final int O_PATH = 0x200000;
    private static final int FALLOC_FL_KEEP_SIZE = 1;
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;
    private static final int F_SETFD = 2;
    private static final int FD_CLOEXEC = 1;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int ENOUGH_FOR_A_HIGH_FLOOR = 1024;
    private static final int HIGH_FLOOR = 256;
    private static final int LOW_FLOOR = 64;
    private static final int MAX_OF_PROC = 1024 * 1024;
    private static final int PRIORITY = 2; // POLLPRI, EPOLLPRI
    private static final byte[] NOTHING = {};

    /// Moves a descriptor up, out of the way of the numbers that workers get (from 256, or from 64
    /// where few may be open); the old number is closed, also when this fails.
    public static int raise(int fd) {
        int raised = raisedCopy(fd);
        close(fd);
        return (int) SystemCalls.check("dup of descriptor " + fd, raised);
    }

    /// The same with two: both are raised, or both are closed.
    public static int[] raise(int[] two) {
        try {
            two[0] = raise(two[0]);
        } catch (PosixException e) {
            close(two[1]);
            throw e;
        }
        try {
            two[1] = raise(two[1]);
        } catch (PosixException e) {
            close(two[0]);
            throw e;
        }
        return two;
    }

    /// A pipe as [#pipe] has it, raised.
    public static int[] raisedPipe() {
        return raise(pipe());
    }

    /// A copy high up, or a negative errno.
    public static int raisedCopy(int fd) {
        long open = OpenFileLimits.openFiles().soft();
        int floor = open < 0 || open >= ENOUGH_FOR_A_HIGH_FLOOR ? HIGH_FLOOR : LOW_FLOOR;
        return (int) SystemCalls.call(Syscall.FCNTL, fd, F_DUPFD_CLOEXEC, floor);
    }

    /// Makes room for that many descriptors. When the kernel's table of them is too small for a new
    /// number it grows, and in a process with threads that waits for all processors (10 to 25 ms
    /// seen; `expand_fdtable`). Better at start, beside other work, than in the loop. Any thread.
    ///
    /// @param descriptors beyond the limit there is no room, and nothing is done
    public static void makeRoom(int descriptors) {
        int fd = open("/dev/null", O_RDWR, 0);
        long last = SystemCalls.call(Syscall.FCNTL, fd, F_DUPFD_CLOEXEC, descriptors - 1);
        close(fd);
        if (last >= 0) {
            close((int) last);
        }
    }

    /// Closes it; what the kernel says does not matter, on Linux it is closed in any case.
    public static void close(int fd) {
        SystemCalls.call(Syscall.CLOSE, fd);
    }

    /// Reads what is there, up to the buffer's room.
    ///
    /// @return the number of bytes, 0 at the end, -1 if there is nothing yet
    public static int read(int fd, ByteBuffer into) {
        if (into.isDirect()) {
            long at = SystemCalls.address(into) + into.position();
            int length = move(Syscall.READ, fd, at, into.remaining());
            into.position(into.position() + Math.max(0, length));
            return length;
        }
        ByteBuffer chunk = NativeScratch.here().chunk;
        int room = Math.min(into.remaining(), NativeScratch.CHUNK);
        int length = move(Syscall.READ, fd, SystemCalls.address(chunk), room);
        if (length > 0) {
            into.put(into.position(), chunk, 0, length).position(into.position() + length);
        }
        return length;
    }

    /// Reads what is there at a connection, up to the buffer's room, and leaves it there.
    ///
    /// @param into direct
    /// @return the number of bytes, 0 at the end, -1 if there is nothing yet
    public static int peek(int fd, ByteBuffer into) {
        long at = SystemCalls.address(into) + into.position();
        int length = move(Syscall.RECVFROM, fd, at, into.remaining(), MSG_PEEK);
        into.position(into.position() + Math.max(0, length));
        return length;
    }

    /// Writes what goes in at once.
    ///
    /// @return the number of bytes, -1 if there is no room yet
    public static int write(int fd, ByteBuffer from) {
        int length;
        if (from.isDirect()) {
            long at = SystemCalls.address(from) + from.position();
            length = move(Syscall.WRITE, fd, at, from.remaining());
        } else {
            ByteBuffer chunk = NativeScratch.here().chunk;
            int count = Math.min(from.remaining(), NativeScratch.CHUNK);
            chunk.put(0, from, from.position(), count);
            length = move(Syscall.WRITE, fd, SystemCalls.address(chunk), count);
        }
        from.position(from.position() + Math.max(0, length));
        return length;
    }

    /// True if something can be written without waiting; to a pipe, a page (pipe(7): 4,096 bytes).
    /// A descriptor with an error, or a pipe without a reader, counts as writable: the write then
    /// reports it.
    ///
    /// @param millis time to wait for it; 0 does not wait
    public static boolean writable(int fd, int millis) {
        return await(fd, Poll.OUT, millis);
    }

    /// Waits until there is news of a file that the kernel makes up (POLLPRI), or the time is over.
    public static void awaitPriority(int fd, int millis) {
        await(fd, PRIORITY, millis);
    }

    private static boolean await(int fd, int event, int millis) {
        NativeScratch nativeScratch = NativeScratch.here();
        nativeScratch.bytes.putInt(0, fd).putShort(4, (short) event).putShort(6, (short) 0);
        nativeScratch.bytes.putLong(8, millis / 1000).putLong(16, millis % 1000 * 1_000_000L);
        long at = nativeScratch.structures;
        long count = SystemCalls.call(Syscall.PPOLL, at, 1, at + 8, 0);
        return !SystemCalls.is(count, Errno.EINTR) && SystemCalls.check("poll", count) > 0;
    }

    private static int move(Syscall call, int fd, long at, int length) {
        return move(call, fd, at, length, 0);
    }

    private static int move(Syscall call, int fd, long at, int length, int flags) {
        while (true) {
            long result = SystemCalls.call(call, fd, at, length, flags);
            if (SystemCalls.is(result, Errno.EAGAIN)) {
                return -1;
            }
            if (!SystemCalls.is(result, Errno.EINTR)) {
                return (int) SystemCalls.check(call.text(), result);
            }
        }
    }

    /// Opens a file to append to, made with mode 0640 (less the umask) if it is not there. Links
    /// are followed where [SafePath] trusts them; a FIFO that nobody reads is not waited for.
    public static int openAppend(Path file) {
        return openAppend(file, O_CREAT);
    }

    /// The same of a file that is there.
    public static int openAppendExisting(Path file) {
        return openAppend(file, 0);
    }

    private static int openAppend(Path file, int create) {
        int fd = raise(SafePath.open(file, O_WRONLY | O_APPEND | create, 0640));
        setNonBlocking(fd, false);
        return fd;
    }

    /// Opens an empty file to write to; made with mode 0600 if it is not there, else emptied.
    public static int openEmpty(Path file) {
        return raise(SafePath.open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600));
    }

    /// Opens a file to append to and locks it for as long as the descriptor is open; made with mode
    /// 0600 if it is not there.
    ///
    /// @return the descriptor; -1 if somebody else has the lock
    public static int lock(Path file) {
        int fd = raise(SafePath.open(file, O_WRONLY | O_APPEND | O_CREAT, 0600));
        long result = SystemCalls.call(Syscall.FLOCK, fd, LOCK_EX | LOCK_NB);
        if (SystemCalls.is(result, Errno.EAGAIN)) {
            close(fd);
            return -1;
        }
        SystemCalls.check("flock " + file, result);
        return fd;
    }

    /// Reads a file from its beginning, wherever its offset stands.
    ///
    /// @param mostBytes maximum number of bytes
    public static byte[] readAll(int fd, int mostBytes) {
        NativeScratch nativeScratch = NativeScratch.here();
        SystemCalls.check("fstat", SystemCalls.call(Syscall.FSTAT, fd, nativeScratch.structures));
        long size = nativeScratch.bytes.getLong(48); // st_size, on both machines
        return readAt(fd, 0, (int) Math.min(size, mostBytes));
    }

    /// Cuts a file off.
    public static void truncate(int fd, long length) {
        SystemCalls.check("ftruncate", SystemCalls.call(Syscall.FTRUNCATE, fd, length));
    }

    /// Sets room aside behind a file's end, so that so much can be written to it when the disk is
    /// full (fallocate(2)). Where the file system has no such thing, there is none.
    ///
    /// @return false if the disk is full already
    public static boolean reserve(int fd, long bytes) {
        long result = SystemCalls.call(Syscall.FALLOCATE, fd, FALLOC_FL_KEEP_SIZE, 0, bytes);
        return !SystemCalls.is(result, Errno.ENOSPC) && !SystemCalls.is(result, Errno.EDQUOT);
    }

    /// Sets whether a program that this process executes, or a child of it, keeps the descriptor.
    public static void setInherited(int fd, boolean inherited) {
        SystemCalls.check(
                "fcntl of descriptor " + fd,
                SystemCalls.call(Syscall.FCNTL, fd, F_SETFD, inherited ? 0 : FD_CLOEXEC));
    }

    /// Opens /dev/null for both ways.
    public static int openNull() {
        return raise(open("/dev/null", O_RDWR, 0));
    }

    /// Closes a descriptor and gives its number to a copy of another, at once: it is never free
    /// meanwhile. The copy is closed when another program is executed. Does nothing if the number
    /// is just being given to a file that another thread opens (EBUSY).
    public static void replace(int fd, int by) {
        SystemCalls.call(Syscall.DUP3, by, fd, O_CLOEXEC);
    }

    /// Opens; EINTR is tried again.
    public static int open(String path, int flags, int mode) {
        while (true) {
            long at = NativeScratch.here().path(path);
            long fd = SystemCalls.call(Syscall.OPENAT, AT_FDCWD, at, flags | O_CLOEXEC, mode);
            if (!SystemCalls.is(fd, Errno.EINTR)) {
                return (int) SystemCalls.check("open " + path, fd);
            }
        }
    }

    /// The end of a file, but nothing before an offset: what was written since then. Whoever may
    /// write in its directory may have put something else there by then, so that is looked at
    /// before it is opened, and nothing is waited for.
    ///
    /// @param which the one that is meant
    /// @param fromOffset bytes from the file's start; a shorter file (truncated since) gives its
    ///   end
    /// @param maxBytes at most so many, the last ones
    /// @return nothing if it is another one, or no regular file
    public static byte[] readTail(
            Path file, AppendFiles.Extent which, long fromOffset, int maxBytes) {
        int seen = open(file.toString(), O_PATH, 0);
        try {
            AppendFiles.Extent there = AppendFiles.extent(seen);
            return there.sameFile(which) && AppendFiles.isRegular(seen)
                    ? readTail(seen, there.size(), fromOffset, maxBytes)
                    : NOTHING;
        } finally {
            close(seen);
        }
    }

    private static byte[] readTail(int seen, long size, long fromOffset, int maxBytes) {
        int fd = open("/proc/self/fd/" + seen, O_NONBLOCK, 0);
        try {
            long start = Math.max(fromOffset > size ? 0 : fromOffset, size - maxBytes);
            return readAt(fd, start, (int) (size - start));
        } finally {
            close(fd);
        }
    }

    /// A file of /proc, as far as its first megabyte; empty if it cannot be had.
    public static byte[] readWhole(String path) {
        try {
            return readAboutProcess(path);
        } catch (PosixException unreadable) {
            return NOTHING;
        }
    }

    /// The same; empty if the process that it is about is gone, and nothing else.
    public static byte[] readAboutProcess(String path) {
        long at = NativeScratch.here().path(path);
        long fd = SystemCalls.call(Syscall.OPENAT, AT_FDCWD, at, O_CLOEXEC, 0);
        if (SystemCalls.is(fd, Errno.ENOENT) || SystemCalls.is(fd, Errno.ESRCH)) {
            return NOTHING;
        }
        SystemCalls.check("open " + path, fd);
        try {
            return readToEnd(path, (int) fd);
        } finally {
            close((int) fd);
        }
    }

    private static byte[] readToEnd(String path, int fd) {
        byte[] all = NOTHING;
        ByteBuffer chunk = NativeScratch.here().chunk;
        while (all.length < MAX_OF_PROC) {
            long got =
                    SystemCalls.call(
                            Syscall.READ, fd, SystemCalls.address(chunk), NativeScratch.CHUNK);
            if (got == 0 || SystemCalls.is(got, Errno.ESRCH)) {
                break;
            }
            if (!SystemCalls.is(got, Errno.EINTR)) {
                int length = all.length;
                all = Arrays.copyOf(all, length + (int) SystemCalls.check("read " + path, got));
                chunk.get(0, all, length, (int) got);
            }
        }
        return all;
    }

    private static byte[] readAt(int fd, long start, int length) {
        byte[] text = new byte[length];
        ByteBuffer chunk = NativeScratch.here().chunk;
        int done = 0;
        while (done < length) {
            int count = Math.min(length - done, NativeScratch.CHUNK);
            long at = SystemCalls.address(chunk);
            long got = SystemCalls.call(Syscall.PREAD64, fd, at, count, start + done);
            SystemCalls.check("read", got);
            if (got == 0) {
                return Arrays.copyOf(text, done);
            }
            chunk.get(0, text, done, (int) got);
            done += (int) got;
        }
        return text;
    }

    /// Sets or clears O_NONBLOCK, for all who share the open file.
    public static void setNonBlocking(int fd, boolean nonBlocking) {
        long flags = SystemCalls.check("fcntl", SystemCalls.call(Syscall.FCNTL, fd, F_GETFL));
        long wanted = nonBlocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
        SystemCalls.check("fcntl", SystemCalls.call(Syscall.FCNTL, fd, F_SETFL, wanted));
    }

    /// A pipe: what is read from, what is written to. Both block, neither is raised.
    public static int[] pipe() {
        NativeScratch nativeScratch = NativeScratch.here();
        SystemCalls.check(
                "pipe", SystemCalls.call(Syscall.PIPE2, nativeScratch.structures, O_CLOEXEC));
        return new int[] {nativeScratch.bytes.getInt(0), nativeScratch.bytes.getInt(4)};
    }
}
