// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

/// Counts of the workers that a rollout is to replace.
///
/// @param before their number when it began
/// @param up true if any of the version that served was up then
/// @param replaced number that was told to stop for a new one
/// @param killed number of those that did not end in time and were killed
public record OldWorkerCounts(int before, boolean up, int replaced, int killed) {
    public static final OldWorkerCounts NONE = new OldWorkerCounts(0, false, 0, 0);

    public OldWorkerCounts replaceOne() {
        return new OldWorkerCounts(before, up, replaced + 1, killed);
    }

    public OldWorkerCounts killOne() {
        return new OldWorkerCounts(before, up, replaced, killed + 1);
    }

    /// Describes those that were killed, for a verdict; empty if none was.
    public String killedWords() {
        return switch (killed) {
            case 0 -> "";
            case 1 -> "; 1 old worker did not end in time and was killed";
            default -> "; " + killed + " old workers did not end in time and were killed";
        };
    }
}
