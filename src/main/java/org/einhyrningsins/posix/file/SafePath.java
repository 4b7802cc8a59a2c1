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

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/// A path that was followed to a directory without being led astray by those who own a part of it.
///
/// The manager may often do more than they may. So a symbolic link that somebody other than root
/// and the manager's own user may have put there is followed only to a directory of the same
/// somebody: then nothing is opened that they could not have opened themselves. Links of root
/// outside of others' directories are followed as they are, and a directory in another's is entered
/// by its name. The path is walked one name at a time, each relative to the descriptor of the one
/// before, so nothing can be changed between the look and the step. RATIONALE.md compares the ways.
///
/// Holds a descriptor of the directory until it is closed. Belongs to one thread.
public final class SafePath implements AutoCloseable {
    private static final boolean X86 = CpuArchitecture.current() == CpuArchitecture.X86_64;
    private static final int O_WRONLY = 1;
    private static final int O_RDWR = 2;
    private static final int O_CREAT = 0x40;
    private static final int O_EXCL = 0x80;
    private static final int O_NONBLOCK = 0x800;
    private static final int O_DIRECTORY = X86 ? 0x10000 : 0x4000;
    private static final int O_NOFOLLOW = X86 ? 0x20000 : 0x8000;
    private static final int O_PATH = 0x200000;
    private static final int LOOK = O_PATH | O_NOFOLLOW;
    private static final long PROC_SUPER_MAGIC = 0x9fa0;
    private static final int MAX_LINKS = 40; // as the kernel has it: path_resolution(7)
    private static final int NOBODY = -1;
    private static final int SEARCHABLE_BY_ALL = 0001;
    private static final int READABLE_BY_ALL = 0004;

    private final Path asked;
    private final End end;
    private final Deque<String> rest = new ArrayDeque<>();
    private int directory = Descriptors.AT_FDCWD;
    private FileStatus status = new FileStatus(0, 0, 0, 0, 0);
    private String name = "";

    /// Besides root and ourselves, the owner of /: where root is somebody else's (a user
    /// namespace), who owns it can do everything anyway.
    private int ownerOfAll;

    /// Owner of a directory on the way: the first one that is not trusted.
    private int holder = NOBODY;

    /// User who may have made a link that was followed.
    private int linker = NOBODY;

    /// True if all users may enter the directories since then.
    private boolean open = true;

    private int links;
    private boolean madeUp;

    private enum End {
        /// The last name is not looked at.
        NAME,
        /// The last name is followed if it is a link.
        TARGET,
        /// The same, of a file that is only read: what all may read a link may lead to.
        READ,
        /// All components are directories.
        DIRECTORY,
        /// Like a target, but only as far as the first directory that is not the manager's alone.
        REACH
    }

    private SafePath(Path asked, End end) {
        this.asked = asked;
        this.end = end;
    }

    /// The way to the directory that a file is in; the file itself need not be there, and is not
    /// followed should it be a link.
    ///
    /// @throws PosixException if there is no such directory, or none that can be trusted
    public static SafePath toName(Path file) {
        return walked(new SafePath(file, End.NAME));
    }

    /// The same, where a last name that is a link is followed too.
    public static SafePath toTarget(Path file) {
        return walked(new SafePath(file, End.TARGET));
    }

    /// The way into a directory.
    public static SafePath into(Path directory) {
        return walked(new SafePath(directory, End.DIRECTORY));
    }

    private static SafePath walked(SafePath path) {
        try {
            path.walk();
            return path;
        } catch (PosixException e) {
            path.close();
            throw e;
        }
    }

    /// Opens a file to read, or write, by a path whose links are followed where that is safe.
    /// Nothing is waited for.
    static int open(Path file, int flags, int mode) {
        boolean writes = (flags & (O_WRONLY | O_RDWR)) != 0;
        try (SafePath path = walked(new SafePath(file, writes ? End.TARGET : End.READ))) {
            return path.open(flags, mode);
        }
    }

    /// Tells whether users other than root and ours can hold a lock that whoever opens or writes
    /// the file waits for: that of its inode, if they may read it or write to it, or of a directory
    /// on the way, if it is theirs. A directory that they may merely list is not: they can make a
    /// rename in it wait, and no write. Waits for none of them itself: it looks no further than to
    /// the first directory that is theirs.
    ///
    /// @return in whose reach it is: a name to compare; null if it is in nobody's
    public static @Nullable String reach(Path file) {
        try (SafePath path = walked(new SafePath(file, End.REACH))) {
            return path.reach();
        } catch (PosixException e) {
            return null; // opening it says why
        }
    }

