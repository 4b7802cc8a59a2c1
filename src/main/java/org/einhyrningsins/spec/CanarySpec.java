// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.jspecify.annotations.Nullable;

import java.time.Duration;

/// The first workers of a new version, which are watched before the others follow.
///
/// @param workers number of canaries, at least 1
/// @param watch time that they must stay healthy before the rollout goes on automatically; null: it
///   waits for the operator to `promote` it
public record CanarySpec(int workers, @Nullable Duration watch) {
    /// Default time that canaries are watched.
    public static final Duration WATCH = Duration.ofSeconds(30);
}
