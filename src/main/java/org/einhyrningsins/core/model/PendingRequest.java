// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.util.Set;

/// A command that is not answered yet.
///
/// @param ticket ticket of the answer
/// @param verb the command, for the answer: `start`, `stop` …
/// @param began time of the request
/// @param scope the slots it is about, null for all
public record PendingRequest(
        long ticket, String verb, Moment began, @Nullable Set<Integer> scope, Until until) {

    public boolean covers(int slot) {
        return scope == null || scope.contains(slot);
    }

    /// True if it waits until something runs.
    public boolean waitsForStart() {
        return until == Until.UP || until == Until.ENDED;
    }

    /// True if it waits for the end of a job: workers that are up are not enough.
    public boolean waitsForEnd(ProgramSpec spec) {
        return until == Until.ENDED && spec.endsByItself();
    }

    /// Condition that a request waits for.
    public enum Until {
        /// Every worker is up.
        UP,
        /// Every worker is up; of a job, has ended.
        ENDED,
        /// All processes are gone.
        GONE,
        /// Every worker is up and none is left above the count.
        SCALED,
        /// The rollout has its verdict.
        ROLLED,
        /// Every worker of a rollout that is held is up.
        READY,
        /// The rollout failed, and the older version is back, or known not to come.
        RESTORED,
        /// Every worker is up, and none is left of a rollout that was aborted, be it by a reload of
        /// the older definition.
        BACK
    }
}
