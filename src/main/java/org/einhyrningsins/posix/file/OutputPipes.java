// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.file;

import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/// Pipes that a worker writes to and we read from, and that outlive us: the worker's end is open
/// for both ways, so there is always a reader, and a worker whose manager is gone waits when the
/// pipe is full instead of dying of SIGPIPE. A new manager opens the pipe again through the
/// worker's descriptor.
///
/// What is in a pipe stays in the kernel until it is in a file: [#peek] shows it without taking it,
/// [#move] lets the kernel move it. Whoever is killed in between has lost devNull.
public final class OutputPipes {
    private static final int NONBLOCK = 2; // SPLICE_F_NONBLOCK
    private static final int O_RDWR = 2;
    private static final int O_ACCMODE = 3;
    private static final int O_NONBLOCK = 0x800;
    private static final int O_PATH = 0x200000;
    private static final int F_SETPIPE_SZ = 1031;
    private static final int F_GETPIPE_SZ = 1032;
    private static final int WANTED = 128 * 1024;

    private OutputPipes() {}

    /// A pipe for a worker's output.
    ///
    /// @param reader ours: does not block, close-on-exec, raised
    /// @param worker the worker's end; to be closed once it is spawned
    public record Outlet(int reader, int worker) {}

    /// Makes one.
    ///
    /// @param owner user who may open it again by its name in /proc (as `/dev/stdout` is); null for
    ///   ours
    public static Outlet outlet(@Nullable Credentials owner) {
        Outlet outlet = smallOutlet(owner);
        SystemCalls.call(Syscall.FCNTL, outlet.reader(), F_SETPIPE_SZ, WANTED); // as it is will do
        return outlet;
    }

    /// Makes one for a few words.
    public static Outlet smallOutlet(@Nullable Credentials owner) {
        int[] ends = Descriptors.pipe();
        try {
            if (owner != null) {
                SystemCalls.call(Syscall.FCHOWN, ends[0], owner.uid(), owner.gid());
            }
            int once = ends[1];
            ends[1] = reopened(once, O_RDWR);
            Descriptors.close(once);
        } catch (PosixException e) {
            Descriptors.close(ends[0]);
            Descriptors.close(ends[1]);
            throw e;
        }
        Descriptors.raise(ends);
        Descriptors.setNonBlocking(ends[0], true);
        return new Outlet(ends[0], ends[1]);
    }

    private static int reopened(int fd, int flags) {
        return Descriptors.open("/proc/self/fd/" + fd, flags, 0);
    }

    /// Opens the pipe again that a process writes to. The process may have put anything else in its
    /// place, a named pipe of ours say, so what is there is looked at before it is opened.
    ///
    /// @param fd the process's number of it: 1 for its standard output
    /// @param inode of the pipe that it was given; 0 if that is not known: then it has to be one
    ///   that is open for both ways, as those are
    /// @return our end, like that of [Outlet]; -1 if it is another, or none
    /// @throws PosixException if the process is gone, or is not ours to look at
    public static int reopen(int pid, int fd, long inode) {
        int seen = Descriptors.raise(Descriptors.open(file(pid, fd), O_PATH, 0));
        String same = "/proc/self/fd/" + seen;
        try {
            String what = Files.readSymbolicLink(Path.of(same)).toString();
            boolean its =
                    inode == 0
                            ? what.startsWith("pipe:[") && bothWays(pid, fd)
                            : what.equals("pipe:[" + inode + "]");
            return its ? Descriptors.raise(Descriptors.open(same, O_NONBLOCK, 0)) : -1;
        } catch (IOException gone) {
            return -1;
        } finally {
            Descriptors.close(seen);
        }
    }

    /// Opens a pipe again by the number that a process was started with, if it still has it there:
    /// one that is open for both ways, which pipes of its own making are not, and none that it has
    /// as its output.
    ///
    /// @param inode of the pipe that it was given; 0 if that is not known
    /// @return our end, like that of [Outlet]; -1 if it is not there
    public static int reopenOwn(int pid, int fd, long inode) {
        try {
            String pipe = named(pid, fd);
            boolean ours =
                    pipe.startsWith("pipe:")
                            && bothWays(pid, fd)
                            && !pipe.equals(named(pid, 1))
                            && !pipe.equals(named(pid, 2));
            return ours ? reopen(pid, fd, inode) : -1;
        } catch (IOException | PosixException gone) {
            return -1;
        }
    }

