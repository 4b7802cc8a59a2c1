// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.page.PageData;
import org.jspecify.annotations.Nullable;

/// Log target that the manager writes, with a backlog of the newest lines in memory while it
/// cannot. Used by pipes; over when none uses it and nothing waits.
sealed interface BufferedLogTarget extends LineSink permits ManagedLogFile, JournalStream {
    /// Returns the program that it belongs to first, for messages.
    String program();

    /// Adds a user.
    void acquire();

    /// Removes a user.
    ///
    /// @return true if no user is left and nothing waits
    boolean release();

    /// True if no pipe uses it and nothing waits to be written.
    boolean isUnused();

    /// Returns the time of its next call; null for none.
    @Nullable Moment retryAt();

    /// Tries again to write the backlog.
    void retry();

    /// Describes its problems; empty for none.
    String problem();

    /// Returns the sum of its counters and the others'.
    PageData.Log counters(PageData.@Nullable Log others);

    /// Returns the bytes of memory that it takes.
    int backlogMemory();

    /// Tries a last time before another manager goes on: the backlog is not handed over, and what
    /// is lost is logged.
    void prepareHandover();

    /// Tries a last time, and closes it.
    void close();

    /// Describes lost lines.
    static String lost(long lines, long bytes) {
        return lines + (lines == 1 ? " line (" : " lines (") + bytes + " bytes)";
    }
}
