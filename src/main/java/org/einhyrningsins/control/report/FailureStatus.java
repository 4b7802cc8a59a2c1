// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import org.jspecify.annotations.Nullable;

/// The failures of a slot, or of a program: of all its slots the latest exit, the earliest next
/// try, the longest row.
///
/// @param lastExit the end of the worker before the one there is; null if there was none
/// @param inARow number of failures since the last worker that stayed up
/// @param since time of the first crash in the row, as RFC 3339 has it; empty if there is none
/// @param nextTryAt time when an empty slot is filled again, as RFC 3339 has it; empty if none
///   waits
public record FailureStatus(
        @Nullable LastExit lastExit, int inARow, String since, String nextTryAt) {
    public static final FailureStatus NONE = new FailureStatus(null, 0, "", "");
}
