// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.posix.Descriptors;
import org.einhyrningsins.posix.Pipes;
import org.einhyrningsins.posix.PosixException;
import org.einhyrningsins.spec.LogsSpec;

import java.nio.file.Path;
import java.util.List;

/// What one worker writes, on its way to a file: our end of the pipe that is its standard output
/// and standard error.
///
/// A line stays in the pipe until it is whole, so lines of several workers do not mix. One that is
/// longer than the pipe can be trusted to hold (64 KiB, see [#longest]) is moved in pieces.
final class LogPipe {
    private final LogKeeper keeper;
    private final String program;
    private final int slot;
    private final int fd;
    private final int longest;
    private List<LogsSpec.Word> prefix;
    private LogFile file;
    private int pid;
    private long firstByte;
    private long firstFile;
    private boolean ended;

    /// How it stands with a pipe after a move.
    enum State {
        /// Nothing is left but, perhaps, the beginning of a line.
        WAITING,
        /// Something was moved, and there may be more.
        MORE,
        /// Nobody can write to it any more, and all of it is moved.
        ENDED
    }

    LogPipe(LogKeeper keeper, String program, int slot, int fd, LogsSpec.Kept spec, LogFile file) {
        this.keeper = keeper;
        this.program = program;
        this.slot = slot;
        this.fd = fd;
        this.prefix = spec.prefix();
        this.file = file;
        this.longest = Math.min(keeper.window().capacity(), Pipes.capacity(fd) / 2);
        firstFile = file.number();
        firstByte = file.size();
    }

    /// Its worker is born.
    void born(int worker) {
        pid = worker;
    }

    String program() {
        return program;
    }

    int slot() {
        return slot;
    }

    int pid() {
        return pid;
    }

    /// Our end; to be carried over when the manager replaces itself.
    int fd() {
        return fd;
    }

    List<LogsSpec.Word> prefix() {
        return prefix;
    }

    /// Where it goes.
    LogFile file() {
        return file;
    }

    Path path() {
        return file.path();
    }

    /// Where in the file the worker's own words begin, at the earliest.
    long since() {
        return file.number() == firstFile ? firstByte : 0;
    }

    void redirect(LogFile other, List<LogsSpec.Word> words) {
        prefix = words;
        if (other != file) {
            file = other;
            firstFile = -1;
        }
    }

    /// Moves so much as the keeper looks at once.
    ///
    /// @param last what is in it now is all there will be, whole lines or not
    State move(boolean last) {
        if (ended) {
            return State.ENDED;
        }
        int seen = Pipes.peek(fd, keeper.glass(), keeper.window().clear());
        if (seen < 0) {
            return State.WAITING;
        }
        if (seen == 0) {
            return State.ENDED;
        }
        int length = endOfLines(seen);
        if (length == 0 && (last || seen >= longest)) {
            length = seen;
        }
        if (length == 0) {
            return State.WAITING;
        }
        file.take(this, length);
        return State.MORE;
    }

    private int endOfLines(int seen) {
        for (int i = seen - 1; i >= 0; i--) {
            if (keeper.window().get(i) == '\n') {
                return i + 1;
            }
        }
        return 0;
    }

    /// Moves all that is there now, as far as a pipe can hold.
    ///
    /// @param last its worker is dead, so a line that is not ended will not be
    void drain(boolean last) {
        try {
            State state = State.MORE;
            for (int left = keeper.mostMoves(); left > 0 && state == State.MORE; left--) {
                state = move(last);
            }
        } catch (PosixException e) {
            keeper.broken(this, e);
        }
    }

    void close() {
        if (!ended) {
            ended = true;
            Descriptors.close(fd);
        }
    }
}
