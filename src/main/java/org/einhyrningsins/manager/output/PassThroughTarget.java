// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.manager.runtime.LineEnds;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.PosixException;

import java.nio.ByteBuffer;

/// A descriptor that lines are passed on to as they are: our standard output or error, a stream of
/// the journal, or nothing. Who is slow to read there makes the worker wait, as if it wrote there
/// itself; we do not wait. Lines of several workers do not mix, up to 4,096 bytes (pipe(7)).
///
/// The descriptor may be shared with whoever started us, so it is not made non-blocking: it is
/// asked for room, and given no more at a time than a pipe with room surely takes.
final class PassThroughTarget implements LineSink {
    private static final int AT_ONCE = 4096;

    private final LoopWriterContext context;
    private final OutputPump.Stream to;
    private boolean complained;

    PassThroughTarget(LoopWriterContext context, OutputPump.Stream to) {
        this.context = context;
        this.to = to;
    }

    @Override
    public boolean take(OutputPipe from, int length) {
        int done = 0;
        while (done < length) {
            int count = pass(from, done, piece(context.lines(), done, length));
            if (count == 0) {
                break;
            }
            done += count;
        }
        return done > 0;
    }

    /// First written, then taken out of the pipe: whoever is killed meanwhile has lost nothing.
    private int pass(OutputPipe from, int at, int length) {
        int count = write(from, context.lines().duplicate().limit(at + length).position(at));
        context.drop(from, count);
        return count;
    }

    /// @return the number of bytes done with
    private int write(OutputPipe from, ByteBuffer text) {
        try {
            boolean room = Descriptors.writable(to.fd(), 0);
            return room ? Math.max(0, Descriptors.write(to.fd(), text)) : 0;
        } catch (PosixException noReader) { // nobody will ever read it, or the disk is full
            if (!complained) {
                complained = true;
                String what = "its output is lost, nobody takes it: ";
                context.error(from.program(), what + noReader.getMessage());
            }
            return text.remaining();
        }
    }

    /// Returns the length of as many whole lines as go at once, or of a piece of a longer one.
    private static int piece(ByteBuffer text, int from, int to) {
        int most = Math.min(to, from + AT_ONCE);
        int end = LineEnds.last(text, from, most);
        return (end > from ? end : most) - from;
    }

    void close() {
        to.release();
    }
}
