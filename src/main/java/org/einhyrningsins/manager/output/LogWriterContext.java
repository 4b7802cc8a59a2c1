// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.spec.LogsSpec;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.file.Path;

/// Context of a [LogFile]: memory, and the receiver of its messages. Belongs to the thread that
/// writes.
interface LogWriterContext {
    /// The lines that are to be written; good until the next ones.
    ByteBuffer window();

    LinePrefix dress();

    /// True if lines are moved from pipes to the file by the kernel; else they are written.
    boolean moves();

    /// The beginning of a pipe is written, or held: it is taken out and forgotten.
    void drop(OutputPipe from, int length);

    /// Returns the maximum memory of one target's backlog, in bytes.
    ///
    /// @param own the bytes it takes now
    int mayHold(int own);

    /// Counts who has the descriptors: those of one before are not open any more.
    int holder();

    /// Another file has that name now: others may have a hand in it.
    void reopened(Path file);

    /// Queues the removal of rotated files that are too old, and the compression of others.
    void tidy(Path file, LogsSpec.Kept spec, @Nullable Path spared);

    void warn(String program, String message);

    void error(String program, String message);
}
