// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import org.einhyrningsins.spec.WorkerId;

/// Status of one worker.
///
/// @param id its slot, and its number among all workers that the slot has had, from 1; 0 if the
///   slot has none now
/// @param pid 0 if the slot has no process now
/// @param state starting, ready, stopping, …: the core's word
/// @param version the version that it was started with
/// @param ageMillis since it was started, in milliseconds
/// @param restarts number of times that the slot got another worker after a death, or because its
///   worker was unhealthy, too large or too old
/// @param note anything else worth knowing, in words; empty for nothing
/// @param failures of its slot
public record WorkerStatus(
        WorkerId id,
        int pid,
        String state,
        VersionStatus version,
        long ageMillis,
        long restarts,
        String note,
        FailureStatus failures) {
    /// Returns the slot that it is in.
    public int slot() {
        return id.slot();
    }

    /// Returns its number in its slot.
    public long incarnation() {
        return id.incarnation();
    }

    /// Returns the number of its version.
    public long generation() {
        return version.generation();
    }
}
