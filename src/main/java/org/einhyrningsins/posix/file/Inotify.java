// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.file;

import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.function.IntConsumer;

/// Tells when a file may have lost its name (inotify(7)). The watch is on the file, not on its
/// directory: what else happens there wakes nobody up. One thread.
public final class Inotify implements AutoCloseable {
    /// Beginning of a message about a file that cannot be watched.
    public static final String ADD = "inotify_add_watch ";

    private static final int IN_ATTRIB = 0x4; // the number of its names is one of them
    private static final int IN_DELETE = 0x200;
    private static final int IN_DELETE_SELF = 0x400;
    private static final int IN_MOVE_SELF = 0x800;
    private static final int IN_NONBLOCK = 0x800;
    private static final int IN_IGNORED = 0x8000;
    private static final int IN_ONLYDIR = 0x0100_0000;
    private static final int IN_DONT_FOLLOW = 0x0200_0000;
    private static final int IN_MASK_ADD =
            0x2000_0000; // the same directory may be watched for more
    private static final int HEADER = 16; // struct inotify_event; its name comes after it
    private static final int NAME_LENGTH = 12;
    private static final int ROOM = 4096;

    private final int fd;

    private Inotify(int fd) {
        this.fd = fd;
    }

    /// Watches nothing yet; non-blocking, raised.
    public static Inotify open() {
        long fd = SystemCalls.call(Syscall.INOTIFY_INIT1, IN_NONBLOCK | Descriptors.O_CLOEXEC);
        return new Inotify(Descriptors.raise((int) SystemCalls.check("inotify_init1", fd)));
    }

    /// Readable when there is something to tell.
    public int fd() {
        return fd;
    }

    /// Watches a file.
    ///
    /// @return the name that [#read] has for it
    public int add(Path file) {
        return watch(file, IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF);
    }

    /// The same by a descriptor, so that nothing is looked up.
    ///
    /// @param file a descriptor, which may be one of O_PATH
    /// @param shown its path as a person knows it
    /// @return the name that [#read] has for it
    public int add(int file, Path shown) {
        Path open = Path.of("/proc/self/fd/" + file);
        return watch(open, shown, IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF);
    }

    /// Watches a directory, and what is removed in it.
    ///
    /// @return the name that [#read] has for it
    public int addDirectory(Path directory) {
        return add(directory, IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF);
    }

    /// Watches whether a directory is moved or removed, and nothing in it.
    ///
    /// @return the name that [#read] has for it
    public int addPlace(Path directory) {
        return add(directory, IN_DELETE_SELF | IN_MOVE_SELF);
    }

    /// Watches whether a symbolic link is moved, removed or replaced, and not what it leads to.
    ///
    /// @return the name that [#read] has for it
    public int addLink(Path link) {
        return watch(link, IN_DELETE_SELF | IN_MOVE_SELF | IN_DONT_FOLLOW | IN_MASK_ADD);
    }

    private int add(Path directory, int events) {
        return watch(directory, events | IN_ONLYDIR | IN_MASK_ADD);
    }

    private int watch(Path file, int mask) {
        return watch(file, file, mask);
    }

    private int watch(Path file, Path shown, int mask) {
        long path = NativeScratch.here().path(file);
        long watch = SystemCalls.call(Syscall.INOTIFY_ADD_WATCH, fd, path, mask);
        return (int) SystemCalls.check(ADD + shown, watch);
    }

    /// Watches it no more. Nothing happens if the kernel gave it up before.
    public void remove(int watch) {
        SystemCalls.call(Syscall.INOTIFY_RM_WATCH, fd, watch);
    }

    /// Hands on each watch to which something happened.
    public void read(IntConsumer happened) {
        ByteBuffer events = ByteBuffer.allocateDirect(ROOM).order(ByteOrder.nativeOrder());
        while (Descriptors.read(fd, events) > 0) {
            for (int at = 0; at < events.position(); ) {
                if ((events.getInt(at + 4) & IN_IGNORED) == 0) {
                    happened.accept(events.getInt(at));
                }
                at += HEADER + events.getInt(at + NAME_LENGTH);
            }
            events.clear();
        }
    }

    @Override
    public void close() {
        Descriptors.close(fd);
    }
}
