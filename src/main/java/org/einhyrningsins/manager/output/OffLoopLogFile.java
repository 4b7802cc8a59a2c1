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

/// A log file that others than us could make the kernel hold up: a [LogFile] that lives in a
/// [LogWriterThread], as the loop sees it. It does one thing at a time, and the pipes that have
/// something for it wait meanwhile: their workers do too when those are full, and nobody else.
///
/// What is being written is in its pipe as well until it is in the file: whoever is killed
/// meanwhile has lost nothing, but may write it twice.
final class OffLoopLogFile implements ManagedLogFile {
    private static final Duration STANDS_STILL = Duration.ofSeconds(1);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final LaneLogFile.View NOTHING =
            new LaneLogFile.View(0, 0, null, "", new PageData.Log(0, 0, 0), 0, null, true);

    private final OutputPump keeper;
    private final LogWriterThread lane;
    private final String program;
    private final Path path;
    private final LaneLogFile file;
    private LaneLogFile.View view = NOTHING;
    private @Nullable FutureTask<LaneLogFile.View> task;
    private @Nullable OutputPipe writer;
    private final Set<OutputPipe> waiting = new LinkedHashSet<>(0);
    private Moment since = new Moment(0);
    private boolean told;
    private String trouble = "";
    private @Nullable Moment again;
    private int users;
    private boolean closed;

    /// Opens it, and waits a little for that.
    ///
    /// @throws PosixException if it cannot be opened. If that takes longer, it is tried again for
    ///   as long as anybody has something for it
    OffLoopLogFile(
            OutputPump keeper,
            LogWriterThread lane,
            String program,
            Path path,
            LogsSpec.Kept spec,
            boolean others) {
        this.keeper = keeper;
        this.lane = lane;
        this.program = program;
        this.path = path;
        this.file =
                new LaneLogFile(lane, new WriterDesk(keeper, lane), program, path, spec, others);
        lane.users(1);
        begin(null, any -> {});
        FutureTask<LaneLogFile.View> opening = task;
        if (opening != null && lane.await(opening)) {
            task = null;
            try {
                view = LogWriterThread.outcome(opening);
            } catch (PosixException e) {
                lane.users(-1);
                throw e;
            }
        }
    }

    // ---- one thing at a time

    private void begin(@Nullable OutputPipe from, Consumer<LogFile> deed) {
        FutureTask<LaneLogFile.View> begun = file.submit(deed);
        if (begun == null) {
            again = Clock.now().plus(RETRY);
            return;
        }
        task = begun;
        writer = from;
        since = Clock.now();
        keeper.writerThreads().begins(this);
    }

    /// Takes up what was done.
    ///
    /// @return whether nothing is under way
    boolean finished() {
        FutureTask<LaneLogFile.View> done = task;
        if (done == null || !done.isDone()) {
            return done == null;
        }
        task = null;
        returned();
        OutputPipe from = writer;
        writer = null;
        if (from != null && !from.ended()) {
            keeper.drop(from, file.desk().taken());
        }
        try {
            view = LogWriterThread.outcome(done);
            opened();
            goOn(from);
        } catch (PosixException e) {
            notOpened(e);
            if (from != null) {
                waiting.add(from);
            }
        }
        if (over() && !closed) {
            keeper.done(this);
        }
        return task == null;
    }

    private void goOn(@Nullable OutputPipe from) {
        Set<OutputPipe> all = new LinkedHashSet<>(waiting); // who waited comes first
        waiting.clear();
        if (from != null) {
            all.add(from);
        }
        all.forEach(keeper::goOn);
    }

    private void returned() {
        if (told) {
            told = false;
            tell(LogSpec.Level.WARN, "writes to " + path + " return again; nothing was lost");
        }
        file.desk().said().forEach(Runnable::run);
    }

    private void opened() {
        again = null;
        if (!trouble.isEmpty()) {
            trouble = "";
            tell(LogSpec.Level.WARN, "writes " + path + " again; nothing was lost");
        }
    }

    private void notOpened(PosixException e) {
        again = Clock.now().plus(RETRY);
        if (trouble.isEmpty()) {
            String why = "cannot write " + path + ": " + e.reason();
            tell(LogSpec.Level.ERROR, why + "; its workers wait, and it tries again every second");
        }
        trouble = e.reason();
    }

    private void tell(LogSpec.Level level, String message) {
        if (level == LogSpec.Level.ERROR) {
            keeper.error(program, message);
        } else {
            keeper.warn(program, message);
        }
    }

    /// Waits for what is under way.
    ///
    /// @return whether nothing is
    boolean await(long nanos) {
        FutureTask<LaneLogFile.View> now = task;
        return now == null || (LogWriterThread.await(now, nanos) && finished());
    }

    /// The same, for as long as there is patience with those in whose reach it is.
    boolean await() {
        FutureTask<LaneLogFile.View> now = task;
        return now == null || (lane.await(now) && finished());
    }

    // ---- what a store does

    @Override
    public boolean take(OutputPipe from, int length) {
        from.setWaits(true);
        if (task != null || again != null) {
            waiting.add(from);
            return true;
        }
        file.desk().put(keeper.window(), length, keeper.mayHold(view.heldRoom()));
        begin(from, here -> here.take(from, length));
        if (task == null) {
            waiting.add(from);
        }
        return true;
    }

    /// The pipe goes elsewhere from now on.
    void release(OutputPipe pipe) {
        if (waiting.remove(pipe)) {
            keeper.goOn(pipe);
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
    public void use() {
        users++;
    }

    @Override
    public boolean leave() {
        users--;
        return over();
    }

    @Override
    public boolean over() {
        return users <= 0 && task == null && view.settled();
    }

    @Override
    public @Nullable Moment retryAt() {
        if (task != null) {
            return told ? null : since.plus(STANDS_STILL);
        }
        return again != null ? again : view.retryAt();
    }

    @Override
    public void retry() {
        if (task != null) {
            reportIfStalled();
        } else if (again != null) {
            again = null;
            goOn(null);
        } else {
            begin(null, LogFile::retry);
        }
    }

    boolean atWork() {
        return task != null;
    }

    private boolean standsStill() {
        return task != null && since.plus(STANDS_STILL).reached(Clock.now());
    }

    private void reportIfStalled() {
        if (standsStill() && !told) {
            told = true;
            tell(
                    LogSpec.Level.WARN,
                    stillness()
                            + ": somebody holds the file or its directory, or the disk does not"
                            + " answer; its workers wait when their pipes are full, other programs"
                            + " are not held up");
        }
    }

    private String stillness() {
        long seconds = Clock.now().since(since).toSeconds();
        return "writes to " + path + " have not returned for " + seconds + "s";
    }

    @Override
    public String note() {
        String now =
                standsStill()
                        ? stillness()
                        : trouble.isEmpty() ? "" : "cannot write " + path + ": " + trouble;
        return now.isEmpty() || view.note().isEmpty()
                ? now + view.note()
                : now + "; " + view.note();
    }

    @Override
    public PageData.Log figures(PageData.@Nullable Log before) {
        return view.figures().plus(before);
    }

    @Override
    public int heldRoom() {
        return view.heldRoom();
    }

    /// Waits no more than a little. What is under way ends with its deputy, and is in its pipe.
    @Override
    public void part() {
        if (await() && !view.settled()) {
            begin(null, LogFile::part);
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
            begin(null, LogFile::close);
        } else {
            keeper.error(program, stillness() + ": what waits to be written is lost");
        }
        lane.users(-1);
    }
}
