// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.socket;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.posix.file.Inotify;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Notices when somebody removes the file of a socket, which cannot be reached any more then, and
/// has it made again: of the manager's own sockets by a new one, of those of programs see
/// [UnixSocketFiles].
public final class SocketFileWatch {
    /// Delay before a file that could not be made again is tried once more.
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    /// Delay before a failed watch is tried once more. Where the kernel has no watch to give that
    /// may last, and it is no reason to wake up often.
    private static final Duration BLINK = Duration.ofMinutes(1);

    /// Time that a directory that was moved away may be missing before the last of its name is made
    /// again: a deployment by two renames moves another one there, and would find it taken.
    private static final Duration TO_BE_MOVED = Duration.ofSeconds(10);

    /// Time after a file was made again in which that is not worth another warning.
    private static final Duration QUIET = Duration.ofSeconds(10);

    private static final String UNSEEN = " cannot be looked at: ";

    private final EventLoop eventLoop;
    private final ManagerLog managerLog;
    private final List<WatchedFile> watched = new ArrayList<>();
    private final List<WatchedFile> lost = new ArrayList<>();

    /// The directories above them, by the watch of the kernel.
    private final Map<Integer, Path> places = new HashMap<>();

    /// Files whose directory was moved away, and since when.
    private final Map<Path, Moment> moved = new HashMap<>();

    private @Nullable Moment due;

    /// Reasons logged for files that are missing.
    private final Map<Path, String> reported = new HashMap<>();

    /// Times when files were made again: one that is removed again and again fills no log.
    private final Map<Path, Moment> made = new HashMap<>();

    private @Nullable Inotify inotify;
    private @Nullable Path watchedDirectory;
    private Runnable removed = () -> {};
    private int directoryWatch = -1;

    /// Time of the next try to watch what is not watched; null if all is.
    private @Nullable Moment look;

    /// True if the warning about failed watches was logged.
    private boolean unwatchable;

    public SocketFileWatch(EventLoop eventLoop, ManagerLog managerLog) {
        this.eventLoop = eventLoop;
        this.managerLog = managerLog;
    }

    /// A socket that can be made again at its path.
    public interface Owner {
        /// Returns the inode number of its file.
        long inode();

        /// Listens at the path anew, and no more at what had it before; its directory may be gone.
        ///
        /// @throws PosixException if it fails; nothing was changed
        void remake() throws IOException;

        /// Handles another change of its file, which exists.
        default void changed() {}

        /// Handles a file that is missing and could not be made again, or that cannot be looked at.
        ///
        /// @param what in words
        default void lost(String what) {}

        /// Handles a file that is there after all.
        default void found() {}
    }

    /// @param watch of the kernel; -1 while there is none
    private record WatchedFile(Path path, Owner owner, int watch) {}

    /// Makes it again whenever its file is gone.
    public void watch(Path path, Owner owner) {
        Inotify with = inotify;
        if (with == null) {
            watched.add(new WatchedFile(path, owner, -1));
            return;
        }
        WatchedFile file = new WatchedFile(path, owner, watch(with, path));
        watchPlaces(with, path);
        watched.add(file);
        if (seemsGone(file)) { // before it was watched, so nobody will tell
            unwatch(path);
            schedule(file);
        }
    }

    /// The same, as soon as what is under way is done: another file is about to be removed there.
    void watchAfterReplace(Path path, Owner owner) {
        lost.add(new WatchedFile(path, owner, -1));
        due = Clock.now();
    }

    /// A file stays where it is when a directory above it is moved, or a link in its path leads
    /// elsewhere, and is told nothing.
    private void watchPlaces(Inotify with, Path path) {
        for (Path place = path.getParent(); place != null; place = place.getParent()) {
            if (place.getParent() != null && !places.containsValue(place)) {
                try {
                    SocketFiles.inode(place); // not at once if it is held up: then it is unseen
                    if (Files.isSymbolicLink(place)) {
                        places.put(with.addLink(place), place);
                    }
                    places.put(with.addPlace(place), place);
                } catch (PosixException unseen) {
                    return; // then only what happens to the file itself is noticed
                }
            }
        }
    }

    /// Forgets the watches below a directory that was moved away.
    private void forgetPlaces(Path directory) {
        for (Map.Entry<Integer, Path> place : Map.copyOf(places).entrySet()) {
            if (place.getValue().startsWith(directory)) {
                places.remove(place.getKey());
                if (inotify != null && place.getKey() != directoryWatch) {
                    inotify.remove(place.getKey());
                }
            }
        }
    }

    /// True if the file is gone or replaced. Its owner may have found none either, if it was
    /// removed while one manager followed another.
    ///
    /// @throws PosixException if somebody holds up who looks
    private static boolean isGone(WatchedFile file) {
        long inode = SocketFiles.inode(file.path());
        return inode == 0 || inode != file.owner().inode();
    }

    /// True also if somebody holds up who looks: [#remake] looks again.
    private static boolean seemsGone(WatchedFile file) {
        try {
            return isGone(file);
        } catch (PosixException held) {
            return true;
        }
    }

    /// Sets a callback for when a directory, or something in it, is removed. Where that cannot be
    /// watched, it is never called.
    public void watchDirectory(Path directory, Runnable changed) {
        watchedDirectory = directory;
        removed = changed;
        if (inotify != null) {
            watchDirectory(inotify);
        }
    }

    private void watchDirectory(Inotify with) {
        try {
            directoryWatch = watchedDirectory == null ? -1 : with.addDirectory(watchedDirectory);
        } catch (PosixException unseen) {
            directoryWatch = -1;
        }
    }