    /// True if users other than root and ours own a directory or link on the way to a file, or may
    /// change its names: then even a look at it can wait for them.
    public static boolean isLedByOthers(Path file) {
        try (SafePath path = walked(new SafePath(file, End.REACH))) {
            return path.isTheirs();
        } catch (PosixException e) {
            return true;
        }
    }

    private @Nullable String reach() {
        if (isTheirs()) {
            int by = holder == NOBODY ? linker : holder;
            return by == NOBODY ? asked.toString() : "uid " + by;
        }
        long seen = tryAt(name, LOOK, 0);
        if (seen < 0) {
            return null;
        }
        try {
            FileStatus file = FileStatus.of((int) seen);
            return !trusted(file.uid())
                    ? "uid " + file.uid()
                    : isOpenTo(file, open) ? asked.toString() : null;
        } finally {
            Descriptors.close((int) seen);
        }
    }

    /// True if others own the directory or a link that led there, or may change its names.
    private boolean isTheirs() {
        boolean anybodys = status.isShared() && !status.isSticky();
        boolean groups = anybodys && (status.mode() & 0002) == 0;
        return holder != NOBODY
                || linker != NOBODY
                || (anybodys && !(groups && trustedGroup(status.gid())));
    }

    /// True if others may open it.
    ///
    /// @param reached true if all of them may enter the directories on the way
    private static boolean isOpenTo(FileStatus it, boolean reached) {
        return (reached && (it.mode() & 0006) != 0)
                || ((it.mode() & 0060) != 0 && !trustedGroup(it.gid()));
    }

    private static boolean trustedGroup(int gid) {
        return gid == 0 || gid == (int) SystemCalls.call(Syscall.GETEGID, 0);
    }

    private boolean isFollowed() {
        return end == End.TARGET || end == End.READ;
    }

    // ---- the way

    private void walk() {
        push(asked.toString());
        begin(asked.isAbsolute());
        while (!rest.isEmpty() && !(end == End.REACH && isTheirs())) {
            String next = rest.pop();
            if (rest.isEmpty() && end != End.DIRECTORY) {
                arrive(next);
            } else {
                step(next);
            }
        }
        if (linker != NOBODY && status.uid() != linker && end != End.READ && end != End.REACH) {
            throw refused(
                    "there is a symbolic link of uid "
                            + linker
                            + " on the way, and it leads to a directory of uid "
                            + status.uid());
        }
    }

    private void push(String path) {
        String[] names = path.split("/", -1);
        for (int i = names.length - 1; i >= 0; i--) {
            if (!names[i].isEmpty() && !names[i].equals(".")) {
                rest.push(names[i]);
            }
        }
    }

    private void begin(boolean absolute) {
        enter(openAt("/", LOOK | O_DIRECTORY, 0));
        ownerOfAll = status.uid();
        holder = NOBODY;
        open = (status.mode() & SEARCHABLE_BY_ALL) != 0;
        if (!absolute) {
            int here = Descriptors.open(".", LOOK | O_DIRECTORY, 0);
            enter(here);
        }
    }

    private void enter(int fd) {
        if (directory >= 0) {
            Descriptors.close(directory);
        }
        directory = fd;
        status = FileStatus.of(fd);
        open &= (status.mode() & SEARCHABLE_BY_ALL) != 0;
        if (holder == NOBODY && !trusted(status.uid())) {
            holder = status.uid();
        }
    }

    /// True for root, the owner of /, and the manager's own user.
    boolean trusted(int uid) {
        return uid == 0 || uid == ownerOfAll || uid == Credentials.effectiveUser();
    }

    /// Enters the next component. A directory is opened as one at once, so that an automount is
    /// triggered.
    private void step(String next) {
        long into = tryAt(next, LOOK | O_DIRECTORY, 0);
        if (SystemCalls.is(into, Errno.ENOTDIR) || SystemCalls.is(into, Errno.ELOOP)) {
            int seen = openAt(next, LOOK, 0);
            try {
                FileStatus link = FileStatus.of(seen);
                if (!link.isLink()) {
                    throw failed(into);
                }
                follow(next, seen, link);
            } finally {
                Descriptors.close(seen);
            }
        } else if (into < 0) {
            throw failed(into);
        } else {
            enter((int) into);
        }
    }

