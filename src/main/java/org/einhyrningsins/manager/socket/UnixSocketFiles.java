// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.socket;

import org.einhyrningsins.config.value.SocketPath;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.SocketKey;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.DirectoryCalls;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.posix.file.DirectoryEntries;
import org.einhyrningsins.posix.file.FileStatus;
import org.einhyrningsins.posix.file.SafePath;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.posix.socket.SocketFile;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// Looks after the files of programs' UNIX sockets: one that somebody removed is put back.
///
/// A socket is bound once, and its file cannot be made anew; but it may have two names. The second
/// one is in the state directory or, where that is another file system, beside the first, hidden;
/// from it the first one is linked again. That is the same socket: no worker is touched, and
/// nothing is lost but what was asked in between. Where both names are gone, as when the whole
/// directory is, a new socket is bound at the path, and the programs that have the old one are
/// rolled onto it.
public final class UnixSocketFiles {
    /// Minimum time between two binds of a socket because its file is gone: a worker that removes
    /// it at its end would have its program rolled for ever.
    private static final Duration CALM = Duration.ofMinutes(1);

    /// Delay before a second name in the state directory is made again: the directory exists again
    /// by then.
    private static final Duration AFTER_A_CLEANER = StateDirectory.WHILE_CLEANED.multipliedBy(2);

    private final SocketTable sockets;
    private final SocketFileWatch files;
    private final Path state;
    private final ManagerLog managerLog;
    private final Consumer<SocketKey> roll;
    private final Map<SocketKey, Guard> guards = new HashMap<>();
    private boolean purged;

    /// Time of the next check for missing second names; null if nothing happened to a file.
    private @Nullable Moment missed;

    /// Looks after the sockets of a table.
    ///
    /// @param state a directory of the manager's own, which may not be there
    /// @param roll has the programs with that socket replace their workers
    public UnixSocketFiles(
            SocketTable sockets,
            SocketFileWatch files,
            Path state,
            ManagerLog managerLog,
            Consumer<SocketKey> roll) {
        this.sockets = sockets;
        this.files = files;
        this.state = state;
        this.managerLog = managerLog;
        this.roll = roll;
        sockets.whenClosed(this::unguard);
    }

    /// Looks after those that were bound, or taken over, since it was asked last.
    public void sync() {
        for (SocketKey key : sockets.files()) {
            if (!guards.containsKey(key)) {
                Path path = sockets.path(key);
                Guard guard = new Guard(key, path, directory(path.getParent()));
                guards.put(key, guard);
                guard.linkIfMissing();
                files.watch(path, guard);
            }
        }
        if (!purged) {
            purged = true;
            removeUnused();
        }
    }

    /// Gives second names again that were removed: a moment later than that happened, since one
    /// that came at once would be in the way of whoever removes the whole directory.
    ///
    /// @return the time of the next call; null if none may be missing
    public @Nullable Moment relinkMissing(Moment now) {
        if (missed != null && missed.reached(now)) {
            missed = null;
            guards.values().forEach(Guard::linkIfMissing);
        }
        return missed;
    }

    /// Second names that another manager made of sockets that are no more.
    private void removeUnused() {
        try (DirectoryStream<Path> names = Files.newDirectoryStream(state, "socket-*")) {
            for (Path name : names) {
                if (guards.values().stream().noneMatch(guard -> name.equals(guard.second))) {
                    RuntimeFiles.delete(name);
                }
            }
        } catch (IOException none) {
            // there is no such directory
        }
    }

    /// Removes the guard of a socket before its file is removed for good.
    private void unguard(SocketKey key) {
        Guard guard = guards.remove(key);
        if (guard != null) {
            files.unwatch(guard.path);
            guard.forget();
            for (Guard other : guards.values()) { // whose path led elsewhere
                if (other.path.equals(guard.path)) {
                    files.watchAfterReplace(other.path, other);
                }
            }
        }
    }

    /// A directory as it was.
    private record Directory(Path path, int mode, int uid, int gid) {}

    private static @Nullable Directory directory(@Nullable Path path) {
        try {
            return path == null
                    ? null
                    : new Directory(
                            path,
                            (Integer) Files.getAttribute(path, "unix:mode") & 07777,
                            (Integer) Files.getAttribute(path, "unix:uid"),
                            (Integer) Files.getAttribute(path, "unix:gid"));
        } catch (IOException unknown) {
            return null;
        }
    }

    private final class Guard implements SocketFileWatch.Owner {
        private final SocketKey key;
        private final Path path;
        private final @Nullable Directory directory;
        private @Nullable Path second;
        private long file;
        private @Nullable Moment calm;

        Guard(SocketKey key, Path path, @Nullable Directory directory) {
            this.key = key;
            this.path = path;
            this.directory = directory;
        }

        @Override
        public long inode() {
            return sockets.fileAtPath(key);
        }