    /// Looks after it no more; to be called before the file is removed on purpose.
    public void unwatch(Path path) {
        reported.remove(path);
        moved.remove(path);
        lost.removeIf(file -> file.path().equals(path));
        for (WatchedFile file : List.copyOf(watched)) {
            if (file.path().equals(path)) {
                watched.remove(file);
                if (inotify != null) {
                    inotify.remove(file.watch());
                }
            }
        }
    }

    /// Looks from now on; until then, the start of workers has precedence.
    public void begin() {
        try {
            inotify = opened();
        } catch (PosixException e) {
            cannotSee("a socket's file", e);
            return;
        }
        watchDirectory(inotify);
        List<WatchedFile> made = List.copyOf(watched);
        watched.clear();
        made.forEach(file -> watch(file.path(), file.owner()));
    }

    private Inotify opened() {
        Inotify opened = Inotify.open();
        try {
            eventLoop.watch(opened.fd(), Poll.IN, events -> opened.read(this::happened));
            return opened;
        } catch (PosixException e) {
            opened.close();
            throw e;
        }
    }

    /// Adds a watch; logs if the kernel has no more to give.
    private int watch(Inotify with, Path path) {
        try {
            return SocketFiles.watch(with, path);
        } catch (PosixException e) {
            if (e.call().startsWith(Inotify.ADD) && e.errno() != Errno.ENOENT) {
                cannotSee(path.toString(), e);
            } // else it is not there, or held up: which is looked at by the caller
            return -1;
        }
    }

    private void cannotSee(String what, PosixException why) {
        if (!unwatchable) {
            String end = "; tried again each minute";
            managerLog.warn(
                    "", "would not notice if " + what + " were removed: " + why.getMessage() + end);
        }
        unwatchable = true;
        look = Clock.now().plus(BLINK);
    }

    /// Tries again to watch what is not watched, and finds files that are missing by now.
    private void lookAgain() {
        look = null;
        if (inotify == null) {
            begin();
        } else {
            List<WatchedFile> unseen = watched.stream().filter(file -> file.watch() < 0).toList();
            watched.removeAll(unseen);
            unseen.forEach(file -> watch(file.path(), file.owner()));
        }
        unwatchable = look != null;
    }

    private void happened(int watch) {
        if (watch == directoryWatch) {
            removed.run();
        }
        Path place = places.get(watch);
        if (place != null) {
            forgetPlaces(place);
            look();
        }
        for (WatchedFile file : List.copyOf(watched)) {
            if (file.watch() == watch && seemsGone(file)) {
                unwatch(file.path());
                remake(file);
            } else if (file.watch() == watch) { // its mode, its owner, or another name of it
                file.owner().changed();
            }
        }
    }

    /// Finds out what is not where it was: a directory may have been moved, or a link may lead
    /// elsewhere.
    public void look() {
        for (WatchedFile file : List.copyOf(watched)) {
            if (seemsGone(file)) {
                unwatch(file.path());
                moved.put(file.path(), Clock.now());
                remake(file);
            } else if (inotify != null) {
                watchPlaces(inotify, file.path());
            }
        }
    }

    /// True if it may be made again by now.
    private boolean hasPlace(Path path) {
        Moment since = moved.get(path);
        Path directory = path.getParent();
        if (since == null || directory == null || RuntimeFiles.hasDirectory(directory)) {
            return true;
        }
        Path above = directory.getParent();
        boolean longAgo = since.plus(TO_BE_MOVED).reached(Clock.now());
        return longAgo && above != null && RuntimeFiles.hasDirectory(above);
    }

    /// Makes again what could not be made at once, and watches what could not be watched, if it is
    /// time to.
    ///
    /// @return the time of the next try; null if nothing is missing
    public @Nullable Moment retry(Moment now) {
        if (look != null && look.reached(now)) {
            lookAgain();
        }
        if (due != null && due.reached(now)) {
            due = null;
            List<WatchedFile> missing = List.copyOf(lost);
            lost.clear();
            for (WatchedFile file : missing) {
                remake(file);
            }
        }
        return Moment.earlier(due, look);
    }

    private void remake(WatchedFile file) {
        try {
            if (!isGone(file)) {
                reported.remove(file.path());
                file.owner().found();
                watch(file.path(), file.owner());
                return;
            }
        } catch (PosixException held) {
            lost(file, UNSEEN, UNSEEN, String.valueOf(held.getMessage()));
            return;
        }
        if (!hasPlace(file.path())) {
            gone(file, "its directory was moved away; made again when there is one");
            return;
        }
        try {
            file.owner().remake();
            reported.remove(file.path());
            boolean wasMoved = moved.remove(file.path()) != null;
            String what =
                    file.path()
                            + (wasMoved ? " is not there any more" : " was removed")
                            + "; made it again";
            Moment before = made.put(file.path(), Clock.now());
            if (before == null || before.plus(QUIET).reached(Clock.now())) {
                managerLog.warn("", what);
            } else {
                managerLog.debug("", what);
            }
            watch(file.path(), file.owner());
        } catch (IOException e) {
            gone(file, RuntimeFiles.why(e));
        } catch (PosixException e) {
            gone(file, String.valueOf(e.getMessage()));
        }
    }

    private void gone(WatchedFile file, String why) {
        boolean away = moved.containsKey(file.path());
        String what = away ? " cannot be reached: " : " was removed and cannot be made again: ";
        lost(file, what, " cannot be reached: ", why);
    }

    private void lost(WatchedFile file, String what, String state, String why) {
        if (!why.equals(reported.put(file.path(), why))) {
            String end = "; what runs goes on, and it is tried again";
            managerLog.error("", file.path() + what + why + end);
        }
        file.owner().lost(file.path() + state + why);
        schedule(file);
    }

    private void schedule(WatchedFile file) {
        lost.add(file);
        due = Clock.now().plus(PATIENCE);
    }
}
