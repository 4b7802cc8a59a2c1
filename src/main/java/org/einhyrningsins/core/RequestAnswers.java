// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.PendingRequest;
import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// Commands whose outcome is known are answered, each exactly once.
final class RequestAnswers {
    private RequestAnswers() {}

    static void answerAll(StepContext stepContext) {
        for (PendingRequest pendingRequest : List.copyOf(stepContext.waits)) {
            switch (pendingRequest.until()) {
                case UP, ENDED -> up(stepContext, pendingRequest, false);
                case SCALED -> up(stepContext, pendingRequest, true);
                case GONE -> stopped(stepContext, pendingRequest);
                case ROLLED -> blocked(stepContext, pendingRequest);
                case READY -> ready(stepContext, pendingRequest);
                case RESTORED -> restored(stepContext, pendingRequest);
                case BACK -> back(stepContext, pendingRequest);
            }
        }
    }

    private static void up(
            StepContext stepContext, PendingRequest pendingRequest, boolean noneAbove) {
        if (!(stepContext.phase instanceof ProgramPhase.Running)) {
            notRunning(stepContext, pendingRequest);
            return;
        }
        int ready = 0;
        int held = 0;
        int done = 0;
        boolean all = true;
        boolean toItsEnd = pendingRequest.waitsForEnd(stepContext.serving.spec());
        for (Slot slot : stepContext.slots) {
            if (slot.index() >= stepContext.count) {
                all &= !noneAbove || isEmpty(slot);
            } else if (pendingRequest.covers(slot.index()) && slot.held()) {
                held++;
            } else if (pendingRequest.covers(slot.index())) {
                boolean up = slot.current() != null && slot.current().ready();
                if (!up && failing(stepContext, pendingRequest, slot)) {
                    fail(stepContext, pendingRequest, slot);
                    return;
                }
                ready += up ? 1 : 0;
                done += slot.endedWell() ? 1 : 0;
                all &= (up && !toItsEnd) || slot.finished() != null;
            }
        }
        if (all && ready + done == 0 && held > 0 && pendingRequest.waitsForStart()) {
            stoppedMeanwhile(stepContext, pendingRequest);
        } else if (all) {
            String took = DurationText.of(stepContext.now.since(pendingRequest.began()));
            String what = ready == 0 && done > 0 ? "done" : DurationText.workers(ready) + " ready";
            answer(stepContext, pendingRequest, true, what + ", " + took);
        }
    }

    /// [FailedVersionTracker] answers; here is only who was forgotten.
    private static void restored(StepContext stepContext, PendingRequest pendingRequest) {
        if (stepContext.setback == null || !stepContext.setback.returning()) {
            stepContext.answer(pendingRequest, false, stepContext.verdict, null);
        }
    }

    private static void back(StepContext stepContext, PendingRequest pendingRequest) {
        if (!(stepContext.phase instanceof ProgramPhase.Running)) {
            notRunning(stepContext, pendingRequest);
            return;
        }
        if (stepContext.advancing()) {
            answer(
                    stepContext,
                    pendingRequest,
                    false,
                    rolledBackWords(pendingRequest) + ", and a newer rollout began meanwhile");
            return;
        }
        boolean all = true;
        for (Slot slot : stepContext.slots) {
            Worker current = slot.current();
            if (slot.index() < stepContext.count && !slot.held() && current == null) {
                if (slot.failing(stepContext.serving.spec(), true)) {
                    fail(stepContext, pendingRequest, slot);
                    return;
                }
                all &= slot.finished() != null;
            }
            if (current != null && current.health().recalled()) {
                if (WorkerReplacement.replacementFailed(stepContext, current)) {
                    String why =
                            rolledBackWords(pendingRequest)
                                    + ", but the old version does not come up; see the log";
                    answer(
                            stepContext,
                            pendingRequest,
                            false,
                            why + "; " + WorkerReplacement.STAYS);
                    return;
                }
                all = false;
            }
            all &= (current == null || current.ready()) && !withdrawnWords(stepContext, slot);
            all &= slot.index() < stepContext.count || isEmpty(slot);
        }
        if (all) {
            String took = DurationText.of(stepContext.now.since(pendingRequest.began()));
            int generation = stepContext.serving.generation();
            String words =
                    rolledBackWords(pendingRequest)
                            + "; generation "
                            + generation
                            + " serves, "
                            + took;
            answer(stepContext, pendingRequest, true, words);
        }
    }

    private static void ready(StepContext stepContext, PendingRequest pendingRequest) {
        if (RolloutStrategy.ready(stepContext)) {
            answer(stepContext, pendingRequest, true, "all new workers are up beside the old ones");
        } else {
            blocked(stepContext, pendingRequest);
        }
    }

