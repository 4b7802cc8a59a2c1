// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import org.jspecify.annotations.Nullable;

/// The failures of a slot, or of a program: of all its slots the latest exit, the earliest next
/// try, the longest row.
///
/// @param lastExit the end of the worker before the one there is; null if there was none
/// @param inARow how many failed since the last that stayed up
/// @param since when the first of a row of crashes ended, as RFC 3339 has it; empty if there is
///   none
/// @param nextTryAt when an empty slot is filled again, as RFC 3339 has it; empty if none waits
public record FailureStatus(
        @Nullable LastExit lastExit, int inARow, String since, String nextTryAt) {
    public static final FailureStatus NONE = new FailureStatus(null, 0, "", "");
}