        private long ownInode() {
            return sockets.file(key);
        }

        // ---- the second name

        private Path inState() {
            return state.resolve("socket-" + ownInode());
        }

        private Path beside() {
            return path.resolveSibling("." + path.getFileName() + ".kept");
        }

        /// Gives the file its second name, if it has none and can have one. One that another
        /// manager made is found as well.
        void linkIfMissing() {
            file = ownInode();
            try {
                second = DirectoryCalls.in(path, this::secondName);
            } catch (PosixException held) {
                missed = Clock.now().plus(AFTER_A_CLEANER);
                return;
            }
            if (second == null) {
                managerLog.debug(
                        "",
                        path
                                + " can have no second name; if it is removed, its program is"
                                + " rolled");
            }
        }

        private @Nullable Path secondName() {
            for (Path name : List.of(inState(), beside())) {
                if (named(name)) {
                    return name;
                }
            }
            boolean there = SocketFile.inode(path) == ownInode();
            return there && link(inState()) ? inState() : there && link(beside()) ? beside() : null;
        }

        private boolean named(Path name) {
            return ownInode() != 0 && SocketFile.inode(name) == ownInode();
        }

        /// Links a second name and checks the result, since the first may be another file's by
        /// then.
        private boolean link(Path name) {
            try (SafePath from = SafePath.toName(path);
                    SafePath to = SafePath.toName(name)) {
                FileStatus forgotten = DirectoryEntries.status(to, to.name());
                if (forgotten != null) {
                    if (!forgotten.isSocket() || SocketFile.answers(name)) {
                        return false;
                    }
                    DirectoryEntries.remove(to, to.name());
                }
                DirectoryEntries.link(from, from.name(), to, to.name());
                if (SocketFile.inode(name) != ownInode()) {
                    DirectoryEntries.remove(to, to.name());
                    return false;
                }
                return true;
            } catch (PosixException another) {
                return false; // another file system, or not ours to link
            }
        }

        void forget() {
            Path name = second;
            if (name != null) {
                try {
                    SocketFiles.remove(name, file);
                } catch (PosixException held) {
                    managerLog.warn("", name + " may stay: " + held.getMessage());
                }
            }
        }

        @Override
        public void changed() {
            if (inState().equals(second)) {
                missed = Clock.now().plus(AFTER_A_CLEANER);
            } else {
                linkIfMissing();
            }
        }

        // ---- the first one again

        @Override
        public void remake() throws IOException {
            remakeDirectory();
            try {
                second = DirectoryCalls.in(path, this::linkAgain);
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
            if (second == null) {
                bindAnew();
            }
            found();
        }

        private @Nullable Path linkAgain() {
            try (SafePath place = SafePath.toName(path)) {
                FileStatus there = DirectoryEntries.status(place, place.name());
                if (there != null) {
                    clear(place, there);
                }
                Path other = secondName();
                if (other != null) {
                    try (SafePath from = SafePath.toName(other)) {
                        DirectoryEntries.link(from, from.name(), place, place.name());
                    }
                }
                return other;
            }
        }

        /// Removes a file in the way: a socket of a process that has ended, and nothing else.
        private void clear(SafePath place, FileStatus there) {
            String obstacle =
                    !there.isSocket()
                            ? SocketPath.problem(path)
                            : SocketFile.answers(path)
                                    ? "another process listens there now: see ss -lxp"
                                    : null;
            if (obstacle != null) {
                throw new UncheckedIOException(new IOException(obstacle));
            }
            DirectoryEntries.remove(place, place.name());
        }

        private void remakeDirectory() throws IOException {
            Path parent = path.getParent();
            if (parent == null || RuntimeFiles.hasDirectory(parent)) {
                return;
            }
            RuntimeFiles.directory(parent, null);
            if (directory != null) {
                DirectoryCalls.run(path, () -> restore(parent, directory));
            }
            managerLog.warn("", parent + " was removed; made it again");
        }

        private static void restore(Path parent, Directory as) {
            try (SafePath place = SafePath.into(parent)) {
                if (place.owner() != Processes.user()) {
                    return; // another's by now
                }
                DirectoryEntries.setMode(place, as.mode());
                DirectoryEntries.setOwner(
                        place, place.owner() == as.uid() ? -1 : as.uid(), as.gid());
            }
        }

        private void bindAnew() throws IOException {
            Moment now = Clock.now();
            if (calm != null && !calm.reached(now)) {
                throw new IOException(
                        "it was bound anew and removed again within a minute: see whether a worker"
                                + " removes it at its end");
            }
            sockets.rebind(key);
            calm = now.plus(CALM);
            linkIfMissing();
            roll.accept(key);
        }

        @Override
        public void lost(String what) {
            sockets.problems().set(key, what);
        }

        @Override
        public void found() {
            sockets.problems().set(key, null);
        }
    }
}