    private void arrive(String last) {
        name = last;
        if (end == End.NAME) {
            return;
        }
        long seen = tryAt(last, LOOK, 0);
        if (seen < 0) {
            return; // opening it says why
        }
        try {
            FileStatus status = FileStatus.of((int) seen);
            if (status.isLink()) {
                follow(last, (int) seen, status);
            }
        } finally {
            Descriptors.close((int) seen);
        }
    }

    private void follow(String next, int seen, FileStatus link) {
        links++;
        if (links > MAX_LINKS) {
            throw failed(-Errno.ELOOP.number());
        }
        int by = maker(link);
        if (by != NOBODY && linker != NOBODY && by != linker) {
            throw refused(next + " is a symbolic link of uid " + by + " behind one of " + linker);
        }
        linker = by == NOBODY ? linker : by;
        if (isOfProc(seen)) {
            followMadeUp(next, by);
            return;
        }
        String target = target(seen);
        push(target);
        if (target.startsWith("/")) {
            begin(true);
        }
    }

    /// Returns the user, other than trusted ones, who may have put a link here; [#NOBODY] for none.
    /// In another's directory also a link of root counts as theirs: they may have moved it there.
    private int maker(FileStatus link) {
        if (!trusted(link.uid())) {
            return link.uid();
        }
        if (holder == NOBODY && status.isShared() && link.links() > 1) {
            throw refused("a symbolic link on the way has several names");
        }
        return holder;
    }

    private static boolean isOfProc(int fd) {
        NativeScratch nativeScratch = NativeScratch.here();
        long result = SystemCalls.call(Syscall.FSTATFS, fd, nativeScratch.structures);
        return result == 0 && nativeScratch.bytes.getLong(0) == PROC_SUPER_MAGIC;
    }

    /// Follows a link below /proc: the kernel leads to an open file, whatever text it has.
    private void followMadeUp(String next, int by) {
        if (by != NOBODY) {
            throw refused(next + " is a link to a file of a process of uid " + by);
        }
        if (rest.isEmpty() && isFollowed()) {
            madeUp = true;
        } else {
            enter(openAt(next, O_PATH | O_DIRECTORY, 0));
        }
    }

    private static String target(int link) {
        NativeScratch nativeScratch = NativeScratch.here();
        long empty = nativeScratch.path("");
        long at = SystemCalls.address(nativeScratch.chunk);
        long length = SystemCalls.call(Syscall.READLINKAT, link, empty, at, NativeScratch.CHUNK);
        byte[] text = new byte[(int) SystemCalls.check("readlink", length)];
        nativeScratch.chunk.get(0, text);
        return new String(text, StandardCharsets.UTF_8);
    }

    // ---- its end

    /// The file's path, by the directory that was reached: whoever renames what is on the way
    /// changes nothing of it. Good until this is closed.
    public Path path() {
        return Path.of("/proc/self/fd/" + directory, name);
    }

    /// The same of another file in that directory.
    public Path sibling(String other) {
        return Path.of("/proc/self/fd/" + directory, other);
    }

    /// The descriptor of the directory.
    int directory() {
        return directory;
    }

    /// A message with the directory's own name where it has [#path()].
    public String shown(String message) {
        Path parent = asked.getParent();
        String itself = end == End.DIRECTORY ? asked.toString() : parent == null ? "" : "" + parent;
        return message.replace("/proc/self/fd/" + directory + "/", itself + "/");
    }

    /// The user that the directory belongs to.
    public int owner() {
        return status.uid();
    }

    /// Permission bits of the directory.
    public int mode() {
        return status.mode() & 07777;
    }

    /// Opens the file, or makes it; nothing is waited for, and a link is not followed.
    ///
    /// @return close-on-exec
    /// @throws PosixException also where it is a file that others may have put there to be written
    ///   or read by us
    int open(int flags, int mode) {
        return open(name, flags, mode);
    }

    /// The same with another file of that directory: opened to read.
    public int openToRead(String other) {
        return open(other, 0, 0);
    }

