// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import org.jspecify.annotations.Nullable;

import java.util.List;

/// Scheduling of a child.
///
/// @param oomScoreAdj -1000 to 1000; null for the manager's
/// @param cpus numbers of the processors it may run on; empty for the manager's
/// @param ioPriority as ioprio_set(2) takes it; null for the manager's
public record ChildScheduling(
        @Nullable Integer oomScoreAdj, List<Integer> cpus, @Nullable Integer ioPriority) {
    /// Scheduling as the manager's.
    public static final ChildScheduling INHERITED = new ChildScheduling(null, List.of(), null);

    public ChildScheduling {
        cpus = List.copyOf(cpus);
    }
}
