// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

import java.util.List;

/// Credentials that a worker runs with.
///
/// @param groups all supplementary groups; the others are dropped
public record Credentials(int uid, int gid, List<Integer> groups) {
    public Credentials {
        groups = List.copyOf(groups);
    }

    /// The effective user of this process.
    public static int effectiveUser() {
        return (int) SystemCalls.call(Syscall.GETEUID, 0);
    }
}
