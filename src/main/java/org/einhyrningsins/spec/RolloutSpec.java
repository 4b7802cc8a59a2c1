// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// Rollout policy: how the workers of a program are replaced by those of a newer definition.
///
/// @param maxSurge number of processes allowed above the worker count at any moment, draining ones
///   included unless [DrainSpec#counted()] says otherwise; at least 1 for smooth; no meaning for
///   fleet and replace
/// @param maxUnacked number of new workers that may be starting at once, at least 1; MAX_VALUE: no
///   limit
/// @param settle time that a new worker must stay up after its ack before an old one is told to
///   stop
/// @param retries number of failed starts after which the rollout fails, at least 1
/// @param canary the canary phase; null for none
/// @param proof trial time of the newer definition
/// @param drain treatment of old workers that were told to stop
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

    /// Order in which new workers start and old ones stop.
    public enum Strategy {
        /// A new worker is up before an old one is told to go, slot by slot.
        SMOOTH,
        /// All new workers are up before any old one is told to stop.
        FLEET,
        /// The old worker goes first, slot by slot: for programs that cannot run twice.
        REPLACE
    }
}
