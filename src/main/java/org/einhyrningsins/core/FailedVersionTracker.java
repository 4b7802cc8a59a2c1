// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.PendingRequest;
import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.VersionFailure;
import org.einhyrningsins.core.model.VersionFailure.Stage;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// Follows a version that failed until the one before it serves again. Whoever waits for the
/// rollout is answered then, so that the verdict says what has become of the old workers and not
/// what is hoped for.
final class FailedVersionTracker {
    private FailedVersionTracker() {}

    /// Describes the state of a rollout that is about to be given up.
    static VersionFailure of(StepContext stepContext, Rollout rollout) {
        int kept = 0;
        int before = rollout.old().before();
        for (Slot slot : stepContext.slots) {
            boolean concerned = slot.index() < stepContext.count && rollout.covers(slot.index());
            kept += concerned && wasThere(rollout, slot.current()) ? 1 : 0;
        }
        VersionFailure.OldWorkers oldWorkers =
                new VersionFailure.OldWorkers(
                        before == 0 && stepContext.serving.spec().endsByItself() ? -1 : before,
                        Math.min(kept, before),
                        rollout.old().replaced());
        return new VersionFailure(
                rollout.target().generation(),
                rollout.target().spec(),
                false,
                new VersionFailure.Cause(stepContext.now, rollout.lastFailure(), rollout.blame()),
                oldWorkers,
                new VersionFailure.Rollback(stepContext.serving.generation(), Stage.RETURNING, ""));
    }

    private static boolean wasThere(Rollout rollout, @Nullable Worker worker) {
        return worker != null
                && !rollout.owns(worker)
                && worker.startedAt().compareTo(rollout.began()) <= 0;
    }

    /// A version has failed. Who waits for its rollout is told so now, and the outcome later, if
    /// there is anything to wait for.
    static void begin(StepContext stepContext, VersionFailure versionFailure) {
        boolean waits =
                versionFailure.returning()
                        && (versionFailure.rolled() || versionFailure.replaced() > 0);
        VersionFailure now =
                versionFailure.returning() && !waits
                        ? versionFailure.at(Stage.BACK)
                        : versionFailure;
        stepContext.setback = now;
        stepContext.verdict = now.words("");
        stepContext.report(Severity.ERROR, null, stepContext.verdict);
        for (PendingRequest pendingRequest : List.copyOf(stepContext.waits)) {
            if (pendingRequest.until() == PendingRequest.Until.ROLLED && waits) {
                stepContext.expectBack(pendingRequest);
            } else if (pendingRequest.until() == PendingRequest.Until.ROLLED
                    || pendingRequest.until() == PendingRequest.Until.READY) {
                stepContext.answer(
                        pendingRequest, false, stepContext.verdict, versionFailure.blame());
            }
        }
    }

    /// Says so when the old version is back, or known not to come.
    static void reportProgress(StepContext stepContext) {
        VersionFailure versionFailure = stepContext.setback;
        if (versionFailure == null || !versionFailure.returning()) {
            return;
        }
        Stage stage =
                switch (stepContext.phase) {
                    case ProgramPhase.Running ignored -> stage(stepContext);
                    case ProgramPhase.Failed ignored -> Stage.IN_VAIN;
                    case ProgramPhase.Stopped ignored -> Stage.OVERTAKEN;
                    case ProgramPhase.Waiting ignored -> Stage.OVERTAKEN;
                };
        if (stage != Stage.RETURNING) {
            end(stepContext, versionFailure, stage);
        }
    }

    private static Stage stage(StepContext stepContext) {
        boolean all = true;
        for (Slot slot : stepContext.slots) {
            Worker current = slot.current();
            if (stepContext.wants(slot) && current == null) {
                if (slot.failing(stepContext.serving.spec(), true)) {
                    return Stage.IN_VAIN;
                }
                all = false;
            } else if (current != null && current.health().recalled()) {
                if (WorkerReplacement.replacementFailed(stepContext, current)) {
                    return Stage.IN_VAIN;
                }
                all = false;
            }
            all &= current == null || current.ready();
        }
        return all ? Stage.BACK : Stage.RETURNING;
    }

    private static void end(StepContext stepContext, VersionFailure versionFailure, Stage stage) {
        stepContext.setback = versionFailure.at(stage);
        stepContext.verdict = stepContext.setback.words("");
        if (stage == Stage.BACK && versionFailure.rolled()) {
            DependencyGate.rolled(stepContext);
        }
        stepContext.report(
                stage == Stage.IN_VAIN ? Severity.ERROR : Severity.INFO, null, stepContext.verdict);
        for (PendingRequest pendingRequest : List.copyOf(stepContext.waits)) {
            if (pendingRequest.until() == PendingRequest.Until.RESTORED) {
                stepContext.answer(
                        pendingRequest, false, stepContext.verdict, versionFailure.blame());
            }
        }
    }

    /// A newer rollout begins.
    static void supersede(StepContext stepContext) {
        if (stepContext.setback != null && stepContext.setback.returning()) {
            end(stepContext, stepContext.setback, Stage.OVERTAKEN);
        }
    }

    /// Forgets the failure of another version, since the version that serves is the one that is
    /// wanted.
    static void forget(StepContext stepContext) {
        boolean failed = stepContext.setback != null && !stepContext.setback.returning();
        if (stepContext.rollout == null && (failed || stepContext.setback == null)) {
            stepContext.setback = null;
            stepContext.verdict =
                    stepContext.verdict.startsWith("rolled") ? stepContext.verdict : "";
        }
    }
}
