// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;

/// Advice for when a control group or a limit of one cannot be had; each begins with "; ".
final class CgroupAdvice {
    static final String NO_GROUPS =
            "; the manager may make no control groups here, which limits take: Delegate=yes and"
                    + " DelegateSubgroup= in its unit, or leave cgroup out";
    private static final String NO_SUBGROUP =
            "; the manager is itself in the group that is to be divided: DelegateSubgroup=manager"
                    + " in its unit (systemd 254), or leave cgroup out";
    private static final String NO_CONTROLLER =
            "; the kernel or whoever started the manager does not give it: see cgroup.controllers";

    private static final String NO_WEIGHT =
            "; the kernel weighs no disk accesses: it has neither io.weight (blk-iocost) nor"
                    + " io.bfq.weight (the scheduler bfq); leave io-weight out";

    private CgroupAdvice() {}

    /// Advice for an error of a limit.
    static String of(PosixException e) {
        boolean weight = e.errno() == Errno.ENOENT && e.call().startsWith("io.");
        return e.errno() == Errno.EBUSY ? NO_SUBGROUP : weight ? NO_WEIGHT : NO_CONTROLLER;
    }
}
