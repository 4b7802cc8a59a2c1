// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.control.report.RotatedFiles;
import org.einhyrningsins.posix.file.AppendFiles;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.DirectoryEntries;
import org.einhyrningsins.posix.file.SafePath;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Niceness;
import org.einhyrningsins.posix.spawn.SystemCallDeputy;
import org.einhyrningsins.spec.LogsSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/// Removes and compresses log files that were put aside: on a thread of its own, which is there
/// only while there is something to do, and takes the processor only when nobody else wants it. It
/// has a [SystemCallDeputy]: others may have a hand in the directory.
///
/// A file that is being compressed has the name of the result with `.part`, and is a whole one when
/// it has its own name. What a manager that died left behind is taken up at the next occasion.
final class LogRotator {
    private static final String PART = ".part";
    private static final int BUFFER = 64 * 1024;
    private static final int NICE = 19;

    private final Map<Path, Task> waiting = new LinkedHashMap<>();
    private boolean working;
    private @Nullable String complaint;

    /// @param file the log file whose predecessors are meant
    /// @param stillWritten one that is not compressed, since it may still be written; null for none
    private record Task(Path file, int keep, boolean compress, @Nullable Path stillWritten) {}

    void cleanUp(Path file, LogsSpec.Kept spec, @Nullable Path stillWritten) {
        cleanUp(new Task(file, spec.keep(), spec.compress(), stillWritten));
    }

    /// Queues a task.
    private synchronized void cleanUp(Task task) {
        waiting.put(task.file(), task);
        if (!working) {
            start(new SystemCallDeputy(this::work, "log rotator"));
        }
    }

    /// Starts the thread; where no further threads are allowed now, the work waits for the next
    /// occasion.
    private void start(SystemCallDeputy thread) {
        try {
            working = true;
            thread.start();
        } catch (OutOfMemoryError limit) { // TasksMax=, RLIMIT_NPROC, pids.max
            working = false;
            complaint = "cannot remove or compress rotated log files: no thread may be started";
        }
    }

    /// Returns the last error since the previous call; null for none.
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
        Niceness.reniceThread(NICE);
        for (Task task = next(); task != null; task = next()) {
            Task now = task;
            try {
                LogWriterThread.deputy().runForwarded(() -> execute(now));
            } catch (PosixException e) {
                complain(
                        "cannot remove or compress rotated files of "
                                + now.file()
                                + ": "
                                + e.reason());
            } catch (IOException | RuntimeException e) {
                complain(
                        "cannot remove or compress rotated files of "
                                + now.file()
                                + ": "
                                + e.getMessage());
            }
        }
    }

    /// Executes a task in the directory that was opened: others may own a part of the path to it.
    private static void execute(Task task) throws IOException {
        try (SafePath place = SafePath.toName(task.file())) {
            execute(task, place);
        }
    }

    private static void execute(Task task, SafePath place) throws IOException {
        Path stillWritten = task.stillWritten() == null ? null : task.stillWritten().getFileName();
        List<Path> aside = RotatedFiles.among(Path.of(place.name()), files(place));
        int tooMany = Math.max(0, aside.size() - task.keep());
        for (Path old : aside.subList(0, tooMany)) {
            DirectoryEntries.remove(place, old.toString());
        }
        for (Path each : aside.subList(tooMany, aside.size())) {
            String twin = plain(each);
            if (!twin.isEmpty()) {
                DirectoryEntries.remove(place, twin);
            } else if (task.compress()
                    && !each.equals(stillWritten)
                    && !RotatedFiles.isCompressed(each)) {
                compress(place, each);
            }
        }
    }

    private static List<Path> files(SafePath place) {
        List<Path> files = new ArrayList<>();
        for (String name : DirectoryEntries.in(place)) {
            if (!RotatedFiles.moment(Path.of(place.name()), Path.of(name)).isEmpty()
                    && DirectoryEntries.isRegular(place, name)) {
                files.add(Path.of(name));
            }
        }
        return files;
    }

    /// The uncompressed file of the same name, which was to be removed when its compression was cut
    /// short; empty for a file that is not compressed.
    private static String plain(Path file) {
        String name = file.toString();
        return RotatedFiles.isCompressed(file) ? name.substring(0, name.length() - 3) : "";
    }

    private static void compress(SafePath place, Path file) throws IOException {
        String result = RotatedFiles.compressed(file).toString();
        String part = result + PART;
        int from = open(place, file);
        if (from < 0) {
            return;
        }
        try {
            DirectoryEntries.remove(place, part);
            int to = place.create(part, 0600);
            try {
                compress(from, to);
            } finally {
                Descriptors.close(to);
            }
            DirectoryEntries.rename(place, part, result);
            DirectoryEntries.remove(place, file.toString());
        } catch (IOException | PosixException e) {
            DirectoryEntries.remove(place, part);
            throw e;
        } finally {
            Descriptors.close(from);
        }
    }

    /// Returns a descriptor; -1 if the file was removed meanwhile.
    private static int open(SafePath place, Path file) {
        try {
            return place.openToRead(file.toString());
        } catch (PosixException e) {
            if (e.errno() == Errno.ENOENT) {
                return -1;
            }
            throw e;
        }
    }

    /// Compresses between two open files: by their descriptors they are the same to the end.
    private static void compress(int from, int to) throws IOException {
        if (!AppendFiles.isRegular(from)) {
            throw new IOException("a log that was put aside is no regular file any more");
        }
        try (OutputStream out = new GZIPOutputStream(DirectoryEntries.writer(to), BUFFER)) {
            DirectoryEntries.reader(from).transferTo(out);
        }
        AppendFiles.copyAttributes(to, from);
    }
}
