// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Release;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

/// Failure of the newest version, and the fate of the workers of the version before it.
///
/// @param generation the version that failed
/// @param failed the definition that failed, which is not tried again by itself; null if nobody
///   knows it any more
/// @param rolled true if its rollout was over when it failed
/// @param cause the failure that decided it
/// @param oldWorkers counts of the workers of the version before it
/// @param rollback the return to the version before it
public record VersionFailure(
        int generation,
        @Nullable ProgramSpec failed,
        boolean rolled,
        Cause cause,
        OldWorkers oldWorkers,
        Rollback rollback) {
    /// Failure that decides about a version.
    ///
    /// @param at time of the failure
    /// @param why the failure, in words
    /// @param blame the worker that failed last
    public record Cause(Moment at, String why, @Nullable WorkerId blame) {}

    /// Counts of the workers that a rollout was to replace.
    ///
    /// @param before their number when it began; 0 if that does not matter, -1 if nothing of the
    ///   older version runs, since it is a job
    /// @param kept number of those that still exist
    /// @param replaced number of those replaced before it failed
    public record OldWorkers(int before, int kept, int replaced) {
        /// Counts that do not matter.
        public static final OldWorkers NONE = new OldWorkers(0, 0, 0);
    }

    /// Return to the older version.
    ///
    /// @param back the version that serves instead
    /// @param stage its progress
    /// @param taken reason why it cannot come back, in words; empty if it can
    public record Rollback(int back, Stage stage, String taken) {}

    /// Progress of the return to the older version.
    public enum Stage {
        /// Workers of the older version are being started.
        RETURNING,
        /// The older version serves, in every slot.
        BACK,
        /// The older version does not come up where it was replaced.
        IN_VAIN,
        /// The operator asked for something else before the older version was back.
        OVERTAKEN,
        /// The older version is the same definition, so there is nothing to go back to.
        SAME,
        /// Another program uses what the older version needs.
        TAKEN
    }

    /// See [Cause#at()].
    public Moment at() {
        return cause.at;
    }

    /// See [Cause#why()].
    public String why() {
        return cause.why;
    }

    /// See [Cause#blame()].
    public @Nullable WorkerId blame() {
        return cause.blame;
    }

    /// See [OldWorkers#replaced()].
    public int replaced() {
        return oldWorkers.replaced;
    }

    /// See [Rollback#back()].
    public int back() {
        return rollback.back;
    }

    /// See [Rollback#stage()].
    public Stage stage() {
        return rollback.stage;
    }

    public VersionFailure at(Stage next) {
        Rollback moved = new Rollback(rollback.back, next, rollback.taken);
        return new VersionFailure(generation, failed, rolled, cause, oldWorkers, moved);
    }

    /// True if workers of the older version are still being started.
    public boolean returning() {
        return stage() == Stage.RETURNING;
    }

    /// Returns whether it is the failure of that definition. One that needs other sockets than the
    /// program has is not looked at: others may wait for what it gives them.
    ///
    /// @param newest the definition that is in force instead
    public boolean isOf(ProgramSpec spec, ProgramSpec newest) {
        return spec.equals(failed) && spec.sockets().equals(newest.sockets());
    }

    /// Describes for a person why the definition is not tried again.
    ///
    /// @param when time of the failure, such as `at 14:02:11`
    public String refusal(String program, String when) {
        return version()
                + " failed "
                + when
                + " ("
                + why()
                + "); not tried again, since nothing has changed: `reload "
                + program
                + "` does";
    }

    private String version() {
        Release release = failed == null ? null : failed.release();
        return release == null
                ? "generation " + generation
                : "release " + release.name() + " (generation " + generation + ")";
    }

    /// Describes the failure for a person.
    ///
    /// @param when time for the text after `failed`: empty, or such as ` at 14:02:11`
    public String words(String when) {
        return rolled
                ? version() + " failed" + when + " (" + why() + "), " + rolledBack()
                : "failed" + when + stageWords() + why() + oldWorkersText();
    }

    private String rolledBack() {
        int back = back();
        return switch (stage()) {
            case RETURNING -> "is being rolled back to generation " + back;
            case BACK -> "rolled back to generation " + back;
            case IN_VAIN -> "and generation " + back + " does not come up again; see the log";
            case OVERTAKEN ->
                    "was being rolled back to generation "
                            + back
                            + " when something else was asked for";
            case SAME -> "not rolled back: generation " + back + " has the same definition";
            case TAKEN -> "not rolled back to generation " + back + ": " + rollback.taken;
        };
    }

    private String stageWords() {
        if (oldWorkers.before < 0) {
            return ": ";
        }
        return stage() == Stage.IN_VAIN
                ? ", and the old version does not come up again: "
                : ", old version kept: ";
    }

    /// `; 3 of 4 old workers kept, 1 was replaced and runs the old version again`.
    private String oldWorkersText() {
        int before = oldWorkers.before;
        int kept = oldWorkers.kept;
        int replaced = oldWorkers.replaced;
        if (before <= 0) {
            return "";
        }
        if (before == 1 && replaced == 0) {
            return kept == 1 ? "; the old worker was kept" : "; the old worker ended meanwhile";
        }
        int ended = before - kept - replaced;
        return "; "
                + kept
                + " of "
                + before
                + (before == 1 ? " old worker" : " old workers")
                + " kept"
                + (replaced == 0
                        ? ""
                        : ", " + replaced + were(replaced) + "replaced and " + returnWords())
                + (ended <= 0 ? "" : ", " + ended + " ended meanwhile");
    }

    private static String were(int count) {
        return count == 1 ? " was " : " were ";
    }

    private String returnWords() {
        return switch (stage()) {
            case RETURNING ->
                    (replaced() == 1 ? "is" : "are") + " being brought back to the old version";
            case BACK, SAME, TAKEN -> (replaced() == 1 ? "runs" : "run") + " the old version again";
            case IN_VAIN -> "could not be brought back; see the log";
            case OVERTAKEN ->
                    (replaced() == 1 ? "was" : "were")
                            + " being brought back when something else was asked for";
        };
    }
}
