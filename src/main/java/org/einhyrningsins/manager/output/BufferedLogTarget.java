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
    void use();

    /// Removes a user.
    ///
    /// @return true if no user is left and nothing waits
    boolean leave();

    /// True if no pipe uses it and nothing waits to be written.
    boolean over();

    /// Returns the time of its next call; null for none.
    @Nullable Moment retryAt();

    /// The time has come to try again.
    void retry();

    /// Describes its problems; empty for none.
    String note();

    /// Returns the sum of its counters and the others'.
    PageData.Log figures(PageData.@Nullable Log others);

    /// Returns the bytes of memory that it takes.
    int heldRoom();

    /// The last try before another manager goes on: what waits in our memory is not handed on, and
    /// that is said.
    void part();

    /// The last try, and the end.
    void close();

    /// Describes lost lines.
    static String lost(long lines, long bytes) {
        return lines + (lines == 1 ? " line (" : " lines (") + bytes + " bytes)";
    }
}
