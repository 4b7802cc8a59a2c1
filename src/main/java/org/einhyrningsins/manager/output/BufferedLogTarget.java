// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.output;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.page.PageData;
import org.jspecify.annotations.Nullable;

/// Where lines are brought to by us, and wait in memory, the newest of them, while they cannot be.
/// Used by pipes, and done with when none does and nothing waits.
sealed interface BufferedLogTarget extends LineSink permits ManagedLogFile, JournalStream {
    /// Whose it is first, for messages.
    String program();

    /// Somebody needs it.
    void use();

    /// Somebody needs it no more.
    ///
    /// @return whether it is done with
    boolean leave();

    /// Whether nobody uses it and nothing waits to be written.
    boolean over();

    /// When it is to be told the time; null for never.
    @Nullable Moment retryAt();

    /// The time has come to try again.
    void retry();

    /// What is to be known of it, in words; empty for nothing.
    String note();

    /// What it adds to what others have.
    PageData.Log figures(PageData.@Nullable Log others);

    /// What it takes of our memory, in bytes.
    int heldRoom();

    /// The last try before another manager goes on: what waits in our memory is not handed on, and
    /// that is said.
    void part();

    /// The last try, and the end.
    void close();

    /// How much is lost, in words.
    static String lost(long lines, long bytes) {
        return lines + (lines == 1 ? " line (" : " lines (") + bytes + " bytes)";
    }
}
