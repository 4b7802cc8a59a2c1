// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.posix.Credentials;
import org.einhyrningsins.posix.Errno;
import org.einhyrningsins.posix.InputFiles;
import org.einhyrningsins.posix.PosixException;
import org.einhyrningsins.posix.Processes;
import org.einhyrningsins.posix.SafePath;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/// A directory with secrets for each worker whose program has `credentials`: copies of files that
/// its user could not read, which only it can. Named like the worker's mark, so that the next
/// manager knows those of one that was killed. The directories are the manager's, so nothing of
/// others is ever in them, and removing one is safe.
final class WorkerCredentials {
    /// What may be in one file.
    static final int MOST_BYTES = 1024 * 1024;

    static final String VARIABLE = "CREDENTIALS_DIRECTORY";

    private final Set<String> there = new HashSet<>();
    private @Nullable Path base;

    /// From now on workers get theirs there.
    ///
    /// @param directory need not be there
    void begin(Path directory) {
        base = directory;
        there.addAll(names(directory));
    }

    private static List<String> names(Path directory) {
        String[] names = directory.toFile().list();
        return names == null ? List.of() : List.of(names); // there is no such directory
    }

    private Path base() {
        Path known = base;
        if (known == null) {
            throw new IllegalStateException("workers are born after the manager is open");
        }
        return known;
    }

    /// How a worker is told where they are.
    String assignment(String mark) {
        return VARIABLE + "=" + directory(mark);
    }

    /// Where those of a worker are.
    Path directory(String mark) {
        return base().resolve(mark);
    }

    /// Makes those of a worker that is about to be born.
    ///
    /// @param sources the file of each, by the name that it gets
    /// @param owner as whom the worker runs; null for the manager's user
    /// @throws PosixException if one cannot be read; then there are none
    void make(String mark, Map<String, Path> sources, @Nullable Credentials owner)
            throws IOException {
        RuntimeFiles.directory(base(), "rwx--x--x");
        Path directory = directory(mark);
        if (there.contains(mark)) { // of another manager's
            remove(mark);
        }
        there.add(mark);
        boolean made = false;
        try {
            Credentials group =
                    owner == null
                            ? null
                            : new Credentials(Processes.user(), owner.gid(), List.of());
            SafePath.makeDirectory(directory, owner == null ? 0700 : 0750, group);
            try (SafePath place = SafePath.into(directory)) {
                for (Map.Entry<String, Path> each : sources.entrySet()) {
                    place.put(each.getKey(), read(each.getKey(), each.getValue()), owner);
                }
            }
            made = true;
        } finally {
            if (!made) {
                remove(mark);
            }
        }
    }

    private static byte[] read(String name, Path source) {
        byte[] bytes = InputFiles.read(source, MOST_BYTES + 1);
        if (bytes.length > MOST_BYTES) {
            String what = name + ": " + source + " has more than 1 MiB";
            throw new PosixException(what, Errno.EFBIG.number());
        }
        return bytes;
    }

    /// Removes those of a worker, if it had any: it is dead, or was never born.
    void remove(String mark) {
        if (there.remove(mark)) {
            Path directory = directory(mark);
            names(directory).forEach(name -> RuntimeFiles.delete(directory.resolve(name)));
            RuntimeFiles.delete(directory);
        }
    }

    /// Removes those of the workers of a manager before this one, which died meanwhile.
    void removeAll(Predicate<String> dead) {
        for (String mark : List.copyOf(there)) {
            if (dead.test(mark)) {
                remove(mark);
            }
        }
    }

    /// No worker is there any more.
    void close() {
        Path known = base;
        if (known != null) {
            removeAll(_ -> true);
            if (known.toFile().isDirectory()) {
                RuntimeFiles.delete(known);
            }
        }
    }
}
