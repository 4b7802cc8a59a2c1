// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.spec.LogsSpec;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.file.Path;

/// Context of a [LogFile]: memory, and the receiver of its messages. Belongs to the thread that
/// writes.
interface LogWriterContext {
    /// Returns the lines to be written; valid until the next ones.
    ByteBuffer lines();

    /// Returns the buffer in which prefixes are put before lines.
    LinePrefix linePrefix();

    /// True if lines are moved from pipes to the file by the kernel; else they are written.
    boolean splices();

    /// Removes the beginning of a pipe, which is written or in the backlog.
    void drop(OutputPipe from, int length);

    /// Returns the maximum memory of one target's backlog, in bytes.
    ///
    /// @param own the bytes it takes now
    int maxBacklog(int own);

    /// Returns the number of the process whose descriptors are used; those of an earlier number are
    /// not open any more.
    int descriptorTable();

    /// Records that another file was opened at this path: it may be in the reach of others.
    void replaced(Path file);

    /// Queues the removal of rotated files that are too old, and the compression of others.
    void cleanUp(Path file, LogsSpec.Kept spec, @Nullable Path stillWritten);

    void warn(String program, String message);

    void error(String program, String message);
}
