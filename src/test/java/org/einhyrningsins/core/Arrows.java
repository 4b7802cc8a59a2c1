// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.CanaryState;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.TaskStage;
import org.einhyrningsins.spec.RolloutTasksSpec;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.TreeMap;

/// Which arrows of the state diagram were taken, and how often.
final class Arrows {
    private final Map<String, Integer> taken = new TreeMap<>();

    Map<String, Integer> taken() {
        return taken;
    }

    void watch(Program before, ProgramEvent programEvent, Moment now, Transition step) {
        workers(before, programEvent, now, step.program());
        String trigger = trigger(programEvent, null, false);
        String from = phase(before);
        String to = phase(step.program());
        if (!from.equals(to)) {
            take("phase", from, trigger, to);
        }
        rollout(before, trigger, step);
    }

    private void workers(Program before, ProgramEvent programEvent, Moment now, Program after) {
        for (Slot slot : before.slots()) {
            for (Worker was : slot.workers()) {
                Worker is = Laws.find(after, was.id());
                if (is == null || !name(was).equals(name(is))) {
                    Moment deadline = was.deadline();
                    boolean due = deadline != null && deadline.reached(now);
                    take(
                            "worker",
                            name(was),
                            trigger(programEvent, was.id(), due),
                            is == null ? "gone" : name(is));
                }
            }
        }
        for (Slot slot : after.slots()) {
            for (Worker is : slot.workers()) {
                if (is.id().incarnation() >= before.pool().nextIncarnation()) {
                    take("worker", "none", "spawn", name(is));
                }
            }
        }
    }

    private void rollout(Program before, String trigger, Transition step) {
        Rollout was = before.rollout();
        Rollout is = step.program().rollout();
        if (was != null && is != null && was.target().generation() == is.target().generation()) {
            if (!name(was, before).equals(name(is, step.program()))) {
                take("rollout", name(was, before), trigger, name(is, step.program()));
            }
            return;
        }
        if (was != null) {
            take("rollout", name(was, before), trigger, ending(is, step));
        }
        if (is != null) {
            take("rollout", "none", trigger, name(is, step.program()));
        }
    }

    private static String ending(@Nullable Rollout is, Transition step) {
        String verdict = step.program().verdict();
        if (is != null) {
            return "superseded";
        }
        if (verdict.startsWith("failed") || step.program().setback() != null) {
            return "failed";
        }
        return verdict.startsWith("rolled") ? "done" : "aborted";
    }

    private void take(String what, String from, String trigger, String to) {
        taken.merge(what + ": " + from + " --" + trigger + "--> " + to, 1, Integer::sum);
    }

    private static String trigger(
            ProgramEvent programEvent, @Nullable WorkerId worker, boolean due) {
        return switch (programEvent) {
            case ProgramEvent.Exited e when worker == null || e.worker().equals(worker) -> "exited";
            case ProgramEvent.LeaderExited e when worker == null || e.worker().equals(worker) ->
                    "leader exited";
            case ProgramEvent.SpawnFailed e when worker == null || e.worker().equals(worker) ->
                    "spawn failed";
            case ProgramEvent.Executed e when worker == null || e.worker().equals(worker) ->
                    "executed";
            case ProgramEvent.Acked e when worker == null || e.worker().equals(worker) -> "acked";
            case ProgramEvent.Probed e when worker == null || e.worker().equals(worker) -> "probed";
            case ProgramEvent.WatchdogTriggered e
                    when worker == null || e.worker().equals(worker) ->
                    "despaired";
            case ProgramEvent.Drained e when worker == null || e.worker().equals(worker) ->
                    "drained";
            case ProgramEvent.MemoryMeasured e when worker == null || e.worker().equals(worker) ->
                    "weighed";
            case ProgramEvent.Extended e when worker == null || e.worker().equals(worker) ->
                    "extended";
            case ProgramEvent.Admitted ignored when !due -> "admitted";
            case ProgramEvent.Deferred ignored when !due -> "deferred";
            case ProgramEvent.Requested ignored when !due -> "command";
            case ProgramEvent.DependencyRestarted ignored when !due -> "dependency restarted";
            case ProgramEvent.TaskEnded ignored when !due -> "task ended";
            case ProgramEvent.Due ignored when !due -> "due";
            default -> due || worker == null ? "deadline" : "another";
        };
    }

    private static String phase(Program program) {
        return program.phase().getClass().getSimpleName();
    }

    private static String name(Rollout rollout, Program program) {
        TaskStage stage = program.tasks().stage();
        if (stage != null && stage.stage() == RolloutTasksSpec.Stage.BEFORE) {
            return "Preparing";
        }
        if (rollout.draining()) {
            return "Draining";
        }
        if (!rollout.waitsForCanary()) {
            return "Advancing";
        }
        return rollout.canary() instanceof CanaryState.Watched ? "Watching" : "Canary";
    }

    private static String name(Worker worker) {
        return switch (worker.state()) {
            case WorkerState.Starting ignored -> "Starting";
            case WorkerState.Settling ignored -> "Settling";
            case WorkerState.Ready ignored -> "Ready";
            case WorkerState.Stopping s -> "Stopping(" + s.cause() + (s.stuck() ? ", stuck)" : ")");
        };
    }
}
