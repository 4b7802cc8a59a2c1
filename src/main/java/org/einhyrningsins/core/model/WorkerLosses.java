// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

/// The workers of the newest version that a slot lost since its rollout began.
///
/// @param all number that ended without having been told to stop
/// @param own number of those that ended by their own failure
public record WorkerLosses(int all, int own) {
    public static final WorkerLosses NONE = new WorkerLosses(0, 0);

    public WorkerLosses and(boolean itself) {
        return new WorkerLosses(all + 1, own + (itself ? 1 : 0));
    }
}