    /// Returns the target of a process's descriptor; empty if it is none.
    private static String named(int pid, int fd) throws IOException {
        Path file = Path.of(file(pid, fd));
        return Files.isSymbolicLink(file) ? Files.readSymbolicLink(file).toString() : "";
    }

    private static boolean bothWays(int pid, int fd) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/fdinfo/" + fd))) {
            if (line.startsWith("flags:")) {
                return (Integer.parseInt(line.substring(6).strip(), 8) & O_ACCMODE) == O_RDWR;
            }
        }
        return false;
    }

    private static String file(int pid, int fd) {
        return "/proc/" + pid + "/fd/" + fd;
    }

    /// Returns the number of bytes that a pipe holds if its writer fills each page.
    public static int capacity(int pipe) {
        return (int)
                SystemCalls.check("fcntl", SystemCalls.call(Syscall.FCNTL, pipe, F_GETPIPE_SZ));
    }

    /// Makes a pipe that [#peek] copies to: neither end blocks.
    public static int[] teePipe() {
        int[] ends = Descriptors.raisedPipe();
        SystemCalls.call(Syscall.FCNTL, ends[0], F_SETPIPE_SZ, WANTED);
        Descriptors.setNonBlocking(ends[0], true);
        Descriptors.setNonBlocking(ends[1], true);
        return ends;
    }

    /// Copies what is at the beginning of a pipe, and leaves it there (tee(2)).
    ///
    /// @param teePipe an empty pipe, empty again afterwards
    /// @param into a direct buffer; as much as has room after its position
    /// @return the number of bytes; 0 at the end, when nobody writes any more; -1 if there is
    ///   nothing yet
    public static int peek(int pipe, int[] teePipe, ByteBuffer into) {
        long seen = retryOnInterrupt(Syscall.TEE, pipe, teePipe[1], into.remaining(), NONBLOCK, 0);
        if (SystemCalls.is(seen, Errno.EAGAIN)) {
            return -1;
        }
        int count = (int) SystemCalls.check("tee", seen);
        int end = into.limit();
        into.limit(into.position() + count);
        while (into.hasRemaining()) {
            Descriptors.read(teePipe[0], into);
        }
        into.limit(end);
        return count;
    }

    /// Moves the beginning of a pipe to a place of a file, in the kernel (splice(2)): as much as
    /// goes at once.
    ///
    /// @param file not opened to append: splice(2) does not take that
    /// @param length as much is in the pipe
    /// @return the number of bytes, at least one
    /// @throws PosixException if the file takes none: ENOSPC, EDQUOT, EIO
    public static int move(int pipe, int file, long offset, int length) {
        NativeScratch nativeScratch = NativeScratch.here();
        nativeScratch.bytes.putLong(0, offset);
        return (int)
                SystemCalls.check(
                        "splice",
                        retryOnInterrupt(
                                Syscall.SPLICE, pipe, 0, file, nativeScratch.structures, length));
    }

    /// Takes the beginning of a pipe, and forgets it.
    ///
    /// @param devNull a descriptor of /dev/null
    /// @param length as much is in the pipe
    public static void drop(int pipe, int devNull, int length) {
        int left = length;
        while (left > 0) {
            left -=
                    (int)
                            SystemCalls.check(
                                    "splice",
                                    retryOnInterrupt(Syscall.SPLICE, pipe, 0, devNull, 0, left));
        }
    }

    private static long retryOnInterrupt(Syscall call, long a, long b, long c, long d, long e) {
        while (true) {
            long result = SystemCalls.call(call, a, b, c, d, e);
            if (!SystemCalls.is(result, Errno.EINTR)) {
                return result;
            }
        }
    }
}
