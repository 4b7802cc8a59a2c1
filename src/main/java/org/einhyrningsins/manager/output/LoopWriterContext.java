// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.OutputPipes;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.manager.LogSpec;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.function.IntSupplier;

/// Buffers, helper descriptors and messages of all targets that the loop writes itself. They are
/// shared, since the loop writes to one target at a time.
final class LoopWriterContext implements LogWriterContext {
    private static final int PEEK_BUFFER = 64 * 1024;
    private static final int PREFIX_BUFFER = 256 * 1024;
    private static final int MAX_BACKLOGS = 4 * 1024 * 1024;
    private static final int MIN_BACKLOG = 4 * 1024;

    private final OutputPump.MessageLog messages;
    private final IntSupplier allBacklogs;
    private final int[] teePipe = OutputPipes.teePipe();
    private final int devNull = Descriptors.openNull();
    private final ByteBuffer lines = OffLoopWriterContext.memory(PEEK_BUFFER);
    private final LogRotator logRotator = new LogRotator();
    private final Set<Path> replaced = new HashSet<>(0);
    private @Nullable LinePrefix linePrefix;

    /// @param allBacklogs returns the bytes of memory that the backlogs of all targets take
    LoopWriterContext(OutputPump.MessageLog messages, IntSupplier allBacklogs) {
        this.messages = messages;
        this.allBacklogs = allBacklogs;
    }

    /// Copies the beginning of a pipe to [#lines] and leaves it in the pipe.
    ///
    /// @return the number of bytes; 0 at the end of the pipe, -1 if there is nothing yet
    int peek(int pipe) {
        return OutputPipes.peek(pipe, teePipe, lines.clear());
    }

    /// Returns the content of the pipe that was peeked at; valid until the next peek.
    @Override
    public ByteBuffer lines() {
        return lines;
    }

    @Override
    public void drop(OutputPipe from, int length) {
        OutputPipes.drop(from.fd(), devNull, length);
    }

    @Override
    public boolean splices() {
        return true;
    }

    @Override
    public LinePrefix linePrefix() {
        LinePrefix known = linePrefix;
        if (known == null) {
            known = new LinePrefix(ByteBuffer.allocateDirect(PREFIX_BUFFER));
            linePrefix = known;
        }
        return known;
    }

    /// Returns a buffer to compose text in; valid until the next use of [#linePrefix].
    ByteBuffer composed() {
        return linePrefix().text();
    }

    @Override
    public int maxBacklog(int own) {
        int others = allBacklogs.getAsInt() - own;
        return Math.clamp(MAX_BACKLOGS - others, MIN_BACKLOG, LineBacklog.MAX_BYTES);
    }

    /// Returns 0: the loop's descriptors are those of the manager's process.
    @Override
    public int descriptorTable() {
        return 0;
    }

    @Override
    public void replaced(Path file) {
        replaced.add(file);
    }

    /// Returns the paths at which another file was opened since the previous call.
    Set<Path> takeReplaced() {
        if (replaced.isEmpty()) {
            return Set.of();
        }
        Set<Path> all = Set.copyOf(replaced);
        replaced.clear();
        return all;
    }

    @Override
    public void cleanUp(Path file, LogsSpec.Kept spec, @Nullable Path stillWritten) {
        logRotator.cleanUp(file, spec, stillWritten);
        String complaint = logRotator.complaint();
        if (complaint != null) {
            warn("", complaint);
        }
    }

    @Override
    public void warn(String program, String message) {
        messages.log(LogSpec.Level.WARN, program, message);
    }

    @Override
    public void error(String program, String message) {
        messages.log(LogSpec.Level.ERROR, program, message);
    }
}
