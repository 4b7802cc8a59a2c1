// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.core.model.TaskStage;
import org.einhyrningsins.spec.RolloutTasksSpec;
import org.einhyrningsins.spec.RolloutTasksSpec.Stage;
import org.einhyrningsins.spec.schedule.ScheduleSpec;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// Tasks: those of a rollout, before its first new worker and after its last, and the runs of a job
/// by its schedule.
///
/// Each task of a rollout is run as a program of its own, which knows for which generation it ran:
/// however often it is asked for, it runs once. So a manager that takes over asks again.
final class ProgramTasks {
    private ProgramTasks() {}

    /// Begins with the tasks before a rollout, if it has any.
    static void before(StepContext stepContext, ProgramVersion target) {
        RolloutTasksSpec tasks = target.spec().supervision().tasks();
        boolean wanted = target.rollback() == null || tasks.rollbacks();
        if (!tasks.before().isEmpty() && wanted) {
            stepContext.tasks = stepContext.tasks.at(new TaskStage(Stage.BEFORE, target, 0, false));
        }
    }

    /// Begins with the tasks after a rollout, if it has any.
    static void after(StepContext stepContext, ProgramVersion target) {
        if (!target.spec().supervision().tasks().after().isEmpty()) {
            stepContext.tasks = stepContext.tasks.at(new TaskStage(Stage.AFTER, target, 0, false));
        }
    }

    /// True if a rollout waits for its tasks.
    static boolean hold(StepContext stepContext) {
        TaskStage stage = stepContext.tasks.stage();
        return stage != null && stage.stage() == Stage.BEFORE;
    }

    /// Has the task run whose turn it is.
    static void advance(StepContext stepContext) {
        TaskStage stage = stepContext.tasks.stage();
        if (stage == null || stage.asked()) {
            return;
        }
        stepContext.tasks = stepContext.tasks.at(stage.ask());
        stepContext.effects.add(new ProgramEffect.RunTask(stage.ask()));
        String what = "runs " + words(stage);
        stepContext.report(Severity.INFO, null, what);
        RolloutStrategy.notifyWaiting(stepContext, what);
    }

    /// Describes a task: `migrate.sh before the rollout`.
    private static String words(TaskStage stage) {
        String when = stage.stage() == Stage.BEFORE ? " before" : " after";
        return stage.program().name() + when + " the rollout to " + stage.version().words();
    }

    /// A task has ended.
    static void ended(StepContext stepContext, ProgramEvent.TaskEnded event) {
        TaskStage stage = stepContext.tasks.stage();
        if (stage == null || !stage.asked() || !stage.equals(event.stage())) {
            return; // of a rollout that is over
        }
        if (event.failure() == null) {
            String took = DurationText.of(event.took());
            stepContext.report(Severity.INFO, null, words(stage) + ": done in " + took);
            TaskStage next = stage.advance();
            stepContext.tasks = stepContext.tasks.at(next.over() ? null : next);
            if (next.over() && stage.stage() == Stage.BEFORE) {
                RolloutStrategy.moveFirst(stepContext);
            }
            return;
        }
        stepContext.tasks = stepContext.tasks.at(null);
        String name = stage.program().name();
        if (stage.stage() == Stage.BEFORE) {
            RolloutStrategy.notifyWaiting(
                    stepContext, name + ": " + event.failure() + event.lines());
            String why = name + " failed: " + event.failure() + "; no new worker was started";
            RolloutFailure.taskFailed(stepContext, why);
        } else {
            String why = name + " failed: " + event.failure() + "; the new version serves";
            stepContext.verdict += "; " + why;
            stepContext.report(Severity.WARN, null, why);
        }
    }

    /// A worker of that generation was started, so the tasks before it are done, whatever was
    /// written down of them.
    static void passed(StepContext stepContext, int generation) {
        TaskStage stage = stepContext.tasks.stage();
        if (stage != null
                && stage.stage() == Stage.BEFORE
                && stage.version().generation() == generation) {
            stepContext.tasks = stepContext.tasks.at(null);
            RolloutStrategy.moveFirst(stepContext);
        }
    }

