// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.file;

import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;

/// A path that was followed to a directory without being led astray by those who own a part of it.
///
/// The manager may often do more than they may. So a symbolic link that somebody other than root
/// and the manager's own user may have put there is followed only to a directory of the same
/// somebody: then nothing is opened that they could not have opened themselves. Links of root
/// outside of others' directories are followed as they are, and a directory in another's is entered
/// by its name. The path is walked one name at a time, each relative to the descriptor of the one
/// before ([PathWalk]), so nothing can be changed between the look and the step. RATIONALE.md
/// compares the ways.
///
/// Holds a descriptor of the directory until it is closed. Belongs to one thread.
public final class SafePath implements AutoCloseable {
    private static final int O_WRONLY = 1;
    private static final int O_RDWR = 2;
    private static final int O_CREAT = 0x40;
    private static final int O_EXCL = 0x80;
    private static final int O_NONBLOCK = 0x800;
    private static final int READABLE_BY_ALL = 0004;

    private final PathWalk walk;

    private SafePath(Path asked, PathWalk.End end) {
        walk = PathWalk.along(asked, end);
    }

    /// The way to the directory that a file is in; the file itself need not be there, and is not
    /// followed should it be a link.
    ///
    /// @throws PosixException if there is no such directory, or none that can be trusted
    public static SafePath toName(Path file) {
        return new SafePath(file, PathWalk.End.NAME);
    }

    /// The same, where a last name that is a link is followed too.
    public static SafePath toTarget(Path file) {
        return new SafePath(file, PathWalk.End.TARGET);
    }

    /// The way into a directory.
    public static SafePath into(Path directory) {
        return new SafePath(directory, PathWalk.End.DIRECTORY);
    }

    /// Opens a file to read, or write, by a path whose links are followed where that is safe.
    /// Nothing is waited for.
    static int open(Path file, int flags, int mode) {
        boolean writes = (flags & (O_WRONLY | O_RDWR)) != 0;
        PathWalk.End end = writes ? PathWalk.End.TARGET : PathWalk.End.READ;
        try (SafePath path = new SafePath(file, end)) {
            return path.open(flags, mode);
        }
    }

    /// The file's path, by the directory that was reached: whoever renames what is on the way
    /// changes nothing of it. Good until this is closed.
    public Path path() {
        return Path.of("/proc/self/fd/" + directory(), name());
    }

    /// The same of another file in that directory.
    public Path sibling(String other) {
        return Path.of("/proc/self/fd/" + directory(), other);
    }

    /// The descriptor of the directory.
    int directory() {
        return walk.directory();
    }

    /// A message with the directory's own name where it has [#path()].
    public String shown(String message) {
        Path parent = walk.asked().getParent();
        String itself =
                walk.end() == PathWalk.End.DIRECTORY
                        ? walk.asked().toString()
                        : parent == null ? "" : "" + parent;
        return message.replace("/proc/self/fd/" + directory() + "/", itself + "/");
    }

    /// The user that the directory belongs to.
    public int owner() {
        return status().uid();
    }

    /// Permission bits of the directory.
    public int mode() {
        return status().mode() & 07777;
    }

    /// Opens the file, or makes it; nothing is waited for, and a link is not followed.
    ///
    /// @return close-on-exec
    /// @throws PosixException also where it is a file that others may have put there to be written
    ///   or read by us
    int open(int flags, int mode) {
        return open(name(), flags, mode);
    }

    /// The same with another file of that directory: opened to read.
    public int openToRead(String other) {
        return open(other, 0, 0);
    }

    /// Opens the file, which must be there, to write to it; nothing of it is cut off.
    public int openToWrite() {
        return open(name(), O_WRONLY, 0);
    }

    /// The file itself, whatever it is, to be walk.asked() about or to have its mode and owner set,
    /// not to be read: see O_PATH in open(2).
    public int look() {
        return look(name());
    }

    int look(String other) {
        return walk.openAt(other, PathWalk.LOOK, 0);
    }

    /// The last name of the path.
    public String name() {
        return walk.name();
    }

    /// Makes another file in that directory, to write to it.
    ///
    /// @throws PosixException EEXIST if there is one of that name(), be it a link
    public int create(String other, int mode) {
        return open(other, O_WRONLY | O_CREAT | O_EXCL, mode);
    }

    private int open(String what, int flags, int mode) {
        int all = flags | O_NONBLOCK | (walk.endsAtOpenFile() ? 0 : PathWalk.O_NOFOLLOW);
        long fd = walk.tryAt(what, all, mode);
        if (SystemCalls.is(fd, Errno.ELOOP) && walk.isFollowed()) {
            throw refused(what + " became a symbolic link");
        } else if (fd < 0) {
            throw walk.failed(fd);
        }
        boolean mayBeTheirs =
                walk.untrustedOwner() != PathWalk.NOBODY
                        || walk.linkOwner() != PathWalk.NOBODY
                        || status().isShared();
        if (mayBeTheirs && !walk.endsAtOpenFile()) {
            require((int) fd, (flags & (O_WRONLY | O_RDWR)) != 0);
        }
        return (int) fd;
    }

    private void require(int fd, boolean writes) {
        String why = objection(FileStatus.of(fd), writes);
        if (why != null) {
            Descriptors.close(fd);
            throw refused(why);
        }
    }

    private @Nullable String objection(FileStatus file, boolean writes) {
        boolean theirs = !walk.trusted(file.uid());
        if (theirs && file.uid() == status().uid()) {
            return null;
        }
        if (file.isRegular() && file.links() > 1) {
            return "it has " + file.links() + " names (hard links), in a directory of others";
        }
        if (theirs && writes && status().isSticky()) {
            return "it belongs to uid " + file.uid() + ", in a directory where all may make files";
        }
        boolean readableByAll = walk.isOpenToAll() && (file.mode() & READABLE_BY_ALL) != 0;
        return walk.linkOwner() != PathWalk.NOBODY
                        && !writes
                        && file.uid() != walk.linkOwner()
                        && !readableByAll
                ? "a symbolic link of uid "
                        + walk.linkOwner()
                        + " leads to it, a file of uid "
                        + file.uid()
                : null;
    }

    /// Makes a directory in this one.
    ///
    /// @return 0, or a negative errno
    long makeDirectory(String what, int mode) {
        return SystemCalls.call(
                Syscall.MKDIRAT, directory(), NativeScratch.here().path(what), mode);
    }

    /// Opens a directory in this one, which is not followed if it is a link.
    int openDirectory(String what) {
        return walk.openAt(what, PathWalk.O_DIRECTORY | PathWalk.O_NOFOLLOW, 0);
    }

    /// True if users other than root and the manager's could have put another directory here.
    boolean isMovable() {
        return walk.isMovable();
    }

    /// True for root, the owner of /, and the manager's own user.
    boolean trusted(int uid) {
        return walk.trusted(uid);
    }

    PosixException refused(String why) {
        return walk.refused(why);
    }

    private FileStatus status() {
        return walk.status();
    }

    @Override
    public void close() {
        walk.close();
    }
}
