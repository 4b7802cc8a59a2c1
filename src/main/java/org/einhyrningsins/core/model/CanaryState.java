// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.jspecify.annotations.Nullable;

/// State of the canary phase of a rollout.
public sealed interface CanaryState {
    /// Coming: canaries are not all up yet.
    ///
    /// @param unhealthyBefore true if the program was unhealthy when the rollout began: then that
    ///   says nothing about them
    record Coming(boolean unhealthyBefore) implements CanaryState {}

    /// Watched: canaries are up.
    ///
    /// @param unhealthyBefore as in [Coming]
    /// @param until end of the watch; null: not before the operator promotes them
    record Watched(boolean unhealthyBefore, @Nullable Moment until) implements CanaryState {}

    /// Passed: canaries went well, or the operator did not wait for that: the others follow. A
    /// rollout that fails nevertheless is rolled back as a whole.
    record Passed() implements CanaryState {}
}
