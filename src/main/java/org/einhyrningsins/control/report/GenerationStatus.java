// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import java.util.List;

/// One generation in the history of a program, as it is told.
///
/// @param serves it is the one that serves now
/// @param recorded its definition is known, so that one can roll back to it
/// @param release name of its release; empty for none
/// @param changed keys in which it differs from the one that served before
public record GenerationStatus(
        int generation,
        boolean serves,
        boolean recorded,
        String release,
        Source source,
        List<String> changed,
        Outcome outcome,
        Files files) {
    /// Origin of a generation.
    ///
    /// @param since time when its rollout began: local, ISO 8601 with the offset
    /// @param at the same in UTC, to the millisecond
    /// @param made what made it: `start`, `reload` …
    /// @param repeats the generation whose definition it has again, of a rollback; 0 for none
    /// @param by who asked, in words; empty if nobody knows
    public record Source(String since, String at, String made, int repeats, String by) {}

    /// Fate of a generation.
    ///
    /// @param verdict in a word or two: `rolled`, `failed` …
    /// @param why reason of the verdict; empty for none
    /// @param tookMillis duration of its rollout; negative while it lasts
    /// @param livedMillis time for which it served; negative if it never did
    public record Outcome(String verdict, String why, long tookMillis, long livedMillis) {}

    /// Files of a generation that are not what they were when it began.
    ///
    /// @param gone those that are no longer there
    /// @param overwritten those that are others by now
    public record Files(List<String> gone, List<String> overwritten) {
        public Files {
            gone = List.copyOf(gone);
            overwritten = List.copyOf(overwritten);
        }
    }

    public GenerationStatus {
        changed = List.copyOf(changed);
    }
}
