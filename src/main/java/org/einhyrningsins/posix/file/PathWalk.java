// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.file;

import org.einhyrningsins.posix.kernel.CpuArchitecture;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/// The walk along a path, one name at a time: each is opened relative to the descriptor of the one
/// before, links are followed by the rules of [SafePath], and who could have led it is remembered.
///
/// Holds a descriptor of the directory that it has reached until it is closed. Belongs to one
/// thread.
final class PathWalk implements AutoCloseable {
    /// No user.
    static final int NOBODY = -1;

    private static final boolean X86 = CpuArchitecture.current() == CpuArchitecture.X86_64;
    static final int O_DIRECTORY = X86 ? 0x10000 : 0x4000;
    static final int O_NOFOLLOW = X86 ? 0x20000 : 0x8000;
    private static final int O_PATH = 0x200000;

    /// Opens a file to look at it, not to read it.
    static final int LOOK = O_PATH | O_NOFOLLOW;

    private static final long PROC_SUPER_MAGIC = 0x9fa0;
    private static final int MAX_LINKS = 40; // as the kernel has it: path_resolution(7)
    private static final int SEARCHABLE_BY_ALL = 0001;

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
    private int untrustedOwner = NOBODY;

    /// User who may have made a link that was followed.
    private int linkOwner = NOBODY;

    /// True if all users may enter the directories since then.
    private boolean searchable = true;

    /// True if all may enter those above the present one.
    private boolean reachable = true;

    private int links;
    private boolean magicLink;

    /// Rules for the last name, and where the walk ends.
    enum End {
        /// The last name is not looked at.
        NAME,
        /// The last name is followed if it is a link.
        TARGET,
        /// The same, of a file that is only read: what all may read a link may lead to.
        READ,
        /// All components are directories.
        DIRECTORY,
        /// Like a target, but only as far as the first directory that is not the manager's alone.
        REACH,
        /// Like a name, but only as far as that.
        NAMES_REACH
    }

    private PathWalk(Path asked, End end) {
        this.asked = asked;
        this.end = end;
    }

    /// Walks along a path.
    ///
    /// @throws PosixException if there is no such directory, or none that can be trusted
    static PathWalk along(Path path, End end) {
        PathWalk walk = new PathWalk(path, end);
        try {
            walk.walk();
            return walk;
        } catch (PosixException e) {
            walk.close();
            throw e;
        }
    }

    // ---- the way

    private void walk() {
        push(asked.toString());
        begin(asked.isAbsolute());
        boolean stops = end == End.REACH || end == End.NAMES_REACH;
        while (!rest.isEmpty() && !(stops && isTheirs())) {
            String next = rest.pop();
            if (rest.isEmpty() && end != End.DIRECTORY) {
                arrive(next);
            } else {
                step(next);
            }
        }
        if (linkOwner != NOBODY && status.uid() != linkOwner && end != End.READ && !stops) {
            throw refused(
                    "there is a symbolic link of uid "
                            + linkOwner
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
        untrustedOwner = NOBODY;
        searchable = (status.mode() & SEARCHABLE_BY_ALL) != 0;
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
        reachable = searchable;
        searchable &= (status.mode() & SEARCHABLE_BY_ALL) != 0;
        if (untrustedOwner == NOBODY && !trusted(status.uid())) {
            untrustedOwner = status.uid();
        }
    }

    /// True if all users can come as far as the directory that was reached.
    boolean isReachableByAll() {
        return reachable;
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
        if (end == End.NAME || end == End.NAMES_REACH) {
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
        int by = possibleAuthor(link);
        if (by != NOBODY && linkOwner != NOBODY && by != linkOwner) {
            throw refused(
                    next + " is a symbolic link of uid " + by + " behind one of " + linkOwner);
        }
        linkOwner = by == NOBODY ? linkOwner : by;
        if (isOfProc(seen)) {
            followMagicLink(next, by);
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
    private int possibleAuthor(FileStatus link) {
        if (!trusted(link.uid())) {
            return link.uid();
        }
        if (untrustedOwner == NOBODY && status.isShared() && link.links() > 1) {
            throw refused("a symbolic link on the way has several names");
        }
        return untrustedOwner;
    }

    private static boolean isOfProc(int fd) {
        NativeScratch nativeScratch = NativeScratch.here();
        long result = SystemCalls.call(Syscall.FSTATFS, fd, nativeScratch.structures);
        return result == 0 && nativeScratch.bytes.getLong(0) == PROC_SUPER_MAGIC;
    }

    /// Follows a magic link below /proc: the kernel leads to an open file, whatever text it has.
    private void followMagicLink(String next, int by) {
        if (by != NOBODY) {
            throw refused(next + " is a link to a file of a process of uid " + by);
        }
        if (rest.isEmpty() && isFollowed()) {
            magicLink = true;
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

    // ---- where it ended

    Path asked() {
        return asked;
    }

    End end() {
        return end;
    }

    /// Returns the descriptor of the directory.
    int directory() {
        return directory;
    }

    /// Returns the status of the directory.
    FileStatus status() {
        return status;
    }

    /// Returns the last name of the path.
    String name() {
        return name;
    }

    /// Returns the owner of the first directory on the way that is not trusted; [#NOBODY] for none.
    int untrustedOwner() {
        return untrustedOwner;
    }

    /// Returns the user who may have made a link that was followed; [#NOBODY] for none.
    int linkOwner() {
        return linkOwner;
    }

    /// True if all users may enter the directories behind the first one.
    boolean isOpenToAll() {
        return searchable;
    }

    /// True if the last name is a link below /proc, which leads to an open file.
    boolean endsAtOpenFile() {
        return magicLink;
    }

    /// True if a last name that is a link is followed.
    boolean isFollowed() {
        return end == End.TARGET || end == End.READ;
    }

    /// True if others own the directory or a link that led there, or may change its names.
    boolean isTheirs() {
        boolean anybodys = status.isShared() && !status.isSticky();
        boolean groups = anybodys && (status.mode() & 0002) == 0;
        return untrustedOwner != NOBODY
                || linkOwner != NOBODY
                || (anybodys && !(groups && trustedGroup(status.gid())));
    }

    static boolean trustedGroup(int gid) {
        return gid == 0 || gid == (int) SystemCalls.call(Syscall.GETEGID, 0);
    }

    /// True if users other than root and the manager's could have put another directory here.
    boolean isMovable() {
        return untrustedOwner != NOBODY
                || linkOwner != NOBODY
                || (status.isShared() && !status.isSticky());
    }

    int openAt(String what, int flags, int mode) {
        long fd = tryAt(what, flags, mode);
        if (fd < 0) {
            throw failed(fd);
        }
        return (int) fd;
    }

    long tryAt(String what, int flags, int mode) {
        while (true) {
            long at = NativeScratch.here().path(what);
            int all = flags | Descriptors.O_CLOEXEC;
            long fd = SystemCalls.call(Syscall.OPENAT, directory, at, all, mode);
            if (!SystemCalls.is(fd, Errno.EINTR)) {
                return fd;
            }
        }
    }

    PosixException failed(long result) {
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
