// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.CanaryState;
import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.TaskStage;
import org.einhyrningsins.spec.MonitoringSpec;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RolloutTasksSpec;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Events, effects and programs as a person reads them in a transcript.
public final class Lines {
    private Lines() {}

    public static String of(ProgramEvent programEvent) {
        return switch (programEvent) {
            case ProgramEvent.Exited e -> "exited " + e.worker() + ": " + e.exit();
            case ProgramEvent.LeaderExited e -> "leader exited " + e.worker() + ": " + e.exit();
            case ProgramEvent.Suspended e -> "suspended " + e.worker() + " by " + e.by();
            case ProgramEvent.Resumed e -> "resumed " + e.worker();
            case ProgramEvent.SpawnFailed e -> "spawn failed " + e.worker() + ": " + e.why();
            case ProgramEvent.Delayed e -> "delayed " + e.worker();
            case ProgramEvent.Executed e -> "executed " + e.worker();
            case ProgramEvent.Acked e -> "acked " + e.worker();
            case ProgramEvent.Probed e ->
                    "probed " + e.worker() + (e.up() ? ": up" : ": " + e.answer());
            case ProgramEvent.PartialAnswer e -> "hearing " + e.worker() + ": " + e.answer();
            case ProgramEvent.ProbeNotRun e -> "not asked " + e.worker() + ": " + e.why();
            case ProgramEvent.Pinged e -> "pinged " + e.worker();
            case ProgramEvent.WatchdogTriggered e -> "despaired " + e.worker();
            case ProgramEvent.WatchdogIntervalSet e ->
                    "retimed " + e.worker() + " to " + DurationText.of(e.interval());
            case ProgramEvent.MemoryMeasured e ->
                    "weighed " + e.worker() + ": " + DurationText.bytes(e.bytes());
            case ProgramEvent.Drained e -> "drained " + e.worker();
            case ProgramEvent.Extended e ->
                    "extended " + e.worker() + " by " + DurationText.of(e.time());
            case ProgramEvent.Admitted e -> "admitted without " + e.without();
            case ProgramEvent.Deferred e -> "deferred: on " + e.on() + ", by " + e.by();
            case ProgramEvent.Requested e -> "requested " + e.ticket() + ": " + of(e.command());
            case ProgramEvent.DependencyRestarted e -> "restarted: " + e.program();
            case ProgramEvent.DefinitionConfirmed ignored -> "affirmed";
            case ProgramEvent.FallbackLost ignored -> "forsaken";
            case ProgramEvent.TaskEnded e ->
                    "task-ended" + (e.failure() == null ? "" : " " + e.failure());
            case ProgramEvent.TaskOrdered e -> "task-ordered " + e.stage().next();
            case ProgramEvent.TaskRevoked e -> "task-revoked " + e.stage().next();
            case ProgramEvent.Due e -> "due " + e.atMillis() + (e.run() ? "" : " pass");
            case ProgramEvent.DeadlinePassed ignored -> "deadline passed";
        };
    }

    static String of(ProgramCommand programCommand) {
        return switch (programCommand) {
            case ProgramCommand.Apply c -> "apply " + of(c.spec()) + (c.roll() ? " roll" : "");
            case ProgramCommand.Reset c -> "reset " + of(c.spec()) + (c.roll() ? " roll" : "");
            case ProgramCommand.Upgrade c -> "upgrade " + c.scope() + " " + c.strategy();
            case ProgramCommand other -> other.toString();
        };
    }

    static String of(ProgramSpec spec) {
        return spec.command().getFirst()
                + " workers="
                + spec.workers()
                + " "
                + spec.ack()
                + " "
                + spec.stop()
                + " "
                + spec.restart()
                + " "
                + spec.rollout()
                + (spec.monitoring().equals(MonitoringSpec.NONE) ? "" : " " + spec.monitoring());
    }

