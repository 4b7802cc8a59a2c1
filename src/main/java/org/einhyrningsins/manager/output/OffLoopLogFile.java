// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.page.PageData;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.posix.file.AppendFiles;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.manager.LogSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;

/// Log file that other users can lock or delay: a [LogFile] that lives in a [LogWriterThread], as
/// the loop sees it. It does the task under way, and the pipes that have something for it wait
/// meanwhile: their workers do too when those are full, and nobody else.
///
/// What is being written is in its pipe as well until it is in the file: whoever is killed
/// meanwhile has lost nothing, but may write it twice.
final class OffLoopLogFile implements ManagedLogFile {
    private static final Duration STALLED_AFTER = Duration.ofSeconds(1);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final WriterThreadFile.View NOTHING =
            new WriterThreadFile.View(0, 0, null, "", new PageData.Log(0, 0, 0), 0, null, true);

    private final LogTargets targets;
    private final LogWriterThread thread;
    private final String program;
    private final Path path;
    private final WriterThreadFile file;
    private WriterThreadFile.View view = NOTHING;
    private @Nullable FutureTask<WriterThreadFile.View> task;
    private @Nullable OutputPipe writer;
    private final Set<OutputPipe> waiting = new LinkedHashSet<>(0);
    private Moment since = new Moment(0);
    private boolean stallReported;
    private String trouble = "";
    private @Nullable Moment retryOpenAt;
    private int users;
    private boolean closed;

    /// Opens it, and waits a little for that.
    ///
    /// @throws PosixException if it cannot be opened. If that takes longer, it is tried again for
    ///   as long as anybody has something for it
    OffLoopLogFile(
            LogTargets targets,
            LogWriterThread thread,
            String program,
            Path path,
            LogsSpec.Kept spec,
            boolean others) {
        this.targets = targets;
        this.thread = thread;
        this.program = program;
        this.path = path;
        this.file =
                new WriterThreadFile(
                        thread,
                        new OffLoopWriterContext(targets.context(), thread),
                        program,
                        path,
                        spec,
                        others);
        thread.users(1);
        submit(null, any -> {});
        FutureTask<WriterThreadFile.View> opening = task;
        if (opening != null && thread.await(opening)) {
            task = null;
            try {
                view = LogWriterThread.outcome(opening);
            } catch (PosixException e) {
                thread.users(-1);
                throw e;
            }
        }
    }

    // ---- the task under way

    private void submit(@Nullable OutputPipe from, Consumer<LogFile> action) {
        FutureTask<WriterThreadFile.View> submitted = file.submit(action);
        if (submitted == null) {
            retryOpenAt = Clock.now().plus(RETRY);
            return;
        }
        task = submitted;
        writer = from;
        since = Clock.now();
        targets.writerThreads().taskSubmitted(this);
    }

    /// Handles a finished task.
    ///
    /// @return whether nothing is under way
    boolean handleFinished() {
        FutureTask<WriterThreadFile.View> done = task;
        if (done == null || !done.isDone()) {
            return done == null;
        }
        task = null;
        reportMessages();
        OutputPipe from = writer;
        writer = null;
        if (from != null && !from.ended()) {
            targets.context().drop(from, file.context().taken());
        }
        try {
            view = LogWriterThread.outcome(done);
            opened();
            resumeAll(from);
        } catch (PosixException e) {
            notOpened(e);
            if (from != null) {
                waiting.add(from);
            }
        }
        if (isUnused() && !closed) {
            targets.close(this);
        }
        return task == null;
    }

    private void resumeAll(@Nullable OutputPipe from) {
        Set<OutputPipe> all = new LinkedHashSet<>(waiting); // who waited comes first
        waiting.clear();
        if (from != null) {
            all.add(from);
        }
        all.forEach(targets::resume);
    }

    private void reportMessages() {
        if (stallReported) {
            stallReported = false;
            log(LogSpec.Level.WARN, "writes to " + path + " return again; nothing was lost");
        }
        file.context().takeMessages().forEach(Runnable::run);
    }

    private void opened() {
        retryOpenAt = null;
        if (!trouble.isEmpty()) {
            trouble = "";
            log(LogSpec.Level.WARN, "writes " + path + " again; nothing was lost");
        }
    }

