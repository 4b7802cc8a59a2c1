// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.page.PageData;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.LineEnds;
import org.einhyrningsins.posix.file.AppendFiles;
import org.einhyrningsins.posix.file.OutputPipes;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.spec.LogsSpec;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;

/// Log file that the manager writes. It is rotated when it is large or old enough, always at the
/// end of a line; a file moved away by others is noticed; and while it cannot be written, the
/// newest lines wait in memory.
final class LogFile implements ManagedLogFile {
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final String LIMITED =
            ", the limit that the manager was started with (ulimit -f): raise it, or set"
                    + " logs.max-size below it";

    private final LogWriterContext context;
    private final String program;
    private final RotatingFile file;
    private @Nullable OutputPipe lastWriter;
    private int users;
    private @Nullable LineBacklog backlog;
    private @Nullable Moment retryAt;
    private String trouble = "";
    private final LostLines lost = new LostLines();

    /// @param program program that it belongs to first, for messages
    /// @param others whether workers may still write to it themselves: then each write of ours goes
    ///   to the end, wherever that is by then
    LogFile(
            LogWriterContext context,
            String program,
            Path path,
            LogsSpec.Kept spec,
            boolean others) {
        this.context = context;
        this.program = program;
        this.file = new RotatingFile(context, program, path, spec, others);
    }

    @Override
    public Path path() {
        return file.path();
    }

    @Override
    public AppendFiles.@Nullable Extent extent() {
        return file.extent();
    }

    @Override
    public String program() {
        return program;
    }

    @Override
    public long number() {
        return file.number();
    }

    @Override
    public long size() {
        return file.size();
    }

    LogsSpec.Kept spec() {
        return file.spec();
    }

    @Override
    public void configure(LogsSpec.Kept next) {
        file.configure(next);
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
        return users <= 0 && backlog == null;
    }

    @Override
    public @Nullable Moment retryAt() {
        return retryAt;
    }

    // ---- taking lines

    /// Takes bytes from a pipe into the file or the backlog, or counts them as lost.
    @Override
    public boolean take(OutputPipe from, int length) {
        if (backlog != null && !backlogWritten()) {
            addToBacklog(from, length);
            return true;
        }
        try {
            file.check();
            write(from, length);
        } catch (PosixException e) {
            failed(e);
            addToBacklog(from, length);
        }
        return true;
    }

    private void write(OutputPipe from, int length) {
        ByteBuffer lines = context.lines();
        if (file.insideLine() && lastWriter != from) {
            file.endLine();
        }
        if (!from.prefix().isEmpty()) {
            writePrefixed(from, lines, length);
            return;
        }
        int cut = file.lengthForFile(lines, length);
        if (file.isShared() || !context.splices()) {
            copy(from, lines, cut, cut);
        } else {
            move(from, lines, cut);
        }
    }

    /// Moves bytes in the kernel: a kill meanwhile loses nothing, and writes nothing twice.
    private void move(OutputPipe from, ByteBuffer lines, int length) {
        int done = 0;
        try {
            while (done < length) {
                done += OutputPipes.move(from.fd(), file.fd(), file.size() + done, length - done);
            }
            written(from, lines, length);
        } catch (PosixException e) {
            failed(e);
            int whole = file.takeBack(lines, done);
            addToBacklog(lines, whole, length - whole);
            context.drop(from, length - done);
        }
    }

    /// Through our memory: first written, then taken out of the pipe, so that whoever is killed
    /// meanwhile has lost nothing, but may write it twice.
    ///
    /// @param text the text to write
    /// @param length of it
    /// @param origin number of bytes of the pipe it stands for
    private void copy(OutputPipe from, ByteBuffer text, int length, int origin) {
        int done = 0;
        try {
            while (done < length) {
                done += file.write(text, done, length);
            }
            written(from, text, length);
        } catch (PosixException e) {
            failed(e);
            int whole = file.takeBack(text, done);
            addToBacklog(text, whole, length - whole);
        }
        context.drop(from, origin);
    }

    private void written(OutputPipe from, ByteBuffer text, int length) {
        file.appended(length, text.get(length - 1) != '\n');
        lastWriter = from;
    }

    private void writePrefixed(OutputPipe from, ByteBuffer lines, int length) {
        LinePrefix linePrefix = context.linePrefix();
        int origin = linePrefix.put(from, lines, length, file.insideLine(), file.room());
        if (origin == 0 && file.size() > 0 && file.rotate()) {
            origin = linePrefix.put(from, lines, length, false, file.room());
        }
        if (origin == 0) { // a line longer than a file may be
            int line = LineEnds.first(lines, 0, length);
            origin = linePrefix.put(from, lines, line, file.insideLine(), Integer.MAX_VALUE);
        }
        copy(from, linePrefix.text(), linePrefix.length(), origin);
    }

