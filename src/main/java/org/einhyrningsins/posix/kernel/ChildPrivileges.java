// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

/// Privileges of a child. A set of capabilities has the bits of proc_pid_status(5).
///
/// @param noNewPrivs true if nothing that it executes can have more than it has
///   (PR_SET_NO_NEW_PRIVS)
/// @param capabilities its capabilities, also as another user: permitted, effective, inheritable
///   and ambient; [#UNTOUCHED] for what the kernel makes of the manager's
/// @param bounds true if its bounding set is limited to them too, if the manager may do that
/// @param ownKeyring true if it has a session keyring of its own, and not the manager's
public record ChildPrivileges(
        boolean noNewPrivs, long capabilities, boolean bounds, boolean ownKeyring) {
    /// Capabilities as the kernel leaves them.
    public static final long UNTOUCHED = -1;

    /// Privileges unchanged.
    public static final ChildPrivileges KEPT = new ChildPrivileges(false, UNTOUCHED, false, false);
}
