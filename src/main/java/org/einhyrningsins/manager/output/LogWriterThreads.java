// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.posix.file.AppendFiles;
import org.einhyrningsins.posix.file.BackgroundCloser;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.file.SafePath;
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

/// The lanes in which log files are opened, read and written that users other than ours can make
/// the kernel hold up; see [SafePath#reach]. One for each such user, or for what several can.
public final class LogWriterThreads {
    private static final int MAX_COUNT = 64;
    private static final int SHARED = 8;

    /// How long a file that was opened for a worker that did not wait is kept for the next one.
    private static final Duration KEPT = Duration.ofSeconds(10);

    private final EventLoop eventLoop;
    private final Map<String, LogWriterThread> lanes = new HashMap<>();
    private final Set<OffLoopLogFile> busy = new LinkedHashSet<>();
    private final ByteBuffer heard = ByteBuffer.allocateDirect(64);

    /// Files that are being opened for workers that did not wait.
    private final Map<Path, Opening> openings = new LinkedHashMap<>();

    private int bell = -1;
    private int rope = -1;

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

        void giveUp() {
            if (!settled.compareAndSet(false, true)) {
                BackgroundCloser.close(LogWriterThread.outcome(task));
            }
        }
    }

    public LogWriterThreads(EventLoop eventLoop) {
        this.eventLoop = eventLoop;
    }

    /// The lane for what is in their reach.
    ///
    /// @param whose as [SafePath#reach] has it
    LogWriterThread of(String whose) {
        LogWriterThread known = lanes.get(whose);
        if (known != null) {
            return known;
        }
        lanes.values().removeIf(LogWriterThread::idle);
        String key =
                lanes.size() < MAX_COUNT ? whose : "" + Math.floorMod(whose.hashCode(), SHARED);
        return lanes.computeIfAbsent(key, any -> new LogWriterThread(this::ring));
    }

    private void listen() {
        if (bell < 0) {
            int[] pipe = Descriptors.raisedPipe();
            bell = pipe[0];
            rope = pipe[1];
            Descriptors.setNonBlocking(bell, true);
            Descriptors.setNonBlocking(rope, true);
            eventLoop.watch(bell, Poll.IN, events -> hear());
        }
    }

    private void ring() {
        try {
            Descriptors.write(rope, ByteBuffer.wrap(new byte[1])); // full is as good
        } catch (PosixException e) {
            // nobody listens any more
        }
    }

    private void hear() {
        Descriptors.read(bell, heard.clear());
        finish();
    }

    /// Records that a file has work under way.
    void begins(OffLoopLogFile file) {
        listen();
        busy.add(file);
    }

    /// Takes up what is done.
    void finish() {
        for (OffLoopLogFile each : List.copyOf(busy)) {
            if (each.finished()) {
                busy.remove(each);
            }
        }
    }

    boolean atWork() {
        return !busy.isEmpty();
    }

    /// Waits until nothing is under way, or the time is over.
    ///
    /// @return whether nothing is
    boolean await(Moment end) {
        finish();
        for (OffLoopLogFile each : List.copyOf(busy)) {
            each.await(end.since(Clock.now()).toNanos());
        }
        finish();
        return busy.isEmpty();
    }

    /// Opens a file that a worker is to append to.
    public int openAppend(Path file) {
        String whose = SafePath.reach(file);
        if (whose == null) {
            return Descriptors.openAppend(file);
        }
        Opening opening = openings.remove(file);
        if (opening != null && (opening.failed() || opening.old())) {
            opening.giveUp();
            opening = null;
        }
        if (opening == null) {
            opening = begin(file, of(whose));
        }
        if (opening == null) {
            throw heldUp("open " + file);
        }
        if (!of(whose).await(opening.task()) && !opening.task().isDone()) {
            keep(file, opening);
            throw heldUp("open " + file);
        }
        return LogWriterThread.outcome(opening.task());
    }

    private static @Nullable Opening begin(Path file, LogWriterThread lane) {
        AtomicBoolean settled = new AtomicBoolean();
        FutureTask<Integer> task =
                lane.submit(
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
    private void keep(Path file, Opening opening) {
        openings.put(file, opening);
        if (openings.size() > MAX_COUNT) {
            Path oldest = openings.keySet().iterator().next();
            Opening dropped = openings.remove(oldest);
            if (dropped != null) {
                dropped.giveUp();
            }
        }
    }

    /// The end of a file, as [Descriptors#readTail] has it.
    public byte[] tail(Path file, AppendFiles.Extent which, long since, int most) {
        String whose = SafePath.reach(file);
        if (whose == null) {
            return Descriptors.readTail(file, which, since, most);
        }
        LogWriterThread lane = of(whose);
        FutureTask<byte[]> reading =
                lane.submit(() -> Descriptors.readTail(file, which, since, most));
        if (reading == null || !lane.await(reading)) {
            throw heldUp("read " + file);
        }
        return LogWriterThread.outcome(reading);
    }

    private static PosixException heldUp(String what) {
        return PosixException.refused(
                what,
                "it does not return: somebody holds the file or its directory, or the disk does"
                        + " not answer");
    }

    /// Closes the pool; results of work under way are dropped. The eventfd stays open: a thread may
    /// still write to it.
    void close() {
        lanes.values().forEach(LogWriterThread::end);
        if (bell >= 0) {
            eventLoop.forget(bell);
        }
    }
}