    /// Opens the file, which must be there, to write to it; nothing of it is cut off.
    public int openToWrite() {
        return open(name, O_WRONLY, 0);
    }

    /// The file itself, whatever it is, to be asked about or to have its mode and owner set, not to
    /// be read: see O_PATH in open(2).
    public int look() {
        return look(name);
    }

    int look(String other) {
        return openAt(other, LOOK, 0);
    }

    /// The last name of the path.
    public String name() {
        return name;
    }

    /// Makes another file in that directory, to write to it.
    ///
    /// @throws PosixException EEXIST if there is one of that name, be it a link
    public int create(String other, int mode) {
        return open(other, O_WRONLY | O_CREAT | O_EXCL, mode);
    }

    /// Makes a file in that directory that only that user can read, and nobody write.
    ///
    /// @param owner null for our own user
    public void put(String other, byte[] content, @Nullable Credentials owner) {
        int fd = create(other, 0400);
        try {
            ByteBuffer rest = ByteBuffer.wrap(content);
            while (rest.hasRemaining()) {
                Descriptors.write(fd, rest);
            }
            if (owner != null) {
                long given = SystemCalls.call(Syscall.FCHOWN, fd, owner.uid(), owner.gid());
                SystemCalls.check("chown " + other, given);
            }
        } finally {
            Descriptors.close(fd);
        }
    }

    private int open(String what, int flags, int mode) {
        int all = flags | O_NONBLOCK | (madeUp ? 0 : O_NOFOLLOW);
        long fd = tryAt(what, all, mode);
        if (SystemCalls.is(fd, Errno.ELOOP) && isFollowed()) {
            throw refused(what + " became a symbolic link");
        } else if (fd < 0) {
            throw failed(fd);
        }
        boolean mayBeTheirs = holder != NOBODY || linker != NOBODY || status.isShared();
        if (mayBeTheirs && !madeUp) {
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
        boolean theirs = !trusted(file.uid());
        if (theirs && file.uid() == status.uid()) {
            return null;
        }
        if (file.isRegular() && file.links() > 1) {
            return "it has " + file.links() + " names (hard links), in a directory of others";
        }
        if (theirs && writes && status.isSticky()) {
            return "it belongs to uid " + file.uid() + ", in a directory where all may make files";
        }
        boolean readableByAll = open && (file.mode() & READABLE_BY_ALL) != 0;
        return linker != NOBODY && !writes && file.uid() != linker && !readableByAll
                ? "a symbolic link of uid " + linker + " leads to it, a file of uid " + file.uid()
                : null;
    }

    /// Makes a directory in this one.
    ///
    /// @return 0, or a negative errno
    long makeDirectory(String what, int mode) {
        return SystemCalls.call(Syscall.MKDIRAT, directory, NativeScratch.here().path(what), mode);
    }

    /// Opens a directory in this one, which is not followed if it is a link.
    int openDirectory(String what) {
        return openAt(what, O_DIRECTORY | O_NOFOLLOW, 0);
    }

    /// True if users other than root and the manager's could have put another directory here.
    boolean isMovable() {
        return holder != NOBODY || linker != NOBODY || (status.isShared() && !status.isSticky());
    }

    private int openAt(String what, int flags, int mode) {
        long fd = tryAt(what, flags, mode);
        if (fd < 0) {
            throw failed(fd);
        }
        return (int) fd;
    }

    private long tryAt(String what, int flags, int mode) {
        while (true) {
            long at = NativeScratch.here().path(what);
            int all = flags | Descriptors.O_CLOEXEC;
            long fd = SystemCalls.call(Syscall.OPENAT, directory, at, all, mode);
            if (!SystemCalls.is(fd, Errno.EINTR)) {
                return fd;
            }
        }
    }

    private PosixException failed(long result) {
        return new PosixException("open " + asked, (int) -result);
    }

    PosixException refused(String why) {
        return PosixException.refused(
                "open " + asked,
                "others could choose what that is: "
                        + why
                        + "; name the file by its real path, or see PATH SAFETY in"
                        + " einhyrningsins.yaml(5)");
    }

    @Override
    public void close() {
        if (directory >= 0) {
            Descriptors.close(directory);
            directory = Descriptors.AT_FDCWD;
        }
    }
}
