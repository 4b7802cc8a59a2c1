// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

/// What became of the workers that a rollout is to replace.
///
/// @param before how many there were when it began
/// @param up whether any of the version that served was up then
/// @param replaced how many were told to go for a new one
/// @param killed how many of those did not end in time and were killed
public record OldWorkerCounts(int before, boolean up, int replaced, int killed) {
    public static final OldWorkerCounts NONE = new OldWorkerCounts(0, false, 0, 0);

    public OldWorkerCounts replaceOne() {
        return new OldWorkerCounts(before, up, replaced + 1, killed);
    }

    public OldWorkerCounts killOne() {
        return new OldWorkerCounts(before, up, replaced, killed + 1);
    }

    /// What a verdict says of those that were killed; empty if none was.
    public String killedWords() {
        return switch (killed) {
            case 0 -> "";
            case 1 -> "; 1 old worker did not end in time and was killed";
            default -> "; " + killed + " old workers did not end in time and were killed";
        };
    }
}
