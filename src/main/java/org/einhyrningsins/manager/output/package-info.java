// SPDX-License-Identifier: GPL-3.0-or-later
/// Output of workers, and its destinations: files that the manager rotates, its own stdout, the
/// journal.
///
/// A line's way: worker, its pipe, [OutputPipe] (our end), [OutputPump] (which pipe is read when),
/// a target: [LogFile], [JournalStream], or [PassThroughTarget]. [LogFile] begins a new file at a
/// size or an age; [LogRotator] renames aside, compresses and removes. [LinePrefix] puts time and
/// worker before lines; [AckLineMatcher] looks for the line by which a worker acks. What cannot be
/// written waits in a bounded [LineBacklog], the newest lines of it.
@NullMarked
package org.einhyrningsins.manager.output;

import org.jspecify.annotations.NullMarked;
