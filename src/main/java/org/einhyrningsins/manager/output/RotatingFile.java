// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.DirectoryCalls;
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
    private static final Duration RETRY_ROTATION = Duration.ofMinutes(1);
    private static final long UNKNOWN = -1;

    private final LogWriterContext context;
    private final String program;
    private final Path path;
    private LogsSpec.Kept spec;
    private boolean others;
    private int fd = -1;
    private int table;
    private AppendFiles.@Nullable Extent extent;
    private long size;
    private long createdMillis = UNKNOWN;
    private long lastRotation;
    private long number;
    private @Nullable Path stillWritten;
    private @Nullable Moment rotateAgainAt;
    private boolean insideLine;

    /// Opens it.
    ///
    /// @param program program that it belongs to first, for messages
    /// @param others whether workers may still write to it themselves
    RotatingFile(
            LogWriterContext context,
            String program,
            Path path,
            LogsSpec.Kept spec,
            boolean others) {
        this.context = context;
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
        return extent;
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
    boolean insideLine() {
        return insideLine;
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
        insideLine = open;
    }

    /// A disk that is full may have taken half a line. It is held as a whole instead.
    ///
    /// @return the number of bytes in the file for good
    int takeBack(ByteBuffer text, int done) {
        int whole = LineEnds.last(text, 0, done);
        if (others) { // what is behind it may be another's
            insideLine |= whole < done;
            size += done;
            return done;
        }
        try {
            if (whole < done) {
                AppendFiles.truncate(fd, size + whole);
            }
            insideLine &= whole == 0;
            size += whole;
            return whole;
        } catch (PosixException e) {
            insideLine = true;
            size += done;
            return done;
        }
    }

    /// Somebody's line that has no end gets one before another's begins.
    void endLine() {
        ByteBuffer end = context.linePrefix().text();
        end.put(0, (byte) '\n');
        size += AppendFiles.write(fd, end, 0, 1, size);
        insideLine = false;
    }

    // ---- when a new file is begun

    /// Returns the number of bytes that this file may still take.
    int room() {
        long bound = spec.maxBytes();
        return bound == 0 ? Integer.MAX_VALUE : Math.clamp(bound - size, 0, Integer.MAX_VALUE);
    }

    /// Returns the number of bytes that go into this file; begins a new file if that is none.
    int lengthForFile(ByteBuffer window, int length) {
        int room = room();
        if (length <= room) {
            return length;
        }
        int cut = LineEnds.last(window, 0, Math.min(room, window.capacity()));
        if (cut == 0 && size > 0 && rotate()) {
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
    boolean rotate() {
        if (insideLine || (rotateAgainAt != null && !rotateAgainAt.reached(Clock.now()))) {
            return false;
        }
        String why = renameAside();
        if (why != null) {
            rotateAgainAt = Clock.now().plus(RETRY_ROTATION);
            context.warn(
                    program,
                    "cannot put "
                            + path
                            + " aside and goes on in it: "
                            + why
                            + "; tries again in a minute");
            return false;
        }
        rotateAgainAt = null;
        // compressed, it would miss what is still written
        stillWritten = others ? RotatedFileNames.name(path, lastRotation) : stillWritten;
        others = false;
        reopen();
        createdMillis = lastRotation;
        context.cleanUp(path, spec, stillWritten);
        return true;
    }

    /// Renames the file aside and describes a failure; null if it succeeded.
    private @Nullable String renameAside() {
        try {
            lastRotation = DirectoryCalls.in(path, () -> renamedAside(lastRotation));
            return null;
        } catch (PosixException e) {
            return e.reason();
        }
    }

    private long renamedAside(long last) {
        try (SafePath place = SafePath.toName(path)) {
            long turn = RotatedFileNames.moment(place, Clock.wallMillis(), last);
            Path aside = RotatedFileNames.name(path, turn);
            try {
                DirectoryEntries.rename(place, place.name(), String.valueOf(aside.getFileName()));
            } catch (PosixException e) {
                if (e.errno() != Errno.ENOENT) {
                    throw e;
                } // gone: somebody else did, or a manager before us
            }
            return turn;
        }
    }

    /// Looks whether it is still the file of that name, how long it is, and how old.
    void check() {
        if (table != context.descriptorTable()) {
            fd = -1; // closed with whoever had it
        }
        AppendFiles.Extent now = fd < 0 ? null : AppendFiles.extent(path);
        if (now == null || extent == null || !now.sameFile(extent)) {
            reopen(); // moved away by somebody else, or removed
        } else {
            insideLine &= now.size() > 0;
            size = now.size(); // shorter, if somebody truncated it
        }
        if (spec.maxAge() != null && size > 0 && isOlderThan(spec.maxAge())) {
            rotate();
        }
    }

    private boolean isOlderThan(Duration most) {
        if (createdMillis == UNKNOWN) {
            long created = AppendFiles.createdMillis(fd);
            createdMillis = created < 0 ? Clock.wallMillis() : created;
        }
        long now = Clock.wallMillis();
        createdMillis = Math.min(createdMillis, now); // the clock was set back: it counts from then
        return now - createdMillis >= most.toMillis();
    }

    private void open() {
        table = context.descriptorTable();
        fd = DirectoryCalls.open(path, () -> AppendFiles.open(path, others));
        extent = AppendFiles.extent(fd);
        size = extent.size();
        createdMillis = size == 0 ? Clock.wallMillis() : UNKNOWN;
    }

    private void reopen() {
        close();
        number++;
        insideLine = false;
        open();
        context.replaced(path);
    }

    void close() {
        if (fd >= 0) {
            Descriptors.close(fd);
            fd = -1;
        }
    }
}
