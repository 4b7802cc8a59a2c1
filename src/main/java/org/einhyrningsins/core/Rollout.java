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
/// @param plan the target, and how it is reached
/// @param began time of its beginning
/// @param draining whether the target is already `serving` and only old workers are waited for
/// @param gates what old workers wait for before they go
/// @param failedStarts failed starts of new workers
/// @param old counts of the workers that it is to replace
public record Rollout(
        Plan plan,
        Moment began,
        boolean draining,
        Gates gates,
        FailedStarts failedStarts,
        OldWorkerCounts old) {
    /// Target of a rollout, and how it is reached.
    ///
    /// @param target version of the new workers
    /// @param strategy in which order they come and the old ones go
    /// @param scope the slots it is about, null for all
    /// @param workers the worker count from its success on; null for the one that is
    public record Plan(
            ProgramVersion target,
            Strategy strategy,
            @Nullable Set<Integer> scope,
            @Nullable Integer workers) {}

    /// Conditions for old workers to go, although new ones are up.
    ///
    /// @param canary state of its canary phase; null without one
    /// @param held no old worker goes before it is released, though all new ones be up
    /// @param proved whether a worker of it lived as long as `probation` wants before old ones go
    public record Gates(@Nullable CanaryState canary, boolean held, boolean proved) {}

    /// Failed starts of new workers.
    ///
    /// @param failures their number so far
    /// @param retryAt not to start another worker before then
    /// @param lastFailure the last one, in words; empty if none failed
    /// @param blame the worker that failed last
    public record FailedStarts(
            int failures, Moment retryAt, String lastFailure, @Nullable WorkerId blame) {}

    static Rollout of(
            ProgramVersion target,
            Strategy strategy,
            @Nullable Set<Integer> scope,
            @Nullable Integer workers,
            Moment now) {
        return new Rollout(
                new Plan(target, strategy, scope, workers),
                now,
                false,
                new Gates(null, false, false),
                new FailedStarts(0, now, "", null),
                OldWorkerCounts.NONE);
    }

    /// See [Plan#target()].
    public ProgramVersion target() {
        return plan.target;
    }

    /// See [Plan#strategy()].
    public Strategy strategy() {
        return plan.strategy;
    }

    /// See [Plan#scope()].
    public @Nullable Set<Integer> scope() {
        return plan.scope;
    }

    /// See [Plan#workers()].
    public @Nullable Integer workers() {
        return plan.workers;
    }

    /// See [Gates#canary()].
    public @Nullable CanaryState canary() {
        return gates.canary;
    }

    /// See [Gates#held()].
    public boolean held() {
        return gates.held;
    }

    /// See [Gates#proved()].
    public boolean proved() {
        return gates.proved;
    }

    /// See [FailedStarts#failures()].
    public int failures() {
        return failedStarts.failures;
    }

    /// See [FailedStarts#retryAt()].
    public Moment retryAt() {
        return failedStarts.retryAt;
    }

    /// See [FailedStarts#lastFailure()].
    public String lastFailure() {
        return failedStarts.lastFailure;
    }

    /// See [FailedStarts#blame()].
    public @Nullable WorkerId blame() {
        return failedStarts.blame;
    }

    private Rollout with(Plan other) {
        return new Rollout(other, began, draining, gates, failedStarts, old);
    }

    /// The operator chose the worker count since.
    Rollout withoutCountChange() {
        return count(null);
    }

    /// @param number the worker count from its success on; null for the one that is
    Rollout count(@Nullable Integer number) {
        return with(new Plan(target(), strategy(), scope(), number));
    }

    /// The same target under other management.
    Rollout withTargetOrigin(ProgramVersion programVersion) {
        return with(new Plan(programVersion, strategy(), scope(), workers()));
    }

    Rollout drain() {
        return new Rollout(plan, began, true, gates, failedStarts, old);
    }

    Rollout failedOnce(String why, @Nullable WorkerId who, Moment retry) {
        FailedStarts more = new FailedStarts(failures() + 1, retry, why, who);
        return new Rollout(plan, began, draining, gates, more, old);
    }

    private Rollout with(Gates other) {
        return new Rollout(plan, began, draining, other, failedStarts, old);
    }

    Rollout canary(@Nullable CanaryState next) {
        return with(new Gates(next, held(), proved()));
    }

    /// @param value whether no old worker goes before it is released
    Rollout held(boolean value) {
        return with(new Gates(canary(), value, proved()));
    }

    /// Old workers may be told to go.
    Rollout trialPassed() {
        return with(new Gates(canary(), held(), true));
    }

    Rollout old(OldWorkerCounts workersNow) {
        return new Rollout(plan, began, draining, gates, failedStarts, workersNow);
    }

    /// True if it is the first rollout of a program that serves in place of others when it succeeds
    /// and does not run when it fails.
    boolean isFirst(ProgramVersion serving) {
        return !draining && target().generation() == serving.generation();
    }

    /// True if it goes no further than its canary for now.
    boolean waitsForCanary() {
        return !draining && canary() != null && !(canary() instanceof CanaryState.Passed);
    }

    /// Returns the time when its canary phase ends automatically; null if it does not wait for
    /// that.
    @Nullable Moment watchedUntil() {
        return waitsForCanary() && canary() instanceof CanaryState.Watched watched
                ? watched.until()
                : null;
    }

    /// True if that worker is watched as a canary.
    boolean watches(Worker worker) {
        return waitsForCanary() && canary() instanceof CanaryState.Watched && owns(worker);
    }

    boolean covers(int slot) {
        return plan.scope == null || plan.scope.contains(slot);
    }

    /// True if the worker was started by this rollout.
    public boolean owns(Worker worker) {
        return worker.version().generation() == target().generation();
    }
}
