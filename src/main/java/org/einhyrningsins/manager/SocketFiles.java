// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.core.Moment;
import org.einhyrningsins.posix.Notices;
import org.einhyrningsins.posix.Poll;
import org.einhyrningsins.posix.PosixException;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Looks after the files of the manager's own sockets: a socket whose file somebody removed cannot
/// be reached any more, so it is made again. (Those of programs cannot: their workers have the
/// socket, and no new file can be had for it.)
final class SocketFiles {
    /// When one that could not be made again is tried once more.
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final Loop loop;
    private final Log log;
    private final List<Guarded> guarded = new ArrayList<>();
    private final List<Guarded> lost = new ArrayList<>();
    private @Nullable Moment due;

    /// That they are missing has been said.
    private boolean told;

    private @Nullable Notices notices;

    SocketFiles(Loop loop, Log log) {
        this.loop = loop;
        this.log = log;
    }

    /// A socket that can be made again at its path.
    interface Owner {
        /// Which file it has.
        long inode();

        /// Listens at the path anew, and no more at what had it before; its directory may be gone.
        ///
        /// @throws PosixException why it cannot; nothing was changed
        void remake() throws IOException;
    }

    /// @param watch of the kernel; -1 while there is none
    private record Guarded(Path path, Owner owner, int watch) {}

    /// Makes it again whenever its file is gone.
    void guard(Path path, Owner owner) {
        Notices with = notices;
        if (with == null) {
            guarded.add(new Guarded(path, owner, -1));
            return;
        }
        Guarded file = new Guarded(path, owner, watch(with, path));
        guarded.add(file);
        if (isGone(file)) { // before it was watched, so nobody will tell
            leave(path);
            soon(file);
        }
    }

    private static boolean isGone(Guarded file) {
        return RuntimeFiles.inode(file.path()) != file.owner().inode();
    }

    /// Looks after it no more; to be called before the file is removed on purpose.
    void leave(Path path) {
        lost.removeIf(file -> file.path().equals(path));
        for (Guarded file : List.copyOf(guarded)) {
            if (file.path().equals(path)) {
                guarded.remove(file);
                if (notices != null) {
                    notices.remove(file.watch());
                }
            }
        }
    }

    /// Looks from now on; until then, the start of workers has precedence.
    void begin() {
        try {
            Notices opened = Notices.open();
            loop.watch(opened.fd(), Poll.IN, events -> opened.read(this::happened));
            notices = opened;
            List<Guarded> made = List.copyOf(guarded);
            guarded.clear();
            made.forEach(file -> guard(file.path(), file.owner()));
        } catch (PosixException e) {
            log.warn("", "would not notice if a socket's file were removed: " + e.getMessage());
        }
    }

    /// Where the kernel has no more watches to give, that is said, and the file is looked after no
    /// more than now.
    private int watch(Notices with, Path path) {
        try {
            return with.add(path);
        } catch (PosixException e) {
            if (RuntimeFiles.inode(path) != 0) {
                log.warn("", "would not notice if " + path + " were removed: " + e.getMessage());
            }
            return -1;
        }
    }

    private void happened(int watch) {
        for (Guarded file : List.copyOf(guarded)) {
            // else its mode or owner changed
            if (file.watch() == watch && isGone(file)) {
                leave(file.path());
                remake(file);
            }
        }
    }

    /// Makes again what could not be made at once, if it is time to.
    ///
    /// @return when next; null if nothing is missing
    @Nullable Moment retry(Moment now) {
        if (due != null && due.reached(now)) {
            due = null;
            List<Guarded> missing = List.copyOf(lost);
            lost.clear();
            missing.forEach(this::remake);
            told = !lost.isEmpty();
        }
        return due;
    }

    private void remake(Guarded file) {
        try {
            file.owner().remake();
            log.warn("", file.path() + " was removed; made it again");
            guard(file.path(), file.owner());
        } catch (IOException e) {
            lost(file, RuntimeFiles.why(e));
        } catch (PosixException e) {
            lost(file, String.valueOf(e.getMessage()));
        }
    }

    private void lost(Guarded file, String why) {
        if (!told) {
            String end = "; what runs goes on, and it is tried again";
            log.error("", file.path() + " was removed and cannot be made again: " + why + end);
        }
        told = true;
        soon(file);
    }

    private void soon(Guarded file) {
        lost.add(file);
        due = Clock.now().plus(PATIENCE);
    }
}
