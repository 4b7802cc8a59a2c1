// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix;

/// What is taken from a child beyond what its user and its limits take.
public record Confinement(Privileges privileges, Scheduling scheduling) {
    /// Nothing is taken.
    public static final Confinement NONE = new Confinement(Privileges.KEPT, Scheduling.INHERITED);
}
