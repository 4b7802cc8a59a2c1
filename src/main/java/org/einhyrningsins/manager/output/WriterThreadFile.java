// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.page.PageData;
import org.einhyrningsins.posix.file.AppendFiles;
import org.einhyrningsins.spec.LogsSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;

/// A [LogFile] that lives in a [LogWriterThread]: it is opened, configured and used there, by one
/// task after the other.
final class WriterThreadFile {
    private final LogWriterThread thread;
    private final OffLoopWriterContext context;
    private final String program;
    private final Path path;
    private final boolean others;
    private volatile LogsSpec.Kept spec;

    /// The file, which only the writer thread uses.
    private @Nullable LogFile file;

    WriterThreadFile(
            LogWriterThread thread,
            OffLoopWriterContext context,
            String program,
            Path path,
            LogsSpec.Kept spec,
            boolean others) {
        this.thread = thread;
        this.context = context;
        this.program = program;
        this.path = path;
        this.spec = spec;
        this.others = others;
    }

    /// State of the file as the loop knows it, as of the last finished task.
    record View(
            long number,
            long size,
            AppendFiles.@Nullable Extent extent,
            String problem,
            PageData.Log counters,
            int backlogMemory,
            @Nullable Moment retryAt,
            boolean settled) {
        static View of(LogFile file) {
            return new View(
                    file.number(),
                    file.size(),
                    file.extent(),
                    file.problem(),
                    file.counters(null),
                    file.backlogMemory(),
                    file.retryAt(),
                    file.isUnused());
        }
    }

    OffLoopWriterContext context() {
        return context;
    }

    void configure(LogsSpec.Kept next) {
        spec = next;
    }

    /// Has the writer thread do something with the file.
    ///
    /// @return null if the thread takes no more
    @Nullable FutureTask<View> submit(Consumer<LogFile> action) {
        return thread.submit(
                () -> {
                    LogFile here = file();
                    action.accept(here);
                    return View.of(here);
                });
    }

    /// Returns the file. Called on the writer thread.
    private LogFile file() {
        LogFile known = file;
        if (known == null) {
            known = new LogFile(context, program, path, spec, others);
            file = known;
        }
        known.configure(spec);
        return known;
    }
}
