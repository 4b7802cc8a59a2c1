// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import org.einhyrningsins.posix.kernel.ChildPrivileges;
import org.jspecify.annotations.Nullable;

/// Restrictions of a child, beyond those of its user and its limits.
///
/// @param ruleset descriptor of a Landlock ruleset, see [Landlock], which needs
///   [ChildPrivileges#noNewPrivs]; -1 for none
/// @param gate gate at which it waits before it touches any file; null for none
public record ChildConfinement(
        ChildPrivileges privileges,
        ChildScheduling scheduling,
        int ruleset,
        @Nullable ChildGate gate) {
    /// No restrictions.
    public static final ChildConfinement NONE =
            new ChildConfinement(ChildPrivileges.KEPT, ChildScheduling.INHERITED, -1);

    /// Makes a confinement without a gate.
    public ChildConfinement(ChildPrivileges privileges, ChildScheduling scheduling, int ruleset) {
        this(privileges, scheduling, ruleset, null);
    }

    /// The same with a ruleset, or without.
    public ChildConfinement withRuleset(int other) {
        return other == ruleset ? this : new ChildConfinement(privileges, scheduling, other, gate);
    }

    /// The same behind a gate.
    ChildConfinement withGate(ChildGate other) {
        return new ChildConfinement(privileges, scheduling, ruleset, other);
    }
}
