// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.FallbackVersion;
import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.core.model.VersionFailure;
import org.einhyrningsins.core.model.VersionFailure.Stage;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// Brings the version before back when the one that serves fails soon after its rollout: in a crash
/// loop, which is a slot that loses its workers again and again, however they end; or when more
/// than half of the slots have lost a worker to its own failure. Going back is the business of
/// [WorkerReplacement]; who serves meanwhile serves on, and an empty slot gets the older version at
/// once.
final class Rollback {
    /// Number of workers lost by one slot that is a crash loop.
    private static final int LOOP = 3;

    private Rollback() {}

    /// Returns the fallback version of a rollout that is about to succeed; null for none: it is not
    /// wanted, the version before did not serve, or only some slots are rolled.
    static @Nullable FallbackVersion fallback(StepContext stepContext, Rollout rollout) {
        ProgramVersion target = rollout.target();
        boolean wanted = target.spec().rollout().proof().rollbackWithin().isPositive();
        boolean served = rollout.old().up() || rollout.isFirst(stepContext.serving);
        if (!wanted || !served || rollout.scope() != null) {
            return null;
        }
        FallbackVersion before = stepContext.fallback;
        if (rollout.isFirst(stepContext.serving)) {
            return before == null ? null : before.since(stepContext.now);
        }
        boolean same = isSame(stepContext.serving, target);
        boolean still = before != null && !before.until(target).reached(stepContext.now);
        return same && still
                ? before
                : new FallbackVersion(stepContext.serving, stepContext.now, null);
    }

    private static boolean isSame(ProgramVersion one, ProgramVersion other) {
        return one.spec().spawnSettings().equals(other.spec().spawnSettings());
    }

    /// The version that serves has proved itself.
    static void expire(StepContext stepContext) {
        FallbackVersion fallbackVersion = stepContext.fallback;
        boolean over =
                fallbackVersion != null
                        && fallbackVersion.until(stepContext.serving).reached(stepContext.now);
        if (over && !RolloutStrategy.isFirst(stepContext)) {
            stepContext.fallback = null;
        }
    }

    /// Drops the fallback version because another program uses what it needs.
    static void dropFallback(StepContext stepContext, String why) {
        FallbackVersion fallbackVersion = stepContext.fallback;
        if (fallbackVersion != null && fallbackVersion.taken() == null) {
            stepContext.fallback = fallbackVersion.taken(why);
            int older = fallbackVersion.version().generation();
            stepContext.report(
                    Severity.INFO, null, "will not go back to generation " + older + ": " + why);
        }
    }

    /// A worker ended that nobody had told to go.
    ///
    /// @return whether its slot has the older version now
    static boolean died(StepContext stepContext, Worker worker, WorkerExit workerExit) {
        RestartSpec.When when = worker.version().spec().restart().when();
        boolean job = when == RestartSpec.When.NEVER;
        boolean did =
                when == RestartSpec.When.ON_FAILURE || RestartPolicy.isStable(stepContext, worker);
        if (job || (did && workerExit.success())) { // it did its work, be it so many requests
            return false;
        }
        return failed(stepContext, worker, workerExit.isOwnDoing(), workerExit.toString());
    }

    /// A worker was lost, by its end or otherwise.
    ///
    /// @param own whether it was its own failure
    /// @param why in words
    /// @return whether its slot has the older version now
    static boolean failed(StepContext stepContext, Worker worker, boolean own, String why) {
        Rollout rollout = stepContext.rollout;
        boolean advancing = rollout != null && !rollout.draining();
        ProgramVersion newest = rollout == null ? stepContext.serving : rollout.target();
        if (worker.version().generation() != newest.generation()) {
            return false;
        }
        Slot slot = stepContext.slot(worker.id().slot());
        stepContext.put(slot.past(slot.past().lost(slot.past().losses().and(own))));
        FallbackVersion fallbackVersion = stepContext.fallback;
        if (advancing
                || fallbackVersion == null
                || fallbackVersion.until(stepContext.serving).reached(stepContext.now)) {
            return false;
        }
        String what = verdict(stepContext, stepContext.slot(worker.id().slot()), why);
        return what != null && goBack(stepContext, fallbackVersion, worker.id(), why, what);
    }

    /// Describes why the version has failed; null if it has not.
    private static @Nullable String verdict(StepContext stepContext, Slot slot, String why) {
        if (slot.past().losses().all() >= LOOP) {
            return why
                    + ", slot "
                    + slot.index()
                    + " lost "
                    + slot.past().losses().all()
                    + " workers";
        }
        int failed = 0;
        for (Slot each : stepContext.slots) {
            failed += each.index() < stepContext.count && each.past().losses().own() > 0 ? 1 : 0;
        }
        if (2 * failed <= stepContext.count) {
            return null;
        }
        return stepContext.count == 1
                ? why
                : why + ", " + failed + " of " + stepContext.count + " slots lost a worker";
    }

    /// The program would give up: that is a failure too.
    ///
    /// @return whether the older version comes back instead
    static boolean insteadOfGivingUp(StepContext stepContext, WorkerId last, String why) {
        FallbackVersion fallbackVersion = stepContext.fallback;
        return fallbackVersion != null
                && !RolloutStrategy.isFirst(stepContext)
                && !fallbackVersion.until(stepContext.serving).reached(stepContext.now)
                && goBack(stepContext, fallbackVersion, last, why, why);
    }

    private static boolean goBack(
            StepContext stepContext,
            FallbackVersion fallbackVersion,
            WorkerId last,
            String why,
            String what) {
        ProgramVersion failed = stepContext.serving;
        boolean same = isSame(failed, fallbackVersion.version());
        String taken = fallbackVersion.taken();
        boolean stays = same || taken != null;
        stepContext.fallback = null;
        if (!stays) {
            stepContext.report(Severity.WARN, last, why);
            restoreOld(stepContext, fallbackVersion.version());
        }
        stepContext.rollout = null;
        Stage stage = same ? Stage.SAME : taken == null ? Stage.RETURNING : Stage.TAKEN;
        VersionFailure.Rollback rollback =
                new VersionFailure.Rollback(
                        fallbackVersion.version().generation(), stage, taken == null ? "" : taken);
        FailedVersionTracker.begin(
                stepContext,
                new VersionFailure(
                        failed.generation(),
                        failed.spec(),
                        true,
                        new VersionFailure.Cause(stepContext.now, what, last),
                        VersionFailure.OldWorkers.NONE,
                        rollback));
        return !stays;
    }

    private static void restoreOld(StepContext stepContext, ProgramVersion older) {
        if (stepContext.count == stepContext.serving.spec().workers()) {
            stepContext.count = older.spec().workers();
        }
        stepContext.serving = older;
        for (Slot slot : List.copyOf(stepContext.slots)) {
            if (slot.successor() != null) {
                WorkerStop.begin(stepContext, slot.successor(), StopCause.WITHDRAWN);
            }
            RolloutFailure.moveBack(stepContext, stepContext.slot(slot.index()), true);
        }
    }
}
