// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.LineEnds;
import org.einhyrningsins.posix.file.AppendFiles;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.DirectoryEntries;
import org.einhyrningsins.posix.file.SafePath;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.spec.LogsSpec;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;

/// File that lines are appended to, put aside when it is large or old enough, always at the end of
/// a line. A file moved away or truncated by others is noticed.
final class RotatingFile {
    private static final Duration AFTER_A_FAILED_TURN = Duration.ofMinutes(1);
    private static final long UNKNOWN = -1;

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

    /// Opens it.
    ///
    /// @param program program that it belongs to first, for messages
    /// @param others whether workers may still write to it themselves
    RotatingFile(
            LogWriterContext desk, String program, Path path, LogsSpec.Kept spec, boolean others) {
        this.desk = desk;
        this.program = program;
        this.path = path;
        this.spec = spec;
        this.others = others;
        open();
    }

    Path path() {
        return path;
    }

    LogsSpec.Kept spec() {
        return spec;
    }

    void configure(LogsSpec.Kept next) {
        spec = next;
    }

    AppendFiles.@Nullable Extent extent() {
        return known;
    }

    /// Returns the number of files of its name until now.
    long number() {
        return number;
    }

    long size() {
        return size;
    }

    int fd() {
        return fd;
    }

    /// True if workers may still write to it themselves.
    boolean isShared() {
        return others;
    }

    /// True if its last line has no end yet.
    boolean insideALine() {
        return insideALine;
    }

    // ---- lines

    /// Writes a part of a text behind what is there and what was written of the text before.
    ///
    /// @return the number of bytes written
    int write(ByteBuffer text, int done, int length) {
        return AppendFiles.write(fd, text, done, length - done, size + done);
    }

    /// Takes note of bytes that were appended.
    ///
    /// @param open true if the last line has no end
    void appended(int count, boolean open) {
        size += count;
        insideALine = open;
    }

    /// A disk that is full may have taken half a line. It is held as a whole instead.
    ///
    /// @return the number of bytes in the file for good
    int takeBack(ByteBuffer text, int done) {
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
    void endTheLine() {
        ByteBuffer end = desk.dress().text();
        end.put(0, (byte) '\n');
        size += AppendFiles.write(fd, end, 0, 1, size);
        insideALine = false;
    }

    // ---- when a new file is begun

    /// Returns the number of bytes that this file may still take.
    int room() {
        long bound = spec.maxBytes();
        return bound == 0 ? Integer.MAX_VALUE : Math.clamp(bound - size, 0, Integer.MAX_VALUE);
    }

    /// Returns the number of bytes that go into this file; begins a new file if that is none.
    int cut(ByteBuffer window, int length) {
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
    boolean turn() {
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
    void attend() {
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
        close();
        number++;
        insideALine = false;
        open();
        desk.reopened(path);
    }

    void close() {
        if (fd >= 0) {
            Descriptors.close(fd);
            fd = -1;
        }
    }
}
