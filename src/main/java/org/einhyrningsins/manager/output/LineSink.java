// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

/// Destination of the lines of pipes.
sealed interface LineSink permits BufferedLogTarget, PassThroughTarget {
    /// Takes lines from the beginning of a pipe, which [LoopWriterContext#lines] shows. What was
    /// taken is in the pipe no more.
    ///
    /// @param length of the lines; perhaps not all of it is taken
    /// @return false if nothing can be taken now
    boolean take(OutputPipe from, int length);
}
