// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.PendingRequest;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RolloutSpec.Strategy;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Handles commands to a program.
final class CommandHandler {
    private CommandHandler() {}

    static void execute(StepContext stepContext, long ticket, ProgramCommand programCommand) {
        switch (programCommand) {
            case ProgramCommand.Start c -> start(stepContext, ticket, c);
            case ProgramCommand.Stop c -> stop(stepContext, ticket, c);
            case ProgramCommand.Restart c -> restart(stepContext, ticket, c);
            case ProgramCommand.SkipWait ignored -> skipWait(stepContext, ticket);
            case ProgramCommand.Upgrade c -> upgrade(stepContext, ticket, c);
            case ProgramCommand.Promote ignored -> promote(stepContext, ticket);
            case ProgramCommand.Abort ignored -> abort(stepContext, ticket);
            case ProgramCommand.Apply c -> DefinitionCommands.apply(stepContext, ticket, c);
            case ProgramCommand.Reset c -> DefinitionCommands.reset(stepContext, ticket, c);
            case ProgramCommand.Debut c ->
                    DefinitionCommands.beginFirst(stepContext, ticket, c.before());
            case ProgramCommand.Hold c -> DefinitionCommands.hold(stepContext, ticket, c);
            case ProgramCommand.Release ignored -> DefinitionCommands.release(stepContext, ticket);
            case ProgramCommand.Keep c -> DefinitionCommands.keep(stepContext, ticket, c.why());
            case ProgramCommand.ScaleBy c ->
                    scale(stepContext, ticket, stepContext.count + c.delta());
            case ProgramCommand.ScaleTo c -> scale(stepContext, ticket, c.count());
            case ProgramCommand.SendSignal c -> signal(stepContext, ticket, c);
        }
    }

    static void start(StepContext stepContext, long ticket, ProgramCommand.Start command) {
        Set<Integer> scope = command.scope();
        if (scope != null && stepContext.phase instanceof ProgramPhase.Stopped) {
            holdAllBut(stepContext, scope);
        }
        if (stepContext.serving.origin().unknown() && stepContext.program().hasNoProcess()) {
            stepContext.serving = stepContext.serving.madeBy(stepContext.versions.origin);
        }
        DependencyGate.requestAdmission(stepContext);
        SlotScaling.adjustSlots(stepContext);
        for (Slot slot : stepContext.slots) {
            if (inScope(scope, slot) && slot.index() < stepContext.count) {
                stepContext.put(slot.reset(stepContext.now));
            }
        }
        if (command.toItsEnd()) {
            expectEnd(stepContext, ticket, "start", scope);
        } else {
            expect(stepContext, ticket, "start", scope, PendingRequest.Until.UP);
        }
    }

    /// Waits for workers to end; says so for a job, else the silence would puzzle.
    private static void expectEnd(
            StepContext stepContext, long ticket, String verb, @Nullable Set<Integer> scope) {
        expect(stepContext, ticket, verb, scope, PendingRequest.Until.ENDED);
        if (stepContext.serving.spec().endsByItself()) {
            String why = stepContext.serving.spec().job() == null ? " (restart: never)" : "";
            String message = stepContext.name + ": a job" + why + ", its end is waited for";
            stepContext.effects.add(new ProgramEffect.Progress(ticket, message));
        }
    }

    /// A stopped program of which some slots are started keeps the others stopped.
    private static void holdAllBut(StepContext stepContext, Set<Integer> scope) {
        SlotScaling.adjustSlots(stepContext);
        for (Slot slot : stepContext.slots) {
            stepContext.put(slot.hold(!scope.contains(slot.index())));
        }
    }

    private static void stop(StepContext stepContext, long ticket, ProgramCommand.Stop command) {
        Set<Integer> scope = command.scope();
        if (scope == null) {
            RolloutFailure.abort(stepContext, "stopped during the rollout");
            stepContext.tasks = stepContext.tasks.queue(false);
            stepContext.phase = new ProgramPhase.Stopped();
        }
        for (Slot slot : stepContext.slots) {
            List<Worker> leaving = inScope(scope, slot) ? slot.leaving() : List.of();
            leaving.forEach(worker -> WorkerStop.shorten(stepContext, worker));
        }
        reportAlreadyStopping(stepContext, ticket, scope);
        for (Slot slot : stepContext.slots) {
            if (inScope(scope, slot)) {
                stepContext.put(slot.refill(null).hold(scope != null));
                stopBoth(stepContext, slot, StopCause.STOPPED, command.first());
            }
        }
        expect(stepContext, ticket, "stop", scope, PendingRequest.Until.GONE);
    }

