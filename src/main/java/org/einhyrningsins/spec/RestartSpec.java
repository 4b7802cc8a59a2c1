// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// Restart policy: what follows the death of a worker that nobody told to stop.
///
/// @param when deaths that are followed by a new worker
/// @param backoff delay of a slot's next start after quick deaths
/// @param giveUp limit after which no more starts are tried; null for none
/// @param burst number of workers of a slot in a row that may crash after they were up and still be
///   followed at once, 0 to 1,000
public record RestartSpec(When when, Backoff backoff, @Nullable GiveUp giveUp, int burst) {
    /// Always, 100 ms doubling to 30 s from the third crash in a row on, never giving up.
    public static final RestartSpec DEFAULT =
            new RestartSpec(When.ALWAYS, Backoff.DEFAULT, null, 2);

    /// Never: what is to run once.
    public static final RestartSpec ONCE = new RestartSpec(When.NEVER, Backoff.DEFAULT, null, 2);

    /// Deaths that are followed by a new worker.
    public enum When {
        ALWAYS,
        ON_FAILURE,
        NEVER
    }

    /// The first delay, what it is multiplied by after each further quick death, and its cap.
    public record Backoff(Duration first, double factor, Duration max) {
        /// 100 ms doubling to 30 s.
        public static final Backoff DEFAULT =
                new Backoff(Duration.ofMillis(100), 2, Duration.ofSeconds(30));

        /// Returns the delay after that many quick deaths in a row, counted from one.
        public Duration delay(int deaths) {
            double millis = first.toMillis() * Math.pow(factor, Math.max(0, deaths - 1));
            return millis >= max.toMillis() ? max : Duration.ofMillis((long) millis);
        }
    }

    /// The program is marked failed after that many deaths within that time.
    public record GiveUp(int deaths, Duration within) {}
}
