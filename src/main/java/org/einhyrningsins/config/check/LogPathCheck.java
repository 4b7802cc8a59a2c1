// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.check;

import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.value.ConfigFields;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// The files that the programs of a configuration write their output to: what is in the way, and
/// who else writes there.
public final class LogPathCheck {
    private static final int KIND = 0170000;
    private static final int FIFO = 0010000;
    private static final int CHARACTERS = 0020000;

    private final Map<Path, String> logs = new HashMap<>();
    private final Map<Path, String> kept = new HashMap<>();
    private final Set<Path> shared = new HashSet<>();

    /// Warns of what may go wrong with a program's file, and reports what cannot go well.
    ///
    /// @param keeps whether the manager writes it
    public void check(ConfigFields program, String name, Path log, boolean keeps) {
        String obstacle = problem(log, keeps);
        if (obstacle != null) {
            program.warn("logs", obstacle);
        }
        Path file = real(log);
        String rival = (keeps ? logs : kept).get(file);
        if (rival != null) {
            program.report(
                    "logs",
                    TextUtil.quoted(keeps ? rival : name)
                            + " writes to this file itself, and one that is kept is the manager's"
                            + " alone; name another");
        }
        String other = (keeps ? kept : logs).putIfAbsent(file, name);
        if (!keeps && other != null && shared.add(file)) {
            program.warn(
                    "logs",
                    TextUtil.quoted(other)
                            + " writes to this file too, their lines will mix, and `logs` cannot"
                            + " tell whose they are; give each a file of its own");
        }
    }

    /// Describes why workers cannot write to a path as things are; null if nothing is in the way.
    private static @Nullable String problem(Path log, boolean keeps) {
        Path directory = log.getParent();
        if (Files.isDirectory(log)) {
            return log + " is a directory; name a file in it";
        } else if (Files.exists(log) && !Files.isRegularFile(log)) {
            return keeps
                    ? log
                            + " is a FIFO or a device, and the manager keeps logs in regular files"
                            + " alone: no worker would start"
                    : special(log);
        } else if (directory == null || Files.isDirectory(directory)) {
            return null;
        }
        return Files.exists(directory)
                ? directory + " is a file, not a directory"
                : "there is no directory " + directory + " yet";
    }

    /// A device such as a console is written to like a file.
    private static @Nullable String special(Path log) {
        int kind = kind(log);
        if (kind == CHARACTERS) {
            return null;
        }
        return kind == FIFO
                ? log + " is a FIFO: a worker starts only while somebody reads from it"
                : log + " is a socket or a disk, and not for logs; name a file";
    }

    /// Returns the type as in the mode of a file; 0 if unknown.
    private static int kind(Path file) {
        try {
            return Files.getAttribute(file, "unix:mode") instanceof Integer mode ? mode & KIND : 0;
        } catch (IOException goneSince) {
            return 0;
        }
    }

    /// The same for every name that leads to the file, by links too.
    private static Path real(Path log) {
        try {
            return log.toRealPath();
        } catch (IOException notThereYet) {
            Path directory = log.getParent();
            Path name = log.getFileName();
            try {
                return directory == null || name == null
                        ? log
                        : directory.toRealPath().resolve(name);
            } catch (IOException noDirectoryEither) {
                return log.normalize();
            }
        }
    }
}
