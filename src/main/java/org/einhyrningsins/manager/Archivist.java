// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.control.PutAside;
import org.einhyrningsins.posix.Descriptors;
import org.einhyrningsins.posix.Errno;
import org.einhyrningsins.posix.PosixException;
import org.einhyrningsins.posix.Processes;
import org.einhyrningsins.posix.SafePath;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/// Removes and compresses log files that were put aside: on a thread of its own, which is there
/// only while there is something to do, and takes the processor only when nobody else wants it.
///
/// A file that is being compressed has the name of the result with `.part`, and is a whole one when
/// it has its own name. What a manager that died left behind is taken up at the next occasion.
final class Archivist {
    private static final String PART = ".part";
    private static final int BUFFER = 64 * 1024;
    private static final int NICE = 19;

    private final Map<Path, Task> waiting = new LinkedHashMap<>();
    private boolean working;
    private @Nullable String complaint;

    /// @param file the log file whose predecessors are meant
    /// @param spared one that is not compressed, since it may still be written; null for none
    record Task(Path file, int keep, boolean compress, @Nullable Path spared) {}

    /// Has it done, some time.
    synchronized void tidy(Task task) {
        waiting.put(task.file(), task);
        if (!working) {
            Thread thread = new Thread(this::work, "log archivist");
            thread.setDaemon(true);
            begin(thread);
        }
    }

    /// Where there may be no more threads now, it waits for the next occasion.
    private void begin(Thread thread) {
        try {
            working = true;
            thread.start();
        } catch (OutOfMemoryError limit) { // TasksMax=, RLIMIT_NPROC, pids.max
            working = false;
            complaint = "cannot tidy up after log files: no thread may be started";
        }
    }

    /// What went wrong since this was last asked; null for nothing.
    synchronized @Nullable String complaint() {
        String told = complaint;
        complaint = null;
        return told;
    }

    private synchronized void complain(String what) {
        complaint = what;
    }

    private synchronized @Nullable Task next() {
        Map.Entry<Path, Task> first =
                waiting.isEmpty() ? null : waiting.entrySet().iterator().next();
        working = first != null;
        return first == null ? null : waiting.remove(first.getKey());
    }

    private void work() {
        Processes.reniceThread(NICE);
        for (Task task = next(); task != null; task = next()) {
            try {
                carryOut(task);
            } catch (PosixException e) {
                complain("cannot tidy up after " + task.file() + ": " + e.reason());
            }
        }
    }

    /// All by the directory as it was reached: others may own a part of the way to it.
    private void carryOut(Task task) {
        try (SafePath place = SafePath.toName(task.file())) {
            try {
                carryOut(task, place);
            } catch (IOException e) {
                String why = place.shown(RuntimeFiles.why(e));
                complain("cannot tidy up after " + task.file() + ": " + why);
            }
        }
    }

    private static void carryOut(Task task, SafePath place) throws IOException {
        Path spared = task.spared() == null ? null : task.spared().getFileName();
        List<Path> aside = PutAside.of(place.path());
        int tooMany = Math.max(0, aside.size() - task.keep());
        for (Path old : aside.subList(0, tooMany)) {
            Files.deleteIfExists(old);
        }
        for (Path each : aside.subList(tooMany, aside.size())) {
            Path twin = plain(each);
            if (twin != null) {
                Files.deleteIfExists(twin);
            } else if (task.compress()
                    && !each.getFileName().equals(spared)
                    && !PutAside.isCompressed(each)) {
                compress(place, each);
            }
        }
    }

    /// The uncompressed file of the same name, which was to be removed when its compression was cut
    /// short; null for a file that is not compressed.
    private static @Nullable Path plain(Path file) {
        String name = file.toString();
        return PutAside.isCompressed(file) ? Path.of(name.substring(0, name.length() - 3)) : null;
    }

    private static void compress(SafePath place, Path file) throws IOException {
        Path result = PutAside.compressed(file);
        String part = result.getFileName() + PART;
        int from = open(place, file);
        if (from < 0) {
            return;
        }
        try {
            Files.deleteIfExists(place.sibling(part));
            int to = place.create(part, 0600);
            try {
                compress(Path.of("/proc/self/fd/" + from), Path.of("/proc/self/fd/" + to));
            } finally {
                Descriptors.close(to);
            }
            Files.move(place.sibling(part), result, StandardCopyOption.ATOMIC_MOVE);
            Files.deleteIfExists(file);
        } catch (IOException | PosixException e) {
            Files.deleteIfExists(place.sibling(part));
            throw e;
        } finally {
            Descriptors.close(from);
        }
    }

    /// A descriptor; -1 if the file was removed meanwhile.
    private static int open(SafePath place, Path file) {
        try {
            return place.openToRead(String.valueOf(file.getFileName()));
        } catch (PosixException e) {
            if (e.errno() == Errno.ENOENT) {
                return -1;
            }
            throw e;
        }
    }

    /// Of two open files, by their descriptors: so they are the same to the end.
    private static void compress(Path from, Path to) throws IOException {
        if (!Files.isRegularFile(from)) {
            throw new IOException("a log that was put aside is no regular file any more");
        }
        try (InputStream in = Files.newInputStream(from);
                OutputStream out =
                        new GZIPOutputStream(
                                Files.newOutputStream(to, StandardOpenOption.WRITE), BUFFER)) {
            in.transferTo(out);
        }
        Files.setLastModifiedTime(to, Files.getLastModifiedTime(from));
        Files.setPosixFilePermissions(to, Files.getPosixFilePermissions(from));
    }
}