    /// Stops the program; nobody waits for that.
    static void stopAll(StepContext stepContext, StopCause cause) {
        stepContext.phase = new ProgramPhase.Stopped();
        for (Slot slot : List.copyOf(stepContext.slots)) {
            stepContext.put(slot.refill(null));
            stopBoth(stepContext, stepContext.slot(slot.index()), cause, null);
        }
    }

    /// Reports workers that stop already, and how to end that.
    private static void reportAlreadyStopping(
            StepContext stepContext, long ticket, @Nullable Set<Integer> scope) {
        int count = 0;
        Moment next = null;
        for (Slot slot : stepContext.slots) {
            for (Worker worker : inScope(scope, slot) ? slot.leaving() : List.<Worker>of()) {
                if (worker.state() instanceof WorkerState.Stopping s && !s.rest().isEmpty()) {
                    count++;
                    next = Moment.earlier(next, s.deadline());
                }
            }
        }
        if (next != null) {
            String when = DurationText.of(next.since(stepContext.now));
            String what = " stopping already, the next signal is due in " + when;
            String hint = "; 'signal KILL " + stepContext.name + "' ends them now";
            String who = DurationText.workers(count) + (count == 1 ? " is" : " are");
            stepContext.effects.add(
                    new ProgramEffect.Progress(
                            ticket, stepContext.name + ": " + who + what + hint));
        }
    }

    private static void restart(
            StepContext stepContext, long ticket, ProgramCommand.Restart command) {
        Set<Integer> scope = command.scope();
        if (scope == null) {
            RolloutFailure.abort(stepContext, "restarted by the operator during the rollout");
            DependencyGate.restartBegins(stepContext);
        }
        if (scope != null && stepContext.phase instanceof ProgramPhase.Stopped) {
            holdAllBut(stepContext, scope);
        }
        if (scope == null && stepContext.phase instanceof ProgramPhase.Running) {
            stepContext.phase = new ProgramPhase.Running(false);
        }
        DependencyGate.requestAdmission(stepContext);
        SlotScaling.adjustSlots(stepContext);
        for (Slot slot : stepContext.slots) {
            if (inScope(scope, slot) && slot.index() < stepContext.count) {
                stopBoth(stepContext, slot, StopCause.RESTARTED, null);
                stepContext.put(stepContext.slot(slot.index()).reset(stepContext.now));
            }
        }
        expectEnd(stepContext, ticket, "restart", scope);
    }

    private static void stopBoth(
            StepContext stepContext, Slot slot, StopCause cause, @Nullable Signal first) {
        if (slot.successor() != null) {
            WorkerStop.begin(stepContext, slot.successor(), cause, first);
        }
        if (slot.current() != null) {
            WorkerStop.begin(stepContext, slot.current(), cause, first);
        }
    }

    private static void skipWait(StepContext stepContext, long ticket) {
        int hastened = 0;
        for (Slot slot : stepContext.slots) {
            for (Worker worker : slot.leaving()) {
                if (worker.state() instanceof WorkerState.Stopping s && !s.rest().isEmpty()) {
                    WorkerStop.goOn(stepContext, worker, s);
                    hastened++;
                }
            }
        }
        answer(stepContext, ticket, true, DurationText.workers(hastened) + " got the next signal");
    }

