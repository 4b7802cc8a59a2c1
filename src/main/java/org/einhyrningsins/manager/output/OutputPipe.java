// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.manager.runtime.LineEnds;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.OutputPipes;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.socket.Sockets;
import org.einhyrningsins.spec.LogsSpec;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// Pipe from one worker to a file or elsewhere: the manager's end of its standard output, its
/// standard error, or both.
///
/// A line stays in the pipe until it is whole, so lines of several workers do not mix. One that is
/// longer than the pipe can be trusted to hold (64 KiB, see [#maxLine]) is moved in pieces.
public final class OutputPipe {
    private final OutputPump pump;
    private final LoopWriterContext context;
    private final PipeWriter writer;
    private final int fd;
    private final int maxLine;
    private List<LogsSpec.Word> prefix;
    private LineSink sink;
    private @Nullable AckLineMatcher ackMatcher;
    private int tries;
    private long firstByte;
    private long inode;
    private long firstFile;
    private boolean ended;

    /// True if its sink is busy with something else, or with its content.
    private boolean waits;

    /// True if its worker was dead when it was last emptied, and something was left.
    private boolean abandoned;

    /// State of a pipe after a move.
    enum State {
        /// Empty, except perhaps the beginning of a line.
        WAITING,
        /// Bytes were moved, and there may be more.
        MORE,
        /// The sink takes nothing now.
        STUCK,
        /// No process can write to it any more, and all of it is moved.
        ENDED
    }

    OutputPipe(
            OutputPump pump,
            String program,
            int slot,
            int fd,
            List<LogsSpec.Word> prefix,
            LineSink sink) {
        this.pump = pump;
        this.context = pump.targets().context();
        this.writer = new PipeWriter(program, slot);
        this.fd = fd;
        this.prefix = prefix;
        this.sink = sink;
        this.maxLine = Math.min(context.lines().capacity(), OutputPipes.capacity(fd) / 2);
        if (sink instanceof ManagedLogFile file) {
            firstFile = file.number();
            firstByte = file.size();
        }
    }

    /// Sets a matcher that sees what is written from now on, before it is moved.
    public void watchForAck(AckLineMatcher matcher) {
        ackMatcher = matcher;
    }

    /// Sets its worker, which has been spawned.
    public void spawned(int worker) {
        writer.spawned(worker);
    }

    String program() {
        return writer.program();
    }

    int slot() {
        return writer.slot();
    }

    int pid() {
        return writer.pid();
    }

    /// Returns its worker with its user, to write in its name; null if unknown.
    @Nullable PeerCredentials writer() {
        return writer.credentials();
    }

    /// Returns the reading end, which is carried over in a re-exec.
    public int fd() {
        return fd;
    }

    /// Returns the inode number of the pipe: the same at both ends.
    public long inode() {
        inode = inode == 0 ? Sockets.inode(fd) : inode;
        return inode;
    }

    /// True if no process is left that could write to it.
    public boolean ended() {
        return ended;
    }

    List<LogsSpec.Word> prefix() {
        return prefix;
    }

    /// Returns its sink.
    LineSink sink() {
        return sink;
    }

    /// The file that it goes to; null if we keep none for it.
    public @Nullable ManagedLogFile file() {
        return sink instanceof ManagedLogFile file ? file : null;
    }

    /// Returns the earliest offset in that file at which the worker's own output begins.
    public long startOffset() {
        ManagedLogFile file = file();
        return file != null && file.number() == firstFile ? firstByte : 0;
    }

    void redirect(ManagedLogFile other, List<LogsSpec.Word> words) {
        prefix = words;
        if (other != sink) {
            sink = other;
            firstFile = -1;
        }
    }

    /// Moves as much as one peek shows.
    ///
    /// @param last true if no more will come, whole lines or not
    State move(boolean last) {
        if (ended) {
            return State.ENDED;
        }
        if (waits) {
            return State.WAITING;
        }
        int peeked = context.peek(fd);
        if (peeked < 0) {
            return State.WAITING;
        }
        if (peeked == 0) {
            return State.ENDED;
        }
        int length = LineEnds.last(context.lines(), 0, peeked);
        if (length == 0 && (last || abandoned || peeked >= maxLine)) {
            length = peeked;
        }
        if (length == 0) {
            abandoned = false;
            return State.WAITING;
        }
        int checked = checked(length);
        if (checked > 0 && !moved(checked)) {
            return State.STUCK;
        }
        return waits ? State.WAITING : State.MORE;
    }

    private boolean moved(int length) {
        boolean taken = sink.take(this, length);
        tries = taken ? 0 : tries + 1;
        return taken;
    }

    /// True if a thread writes to its target now.
    boolean targetIsBusy() {
        return waits && sink instanceof OffLoopLogFile file && file.isBusy();
    }

    /// Waits a little for its target.
    ///
    /// @return whether the pipe may go on
    private boolean awaitTarget() {
        return sink instanceof OffLoopLogFile file && file.await() && !waits;
    }

    void setWaits(boolean now) {
        waits = now;
    }

    /// Returns the number of tries in a row at which its sink taken nothing.
    int tries() {
        return tries;
    }

    /// The worker's ack is noted before its line leaves the pipe, so that whoever is killed
    /// meanwhile has missed nothing.
    ///
    /// @return as much may go on; 0 to look again, since the buffer may hold another pipe's content
    ///   by then
    private int checked(int length) {
        AckLineMatcher matcher = ackMatcher;
        if (matcher == null || !matcher.wanted()) {
            ackMatcher = null;
            return length;
        }
        int checked = matcher.search(context.lines(), length);
        if (!matcher.found()) {
            return checked;
        }
        ackMatcher = null;
        matcher.ack();
        return 0;
    }

    /// Moves all that is there now, as far as a pipe can hold.
    ///
    /// @param last its worker is dead, so a line that is not ended will not be
    public void drain(boolean last) {
        try {
            State state = State.MORE;
            for (int left = OutputPump.MAX_MOVES; left > 0 && state == State.MORE; left--) {
                state = move(last);
                if (waits && awaitTarget()) {
                    state = State.MORE;
                }
            }
            abandoned |= waits && last;
        } catch (PosixException e) {
            pump.readFailed(this, e);
        }
    }

    void close() {
        if (!ended) {
            ended = true;
            Descriptors.close(fd);
        }
    }
}