    // ---- when it cannot be written

    private void failed(PosixException why) {
        retryAt = Clock.now().plus(RETRY);
        if (backlog != null) {
            return;
        }
        backlog = new LineBacklog(LineBacklog.MAX_BYTES, lost);
        trouble = why.reason();
        context.error(
                program,
                "cannot write "
                        + file.path()
                        + ": "
                        + trouble
                        + (why.errno() == Errno.EFBIG ? LIMITED : "")
                        + "; the newest "
                        + LineBacklog.MAX_BYTES / 1024
                        + " KiB wait in memory, and it tries again every second");
    }

    private void addToBacklog(OutputPipe from, int length) {
        ByteBuffer lines = context.lines();
        if (from.prefix().isEmpty()) {
            addToBacklog(lines, 0, length);
            context.drop(from, length);
            return;
        }
        LinePrefix linePrefix = context.linePrefix();
        int origin = linePrefix.put(from, lines, length, false, Integer.MAX_VALUE);
        addToBacklog(linePrefix.text(), 0, linePrefix.length());
        context.drop(from, origin);
    }

    private void addToBacklog(ByteBuffer text, int at, int count) {
        LineBacklog waiting = backlog;
        if (waiting == null) {
            throw new IllegalStateException("there is no backlog");
        }
        waiting.add(text, at, count, context.maxBacklog(backlogMemory()));
    }

    @Override
    public PageData.Log counters(PageData.@Nullable Log others) {
        return new PageData.Log(file.size(), lost.lines(), lost.bytes()).plus(others);
    }

    @Override
    public int backlogMemory() {
        return backlog == null ? 0 : backlog.room();
    }

    @Override
    public void retry() {
        backlogWritten();
    }

    /// Writes what waits, if the time has come.
    ///
    /// @return whether nothing waits any more
    private boolean backlogWritten() {
        LineBacklog waiting = backlog;
        if (waiting == null) {
            return true;
        }
        if (retryAt != null && !retryAt.reached(Clock.now())) {
            return false;
        }
        retryAt = Clock.now().plus(RETRY);
        try {
            file.check();
            if (file.insideLine() && waiting.length() > 0) {
                file.endLine();
            }
            while (waiting.length() > 0) {
                if (!writeOldest(waiting)) {
                    return false;
                }
            }
        } catch (PosixException e) {
            trouble = e.reason();
            return false;
        }
        recovered();
        return true;
    }

    private boolean writeOldest(LineBacklog waiting) {
        ByteBuffer text = context.linePrefix().text();
        int count = waiting.oldest(text);
        if (file.size() > 0 && count > file.room()) {
            file.rotate();
        }
        int done = 0;
        try {
            while (done < count) {
                done += file.write(text, done, count);
            }
        } catch (PosixException e) {
            waiting.forget(file.takeBack(text, done));
            return false;
        }
        file.appended(count, text.get(count - 1) != '\n');
        lastWriter = null;
        waiting.forget(count);
        return true;
    }

    private void recovered() {
        backlog = null;
        retryAt = null;
        trouble = "";
        String meanwhile =
                lost.hasUnreported()
                        ? "lost meanwhile: " + lost.describeUnreported()
                        : "nothing was lost";
        lost.markReported();
        context.warn(program, "writes " + file.path() + " again; " + meanwhile);
    }

    @Override
    public String problem() {
        String sum = lost.describe();
        if (backlog == null) {
            return sum;
        }
        String now = "cannot write " + file.path() + ": " + trouble;
        return sum.isEmpty() ? now : now + "; " + sum;
    }

    @Override
    public void prepareHandover() {
        retryAt = null;
        if (backlog != null && !backlogWritten()) {
            String what = "what waits to be written to " + file.path() + " is not handed on: ";
            context.error(program, what + allLost(backlog));
        }
    }

    @Override
    public void close() {
        retryAt = null;
        if (backlog != null && !backlogWritten()) {
            String what = file.path() + " could not be written to the end: ";
            context.error(program, what + allLost(backlog));
        }
        backlog = null;
        file.close();
    }

    private String allLost(LineBacklog waiting) {
        String before = lost.hasUnreported() ? ", and " + lost.describeUnreported() : "";
        return waiting.length() + " bytes are lost" + before;
    }
}