    static String of(ProgramEffect programEffect) {
        return switch (programEffect) {
            case ProgramEffect.Spawn e ->
                    "spawn " + e.worker() + " of generation " + e.version().generation();
            case ProgramEffect.Send e ->
                    "send " + e.signal() + " to " + (e.group() ? "the group of " : "") + e.worker();
            case ProgramEffect.Deliver e ->
                    "deliver " + e.signal() + " to " + e.workers() + " for " + e.ticket();
            case ProgramEffect.Probe e -> "probe " + e.worker();
            case ProgramEffect.EndProbe e -> "end probe of " + e.worker();
            case ProgramEffect.MeasureMemory e -> "weigh " + e.worker();
            case ProgramEffect.RunTask e -> "run task " + e.stage().program().name();
            case ProgramEffect.EndTask e -> "end task " + e.stage().program().name();
            case ProgramEffect.Progress e -> "progress " + e.ticket() + ": " + e.message();
            case ProgramEffect.Answer e ->
                    "answer "
                            + e.ticket()
                            + (e.done() ? " done: " : " FAILED: ")
                            + e.message()
                            + (e.blame() == null ? "" : " (blame " + e.blame() + ")");
            case ProgramEffect.Report e ->
                    "log "
                            + e.severity().name().toLowerCase(Locale.ROOT)
                            + (e.worker() == null ? "" : " " + e.worker())
                            + ": "
                            + e.message();
        };
    }

    /// The whole state in a line.
    static String of(Program program) {
        List<String> words = new ArrayList<>();
        words.add(
                of(program.phase())
                        + " g"
                        + program.serving().generation()
                        + " x"
                        + program.count());
        Rollout rollout = program.rollout();
        if (rollout != null) {
            words.add(
                    (rollout.draining() ? "draining" : rolling(rollout, program))
                            + " to g"
                            + rollout.target().generation()
                            + (rollout.failures() == 0
                                    ? ""
                                    : " (" + rollout.failures() + " failed)"));
        }
        OperatorOverride.Rollback rollback = program.operatorOverride().rollback();
        if (rollback != null) {
            words.add("stays on g" + rollback.generation());
        }
        if (program.setback() != null && program.setback().returning()) {
            words.add("back from g" + program.setback().generation());
        }
        if (program.fallback() != null) {
            String whether = program.fallback().taken() == null ? "or g" : "not g";
            words.add(whether + program.fallback().version().generation());
        }
        for (Slot slot : program.slots()) {
            words.add(of(program, slot));
        }
        return String.join(" | ", words);
    }

    private static String rolling(Rollout rollout, Program program) {
        TaskStage stage = program.tasks().stage();
        if (stage != null && stage.stage() == RolloutTasksSpec.Stage.BEFORE) {
            return "preparing";
        }
        if (!rollout.proved()) {
            return "trying";
        }
        if (!rollout.waitsForCanary()) {
            return "rolling";
        }
        return rollout.canary() instanceof CanaryState.Watched ? "watching" : "canary";
    }

    private static String of(ProgramPhase programPhase) {
        return programPhase instanceof ProgramPhase.Waiting waiting
                ? "waiting (" + waiting.words() + ")"
                : programPhase.getClass().getSimpleName().toLowerCase(Locale.ROOT);
    }

    private static String of(Program program, Slot slot) {
        List<String> words = new ArrayList<>();
        Worker current = slot.current();
        if (current != null) {
            words.add(of(current));
            String ailment = program.replacementReason(current);
            if (ailment != null) {
                words.add("ails (" + ailment + ")");
            }
        }
        if (slot.past().crashLoop()) {
            words.add("crash loop");
        }
        if (slot.held()) {
            words.add("held");
        }
        if (slot.finished() != null) {
            words.add("finished");
        }
        Moment refill = slot.refill();
        if (current == null && refill != null && program.wants(slot)) {
            words.add(
                    refill.reached(program.asOf())
                            ? "waits"
                            : "refill in " + DurationText.of(refill.since(program.asOf())));
        }
        Worker successor = slot.successor();
        if (successor != null) {
            words.add("then " + of(successor));
        }
        for (Worker leaving : slot.leaving()) {
            words.add(of(leaving));
        }
        return slot.index() + ": " + (words.isEmpty() ? "empty" : String.join(", ", words));
    }

    private static String of(Worker worker) {
        String state =
                switch (worker.state()) {
                    case WorkerState.Starting ignored -> "starting";
                    case WorkerState.Settling ignored -> "settling";
                    case WorkerState.Ready ignored -> "ready";
                    case WorkerState.Stopping s ->
                            (s.stuck() ? "stuck " : s.draining() ? "draining " : "leaving ")
                                    + s.cause().name()
                                    + (s.leaderless() ? " without its process" : "");
                };
        String frozen = worker.health().suspended() == null ? "" : " suspended";
        return worker.id() + " g" + worker.version().generation() + " " + state + frozen;
    }
}
