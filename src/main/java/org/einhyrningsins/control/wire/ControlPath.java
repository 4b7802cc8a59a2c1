// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import org.einhyrningsins.spec.manager.ControlSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;

/// Default path of the control socket, for manager and client.
///
/// Root's is under /run whatever the environment says: a manager started at boot has no
/// XDG_RUNTIME_DIR, and root's shell has one, and the two must meet.
public final class ControlPath {
    /// The variable with which a client names another socket.
    public static final String VARIABLE = "EINHYRNINGSINS_SOCKET";

    private static final int ROOT = 0;
    private static final String NAME = "control.sock";

    /// Mask of the type in a file's mode: inode(7).
    private static final int TYPE = 0170000;

    private static final int SOCKET = 0140000;
    private static final int WRITABLE_BY_OTHERS = 0022;
    private static final int STICKY = 01000;

    private ControlPath() {}

    /// The path of the manager of that user.
    public static Path standard(Map<String, String> environment, int uid) {
        if (uid == ROOT) {
            return Path.of("/run/einhyrningsins", NAME);
        }
        String runtime = environment.getOrDefault("XDG_RUNTIME_DIR", "");
        return runtime.startsWith("/")
                ? Path.of(runtime, "einhyrningsins", NAME)
                : Path.of("/tmp/einhyrningsins-" + uid, NAME);
    }

    /// The path a client of this process's user asks at: the one named by [#VARIABLE], else that of
    /// the user's manager; or, if that is not there, of one with a classic command line.
    ///
    /// Nobody named the latter two, and in /tmp anyone can make a file: so the socket must belong
    /// to the user or to root, and so must its directory.
    ///
    /// @throws ControlException if it is somebody else's
    public static Path forClient(Map<String, String> environment) throws ControlException {
        String named = environment.getOrDefault(VARIABLE, "");
        if (!named.isEmpty()) {
            return Path.of(named);
        }
        int uid = ownUid();
        return found(standard(environment, uid), ControlSpec.CLASSIC, uid);
    }

    /// The path of the manager that was given that name by `--command-name`; null if it is none.
    public static @Nullable Path ofName(String name) {
        boolean possible = !name.isEmpty() && name.indexOf('/') < 0 && !name.startsWith("-");
        return possible ? ControlSpec.classic(name) : null;
    }

    static Path found(Path standard, Path classic, int uid) throws ControlException {
        if (Files.notExists(standard, LinkOption.NOFOLLOW_LINKS)) {
            return belongsTo(classic, uid) && Files.isWritable(classic) ? classic : standard;
        }
        if (Files.exists(standard, LinkOption.NOFOLLOW_LINKS) && !belongsTo(standard, uid)) {
            throw new ControlException(
                    ExitStatus.NOT_ALLOWED,
                    "not asking the manager at "
                            + standard
                            + ": that socket or its directory belongs to somebody else; if it is"
                            + " the one you mean, name it with -d");
        }
        return standard;
    }

    /// True if only the user and root can have put a socket there.
    private static boolean belongsTo(Path socket, int uid) {
        Path directory = socket.getParent();
        try {
            return directory != null
                    && (mode(socket) & TYPE) == SOCKET
                    && isOf(socket, uid)
                    && isOf(directory, uid)
                    && isKept(mode(directory));
        } catch (IOException | UnsupportedOperationException unknown) {
            return false;
        }
    }

    /// True if other users cannot remove files of a directory with that mode.
    private static boolean isKept(int mode) {
        return (mode & WRITABLE_BY_OTHERS) == 0 || (mode & STICKY) != 0;
    }

    private static boolean isOf(Path file, int uid) throws IOException {
        int owner = attribute(file, "unix:uid");
        return owner == ROOT || owner == uid;
    }

    private static int mode(Path file) throws IOException {
        return attribute(file, "unix:mode");
    }

    private static int attribute(Path file, String name) throws IOException {
        return Files.getAttribute(file, name, LinkOption.NOFOLLOW_LINKS) instanceof Integer number
                ? number
                : -1;
    }

    /// The owner of /proc/self is the effective user of this process, and reading it needs no
    /// native library.
    private static int ownUid() {
        try {
            Object uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            return uid instanceof Integer number ? number : ROOT;
        } catch (IOException | UnsupportedOperationException noProc) {
            return System.getProperty("user.name", "").equals("root") ? ROOT : -1;
        }
    }
}
