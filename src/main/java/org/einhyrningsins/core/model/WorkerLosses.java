// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

/// The workers of the newest version that a slot lost since its rollout began.
///
/// @param all how many ended that nobody had told to go
/// @param own how many of those did so by their own failure
public record WorkerLosses(int all, int own) {
    public static final WorkerLosses NONE = new WorkerLosses(0, 0);

    public WorkerLosses and(boolean itself) {
        return new WorkerLosses(all + 1, own + (itself ? 1 : 0));
    }
}