    private void notOpened(PosixException e) {
        retryOpenAt = Clock.now().plus(RETRY);
        if (trouble.isEmpty()) {
            String why = "cannot write " + path + ": " + e.reason();
            log(LogSpec.Level.ERROR, why + "; its workers wait, and it tries again every second");
        }
        trouble = e.reason();
    }

    private void log(LogSpec.Level level, String message) {
        if (level == LogSpec.Level.ERROR) {
            targets.context().error(program, message);
        } else {
            targets.context().warn(program, message);
        }
    }

    /// Waits for what is under way.
    ///
    /// @return whether nothing is
    boolean await(long nanos) {
        FutureTask<WriterThreadFile.View> now = task;
        return now == null || (LogWriterThread.await(now, nanos) && handleFinished());
    }

    /// The same, for as long as there is patience with those in whose reach it is.
    boolean await() {
        FutureTask<WriterThreadFile.View> now = task;
        return now == null || (thread.await(now) && handleFinished());
    }

    // ---- as a target

    @Override
    public boolean take(OutputPipe from, int length) {
        from.setWaits(true);
        if (task != null || retryOpenAt != null) {
            waiting.add(from);
            return true;
        }
        file.context()
                .put(
                        targets.context().lines(),
                        length,
                        targets.context().maxBacklog(view.backlogMemory()));
        submit(from, here -> here.take(from, length));
        if (task == null) {
            waiting.add(from);
        }
        return true;
    }

    /// The pipe goes elsewhere from now on.
    void forget(OutputPipe pipe) {
        if (waiting.remove(pipe)) {
            targets.resume(pipe);
        }
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public AppendFiles.@Nullable Extent extent() {
        return view.extent();
    }

    @Override
    public long number() {
        return view.number();
    }

    @Override
    public long size() {
        return view.size();
    }

    @Override
    public void configure(LogsSpec.Kept next) {
        file.configure(next);
    }

    @Override
    public String program() {
        return program;
    }

    @Override
    public void acquire() {
        users++;
    }

    @Override
    public boolean release() {
        users--;
        return isUnused();
    }

    @Override
    public boolean isUnused() {
        return users <= 0 && task == null && view.settled();
    }

    @Override
    public @Nullable Moment retryAt() {
        if (task != null) {
            return stallReported ? null : since.plus(STALLED_AFTER);
        }
        return retryOpenAt != null ? retryOpenAt : view.retryAt();
    }

    @Override
    public void retry() {
        if (task != null) {
            reportIfStalled();
        } else if (retryOpenAt != null) {
            retryOpenAt = null;
            resumeAll(null);
        } else {
            submit(null, LogFile::retry);
        }
    }

    boolean isBusy() {
        return task != null;
    }

    private boolean stalled() {
        return task != null && since.plus(STALLED_AFTER).reached(Clock.now());
    }

    private void reportIfStalled() {
        if (stalled() && !stallReported) {
            stallReported = true;
            log(
                    LogSpec.Level.WARN,
                    stallMessage()
                            + ": somebody holds the file or its directory, or the disk does not"
                            + " answer; its workers wait when their pipes are full, other programs"
                            + " are not held up");
        }
    }

    private String stallMessage() {
        long seconds = Clock.now().since(since).toSeconds();
        return "writes to " + path + " have not returned for " + seconds + "s";
    }

    @Override
    public String problem() {
        String now =
                stalled()
                        ? stallMessage()
                        : trouble.isEmpty() ? "" : "cannot write " + path + ": " + trouble;
        return now.isEmpty() || view.problem().isEmpty()
                ? now + view.problem()
                : now + "; " + view.problem();
    }

    @Override
    public PageData.Log counters(PageData.@Nullable Log before) {
        return view.counters().plus(before);
    }

    @Override
    public int backlogMemory() {
        return view.backlogMemory();
    }

    /// Waits no more than a little. What is under way ends with its deputy, and is in its pipe.
    @Override
    public void prepareHandover() {
        if (await() && !view.settled()) {
            submit(null, LogFile::prepareHandover);
            await();
        }
    }

    /// Closes the file; its work is waited for by [LogWriterThreads#await].
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (task == null) {
            submit(null, LogFile::close);
        } else {
            targets.context().error(program, stallMessage() + ": what waits to be written is lost");
        }
        thread.users(-1);
    }
}