    /// A rollout is over, or another begins: what runs for it ends.
    static void drop(StepContext stepContext, @Nullable Stage only) {
        TaskStage stage = stepContext.tasks.stage();
        if (stage == null || (only != null && stage.stage() != only)) {
            return;
        }
        stepContext.tasks = stepContext.tasks.at(null);
        if (stage.asked()) {
            stepContext.effects.add(new ProgramEffect.EndTask(stage));
        }
    }

    /// Runs a program that is a task, unless it ran for that generation already.
    static void run(StepContext stepContext, ProgramEvent.TaskOrdered event) {
        int generation = event.stage().version().generation();
        if (stepContext.tasks.ranFor() == generation) {
            return;
        }
        stepContext.tasks = stepContext.tasks.ranFor(generation);
        DefinitionCommands.takeForTask(stepContext, event.stage().program());
        runOnce(stepContext);
    }

    /// Starts a program that ends by itself, from the beginning.
    static void runOnce(StepContext stepContext) {
        DependencyGate.requestAdmission(stepContext);
        SlotScaling.adjustSlots(stepContext);
        for (Slot slot : List.copyOf(stepContext.slots)) {
            stepContext.put(slot.reset(stepContext.now));
        }
    }

    /// Stops a program that is a task, if it runs for that generation.
    static void revoke(StepContext stepContext, ProgramEvent.TaskRevoked event) {
        int generation = event.stage().version().generation();
        if (stepContext.tasks.ranFor() == generation
                && stepContext.phase instanceof ProgramPhase.Running) {
            CommandHandler.stopAll(stepContext, StopCause.STOPPED);
        }
    }

    // ---- by schedule

    /// The program is a job and was due. It knows the last time at which it was, so it runs once
    /// for each, also if a manager was killed meanwhile.
    static void due(StepContext stepContext, ProgramEvent.Due event) {
        ScheduleSpec schedule = schedule(stepContext);
        if (schedule == null || event.atMillis() == stepContext.tasks.dueMillis()) {
            return;
        }
        stepContext.tasks = stepContext.tasks.due(event.atMillis());
        if (event.missed() > 0) {
            String runs = event.missed() == 1 ? "a run was" : event.missed() + " runs were";
            String what = event.run() ? "it runs once now" : "catch-up is false";
            stepContext.report(Severity.WARN, null, runs + " missed; " + what);
        }
        if (!event.run()) {
            return;
        }
        if (!isRunning(stepContext)) {
            runNow(stepContext);
            return;
        }
        switch (schedule.overlap()) {
            case SKIP -> stepContext.report(Severity.WARN, null, "due, but it still runs: skipped");
            case WAIT -> {
                stepContext.report(
                        Severity.INFO, null, "due, but it still runs: waits for its end");
                stepContext.tasks = stepContext.tasks.queue(true);
            }
            case KILL -> {
                stepContext.report(
                        Severity.WARN, null, "due, but it still runs: that run is stopped");
                CommandHandler.stopAll(stepContext, StopCause.OVERDUE);
                stepContext.tasks = stepContext.tasks.queue(true);
            }
        }
    }

    /// Starts a run that waited for the end of the one before it.
    static void advanceSchedule(StepContext stepContext) {
        if (stepContext.tasks.queued() && !isRunning(stepContext)) {
            stepContext.tasks = stepContext.tasks.queue(false);
            if (schedule(stepContext) != null) {
                runNow(stepContext);
            }
        }
    }

    private static void runNow(StepContext stepContext) {
        stepContext.report(Severity.INFO, null, "due, runs");
        runOnce(stepContext);
    }

    private static @Nullable ScheduleSpec schedule(StepContext stepContext) {
        return stepContext.serving.spec().schedule();
    }

    /// True if a run goes on: with a process, with another try to come, or waiting for others.
    private static boolean isRunning(StepContext stepContext) {
        if (!stepContext.program().hasNoProcess()) {
            return true;
        }
        return switch (stepContext.phase) {
            case ProgramPhase.Running ignored ->
                    List.copyOf(stepContext.slots).stream()
                            .anyMatch(slot -> stepContext.wants(slot) && slot.finished() == null);
            case ProgramPhase.Waiting ignored -> true;
            case ProgramPhase.Stopped ignored -> false;
            case ProgramPhase.Failed ignored -> false;
        };
    }
}
