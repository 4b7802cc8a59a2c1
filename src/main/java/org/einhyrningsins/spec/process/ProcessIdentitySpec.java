// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec.process;

import org.jspecify.annotations.Nullable;

import java.util.Map;

/// User, groups and limits that a worker runs with. Null means the same as the manager.
///
/// @param user a user name known to the system, or a number as text
/// @param group a group name or number; null with a user means the user's own groups
/// @param umask 0 to 0777
/// @param nice -20 to 19
/// @param limits resource limits to set; the others are those the manager was started with
/// @param confinement privileges and resources beyond the rights of its user
public record ProcessIdentitySpec(
        @Nullable String user,
        @Nullable String group,
        @Nullable Integer umask,
        @Nullable Integer nice,
        Map<Resource, Limit> limits,
        ConfinementSpec confinement) {
    /// Identity of the manager itself.
    public static final ProcessIdentitySpec INHERITED =
            new ProcessIdentitySpec(null, null, null, null, Map.of(), ConfinementSpec.NONE);

    public ProcessIdentitySpec {
        limits = Map.copyOf(limits);
    }

    /// A soft and a hard limit, in the unit of its resource (bytes, seconds or a count).
    public record Limit(long soft, long hard) {
        /// No limit at all (RLIM_INFINITY).
        public static final long UNLIMITED = -1;
    }

    /// The resources of setrlimit(2); the numbers are those of Linux on x86-64 and aarch64.
    public enum Resource {
        CPU(0),
        FSIZE(1),
        DATA(2),
        STACK(3),
        CORE(4),
        RSS(5),
        NPROC(6),
        NOFILE(7),
        MEMLOCK(8),
        AS(9),
        LOCKS(10),
        SIGPENDING(11),
        MSGQUEUE(12),
        NICE(13),
        RTPRIO(14),
        RTTIME(15);

        private final int number;

        Resource(int number) {
            this.number = number;
        }

        /// The kernel's number for it.
        public int number() {
            return number;
        }
    }
}
