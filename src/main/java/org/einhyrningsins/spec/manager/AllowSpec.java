// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec.manager;

import java.util.List;

/// Users and groups that may use the control socket, besides root and the manager's own user, which
/// always have full control. Those in both lists have full control.
///
/// @param admin full control
/// @param read may only look: no request that they may send changes anything
public record AllowSpec(List<Who> admin, List<Who> read) {
    public AllowSpec {
        admin = List.copyOf(admin);
        read = List.copyOf(read);
    }

    /// True if the lists admit nobody.
    public boolean isEmpty() {
        return admin.isEmpty() && read.isEmpty();
    }

    /// A user, or all who are in a group.
    ///
    /// @param name or number
    public record Who(String name, boolean group) {
        /// Returns the name as the file writes it: `deploy`, `@ops`.
        @Override
        public String toString() {
            return group ? "@" + name : name;
        }
    }
}
