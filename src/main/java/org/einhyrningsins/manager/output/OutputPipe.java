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
/// longer than the pipe can be trusted to hold (64 KiB, see [#longest]) is moved in pieces.
public final class OutputPipe {
    private final OutputPump keeper;
    private final PipeWriter writer;
    private final int fd;
    private final int longest;
    private List<LogsSpec.Word> prefix;
    private LineSink sink;
    private @Nullable AckLineMatcher ear;
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
            OutputPump keeper,
            String program,
            int slot,
            int fd,
            List<LogsSpec.Word> prefix,
            LineSink sink) {
        this.keeper = keeper;
        this.writer = new PipeWriter(program, slot);
        this.fd = fd;
        this.prefix = prefix;
        this.sink = sink;
        this.longest = Math.min(keeper.window().capacity(), OutputPipes.capacity(fd) / 2);
        if (sink instanceof ManagedLogFile file) {
            firstFile = file.number();
            firstByte = file.size();
        }
    }

    /// Sets a listener that sees what is written from now on, before it goes on.
    public void listen(AckLineMatcher listener) {
        ear = listener;
    }

    /// Sets its worker, which has been spawned.
    public void born(int worker) {
        writer.born(worker);
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
    public long since() {
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

    /// Moves so much as the keeper looks at once.
    ///
    /// @param last true if no more will come, whole lines or not
    State move(boolean last) {
        if (ended) {
            return State.ENDED;
        }
        if (waits) {
            return State.WAITING;
        }
        int seen = OutputPipes.peek(fd, keeper.glass(), keeper.window().clear());
        if (seen < 0) {
            return State.WAITING;
        }
        if (seen == 0) {
            return State.ENDED;
        }
        int length = LineEnds.last(keeper.window(), 0, seen);
        if (length == 0 && (last || abandoned || seen >= longest)) {
            length = seen;
        }
        if (length == 0) {
            abandoned = false;
            return State.WAITING;
        }
        int heard = heard(length);
        if (heard > 0 && !took(heard)) {
            return State.STUCK;
        }
        return waits ? State.WAITING : State.MORE;
    }

    private boolean took(int length) {
        boolean took = sink.take(this, length);
        tries = took ? 0 : tries + 1;
        return took;
    }

    boolean waits() {
        return waits;
    }

    void setWaits(boolean now) {
        waits = now;
    }

    /// Returns the number of tries in a row at which its sink took nothing.
    int tries() {
        return tries;
    }

    /// The worker's ack is noted before its line leaves the pipe, so that whoever is killed
    /// meanwhile has missed nothing.
    ///
    /// @return as much may go on; 0 to look again, since others may have looked through the same
    ///   window meanwhile
    private int heard(int length) {
        AckLineMatcher listening = ear;
        if (listening == null || !listening.wanted()) {
            ear = null;
            return length;
        }
        int heard = listening.hear(keeper.window(), length);
        if (!listening.found()) {
            return heard;
        }
        ear = null;
        listening.tell();
        return 0;
    }

    /// Moves all that is there now, as far as a pipe can hold.
    ///
    /// @param last its worker is dead, so a line that is not ended will not be
    public void drain(boolean last) {
        try {
            State state = State.MORE;
            for (int left = keeper.mostMoves(); left > 0 && state == State.MORE; left--) {
                state = move(last);
                if (waits && keeper.awaits(this)) {
                    state = State.MORE;
                }
            }
            abandoned |= waits && last;
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
