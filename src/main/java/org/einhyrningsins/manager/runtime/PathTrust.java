// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.config.value.KernelRights;
import org.einhyrningsins.posix.kernel.Accounts;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.UnknownAccountException;
import org.einhyrningsins.posix.process.Processes;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// Finds who may change a directory on the way to a file, for a warning. It looks at names, not at
/// what is open, so nothing may depend on it: [org.einhyrningsins.posix.file.SafePath] decides.
///
/// Remembers what it saw, for as long as one file is read.
public final class PathTrust {
    private static final int TYPE = 0170000;
    private static final int DIRECTORY = 0040000;
    private static final int LINK = 0120000;
    private static final int STICKY = 01000;
    private static final int GROUP = 0020;
    private static final int ALL = 0002;

    private final Map<Path, Optional<Seen>> seen = new HashMap<>();
    private final Map<String, User> known = new HashMap<>();

    private record Seen(int mode, int uid, int gid) {
        boolean is(int type) {
            return (mode & TYPE) == type;
        }
    }

    /// Numbers of an account; -1 where they are not known.
    private record User(int uid, int gid) {
        static final User NONE = new User(-1, -1);
    }

    /// Subject of a check.
    ///
    /// @param ownerOfAll owner of /: root, or the user seen as root in this user namespace
    private record Question(User user, boolean groups, int ownerOfAll) {
        boolean trusts(int uid) {
            return uid == 0 || uid == ownerOfAll || uid == Processes.user() || uid == user.uid();
        }

        boolean trustsGroup(int gid) {
            return !groups || gid == 0 || gid == user.gid();
        }
    }

    /// See [KernelRights#otherOwner].
    public KernelRights.@Nullable Stranger on(Path file, @Nullable String user, boolean groups) {
        Path absolute = file.toAbsolutePath();
        Seen root = look(absolute.getRoot());
        Question question =
                new Question(
                        user == null ? User.NONE : known.computeIfAbsent(user, PathTrust::user),
                        groups,
                        root == null ? 0 : root.uid());
        KernelRights.Stranger found = walk(absolute, question);
        return found == null ? walk(real(absolute), question) : found;
    }

    private static User user(String name) {
        try {
            Credentials all = Accounts.credentials(name, null);
            return new User(all.uid(), all.gid());
        } catch (UnknownAccountException e) {
            return new User(Accounts.uid(name).orElse(-1), -1);
        }
    }

    /// Resolves links, as far as the path exists.
    private static Path real(Path file) {
        for (Path at = file; at != null; at = at.getParent()) {
            try {
                return at.toRealPath().resolve(at.relativize(file));
            } catch (IOException notThere) {
                // then the directory above
            }
        }
        return file;
    }

    private KernelRights.@Nullable Stranger walk(Path file, Question question) {
        boolean shared = false;
        for (int i = 1; i <= file.getNameCount(); i++) {
            Path at = file.getRoot().resolve(file.subpath(0, i));
            Seen here = look(at);
            if (here == null) {
                return shared
                        ? new KernelRights.Stranger(
                                "everybody may make " + at + " before it is there",
                                "make it, or use a directory of its own")
                        : null;
            }
            KernelRights.Stranger found = owner(at, here, question);
            if (found != null) {
                return found;
            }
            shared = here.is(DIRECTORY) && (here.mode() & (ALL | STICKY)) == (ALL | STICKY);
        }
        return null;
    }

    private static KernelRights.@Nullable Stranger owner(Path at, Seen here, Question question) {
        if (question.trusts(here.uid())) {
            return here.is(LINK) ? null : writer(at, here, question);
        }
        return new KernelRights.Stranger(
                "uid " + here.uid() + " owns " + at,
                (here.is(LINK) ? "chown -h root " : "chown root ") + at);
    }

    private static KernelRights.@Nullable Stranger writer(Path at, Seen here, Question question) {
        boolean sticky = here.is(DIRECTORY) && (here.mode() & STICKY) != 0;
        String where = " may write " + (here.is(DIRECTORY) ? "in " : "") + at;
        if ((here.mode() & ALL) != 0 && !sticky && !isDevice(here)) {
            return new KernelRights.Stranger("everybody" + where, "chmod o-w " + at);
        }
        return (here.mode() & GROUP) != 0 && !sticky && !question.trustsGroup(here.gid())
                ? new KernelRights.Stranger("group " + here.gid() + where, "chmod g-w " + at)
                : null;
    }

    /// A device, FIFO or socket: to write there is what it is for.
    private static boolean isDevice(Seen here) {
        return !here.is(DIRECTORY) && !here.is(0100000);
    }

    private @Nullable Seen look(Path path) {
        return seen.computeIfAbsent(path, PathTrust::seen).orElse(null);
    }

    private static Optional<Seen> seen(Path path) {
        try {
            return Optional.of(
                    new Seen(
                            number(path, "unix:mode"),
                            number(path, "unix:uid"),
                            number(path, "unix:gid")));
        } catch (IOException notThere) {
            return Optional.empty();
        }
    }

    private static int number(Path path, String what) throws IOException {
        Object value = Files.getAttribute(path, what, LinkOption.NOFOLLOW_LINKS);
        return value instanceof Integer number ? number : 0;
    }
}
