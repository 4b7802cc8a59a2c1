// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import org.einhyrningsins.posix.kernel.Privileges;
import org.jspecify.annotations.Nullable;

/// What is taken from a child beyond what its user and its limits take.
///
/// @param ruleset a descriptor of what it may reach, see [Landlock], which takes
///   [Privileges#noNewPrivs]; -1 for all
/// @param gate what it waits at before it touches any file; null for nothing
public record Confinement(
        Privileges privileges, Scheduling scheduling, int ruleset, @Nullable Gate gate) {
    /// Nothing is taken.
    public static final Confinement NONE =
            new Confinement(Privileges.KEPT, Scheduling.INHERITED, -1);

    /// Without a gate.
    public Confinement(Privileges privileges, Scheduling scheduling, int ruleset) {
        this(privileges, scheduling, ruleset, null);
    }

    /// The same with a ruleset, or without.
    public Confinement within(int other) {
        return other == ruleset ? this : new Confinement(privileges, scheduling, other, gate);
    }

    /// The same behind a gate.
    Confinement behind(Gate other) {
        return new Confinement(privileges, scheduling, ruleset, other);
    }
}
