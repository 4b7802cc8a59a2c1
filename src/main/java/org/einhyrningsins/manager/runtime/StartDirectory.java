// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.posix.file.AppendFiles;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Processes;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.Map;

/// The directory that the manager was started in, by its name. All that is relative on a command
/// line is resolved against that name, once: the directory itself may be moved away, removed, or be
/// the target of a link that points elsewhere by then, and what is meant is what has the name.
///
/// It is the shell's name of it (`PWD`), if that is the same directory, so that links stay links. A
/// manager that replaces itself hands the name on, since there may be no such directory then.
public final class StartDirectory {
    /// The environment variable of a manager that takes over by re-exec: the descriptor of what the
    /// one before it has written for it.
    public static final String IMAGE = "EINHYRNINGSINS_IMAGE";

    /// Variable with its path, for a manager that follows another.
    public static final String VARIABLE = "EINHYRNINGSINS_DIRECTORY";

    private static @Nullable Path known;

    private StartDirectory() {}

    /// Returns its path, absolute; the same for as long as this process lives.
    public static synchronized Path path() {
        Path path = known == null ? find(System.getenv()) : known;
        known = path;
        return path;
    }

    /// Returns a path of the command line, absolute.
    public static Path resolve(Path path) {
        return path.isAbsolute() ? path : path().resolve(path).normalize();
    }

    static Path find(Map<String, String> environment) {
        String handed = environment.get(VARIABLE);
        if (handed != null && environment.containsKey(IMAGE)) {
            return Path.of(handed);
        }
        String shells = environment.getOrDefault("PWD", "");
        Path here = Path.of("").toAbsolutePath();
        return shells.startsWith("/") && isHere(shells) ? Path.of(shells).normalize() : here;
    }

    private static boolean isHere(String directory) {
        try {
            AppendFiles.Extent there = AppendFiles.extent(Path.of(directory));
            AppendFiles.Extent here = AppendFiles.extent(Path.of("."));
            return there != null && here != null && there.sameFile(here);
        } catch (PosixException unreachable) {
            return false;
        }
    }

    /// Goes to the directory of that name, or to the root if there is none: nothing can be started
    /// in a directory that was removed.
    public static void enter() {
        if (!Processes.enter(path())) {
            Processes.enter(Path.of("/"));
        }
    }
}
