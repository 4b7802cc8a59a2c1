// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// Properties of a child to be spawned.
///
/// @param descriptors those that become 0, 1, 2, 3 …, -1 for a number that stays free; the child
///   has no others
/// @param confinement restrictions beyond those of its identity
/// @param orphaned signal that the kernel sends it when the thread that spawned it ends; null for
///   none
/// @param record descriptor of an empty file into which a monitor writes how it ended, see
///   [MonitorRecord]: the child's pid is the monitor's then, and its signals are for its group; -1
///   for no monitor
public record SpawnRequest(
        ChildCommand command,
        List<Integer> descriptors,
        ChildIdentity identity,
        ChildConfinement confinement,
        @Nullable Signal orphaned,
        int record) {

    /// Requests a child with the manager's own identity and no restrictions.
    public SpawnRequest(ChildCommand command, List<Integer> descriptors) {
        this(command, descriptors, ChildIdentity.INHERITED, ChildConfinement.NONE, null, -1);
    }

    /// The same for a child whose end a monitor writes into a file.
    public SpawnRequest recordedIn(int file) {
        return new SpawnRequest(command, descriptors, identity, confinement, orphaned, file);
    }

    /// True if a monitor waits for its end.
    boolean monitored() {
        return record >= 0;
    }

    /// The same for a child that restricts itself by a ruleset of [Landlock]; below 0, by none.
    public SpawnRequest withRuleset(int ruleset) {
        return confinement.ruleset() == ruleset
                ? this
                : withConfinement(confinement.withRuleset(ruleset));
    }

    /// The same for a child that waits at a gate; null for none.
    public SpawnRequest withGate(@Nullable ChildGate childGate) {
        return childGate == null ? this : withConfinement(confinement.withGate(childGate));
    }

    private SpawnRequest withConfinement(ChildConfinement other) {
        return new SpawnRequest(command, descriptors, identity, other, orphaned, record);
    }
}
