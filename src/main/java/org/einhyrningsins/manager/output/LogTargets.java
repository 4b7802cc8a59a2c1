// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.page.PageData;
import org.einhyrningsins.manager.runtime.DirectoryCalls;
import org.einhyrningsins.posix.file.PathReach;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.spec.LogsSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// Table of the log files and journal streams that are open: one for each path, and one journal
/// stream for each program. A target stays open until no pipe uses it and nothing waits for it.
final class LogTargets {
    private final LoopWriterContext context;
    private final LogWriterThreads writerThreads;
    private final Consumer<OutputPipe> resume;
    private final Map<Path, ManagedLogFile> files = new HashMap<>();
    private final Map<String, JournalStream> journals = new HashMap<>(0);

    /// @param resume called with a pipe that waited for a target which takes something again
    LogTargets(
            OutputPump.MessageLog messages,
            LogWriterThreads writerThreads,
            Consumer<OutputPipe> resume) {
        this.context = new LoopWriterContext(messages, this::backlogMemory);
        this.writerThreads = writerThreads;
        this.resume = resume;
    }

    LoopWriterContext context() {
        return context;
    }

    LogWriterThreads writerThreads() {
        return writerThreads;
    }

    void resume(OutputPipe pipe) {
        resume.accept(pipe);
    }

    JournalStream journal(String program) {
        return journals.computeIfAbsent(
                program, name -> new JournalStream(context, name, JournalStream.SOCKET));
    }

    /// Returns the file of a worker's log, and opens it if it is not open.
    ///
    /// @param others whether the file may still be written by workers themselves
    ManagedLogFile file(String program, int slot, LogsSpec.Kept spec, boolean others) {
        Path path = spec.file(slot);
        if (path == null) {
            throw new IllegalArgumentException("a kept log has a file");
        }
        return file(program, path, spec, others);
    }

    private ManagedLogFile file(String program, Path path, LogsSpec.Kept spec, boolean others) {
        ManagedLogFile file = files.get(path);
        if (file == null) {
            String reach = reach(path);
            file =
                    reach == null
                            ? new LogFile(context, program, path, spec, others)
                            : new OffLoopLogFile(
                                    this, writerThreads.of(reach), program, path, spec, others);
            files.put(path, file);
        }
        file.configure(spec);
        return file;
    }

    /// One whose directory is held up now is in reach of whoever does that.
    private static @Nullable String reach(Path path) {
        try {
            return DirectoryCalls.in(path, () -> PathReach.of(path));
        } catch (PosixException held) {
            return path.toString();
        }
    }

    /// Sends what a pipe brings from now on to the file of this definition; if that cannot be
    /// opened, it goes on in the old one.
    void redirect(OutputPipe pipe, LogsSpec.Kept kept) {
        ManagedLogFile before = pipe.file();
        if (before == null) { // of an older definition, and on its way out
            return;
        }
        try {
            replace(pipe, before, file(pipe.program(), pipe.slot(), kept, false), kept.prefix());
        } catch (PosixException e) {
            staysIn(before, pipe, e);
        }
    }

    /// Hands files over to a writer thread that somebody else has put into the reach of others:
    /// [PathReach#of] of a file that was opened anew may have changed.
    void moveOffLoop(Collection<OutputPipe> pipes) {
        for (Path path : context.takeReplaced()) {
            ManagedLogFile before = files.get(path);
            if (before instanceof LogFile here && PathReach.of(path) != null) {
                files.remove(path);
                pipes.stream()
                        .filter(pipe -> pipe.sink() == here)
                        .forEach(pipe -> moveOffLoop(pipe, here));
            }
        }
    }

    private void moveOffLoop(OutputPipe pipe, LogFile before) {
        try {
            ManagedLogFile after = file(before.program(), before.path(), before.spec(), false);
            replace(pipe, before, after, pipe.prefix());
        } catch (PosixException e) {
            staysIn(before, pipe, e);
        }
    }

    private void replace(
            OutputPipe pipe,
            ManagedLogFile before,
            ManagedLogFile after,
            List<LogsSpec.Word> prefix) {
        pipe.redirect(after, prefix);
        after.acquire();
        if (before instanceof OffLoopLogFile file) {
            file.forget(pipe);
        }
        release(before);
    }

    private void staysIn(ManagedLogFile before, OutputPipe pipe, PosixException why) {
        context.error(pipe.program(), "goes on in " + before.path() + ": " + why.getMessage());
    }

    /// Records that one pipe less uses a target, and closes it if it is unused.
    void release(BufferedLogTarget target) {
        if (target.release()) {
            close(target);
        }
    }

    void close(BufferedLogTarget target) {
        files.values().remove(target);
        journals.values().remove(target);
        target.close();
    }

    private List<BufferedLogTarget> all() {
        List<BufferedLogTarget> all = new ArrayList<>(files.values());
        all.addAll(journals.values());
        return all;
    }

    private int backlogMemory() {
        int sum = 0;
        for (BufferedLogTarget target : all()) {
            sum += target.backlogMemory();
        }
        return sum;
    }

    /// Returns the time of the next [#retry]; null for none.
    @Nullable Moment retryAt() {
        Moment next = null;
        for (BufferedLogTarget target : all()) {
            next = Moment.earlier(next, target.retryAt());
        }
        return next;
    }

    /// Tries again what could not be written.
    void retry(Moment now) {
        for (BufferedLogTarget target : all()) {
            Moment at = target.retryAt();
            if (at != null && at.reached(now)) {
                target.retry();
                if (target.isUnused()) {
                    close(target);
                }
            }
        }
    }

    /// Describes problems of a program's output; empty for none.
    String problems(String program) {
        StringBuilder all = new StringBuilder();
        for (BufferedLogTarget target : all()) {
            String problem = target.program().equals(program) ? target.problem() : "";
            all.append(all.isEmpty() || problem.isEmpty() ? "" : "; ").append(problem);
        }
        return all.toString();
    }

    /// Returns the counters of a program's output; null if none of it is kept.
    PageData.@Nullable Log counters(String program) {
        PageData.Log sum = null;
        for (BufferedLogTarget target : all()) {
            if (target.program().equals(program)) {
                sum = target.counters(sum);
            }
        }
        return sum;
    }

    void prepareHandover() {
        all().forEach(BufferedLogTarget::prepareHandover);
    }

    void close() {
        all().forEach(BufferedLogTarget::close);
    }
}
