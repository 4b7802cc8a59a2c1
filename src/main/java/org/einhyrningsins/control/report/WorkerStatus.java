// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

/// Status of one worker.
///
/// @param incarnation number of this worker among all that the slot has had, from 1
/// @param pid 0 if the slot has no process now
/// @param state starting, ready, stopping, …: the core's word
/// @param version the version that it was started with
/// @param ageMillis since it was started, in milliseconds
/// @param restarts number of times that the slot got another worker after a death, or because its
///   worker was unhealthy, too large or too old
/// @param note anything else worth knowing, in words; empty for nothing
/// @param failures of its slot
public record WorkerStatus(
        int slot,
        long incarnation,
        int pid,
        String state,
        VersionStatus version,
        long ageMillis,
        long restarts,
        String note,
        FailureStatus failures) {
    /// Makes the status of a worker whose slot did not fail.
    public WorkerStatus(
            int slot,
            long incarnation,
            int pid,
            String state,
            long generation,
            long ageMillis,
            long restarts,
            String note) {
        this(
                slot,
                incarnation,
                pid,
                state,
                VersionStatus.of(generation),
                ageMillis,
                restarts,
                note,
                FailureStatus.NONE);
    }

    /// Returns the number of its version.
    public long generation() {
        return version.generation();
    }
}
