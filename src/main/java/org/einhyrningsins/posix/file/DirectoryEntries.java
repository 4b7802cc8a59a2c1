// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.file;

import org.einhyrningsins.posix.kernel.CpuArchitecture;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// The names in a directory that was reached by a [SafePath], and what is in its files; by system
/// calls of ours, so that a [org.einhyrningsins.posix.spawn.SystemCallDeputy] can make them.
public final class DirectoryEntries {
    /// Beginning of a message about a rename.
    public static final String RENAME = "rename ";

    private static final int O_DIRECTORY =
            CpuArchitecture.current() == CpuArchitecture.X86_64 ? 0x10000 : 0x4000;
    private static final int AT_REMOVEDIR = 0x200;
    private static final int ROOM = 32 * 1024;
    private static final int LENGTH = 16; // struct linux_dirent64
    private static final int NAME = 19;

    private DirectoryEntries() {}

    /// Returns all names in the directory, in no order.
    public static List<String> in(SafePath place) {
        int fd = open(place);
        try {
            List<String> names = new ArrayList<>();
            ByteBuffer room = ByteBuffer.allocateDirect(ROOM).order(ByteOrder.nativeOrder());
            long at = SystemCalls.address(room);
            int count = 1;
            while (count > 0) {
                long got = SystemCalls.call(Syscall.GETDENTS64, fd, at, ROOM);
                count = (int) SystemCalls.check("getdents64", got);
                for (int i = 0; i < count; i += room.getShort(i + LENGTH)) {
                    names.add(name(room, i + NAME));
                }
            }
            return names;
        } finally {
            Descriptors.close(fd);
        }
    }

    private static int open(SafePath place) {
        long here = NativeScratch.here().path(".");
        int flags = O_DIRECTORY | Descriptors.O_CLOEXEC;
        long fd = SystemCalls.call(Syscall.OPENAT, place.directory(), here, flags, 0);
        return (int) SystemCalls.check("open directory", fd);
    }

    private static String name(ByteBuffer room, int at) {
        int end = at;
        while (room.get(end) != 0) {
            end++;
        }
        byte[] name = new byte[end - at];
        room.get(at, name);
        return new String(name, StandardCharsets.UTF_8);
    }

    /// True if an entry of that name exists, be it a link.
    public static boolean exists(SafePath place, String name) {
        return mode(place, name) >= 0;
    }

    /// True if it is a regular file, and no link.
    public static boolean isRegular(SafePath place, String name) {
        return (mode(place, name) & 0170000) == 0100000;
    }

    private static int mode(SafePath place, String name) {
        try {
            int fd = place.look(name);
            try {
                return FileStatus.of(fd).mode();
            } finally {
                Descriptors.close(fd);
            }
        } catch (PosixException e) {
            return -1;
        }
    }

    /// Gives a file another name; one that has it is replaced.
    public static void rename(SafePath place, String from, String to) {
        int fd = place.directory();
        byte[] other = to.getBytes(StandardCharsets.UTF_8);
        NativeScratch nativeScratch = NativeScratch.here();
        nativeScratch.chunk.put(0, other).put(other.length, (byte) 0);
        long result =
                SystemCalls.call(
                        Syscall.RENAMEAT2,
                        fd,
                        nativeScratch.path(from),
                        fd,
                        SystemCalls.address(nativeScratch.chunk),
                        0);
        SystemCalls.check(RENAME + from, result);
    }

    /// Removes a file, or an empty directory, if it is there.
    ///
    /// @return whether it was there
    public static boolean removeAny(SafePath place, String name) {
        long at = NativeScratch.here().path(name);
        long result = SystemCalls.call(Syscall.UNLINKAT, place.directory(), at, 0);
        if (SystemCalls.is(result, Errno.EISDIR)) {
            result = SystemCalls.call(Syscall.UNLINKAT, place.directory(), at, AT_REMOVEDIR);
        }
        if (!SystemCalls.is(result, Errno.ENOENT)) {
            SystemCalls.check("unlink " + name, result);
        }
        return result == 0;
    }

