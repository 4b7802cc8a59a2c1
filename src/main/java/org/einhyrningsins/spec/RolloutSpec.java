// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// How the workers of a program are replaced by those of a newer definition.
///
/// @param maxSurge how many processes there may be above the worker count at any moment, draining
///   ones included unless [DrainSpec#counted()] says otherwise; at least 1 for smooth; no meaning
///   for fleet and replace
/// @param maxUnacked how many new workers may be starting at once, at least 1; MAX_VALUE: no limit
/// @param settle how long a new worker must stay up after its ack before an old one is told to go
/// @param retries after that many failed starts the rollout ends as failed, at least 1
/// @param canary who comes first and is watched; null for nobody
/// @param proof how long the newer definition has to prove itself
/// @param drain how old workers that were told to go are treated
public record RolloutSpec(
        Strategy strategy,
        int maxSurge,
        int maxUnacked,
        Duration settle,
        int retries,
        @Nullable CanarySpec canary,
        TrialSpec proof,
        DrainSpec drain) {
    /// Smooth, one at a time, three tries.
    public static final RolloutSpec DEFAULT =
            new RolloutSpec(
                    Strategy.SMOOTH,
                    1,
                    Integer.MAX_VALUE,
                    Duration.ZERO,
                    3,
                    null,
                    TrialSpec.DEFAULT,
                    DrainSpec.DEFAULT);

    /// In which order new workers come and old ones go.
    public enum Strategy {
        /// A new worker is up before an old one is told to go, slot by slot.
        SMOOTH,
        /// All new workers are up before any old one is told to go.
        FLEET,
        /// The old worker goes first, slot by slot: for programs that cannot run twice.
        REPLACE
    }
}
