// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec.manager;

import java.util.List;

/// Who may use the control socket besides root and the manager's own user, who may do everything
/// whatever stands here. Who is in both may do everything.
///
/// @param admin may do everything
/// @param read may only look: nothing of what they may ask changes anything
public record AllowSpec(List<Who> admin, List<Who> read) {
    public AllowSpec {
        admin = List.copyOf(admin);
        read = List.copyOf(read);
    }

    /// Whether it lets anybody in at all.
    public boolean nobody() {
        return admin.isEmpty() && read.isEmpty();
    }

    /// A user, or all who are in a group.
    ///
    /// @param name or number
    public record Who(String name, boolean group) {
        /// As the file writes it: `deploy`, `@ops`.
        @Override
        public String toString() {
            return group ? "@" + name : name;
        }
    }
}
