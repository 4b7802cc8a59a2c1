// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

/// Fate of a generation. Times are milliseconds since 1970, UTC; 0 for never.
///
/// @param why reason of the verdict, in words; empty for none
/// @param beganMillis time when its rollout began
/// @param tookMillis duration of its rollout; negative while it lasts
/// @param sinceMillis time since when it serves, or did at last
/// @param endedMillis time when it served no more; 0 if it serves, or never did
public record GenerationFate(
        Verdict verdict,
        String why,
        long beganMillis,
        long tookMillis,
        long sinceMillis,
        long endedMillis) {
    /// Result of the rollout of a generation, and of its life.
    public enum Verdict {
        /// Its rollout, or its first start, is under way.
        ROLLING("rolling"),
        ROLLED("rolled"),
        /// Its workers did not come up, or it gave up later.
        FAILED("failed"),
        /// It failed soon after its rollout, and the one before it came back.
        ROLLED_BACK("rolled back"),
        ABORTED("aborted"),
        /// Something else was asked for before it served.
        OVERTAKEN("overtaken");

        private final String word;

        Verdict(String word) {
            this.word = word;
        }

        /// Returns the word for people and the wire.
        public String word() {
            return word;
        }
    }

    /// The fate of a generation whose rollout begins.
    public static GenerationFate begun(long millis) {
        return new GenerationFate(Verdict.ROLLING, "", millis, -1, 0, 0);
    }

    /// The same with another verdict.
    public GenerationFate judged(Verdict other, String reason) {
        return new GenerationFate(other, reason, beganMillis, tookMillis, sinceMillis, endedMillis);
    }

    /// The same with a duration of its rollout.
    public GenerationFate took(long millis) {
        return new GenerationFate(verdict, why, beganMillis, millis, sinceMillis, endedMillis);
    }

    /// The same of one that serves, or did.
    public GenerationFate served(long since, long ended) {
        return new GenerationFate(verdict, why, beganMillis, tookMillis, since, ended);
    }
}
