// SPDX-License-Identifier: GPL-3.0-or-later
/// Output of workers, and its destinations: files that the manager rotates, its own stdout, the
/// journal.
///
/// A line's way: worker, its pipe, [OutputPipe] (our end), [OutputPump] (which pipe is read when),
/// a target: [LogFile], [JournalStream], or [PassThroughTarget]. [LogTargets] is the table of the
/// files and journal streams that are open; [LoopWriterContext] has the buffers that they share.
/// [RotatingFile] begins a new file at a size or an age; [LogRotator] compresses and removes the
/// older ones. [LinePrefix] puts time and worker before lines; [AckLineMatcher] looks for the line
/// by which a worker acks. What cannot be written waits in a bounded [LineBacklog], the newest
/// lines of it.
///
/// A file that other users can lock is an [OffLoopLogFile]: its [LogFile] is written by a
/// [LogWriterThread], one task at a time, with an [OffLoopWriterContext].
@NullMarked
package org.einhyrningsins.manager.output;

import org.jspecify.annotations.NullMarked;