    private static String rolledBackWords(PendingRequest pendingRequest) {
        return pendingRequest.verb().equals("abort") ? "aborted" : "rollout given up";
    }

    /// True if workers of a version that was given up are still stopping.
    private static boolean withdrawnWords(StepContext stepContext, Slot slot) {
        for (Worker worker : slot.leaving()) {
            if (worker.version().generation() > stepContext.serving.generation()
                    && !worker.stuck()) {
                return true;
            }
        }
        return false;
    }

    private static void notRunning(StepContext stepContext, PendingRequest pendingRequest) {
        if (stepContext.phase instanceof ProgramPhase.Failed failed) {
            answer(stepContext, pendingRequest, false, failed.why());
        } else if (stepContext.phase instanceof ProgramPhase.Waiting waiting) {
            if (pendingRequest.until() != PendingRequest.Until.SCALED) {
                blocked(stepContext, pendingRequest);
            } else if (!waiting.on().isEmpty()) {
                answer(stepContext, pendingRequest, true, "noted; " + waiting.words());
            }
        } else if (pendingRequest.until() == PendingRequest.Until.SCALED) {
            answer(stepContext, pendingRequest, true, "noted; it is stopped");
        } else {
            stoppedMeanwhile(stepContext, pendingRequest);
        }
    }

    /// Answers a request whose program the operator stopped meanwhile. That is no failure.
    private static void stoppedMeanwhile(StepContext stepContext, PendingRequest pendingRequest) {
        String what = "stopped meanwhile by the operator";
        stepContext.report(Severity.INFO, null, what);
        stepContext.answer(pendingRequest, false, what, null);
    }

    /// Answers a request for a program that will not start unless an operator acts.
    private static void blocked(StepContext stepContext, PendingRequest pendingRequest) {
        if (stepContext.phase instanceof ProgramPhase.Waiting waiting && waiting.by() != null) {
            stepContext.answer(pendingRequest, false, waiting.words(), null);
        }
    }

    private static boolean failing(
            StepContext stepContext, PendingRequest pendingRequest, Slot slot) {
        return slot.failing(stepContext.serving.spec(), pendingRequest.waitsForStart());
    }

    private static void fail(StepContext stepContext, PendingRequest pendingRequest, Slot slot) {
        String message =
                "worker "
                        + slot.index()
                        + " failed "
                        + (slot.past().quickDeaths() == 1
                                ? "once: "
                                : slot.past().quickDeaths() + " times, last: ")
                        + slot.past().trouble()
                        + (slot.finished() == null
                                ? "; it is tried again with growing delays"
                                : stepContext.serving.spec().job() != null
                                        ? "; it is not tried again"
                                        : "; it is not tried again, as its restart policy has it");
        answer(
                stepContext,
                pendingRequest,
                false,
                pendingRequest.verb() + " failed: " + message,
                slot.past().blame());
    }

    private static void stopped(StepContext stepContext, PendingRequest pendingRequest) {
        boolean all = true;
        int stuck = 0;
        for (Slot slot : stepContext.slots) {
            if (pendingRequest.covers(slot.index())) {
                if (startedAgain(stepContext, pendingRequest, slot)) {
                    answer(
                            stepContext,
                            pendingRequest,
                            false,
                            "started again meanwhile by the operator");
                    return;
                }
                all &= isEmpty(slot);
                stuck += isEmpty(slot) ? slot.leaving().size() : 0;
            }
        }
        if (all && stuck > 0) {
            answer(
                    stepContext,
                    pendingRequest,
                    false,
                    DurationText.workers(stuck) + " cannot be killed; see the log");
        } else if (all) {
            answer(
                    stepContext,
                    pendingRequest,
                    true,
                    "stopped, " + DurationText.of(stepContext.now.since(pendingRequest.began())));
        }
    }

    private static boolean startedAgain(
            StepContext stepContext, PendingRequest pendingRequest, Slot slot) {
        return stepContext.phase instanceof ProgramPhase.Running
                && !(slot.held() && pendingRequest.scope() != null)
                && slot.index() < stepContext.count;
    }

    /// True if no worker of the slot is left, or only such as cannot be killed.
    private static boolean isEmpty(Slot slot) {
        if (slot.current() != null || slot.successor() != null) {
            return false;
        }
        for (Worker worker : slot.leaving()) {
            if (!worker.stuck()) {
                return false;
            }
        }
        return true;
    }

    private static void answer(
            StepContext stepContext, PendingRequest pendingRequest, boolean done, String message) {
        answer(stepContext, pendingRequest, done, message, null);
    }

    private static void answer(
            StepContext stepContext,
            PendingRequest pendingRequest,
            boolean done,
            String message,
            @Nullable WorkerId blame) {
        stepContext.report(done ? Severity.INFO : Severity.ERROR, null, message);
        stepContext.answer(pendingRequest, done, message, blame);
    }
}
