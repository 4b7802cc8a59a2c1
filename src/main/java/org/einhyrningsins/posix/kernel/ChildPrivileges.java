// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

/// What a child keeps of the manager's rights. A set of capabilities has the bits of
/// proc_pid_status(5).
///
/// @param noNewPrivs whether nothing it executes can have more than it has (PR_SET_NO_NEW_PRIVS)
/// @param capabilities what it has, also as another user: permitted, effective, inheritable and
///   ambient; [#UNTOUCHED] for what the kernel makes of the manager's
/// @param bounds whether its bounding set is no more than that either, if the manager may do it
/// @param ownKeyring whether it has a session keyring of its own, and not the manager's
public record ChildPrivileges(
        boolean noNewPrivs, long capabilities, boolean bounds, boolean ownKeyring) {
    /// All that the kernel leaves it.
    public static final long UNTOUCHED = -1;

    /// Nothing is taken.
    public static final ChildPrivileges KEPT = new ChildPrivileges(false, UNTOUCHED, false, false);
}
