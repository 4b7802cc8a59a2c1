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

    private final LogWriterContext desk;
    private final String program;
    private final RotatingFile file;
    private @Nullable OutputPipe lastWriter;
    private int users;
    private @Nullable LineBacklog held;
    private @Nullable Moment retryAt;
    private String trouble = "";
    private final LostLines lost = new LostLines();

    /// @param program program that it belongs to first, for messages
    /// @param others whether workers may still write to it themselves: then each write of ours goes
    ///   to the end, wherever that is by then
    LogFile(LogWriterContext desk, String program, Path path, LogsSpec.Kept spec, boolean others) {
        this.desk = desk;
        this.program = program;
        this.file = new RotatingFile(desk, program, path, spec, others);
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
        return users <= 0 && held == null;
    }

    @Override
    public @Nullable Moment retryAt() {
        return retryAt;
    }

    // ---- taking lines

    /// Takes bytes from a pipe into the file or the backlog, or counts them as lost.
    @Override
    public boolean take(OutputPipe from, int length) {
        if (held != null && !caughtUp()) {
            hold(from, length);
            return true;
        }
        try {
            file.attend();
            write(from, length);
        } catch (PosixException e) {
            stuck(e);
            hold(from, length);
        }
        return true;
    }

    private void write(OutputPipe from, int length) {
        ByteBuffer window = desk.window();
        if (file.insideALine() && lastWriter != from) {
            file.endTheLine();
        }
        if (!from.prefix().isEmpty()) {
            dressed(from, window, length);
            return;
        }
        int cut = file.cut(window, length);
        if (file.isShared() || !desk.moves()) {
            copy(from, window, cut, cut);
        } else {
            move(from, window, cut);
        }
    }

    /// Moves bytes in the kernel: a kill meanwhile loses nothing, and writes nothing twice.
    private void move(OutputPipe from, ByteBuffer window, int length) {
        int done = 0;
        try {
            while (done < length) {
                done += OutputPipes.move(from.fd(), file.fd(), file.size() + done, length - done);
            }
            written(from, window, length);
        } catch (PosixException e) {
            stuck(e);
            int whole = file.takeBack(window, done);
            hold(window, whole, length - whole);
            desk.drop(from, length - done);
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
            stuck(e);
            int whole = file.takeBack(text, done);
            hold(text, whole, length - whole);
        }
        desk.drop(from, origin);
    }

    private void written(OutputPipe from, ByteBuffer text, int length) {
        file.appended(length, text.get(length - 1) != '\n');
        lastWriter = from;
    }

    private void dressed(OutputPipe from, ByteBuffer window, int length) {
        LinePrefix dress = desk.dress();
        int origin = dress.put(from, window, length, file.insideALine(), file.room());
        if (origin == 0 && file.size() > 0 && file.turn()) {
            origin = dress.put(from, window, length, false, file.room());
        }
        if (origin == 0) { // a line longer than a file may be
            int line = LineEnds.first(window, 0, length);
            origin = dress.put(from, window, line, file.insideALine(), Integer.MAX_VALUE);
        }
        copy(from, dress.text(), dress.length(), origin);
    }

    // ---- when it cannot be written

    private void stuck(PosixException why) {
        retryAt = Clock.now().plus(RETRY);
        if (held != null) {
            return;
        }
        held = new LineBacklog(OutputPump.MAX_HELD);
        trouble = why.reason();
        desk.error(
                program,
                "cannot write "
                        + file.path()
                        + ": "
                        + trouble
                        + (why.errno() == Errno.EFBIG ? LIMITED : "")
                        + "; the newest "
                        + OutputPump.MAX_HELD / 1024
                        + " KiB wait in memory, and it tries again every second");
    }

    private void hold(OutputPipe from, int length) {
        ByteBuffer window = desk.window();
        if (from.prefix().isEmpty()) {
            hold(window, 0, length);
            desk.drop(from, length);
            return;
        }
        LinePrefix dress = desk.dress();
        int origin = dress.put(from, window, length, false, Integer.MAX_VALUE);
        hold(dress.text(), 0, dress.length());
        desk.drop(from, origin);
    }

    private void hold(ByteBuffer text, int at, int count) {
        LineBacklog lines = held;
        if (lines == null) {
            throw new IllegalStateException("lines are held while there is trouble");
        }
        lines.add(text, at, count, desk.mayHold(heldRoom()));
    }

    @Override
    public PageData.Log figures(PageData.@Nullable Log others) {
        long lines = lost.lines() + (held == null ? 0 : held.lostLines());
        long bytes = lost.bytes() + (held == null ? 0 : held.lostBytes());
        return new PageData.Log(file.size(), lines, bytes).plus(others);
    }

    @Override
    public int heldRoom() {
        return held == null ? 0 : held.room();
    }

    @Override
    public void retry() {
        caughtUp();
    }

    /// Writes what waits, if the time has come.
    ///
    /// @return whether nothing waits any more
    private boolean caughtUp() {
        LineBacklog lines = held;
        if (lines == null) {
            return true;
        }
        if (retryAt != null && !retryAt.reached(Clock.now())) {
            return false;
        }
        retryAt = Clock.now().plus(RETRY);
        try {
            file.attend();
            if (file.insideALine() && lines.length() > 0) {
                file.endTheLine();
            }
            while (lines.length() > 0) {
                if (!writeOldest(lines)) {
                    return false;
                }
            }
        } catch (PosixException e) {
            trouble = e.reason();
            return false;
        }
        recovered(lines);
        return true;
    }

    private boolean writeOldest(LineBacklog lines) {
        ByteBuffer text = desk.dress().text();
        int count = lines.oldest(text);
        if (file.size() > 0 && count > file.room()) {
            file.turn();
        }
        int done = 0;
        try {
            while (done < count) {
                done += file.write(text, done, count);
            }
        } catch (PosixException e) {
            lines.forget(file.takeBack(text, done));
            return false;
        }
        file.appended(count, text.get(count - 1) != '\n');
        lastWriter = null;
        lines.forget(count);
        return true;
    }

    private void recovered(LineBacklog lines) {
        held = null;
        retryAt = null;
        lost.add(lines.lostLines(), lines.lostBytes());
        desk.warn(
                program,
                "writes "
                        + file.path()
                        + " again; "
                        + (lines.lostLines() == 0
                                ? "nothing was lost"
                                : "lost meanwhile: "
                                        + BufferedLogTarget.lost(
                                                lines.lostLines(), lines.lostBytes())));
        trouble = "";
    }

    @Override
    public String note() {
        long lines = lost.lines() + (held == null ? 0 : held.lostLines());
        long bytes = lost.bytes() + (held == null ? 0 : held.lostBytes());
        String sum =
                lines == 0 ? "" : "lost " + BufferedLogTarget.lost(lines, bytes) + " of output";
        if (held == null) {
            return sum;
        }
        return "cannot write " + file.path() + ": " + trouble + (sum.isEmpty() ? "" : "; " + sum);
    }

    @Override
    public void part() {
        retryAt = null;
        if (held != null && !caughtUp()) {
            desk.error(
                    program,
                    "what waits to be written to "
                            + file.path()
                            + " is not handed on: "
                            + held.length()
                            + " bytes are lost"
                            + (held.lostLines() == 0
                                    ? ""
                                    : ", and "
                                            + BufferedLogTarget.lost(
                                                    held.lostLines(), held.lostBytes())));
        }
    }

    @Override
    public void close() {
        retryAt = null;
        if (held != null && !caughtUp()) {
            long lines = held.lostLines();
            desk.error(
                    program,
                    file.path()
                            + " could not be written to the end: "
                            + held.length()
                            + " bytes are lost"
                            + (lines == 0
                                    ? ""
                                    : ", and " + BufferedLogTarget.lost(lines, held.lostBytes())));
        }
        held = null;
        file.close();
    }
}
