// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import org.einhyrningsins.posix.kernel.ChildPrivileges;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.einhyrningsins.spec.process.Capability;

import java.util.List;

/// The steps of a child that take from it what it does not need, see [ChildConfinement]. Who is not
/// confined has none of them.
///
/// What takes a right comes before the user changes, since that takes the right: the bounding set
/// (CAP_SETPCAP), and a keyring of root's, who has a larger quota of them (keyrings(7)) than a user
/// with many workers. What the change would undo comes after it: the sets of capabilities.
final class ConfinementSteps {
    private static final int PR_SET_KEEPCAPS = 8;
    private static final int PR_CAPBSET_DROP = 24;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int PR_CAP_AMBIENT = 47;
    private static final int PR_CAP_AMBIENT_RAISE = 2;
    private static final int KEYCTL_GET_KEYRING_ID = 0;
    private static final int KEYCTL_JOIN_SESSION_KEYRING = 1;
    private static final int KEY_SPEC_SESSION_KEYRING = -3;
    private static final int VERSION_3 = 0x20080522; // _LINUX_CAPABILITY_VERSION_3
    private static final String KEYRING = "keyctl JOIN_SESSION_KEYRING";
    private static final String SETS = "capset";
    private static final String RESTRICT = "landlock_restrict_self";

    private static final class Keyrings {
        /// True if the kernel has keyrings, and no seccomp filter (of a container) forbids them:
        /// else a child can reach none either.
        static final boolean USABLE = usable();

        private static boolean usable() {
            long asked =
                    SystemCalls.call(
                            Syscall.KEYCTL, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
            return !SystemCalls.is(asked, Errno.ENOSYS) && !SystemCalls.is(asked, Errno.EPERM);
        }
    }

    private ConfinementSteps() {}

    /// The most steps that it takes.
    static int maxSteps(ChildConfinement childConfinement) {
        return childConfinement.equals(ChildConfinement.NONE) ? 0 : 2 * Long.SIZE + 8;
    }

    /// Adds the steps before the change of user.
    static void beforeUser(ChildProgram list, SpawnRequest order) {
        SchedulingSteps.add(list, order.confinement().scheduling());
        ChildPrivileges childPrivileges = order.confinement().privileges();
        if (childPrivileges.ownKeyring() && Keyrings.USABLE) {
            list.add(KEYRING, "", Syscall.KEYCTL, KEYCTL_JOIN_SESSION_KEYRING, 0);
        }
        if (childPrivileges.bounds() && OwnCapabilities.current().has(Capability.SETPCAP)) {
            bound(list, childPrivileges.capabilities());
        }
        boolean keeps =
                childPrivileges.capabilities() > 0 && order.identity().credentials() != null;
        if (keeps) { // until execve
            prctl(list, "PR_SET_KEEPCAPS", PR_SET_KEEPCAPS, 1, 0);
        }
    }

    private static void prctl(ChildProgram list, String name, int option, int first, int second) {
        list.add("prctl", name, Syscall.PRCTL, option, first, second, 0);
    }

    private static void bound(ChildProgram list, long capabilities) {
        long rest = OwnCapabilities.current().bounding() & ~capabilities;
        for (; rest != 0; rest &= rest - 1) {
            prctl(list, "PR_CAPBSET_DROP", PR_CAPBSET_DROP, Long.numberOfTrailingZeros(rest), 0);
        }
    }

    /// Adds the steps after the change of user.
    static void afterUser(ChildProgram list, SpawnRequest order) {
        ChildPrivileges childPrivileges = order.confinement().privileges();
        if (childPrivileges.capabilities() != ChildPrivileges.UNTOUCHED) {
            sets(list, childPrivileges.capabilities());
        }
        if (childPrivileges.noNewPrivs()) {
            prctl(list, "PR_SET_NO_NEW_PRIVS", PR_SET_NO_NEW_PRIVS, 1, 0);
        }
        if (order.confinement().ruleset() >= 0) {
            int ruleset = order.descriptors().size(); // where the descriptors left it
            list.add(RESTRICT, "", Syscall.LANDLOCK_RESTRICT_SELF, ruleset, 0);
        }
    }

    /// Sets capabilities: the inheritable set takes the ambient ones along; then those wanted
    /// become ambient.
    private static void sets(ChildProgram list, long capabilities) {
        int low = (int) capabilities;
        int high = (int) (capabilities >>> Integer.SIZE);
        long header = list.ints(List.of(VERSION_3, 0));
        long data = list.ints(List.of(low, low, low, high, high, high));
        list.add(SETS, "", Syscall.CAPSET, header, data);
        for (long rest = capabilities; rest != 0; rest &= rest - 1) {
            int number = Long.numberOfTrailingZeros(rest);
            prctl(list, "PR_CAP_AMBIENT_RAISE", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number);
        }
    }

    /// Explains EPERM at one of these steps; empty for others.
    static String whyRefused(String step) {
        return step.startsWith(SETS)
                ? "; a worker can have only what the manager has itself: see CapPrm in its"
                        + " /proc/PID/status, and the program's capabilities"
                : SchedulingSteps.whyRefused(step);
    }

    /// Explains EDQUOT at one of these steps; empty for others.
    static String whyFull(String step) {
        return step.startsWith(KEYRING)
                ? "; the manager's user may have no more keyrings: raise kernel.keys.maxkeys"
                : "";
    }
}
