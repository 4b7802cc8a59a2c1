// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import java.util.List;
import java.util.Map;

/// Head line of a status: where the manager runs, since when, and whether its file has changed.
///
/// @param host name of the machine; empty if nobody knows
/// @param startedAt time of the manager's start, as RFC 3339 has it
/// @param fileChanged true if the file, or one that it includes, is not as it was when what runs
///   was read from it
/// @param groups names of programs, by the name of the group
public record ManagerHead(
        String host, String startedAt, boolean fileChanged, Map<String, List<String>> groups) {
    /// A head of which nothing is known.
    public static final ManagerHead NONE = new ManagerHead("", "", false, Map.of());
}
