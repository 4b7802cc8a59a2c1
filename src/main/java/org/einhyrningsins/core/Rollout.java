// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.spec.RolloutSpec.Strategy;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.util.Set;

/// A rolling replacement of workers that is under way.
///
/// @param target what the new workers are started with
/// @param strategy in which order they come and the old ones go
/// @param scope the slots it is about, null for all
/// @param draining whether the target is already `serving` and only old workers are waited for
/// @param failures failed starts so far
/// @param retryAt not to start another worker before then
/// @param began when it began
/// @param lastFailure how the last start failed, in words; empty if none did
/// @param blame the worker that failed last
/// @param workers the worker count from its success on; null for the one that is
public record Rollout(
        Version target,
        Strategy strategy,
        @Nullable Set<Integer> scope,
        boolean draining,
        int failures,
        Moment retryAt,
        Moment began,
        String lastFailure,
        @Nullable WorkerId blame,
        @Nullable Integer workers) {

    static Rollout of(
            Version target,
            Strategy strategy,
            @Nullable Set<Integer> scope,
            @Nullable Integer workers,
            Moment now) {
        return new Rollout(target, strategy, scope, false, 0, now, now, "", null, workers);
    }

    /// The operator chose the worker count since.
    Rollout keepCount() {
        return count(null);
    }

    /// @param number the worker count from its success on; null for the one that is
    Rollout count(@Nullable Integer number) {
        return new Rollout(
                target,
                strategy,
                scope,
                draining,
                failures,
                retryAt,
                began,
                lastFailure,
                blame,
                number);
    }

    Rollout drain() {
        return new Rollout(
                target,
                strategy,
                scope,
                true,
                failures,
                retryAt,
                began,
                lastFailure,
                blame,
                workers);
    }

    Rollout failedOnce(String why, WorkerId who, Moment retry) {
        return new Rollout(
                target, strategy, scope, draining, failures + 1, retry, began, why, who, workers);
    }

    boolean covers(int slot) {
        return scope == null || scope.contains(slot);
    }

    /// Whether a worker was started by this rollout.
    boolean owns(Worker worker) {
        return worker.version().generation() == target.generation();
    }
}
