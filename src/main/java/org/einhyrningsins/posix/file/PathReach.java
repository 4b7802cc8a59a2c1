// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.file;

import org.einhyrningsins.posix.kernel.PosixException;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;

/// Finds out whether other users can hold up who opens or writes a file.
public final class PathReach {
    private PathReach() {}

    /// Returns the users, other than root and ours, who can hold a lock that whoever opens or
    /// writes the file waits for: that of its inode, if they may read it or write to it, or of a
    /// directory on the way, if it is theirs. A directory that they may merely list is not: they
    /// can make a rename in it wait, and no write. Waits for none of them itself: it looks no
    /// further than to the first directory that is theirs.
    ///
    /// @return a name to compare; null if nobody can
    public static @Nullable String of(Path file) {
        try (PathWalk walk = PathWalk.along(file, PathWalk.End.REACH)) {
            return of(walk);
        } catch (PosixException e) {
            return null; // opening it says why
        }
    }

    private static @Nullable String of(PathWalk walk) {
        String several = walk.asked().toString();
        if (walk.isTheirs()) {
            return owner(walk);
        }
        long seen = walk.tryAt(walk.name(), PathWalk.LOOK, 0);
        if (seen < 0) {
            return null;
        }
        try {
            FileStatus file = FileStatus.of((int) seen);
            if (!walk.trusted(file.uid())) {
                return "uid " + file.uid();
            }
            return isOpenTo(file, walk.isOpenToAll()) ? several : null;
        } finally {
            Descriptors.close((int) seen);
        }
    }

    private static String owner(PathWalk walk) {
        int by =
                walk.untrustedOwner() == PathWalk.NOBODY ? walk.linkOwner() : walk.untrustedOwner();
        return by == PathWalk.NOBODY ? walk.asked().toString() : "uid " + by;
    }

    /// Returns the users who can hold the lock that whoever makes, renames or removes a file waits
    /// for: that of its directory, if they may merely list it, or of one on the way, if it is
    /// theirs. The file itself is not looked at.
    ///
    /// @return a name to compare; null if nobody can
    public static @Nullable String ofNames(Path file) {
        try (PathWalk walk = PathWalk.along(file, PathWalk.End.NAMES_REACH)) {
            if (walk.isTheirs()) {
                return owner(walk);
            }
            boolean listed = isOpenTo(walk.status(), walk.isReachableByAll());
            return listed ? "below " + file.getParent() : null;
        } catch (PosixException e) {
            return null; // what is to be done says why
        }
    }

    /// True if others may open it.
    ///
    /// @param reached true if all of them may enter the directories on the way
    private static boolean isOpenTo(FileStatus file, boolean reached) {
        return (reached && (file.mode() & 0006) != 0)
                || ((file.mode() & 0060) != 0 && !PathWalk.trustedGroup(file.gid()));
    }

    /// True if users other than root and ours own a directory or link on the way to a file, or may
    /// change its names: then even a look at it can wait for them.
    public static boolean isLedByOthers(Path file) {
        try (PathWalk walk = PathWalk.along(file, PathWalk.End.REACH)) {
            return walk.isTheirs();
        } catch (PosixException e) {
            return true;
        }
    }
}
