// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.control.wire.LineEnds;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.page.PageData;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.posix.file.AppendFiles;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.DirectoryEntries;
import org.einhyrningsins.posix.file.OutputPipes;
import org.einhyrningsins.posix.file.SafePath;
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
    private static final Duration AFTER_A_FAILED_TURN = Duration.ofMinutes(1);
    private static final long UNKNOWN = -1;
    private static final String LIMITED =
            ", the limit that the manager was started with (ulimit -f): raise it, or set"
                    + " logs.max-size below it";

    private final LogWriterContext desk;
    private final String program;
    private final Path path;
    private LogsSpec.Kept spec;
    private boolean others;
    private int fd = -1;
    private int holder;
    private AppendFiles.@Nullable Extent known;
    private long size;
    private long bornMillis = UNKNOWN;
    private long lastTurn;
    private long number;
    private @Nullable Path spared;
    private @Nullable Moment turnAgain;
    private boolean insideALine;
    private @Nullable OutputPipe lastWriter;
    private int users;

    private @Nullable LineBacklog held;
    private @Nullable Moment retryAt;
    private String trouble = "";
    private long lostLines;
    private long lostBytes;

    /// @param program program that it belongs to first, for messages
    /// @param others whether workers may still write to it themselves: then each write of ours goes
    ///   to the end, wherever that is by then
    LogFile(LogWriterContext desk, String program, Path path, LogsSpec.Kept spec, boolean others) {
        this.desk = desk;
        this.program = program;
        this.path = path;
        this.spec = spec;
        this.others = others;
        open();
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public AppendFiles.@Nullable Extent extent() {
        return known;
    }

    @Override
    public String program() {
        return program;
    }

    @Override
    public long number() {
        return number;
    }

    @Override
    public long size() {
        return size;
    }

    LogsSpec.Kept spec() {
        return spec;
    }

    @Override
    public void configure(LogsSpec.Kept next) {
        spec = next;
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
            attend();
            write(from, length);
        } catch (PosixException e) {
            stuck(e);
            hold(from, length);
        }
        return true;
    }

    private void write(OutputPipe from, int length) {
        ByteBuffer window = desk.window();
        if (insideALine && lastWriter != from) {
            endTheLine();
        }
        if (!from.prefix().isEmpty()) {
            dressed(from, window, length);
            return;
        }
        int cut = cut(window, length);
        if (others || !desk.moves()) {
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
                done += OutputPipes.move(from.fd(), fd, size + done, length - done);
            }
            written(from, window, length, length);
        } catch (PosixException e) {
            stuck(e);
            int whole = takeBack(window, done);
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
                done += AppendFiles.write(fd, text, done, length - done, size + done);
            }
            written(from, text, length, length);
        } catch (PosixException e) {
            stuck(e);
            int whole = takeBack(text, done);
            hold(text, whole, length - whole);
        }
        desk.drop(from, origin);
    }

    private void written(OutputPipe from, ByteBuffer text, int length, int count) {
        size += count;
        lastWriter = from;
        insideALine = text.get(length - 1) != '\n';
    }

    /// A disk that is full may have taken half a line. It is held as a whole instead.
    ///
    /// @return the number of bytes in the file for good
    private int takeBack(ByteBuffer text, int done) {
        int whole = LineEnds.last(text, 0, done);
        if (others) { // what is behind it may be another's
            insideALine |= whole < done;
            size += done;
            return done;
        }
        try {
            if (whole < done) {
                AppendFiles.truncate(fd, size + whole);
            }
            insideALine &= whole == 0;
            size += whole;
            return whole;
        } catch (PosixException e) {
            insideALine = true;
            size += done;
            return done;
        }
    }

    /// Somebody's line that has no end gets one before another's begins.
    private void endTheLine() {
        ByteBuffer end = desk.dress().text();
        end.put(0, (byte) '\n');
        size += AppendFiles.write(fd, end, 0, 1, size);
        insideALine = false;
    }

    private void dressed(OutputPipe from, ByteBuffer window, int length) {
        LinePrefix dress = desk.dress();
        int origin = dress.put(from, window, length, insideALine, room());
        if (origin == 0 && size > 0 && turn()) {
            origin = dress.put(from, window, length, false, room());
        }
        if (origin == 0) { // a line longer than a file may be
            int line = LineEnds.first(window, 0, length);
            origin = dress.put(from, window, line, insideALine, Integer.MAX_VALUE);
        }
        copy(from, dress.text(), dress.length(), origin);
    }

    // ---- when a new file is begun

    private int room() {
        long bound = spec.maxBytes();
        return bound == 0 ? Integer.MAX_VALUE : Math.clamp(bound - size, 0, Integer.MAX_VALUE);
    }

    /// Returns the number of bytes that go into this file; begins a new file if that is none.
    private int cut(ByteBuffer window, int length) {
        int room = room();
        if (length <= room) {
            return length;
        }
        int cut = LineEnds.last(window, 0, Math.min(room, window.capacity()));
        if (cut == 0 && size > 0 && turn()) {
            room = room();
            cut =
                    length <= room
                            ? length
                            : LineEnds.last(window, 0, Math.min(room, window.capacity()));
        }
        return cut > 0 ? cut : LineEnds.first(window, 0, length);
    }

    /// Puts the file aside and begins a new one.
    ///
    /// @return false if it cannot be: then it goes on in the old one
    private boolean turn() {
        if (insideALine || (turnAgain != null && !turnAgain.reached(Clock.now()))) {
            return false;
        }
        String why = renameAside();
        if (why != null) {
            turnAgain = Clock.now().plus(AFTER_A_FAILED_TURN);
            desk.warn(
                    program,
                    "cannot put "
                            + path
                            + " aside and goes on in it: "
                            + why
                            + "; tries again in a minute");
            return false;
        }
        turnAgain = null;
        // compressed, it would miss what is still written
        spared = others ? RotatedFileNames.name(path, lastTurn) : spared;
        others = false;
        reopen();
        bornMillis = lastTurn;
        desk.tidy(path, spec, spared);
        return true;
    }

    /// Renames the file aside and describes a failure; null if it succeeded.
    private @Nullable String renameAside() {
        try (SafePath place = SafePath.toName(path)) {
            lastTurn = RotatedFileNames.moment(place, Clock.wallMillis(), lastTurn);
            Path aside = RotatedFileNames.name(path, lastTurn);
            DirectoryEntries.rename(place, place.name(), String.valueOf(aside.getFileName()));
            return null;
        } catch (PosixException e) { // gone: somebody else did, or a manager before us
            boolean gone =
                    e.errno() == Errno.ENOENT && e.call().startsWith(DirectoryEntries.RENAME);
            return gone ? null : e.reason();
        }
    }

    /// Looks whether it is still the file of that name, how long it is, and how old.
    private void attend() {
        if (holder != desk.holder()) {
            fd = -1; // closed with whoever had it
        }
        AppendFiles.Extent now = fd < 0 ? null : AppendFiles.extent(path);
        if (now == null || known == null || !now.sameFile(known)) {
            reopen(); // moved away by somebody else, or removed
        } else {
            insideALine &= now.size() > 0;
            size = now.size(); // shorter, if somebody truncated it
        }
        if (spec.maxAge() != null && size > 0 && old(spec.maxAge())) {
            turn();
        }
    }

    private boolean old(Duration most) {
        if (bornMillis == UNKNOWN) {
            long born = AppendFiles.bornMillis(fd);
            bornMillis = born < 0 ? Clock.wallMillis() : born;
        }
        long now = Clock.wallMillis();
        bornMillis = Math.min(bornMillis, now); // the clock was set back: it counts from then
        return now - bornMillis >= most.toMillis();
    }

    private void open() {
        holder = desk.holder();
        fd = AppendFiles.open(path, others);
        known = AppendFiles.extent(fd);
        size = known.size();
        bornMillis = size == 0 ? Clock.wallMillis() : UNKNOWN;
    }

    private void reopen() {
        closeFile();
        number++;
        insideALine = false;
        open();
        desk.reopened(path);
    }

    private void closeFile() {
        if (fd >= 0) {
            Descriptors.close(fd);
            fd = -1;
        }
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
                        + path
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
        long lines = lostLines + (held == null ? 0 : held.lostLines());
        long bytes = lostBytes + (held == null ? 0 : held.lostBytes());
        return new PageData.Log(size, lines, bytes).plus(others);
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
            attend();
            if (insideALine && lines.length() > 0) {
                endTheLine();
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
        if (size > 0 && count > room()) {
            turn();
        }
        int done = 0;
        try {
            while (done < count) {
                done += AppendFiles.write(fd, text, done, count - done, size + done);
            }
        } catch (PosixException e) {
            lines.forget(takeBack(text, done));
            return false;
        }
        size += count;
        insideALine = text.get(count - 1) != '\n';
        lastWriter = null;
        lines.forget(count);
        return true;
    }

    private void recovered(LineBacklog lines) {
        held = null;
        retryAt = null;
        lostLines += lines.lostLines();
        lostBytes += lines.lostBytes();
        desk.warn(
                program,
                "writes "
                        + path
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
        long lines = lostLines + (held == null ? 0 : held.lostLines());
        long bytes = lostBytes + (held == null ? 0 : held.lostBytes());
        String sum =
                lines == 0 ? "" : "lost " + BufferedLogTarget.lost(lines, bytes) + " of output";
        if (held == null) {
            return sum;
        }
        return "cannot write " + path + ": " + trouble + (sum.isEmpty() ? "" : "; " + sum);
    }

    @Override
    public void part() {
        retryAt = null;
        if (held != null && !caughtUp()) {
            desk.error(
                    program,
                    "what waits to be written to "
                            + path
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
                    path
                            + " could not be written to the end: "
                            + held.length()
                            + " bytes are lost"
                            + (lines == 0
                                    ? ""
                                    : ", and " + BufferedLogTarget.lost(lines, held.lostBytes())));
        }
        held = null;
        closeFile();
    }
}
