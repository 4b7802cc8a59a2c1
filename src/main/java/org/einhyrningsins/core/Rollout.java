// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.CanaryState;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.OldWorkerCounts;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.spec.RolloutSpec.Strategy;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.util.Set;

/// A rolling replacement of workers that is under way.
///
/// @param target version of the new workers
/// @param strategy in which order they come and the old ones go
/// @param scope the slots it is about, null for all
/// @param draining whether the target is already `serving` and only old workers are waited for
/// @param failures failed starts so far
/// @param retryAt not to start another worker before then
/// @param began time of its beginning
/// @param lastFailure failure of the last start, in words; empty if none failed
/// @param blame the worker that failed last
/// @param workers the worker count from its success on; null for the one that is
/// @param canary state of its canary phase; null without one
/// @param held no old worker goes before it is released, though all new ones be up
/// @param proved whether a worker of it lived as long as `probation` wants before old ones go
/// @param old counts of the workers that it is to replace
public record Rollout(
        ProgramVersion target,
        Strategy strategy,
        @Nullable Set<Integer> scope,
        boolean draining,
        int failures,
        Moment retryAt,
        Moment began,
        String lastFailure,
        @Nullable WorkerId blame,
        @Nullable Integer workers,
        @Nullable CanaryState canary,
        boolean held,
        boolean proved,
        OldWorkerCounts old) {

    static Rollout of(
            ProgramVersion target,
            Strategy strategy,
            @Nullable Set<Integer> scope,
            @Nullable Integer workers,
            Moment now) {
        return new Rollout(
                target,
                strategy,
                scope,
                false,
                0,
                now,
                now,
                "",
                null,
                workers,
                null,
                false,
                false,
                OldWorkerCounts.NONE);
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
                number,
                canary,
                held,
                proved,
                old);
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
                workers,
                canary,
                held,
                proved,
                old);
    }

    Rollout failedOnce(String why, WorkerId who, Moment retry) {
        return new Rollout(
                target,
                strategy,
                scope,
                draining,
                failures + 1,
                retry,
                began,
                why,
                who,
                workers,
                canary,
                held,
                proved,
                old);
    }

    Rollout canary(@Nullable CanaryState next) {
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
                workers,
                next,
                held,
                proved,
                old);
    }

    /// @param value whether no old worker goes before it is released
    Rollout held(boolean value) {
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
                workers,
                canary,
                value,
                proved,
                old);
    }

    /// Old workers may be told to go.
    Rollout prove() {
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
                workers,
                canary,
                held,
                true,
                old);
    }

    Rollout old(OldWorkerCounts workersNow) {
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
                workers,
                canary,
                held,
                proved,
                workersNow);
    }

    /// The same target under other management.
    Rollout onto(ProgramVersion programVersion) {
        return new Rollout(
                programVersion,
                strategy,
                scope,
                draining,
                failures,
                retryAt,
                began,
                lastFailure,
                blame,
                workers,
                canary,
                held,
                proved,
                old);
    }

    /// True if it is the first rollout of a program that serves in place of others when it succeeds
    /// and does not run when it fails.
    boolean isDebut(ProgramVersion serving) {
        return !draining && target.generation() == serving.generation();
    }

    /// True if it goes no further than its canary for now.
    boolean holds() {
        return !draining && canary != null && !(canary instanceof CanaryState.Passed);
    }

    /// Returns the time when its canary phase ends automatically; null if it does not wait for
    /// that.
    @Nullable Moment watchedUntil() {
        return holds() && canary instanceof CanaryState.Watched watched ? watched.until() : null;
    }

    /// True if that worker is watched as a canary.
    boolean watches(Worker worker) {
        return holds() && canary instanceof CanaryState.Watched && owns(worker);
    }

    boolean covers(int slot) {
        return scope == null || scope.contains(slot);
    }

    /// True if the worker was started by this rollout.
    public boolean owns(Worker worker) {
        return worker.version().generation() == target.generation();
    }
}
