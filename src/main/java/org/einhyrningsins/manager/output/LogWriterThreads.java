// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.DirectoryCalls;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.posix.file.AppendFiles;
import org.einhyrningsins.posix.file.BackgroundCloser;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.PathReach;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;

/// Threads that open, read and write the log files which other users can lock or delay; see
/// [PathReach#of]. One for each such user, or for what several can.
public final class LogWriterThreads {
    private static final int MAX_COUNT = 64;
    private static final int SHARED = 8;

    /// Time that a file which was opened for a worker that did not wait is kept for the next one.
    private static final Duration KEPT = Duration.ofSeconds(10);

    private final EventLoop eventLoop;
    private final Map<String, LogWriterThread> threads = new HashMap<>();
    private final Set<OffLoopLogFile> busy = new LinkedHashSet<>();
    private final ByteBuffer wakeBytes = ByteBuffer.allocateDirect(64);

    /// Files that are being opened for workers that did not wait.
    private final Map<Path, Opening> openings = new LinkedHashMap<>();

    private int wakeReader = -1;
    private int wakeWriter = -1;

    /// A file that is being opened.
    ///
    /// @param settled it was opened, or is given up: whichever comes first
    /// @param since when it began
    private record Opening(FutureTask<Integer> task, AtomicBoolean settled, Moment since) {
        boolean failed() {
            return task.isDone() && !settled.get();
        }

        /// True if the name may be another file's by now.
        boolean old() {
            return since.plus(KEPT).reached(Clock.now());
        }

        void abandon() {
            if (!settled.compareAndSet(false, true)) {
                BackgroundCloser.close(LogWriterThread.outcome(task));
            }
        }
    }

    public LogWriterThreads(EventLoop eventLoop) {
        this.eventLoop = eventLoop;
    }

    /// Returns the thread for what is in their reach.
    ///
    /// @param reach as [PathReach#of] has it
    LogWriterThread of(String reach) {
        LogWriterThread known = threads.get(reach);
        if (known != null) {
            return known;
        }
        threads.values().removeIf(LogWriterThread::idle);
        String key =
                threads.size() < MAX_COUNT ? reach : "" + Math.floorMod(reach.hashCode(), SHARED);
        return threads.computeIfAbsent(key, any -> new LogWriterThread(this::wakeLoop));
    }

    private void openWakePipe() {
        if (wakeReader < 0) {
            int[] pipe = Descriptors.raisedPipe();
            wakeReader = pipe[0];
            wakeWriter = pipe[1];
            Descriptors.setNonBlocking(wakeReader, true);
            Descriptors.setNonBlocking(wakeWriter, true);
            eventLoop.watch(wakeReader, Poll.IN, events -> wokenUp());
        }
    }

    private void wakeLoop() {
        try {
            Descriptors.write(wakeWriter, ByteBuffer.wrap(new byte[1])); // full is as good
        } catch (PosixException e) {
            // nobody listens any more
        }
    }

    private void wokenUp() {
        Descriptors.read(wakeReader, wakeBytes.clear());
        handleFinished();
    }

    /// Records that a file has work under way.
    void taskSubmitted(OffLoopLogFile file) {
        openWakePipe();
        busy.add(file);
    }

    /// Handles the tasks that are finished.
    void handleFinished() {
        for (OffLoopLogFile each : List.copyOf(busy)) {
            if (each.handleFinished()) {
                busy.remove(each);
            }
        }
    }

    boolean isBusy() {
        return !busy.isEmpty();
    }

    /// Waits until nothing is under way, or the time is over.
    ///
    /// @return whether nothing is
    boolean await(Moment end) {
        handleFinished();
        for (OffLoopLogFile each : List.copyOf(busy)) {
            each.await(end.since(Clock.now()).toNanos());
        }
        handleFinished();
        return busy.isEmpty();
    }

    /// Opens it, and makes it if it is not there: that waits for the lock of its directory.
    private static int openAppendHere(Path file) {
        try {
            return Descriptors.openAppendExisting(file);
        } catch (PosixException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
            return DirectoryCalls.open(file, () -> Descriptors.openAppend(file));
        }
    }

    /// Opens a file that a worker is to append to.
    public int openAppend(Path file) {
        String reach = PathReach.of(file);
        if (reach == null) {
            return openAppendHere(file);
        }
        Opening opening = openings.remove(file);
        if (opening != null && (opening.failed() || opening.old())) {
            opening.abandon();
            opening = null;
        }
        if (opening == null) {
            opening = submit(file, of(reach));
        }
        if (opening == null) {
            throw delayed("open " + file);
        }
        if (!of(reach).await(opening.task()) && !opening.task().isDone()) {
            keepOpening(file, opening);
            throw delayed("open " + file);
        }
        return LogWriterThread.outcome(opening.task());
    }

    private static @Nullable Opening submit(Path file, LogWriterThread thread) {
        AtomicBoolean settled = new AtomicBoolean();
        FutureTask<Integer> task =
                thread.submit(
                        () -> {
                            int fd = LogWriterThread.deputy().fetch(Descriptors.openAppend(file));
                            if (!settled.compareAndSet(false, true)) {
                                BackgroundCloser.close(fd); // it was given up
                            }
                            return fd;
                        });
        return task == null ? null : new Opening(task, settled, Clock.now());
    }

    /// Keeps what takes long for the next who wants the same file: on a busy machine the thread may
    /// only be late, and the next worker is not to wait anew.
    private void keepOpening(Path file, Opening opening) {
        openings.put(file, opening);
        if (openings.size() > MAX_COUNT) {
            Path oldest = openings.keySet().iterator().next();
            Opening dropped = openings.remove(oldest);
            if (dropped != null) {
                dropped.abandon();
            }
        }
    }

    /// Reads the end of a file, as [Descriptors#readTail] has it.
    public byte[] tail(Path file, AppendFiles.Extent which, long since, int most) {
        String reach = PathReach.of(file);
        if (reach == null) {
            return Descriptors.readTail(file, which, since, most);
        }
        LogWriterThread thread = of(reach);
        FutureTask<byte[]> reading =
                thread.submit(() -> Descriptors.readTail(file, which, since, most));
        if (reading == null || !thread.await(reading)) {
            throw delayed("read " + file);
        }
        return LogWriterThread.outcome(reading);
    }

    private static PosixException delayed(String what) {
        return PosixException.refused(
                what,
                "it does not return: somebody holds the file or its directory, or the disk does"
                        + " not answer");
    }

    /// Closes the pool; results of work under way are dropped. The pipe stays open: a thread may
    /// still write to it.
    void close() {
        threads.values().forEach(LogWriterThread::end);
        if (wakeReader >= 0) {
            eventLoop.forget(wakeReader);
        }
    }
}
