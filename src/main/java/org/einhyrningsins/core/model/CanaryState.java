// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.jspecify.annotations.Nullable;

/// State of the canary phase of a rollout.
public sealed interface CanaryState {
    /// They are not all up yet.
    ///
    /// @param ill whether the program was not well when the rollout began: then its being ill says
    ///   nothing about them
    record Coming(boolean ill) implements CanaryState {}

    /// They are up, and watched.
    ///
    /// @param ill as in [Coming]
    /// @param until when they have been watched for long enough; null: not before the operator says
    ///   so
    record Watched(boolean ill, @Nullable Moment until) implements CanaryState {}

    /// They went well, or the operator did not wait for it: the others follow. A rollout that fails
    /// nevertheless goes back as a whole.
    record Passed() implements CanaryState {}
}