    private static void upgrade(
            StepContext stepContext, long ticket, ProgramCommand.Upgrade command) {
        if (stepContext.phase instanceof ProgramPhase.Stopped) {
            answer(stepContext, ticket, false, "is stopped, so there is nothing to roll; start it");
            return;
        }
        if (stepContext.phase instanceof ProgramPhase.Waiting waiting) {
            answer(stepContext, ticket, false, waiting.words() + "; so there is nothing to roll");
            return;
        }
        ProgramSpec spec = command.spec() == null ? stepContext.serving.spec() : command.spec();
        if (spec.job() != null) {
            DefinitionCommands.takeForTask(stepContext, spec);
            answer(
                    stepContext,
                    ticket,
                    true,
                    "a job; its next run is of the release that is there");
            return;
        }
        Strategy strategy =
                command.strategy() == null ? spec.rollout().strategy() : command.strategy();
        ProgramVersion target = stepContext.versions.of(spec, stepContext.serving.rollback());
        RolloutStrategy.begin(stepContext, target, strategy, command.scope());
        expect(stepContext, ticket, "upgrade", command.scope(), PendingRequest.Until.ROLLED);
    }

    private static void promote(StepContext stepContext, long ticket) {
        Rollout rollout = stepContext.rollout;
        if (rollout == null || rollout.draining()) {
            answer(
                    stepContext,
                    ticket,
                    false,
                    "no rollout is under way, so there is no canary to promote");
        } else if (!rollout.waitsForCanary()) {
            answer(
                    stepContext,
                    ticket,
                    false,
                    "its rollout waits for no canary; it goes on by itself");
        } else {
            expect(stepContext, ticket, "promote", null, PendingRequest.Until.ROLLED);
            CanaryWatch.pass(stepContext, rollout, "canary promoted by the operator");
        }
    }

    private static void abort(StepContext stepContext, long ticket) {
        if (stepContext.advancing()) {
            RolloutFailure.goBack(stepContext, "aborted by the operator, old version kept");
        } else if (!WorkerReplacement.hasRolledBackWorkers(stepContext)) {
            String why =
                    stepContext.rollout == null
                            ? "no rollout is under way, so there is nothing to abort"
                            : "has rolled already, its last old workers are leaving; to go back,"
                                    + " reload the older definition";
            answer(stepContext, ticket, false, why);
            return;
        }
        expect(stepContext, ticket, "abort", null, PendingRequest.Until.BACK);
    }

    private static void scale(StepContext stepContext, long ticket, int count) {
        String owner = stepContext.serving.spec().taskOwner();
        if (owner != null) {
            String why = "a task of " + owner + ", which runs once; it cannot be scaled";
            answer(stepContext, ticket, false, why);
            return;
        }
        if (count < 0 || count > MAX_WORKERS) {
            answer(
                    stepContext,
                    ticket,
                    false,
                    "cannot run " + count + " workers; 0 to " + MAX_WORKERS);
            return;
        }
        stepContext.report(
                Severity.INFO, null, "scaled from " + stepContext.count + " to " + count);
        stepContext.count = count;
        if (stepContext.rollout != null) {
            stepContext.rollout = stepContext.rollout.withoutCountChange();
        }
        expect(stepContext, ticket, "scale", null, PendingRequest.Until.SCALED);
    }

    private static void signal(
            StepContext stepContext, long ticket, ProgramCommand.SendSignal command) {
        Set<WorkerId> wanted = command.workers();
        List<WorkerId> workers = new ArrayList<>();
        for (Slot slot : stepContext.slots) {
            for (Worker worker : slot.workers()) {
                if (wanted == null || wanted.contains(worker.id())) {
                    workers.add(worker.id());
                }
            }
        }
        stepContext.effects.add(new ProgramEffect.Deliver(ticket, command.signal(), workers));
    }

    private static boolean inScope(@Nullable Set<Integer> scope, Slot slot) {
        return scope == null || scope.contains(slot.index());
    }

    static void expect(
            StepContext stepContext,
            long ticket,
            String verb,
            @Nullable Set<Integer> scope,
            PendingRequest.Until until) {
        stepContext.waits.add(new PendingRequest(ticket, verb, stepContext.now, scope, until));
    }

    static void answer(StepContext stepContext, long ticket, boolean done, String message) {
        stepContext.effects.add(
                new ProgramEffect.Answer(ticket, done, stepContext.name + ": " + message, null));
    }

    /// Maximum number of workers, as in the configuration.
    private static final int MAX_WORKERS = 10_000;
}
