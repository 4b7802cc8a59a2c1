// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.posix.file.DirectoryEntries;
import org.einhyrningsins.posix.file.InputFiles;
import org.einhyrningsins.posix.file.SafeDirectories;
import org.einhyrningsins.posix.file.SafePath;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Processes;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/// A directory with secrets for each worker whose program has `credentials`: copies of files that
/// its user could not read, which only it can. Named like the worker's mark, so that the next
/// manager knows those of one that was killed. The directories are the manager's, so nothing of
/// others is ever in them, and removing one is safe.
public final class WorkerCredentials {
    /// Maximum size of one file, in bytes.
    static final int MAX_BYTES = 1024 * 1024;

    static final String VARIABLE = "CREDENTIALS_DIRECTORY";

    private final Set<String> there = new HashSet<>();
    private @Nullable Path base;

    /// Enables credentials.
    ///
    /// @param directory directory for them, which need not exist
    public void begin(Path directory) {
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
            throw new IllegalStateException("credentials are used before begin() was called");
        }
        return known;
    }

    /// Returns the variable with the path of a worker's credentials.
    String assignment(String mark) {
        return VARIABLE + "=" + directory(mark);
    }

    /// Returns the directory of a worker's credentials.
    Path directory(String mark) {
        return base().resolve(mark);
    }

    /// A worker is about to be started that will have some. They are to be removed from now on.
    void reserve(String mark) throws IOException {
        RuntimeFiles.directory(base(), "rwx--x--x");
        if (there.contains(mark)) { // of another manager's
            remove(mark);
        }
        there.add(mark);
    }

    /// Makes those of a worker that are expected. Whoever owns a file's directory may make that
    /// take as long as they like, so any thread may.
    ///
    /// @param directory its path: see [#directory]
    /// @param sources the file of each, by the name that it gets
    /// @param owner as whom the worker runs; null for the manager's user
    /// @throws PosixException if one cannot be read; then there are none
    static void make(Path directory, Map<String, Path> sources, @Nullable Credentials owner) {
        Map<String, byte[]> contents = new LinkedHashMap<>();
        sources.forEach((name, source) -> contents.put(name, read(name, source)));
        Credentials group =
                owner == null ? null : new Credentials(Processes.user(), owner.gid(), List.of());
        SafeDirectories.make(directory, owner == null ? 0700 : 0750, group);
        try (SafePath place = SafePath.into(directory)) {
            contents.forEach((name, bytes) -> DirectoryEntries.put(place, name, bytes, owner));
        }
    }

    private static byte[] read(String name, Path source) {
        byte[] bytes = InputFiles.read(source, MAX_BYTES + 1);
        if (bytes.length > MAX_BYTES) {
            String what = name + ": " + source + " has more than 1 MiB";
            throw new PosixException(what, Errno.EFBIG.number());
        }
        return bytes;
    }

    /// Removes those of a worker, if it had any: it is dead, or was never started.
    public void remove(String mark) {
        if (there.remove(mark)) {
            discard(directory(mark));
        }
    }

    /// Removes a directory that was made. Any thread may.
    static void discard(Path directory) {
        names(directory).forEach(name -> RuntimeFiles.delete(directory.resolve(name)));
        RuntimeFiles.delete(directory);
    }

    /// Removes those of the workers of a manager before this one, which died meanwhile.
    public void removeAll(Predicate<String> dead) {
        for (String mark : List.copyOf(there)) {
            if (dead.test(mark)) {
                remove(mark);
            }
        }
    }

    /// Removes all credentials: no worker is left.
    public void close() {
        Path known = base;
        if (known != null) {
            removeAll(_ -> true);
            if (known.toFile().isDirectory()) {
                RuntimeFiles.delete(known);
            }
        }
    }
}
