// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix;

/// What is taken from a child beyond what its user and its limits take.
///
/// @param ruleset a descriptor of what it may reach, see [Landlock], which takes
///   [Privileges#noNewPrivs]; -1 for all
public record Confinement(Privileges privileges, Scheduling scheduling, int ruleset) {
    /// Nothing is taken.
    public static final Confinement NONE =
            new Confinement(Privileges.KEPT, Scheduling.INHERITED, -1);

    /// The same with a ruleset, or without.
    public Confinement within(int other) {
        return other == ruleset ? this : new Confinement(privileges, scheduling, other);
    }
}