    /// Removes a file, if it is there.
    public static void remove(SafePath place, String name) {
        long at = NativeScratch.here().path(name);
        long result = SystemCalls.call(Syscall.UNLINKAT, place.directory(), at, 0);
        if (!SystemCalls.is(result, Errno.ENOENT)) {
            SystemCalls.check("unlink " + name, result);
        }
    }

    /// Gives the directory itself to a user and group.
    public static void setOwner(SafePath place, int uid, int gid) {
        long at = NativeScratch.here().path("/proc/self/fd/" + place.directory());
        long result = SystemCalls.call(Syscall.FCHOWNAT, Descriptors.AT_FDCWD, at, uid, gid, 0);
        SystemCalls.check("chown", result);
    }

    /// Makes a directory.
    ///
    /// @param mode less the umask
    public static void makeDirectory(SafePath place, String name, int mode) {
        SystemCalls.check("mkdir " + name, place.makeDirectory(name, mode));
    }

    /// Gives the directory itself its permission bits.
    public static void setMode(SafePath place, int mode) {
        long at = NativeScratch.here().path("/proc/self/fd/" + place.directory());
        long result = SystemCalls.call(Syscall.FCHMODAT, Descriptors.AT_FDCWD, at, mode);
        SystemCalls.check("chmod", result);
    }

    /// Gives a file a second name in another directory.
    ///
    /// @throws PosixException EEXIST if there is something of that name
    public static void link(SafePath place, String name, SafePath other, String second) {
        byte[] text = second.getBytes(StandardCharsets.UTF_8);
        NativeScratch nativeScratch = NativeScratch.here();
        nativeScratch.chunk.put(0, text).put(text.length, (byte) 0);
        long result =
                SystemCalls.call(
                        Syscall.LINKAT,
                        place.directory(),
                        nativeScratch.path(name),
                        other.directory(),
                        SystemCalls.address(nativeScratch.chunk),
                        0);
        SystemCalls.check("link " + second, result);
    }

    /// Returns the status of an entry, of a link itself; null if there is none.
    public static @Nullable FileStatus status(SafePath place, String name) {
        return FileStatus.at(place.directory(), name);
    }

    /// Makes a file in that directory that only that user can read, and nobody write.
    ///
    /// @param owner null for our own user
    public static void put(
            SafePath place, String name, byte[] content, @Nullable Credentials owner) {
        int fd = place.create(name, 0400);
        try {
            ByteBuffer rest = ByteBuffer.wrap(content);
            while (rest.hasRemaining()) {
                Descriptors.write(fd, rest);
            }
            if (owner != null) {
                long given = SystemCalls.call(Syscall.FCHOWN, fd, owner.uid(), owner.gid());
                SystemCalls.check("chown " + name, given);
            }
        } finally {
            Descriptors.close(fd);
        }
    }

    /// Returns a stream that reads from a descriptor.
    public static InputStream reader(int fd) {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] into, int at, int length) throws IOException {
                try {
                    int count = Descriptors.read(fd, ByteBuffer.wrap(into, at, length));
                    return count == 0 && length > 0 ? -1 : count;
                } catch (PosixException e) {
                    throw new IOException(e.reason(), e);
                }
            }
        };
    }

    /// Returns a stream that writes to a descriptor.
    public static OutputStream writer(int fd) {
        return new OutputStream() {
            @Override
            public void write(int one) throws IOException {
                write(new byte[] {(byte) one}, 0, 1);
            }

            @Override
            public void write(byte[] from, int at, int length) throws IOException {
                ByteBuffer rest = ByteBuffer.wrap(from, at, length);
                try {
                    while (rest.hasRemaining()) {
                        Descriptors.write(fd, rest);
                    }
                } catch (PosixException e) {
                    throw new IOException(e.reason(), e);
                }
            }
        };
    }
}
