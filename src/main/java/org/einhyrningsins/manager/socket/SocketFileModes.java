// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.socket;

import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.posix.kernel.Accounts;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.UnknownAccountException;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.SocketSpec.UnixFile;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/// Changes modes and owners of the files of open UNIX sockets: of all that differ, or of none.
final class SocketFileModes {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String UMASK = "Umask:";
    private static final int ALL = 0777;

    private final ManagerLog managerLog;
    private final Deque<Change> changes = new ArrayDeque<>();

    /// @param file inode number of the socket's file
    private record Change(
            String program, SocketSpec wanted, UnixFile before, Path path, long file) {}

    SocketFileModes(ManagerLog managerLog) {
        this.managerLog = managerLog;
    }

    /// Gives the file of an open socket the mode and owner of a new definition. Nothing is done to
    /// another file at its path.
    ///
    /// @throws SocketTable.CannotBind if the manager may not, or the owner is not known
    void change(String program, OpenSocket held, SocketSpec wanted) throws SocketTable.CannotBind {
        UnixFile now = held.spec().file();
        if (!(wanted.address() instanceof SocketSpec.UnixPath unix) || now.equals(wanted.file())) {
            return;
        }
        try {
            if (held.file() != SocketTable.inode(wanted)) {
                return;
            }
            changes.push(new Change(program, wanted, now, unix.path(), held.file()));
            SocketFiles.setModeAndOwner(unix.path(), explicit(now, wanted.file()), held.file());
        } catch (PosixException | UnknownAccountException e) {
            throw new SocketTable.CannotBind(
                    "cannot change mode and owner of socket '%s' of '%s', %s: %s"
                            .formatted(wanted.name(), program, unix.path(), e.getMessage()));
        }
    }

    /// Says what was changed, which stays.
    void commit() {
        changes.descendingIterator()
                .forEachRemaining(
                        change ->
                                managerLog.info(
                                        change.program(),
                                        "socket '%s' has a new owner or mode"
                                                .formatted(change.wanted().name())));
        changes.clear();
    }

    /// Gives all files back what they had.
    void undo() {
        for (Change change : changes) {
            try {
                UnixFile before = explicit(change.wanted().file(), change.before());
                SocketFiles.setModeAndOwner(change.path(), before, change.file());
            } catch (PosixException | UnknownAccountException e) {
                managerLog.error(
                        change.program(),
                        "socket '%s' keeps the owner and mode that were to be: %s"
                                .formatted(change.wanted().name(), e.getMessage()));
            }
        }
        changes.clear();
    }

    /// Returns the mode that a definition says; where only the other one says it, the mode that
    /// bind gives.
    private static UnixFile explicit(UnixFile from, UnixFile to) {
        Integer mode = to.mode();
        return new UnixFile(
                mode != null || from.mode() == null ? mode : Integer.valueOf(ALL & ~umask()),
                known(from.owner(), to.owner(), Processes.user()),
                known(from.group(), to.group(), Accounts.credentials(null, null).gid()));
    }

    private static @Nullable String known(@Nullable String from, @Nullable String to, int ours) {
        return to != null || from == null ? to : Integer.toString(ours);
    }

    private static int umask() {
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith(UMASK)) {
                    return Integer.parseInt(line.substring(UMASK.length()).strip(), 8);
                }
            }
        } catch (IOException e) {
            // no /proc: then that of most
        }
        return 022;
    }
}
