// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.List;

/// The end of the worker that a slot had before.
///
/// @param startedAt time of its start
/// @param endedAt time when it ended, or was given up
/// @param exit exit of its process; null as long as it lives
/// @param why reason for its stop, in words; empty if it ended of itself
public record PreviousExit(
        WorkerId worker, Moment startedAt, Moment endedAt, @Nullable WorkerExit exit, String why) {
    public PreviousExit with(WorkerExit how) {
        return new PreviousExit(worker, startedAt, endedAt, how, why);
    }

    /// Returns the time from its start to its end.
    public Duration lived() {
        return endedAt.since(startedAt);
    }

    /// True if it was replaced because something was wrong with it.
    public boolean replaced() {
        for (StopCause cause :
                List.of(
                        StopCause.STOPPED,
                        StopCause.RESTARTED,
                        StopCause.SCALED,
                        StopCause.WITHDRAWN)) {
            if (why.equals(cause.words())) {
                return false;
            }
        }
        return !why.isEmpty();
    }

    /// Describes the exit for a person. What was wrong with a worker that was replaced is told
    /// apart from how it ended when it was stopped for that.
    public String words() {
        if (why.isEmpty()) {
            return String.valueOf(exit);
        }
        if (exit == null) {
            return why;
        }
        return replaced() ? why + "; then stopped: " + exit : why + " (" + exit + ")";
    }
}
