// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.WorkerState.Cause;
import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.FallbackVersion;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.PendingRequest;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.ProgramVersion;
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
            case ProgramCommand.Hasten ignored -> skipWait(stepContext, ticket);
            case ProgramCommand.Upgrade c -> upgrade(stepContext, ticket, c);
            case ProgramCommand.Promote ignored -> promote(stepContext, ticket);
            case ProgramCommand.Abort ignored -> abort(stepContext, ticket);
            case ProgramCommand.Apply c -> apply(stepContext, ticket, c);
            case ProgramCommand.Reset c -> reset(stepContext, ticket, c);
            case ProgramCommand.Debut c -> debut(stepContext, ticket, c.before());
            case ProgramCommand.Hold c -> hold(stepContext, ticket, c);
            case ProgramCommand.Release ignored -> release(stepContext, ticket);
            case ProgramCommand.Keep c -> keep(stepContext, ticket, c.why());
            case ProgramCommand.ScaleBy c ->
                    scale(stepContext, ticket, stepContext.count + c.delta());
            case ProgramCommand.ScaleTo c -> scale(stepContext, ticket, c.count());
            case ProgramCommand.SendSignal c -> signal(stepContext, ticket, c);
        }
    }

    private static void start(StepContext stepContext, long ticket, ProgramCommand.Start command) {
        Set<Integer> scope = command.scope();
        if (scope != null && stepContext.phase instanceof ProgramPhase.Stopped) {
            holdAllBut(stepContext, scope);
        }
        DependencyGate.ask(stepContext);
        SlotScaling.trim(stepContext);
        for (Slot slot : stepContext.slots) {
            if (covers(scope, slot) && slot.index() < stepContext.count) {
                stepContext.put(slot.afresh(stepContext.now));
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
            String message = stepContext.name + ": a job (restart: never), its end is waited for";
            stepContext.effects.add(new ProgramEffect.Progress(ticket, message));
        }
    }

    /// A stopped program of which some slots are started keeps the others stopped.
    private static void holdAllBut(StepContext stepContext, Set<Integer> scope) {
        SlotScaling.trim(stepContext);
        for (Slot slot : stepContext.slots) {
            stepContext.put(slot.hold(!scope.contains(slot.index())));
        }
    }

    private static void stop(StepContext stepContext, long ticket, ProgramCommand.Stop command) {
        Set<Integer> scope = command.scope();
        if (scope == null) {
            RolloutStrategy.abort(stepContext, "stopped during the rollout");
            stepContext.phase = new ProgramPhase.Stopped();
        }
        for (Slot slot : stepContext.slots) {
            (covers(scope, slot) ? slot.leaving() : List.<Worker>of()).forEach(stepContext::hurry);
        }
        reportAlreadyStopping(stepContext, ticket, scope);
        for (Slot slot : stepContext.slots) {
            if (covers(scope, slot)) {
                stepContext.put(slot.refill(null).hold(scope != null));
                stopBoth(stepContext, slot, Cause.STOPPED, command.first());
            }
        }
        expect(stepContext, ticket, "stop", scope, PendingRequest.Until.GONE);
    }

    /// Reports workers that stop already, and how to end that.
    private static void reportAlreadyStopping(
            StepContext stepContext, long ticket, @Nullable Set<Integer> scope) {
        int count = 0;
        Moment next = null;
        for (Slot slot : stepContext.slots) {
            for (Worker worker : covers(scope, slot) ? slot.leaving() : List.<Worker>of()) {
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
            RolloutStrategy.abort(stepContext, "restarted by the operator during the rollout");
        }
        if (scope != null && stepContext.phase instanceof ProgramPhase.Stopped) {
            holdAllBut(stepContext, scope);
        }
        if (scope == null && stepContext.phase instanceof ProgramPhase.Running) {
            stepContext.phase = new ProgramPhase.Running(false);
        }
        DependencyGate.ask(stepContext);
        SlotScaling.trim(stepContext);
        for (Slot slot : stepContext.slots) {
            if (covers(scope, slot) && slot.index() < stepContext.count) {
                stopBoth(stepContext, slot, Cause.RESTARTED, null);
                stepContext.put(stepContext.slot(slot.index()).afresh(stepContext.now));
            }
        }
        expectEnd(stepContext, ticket, "restart", scope);
    }

    private static void stopBoth(
            StepContext stepContext, Slot slot, Cause cause, @Nullable Signal first) {
        if (slot.successor() != null) {
            stepContext.tellToGo(slot.successor(), cause, first);
        }
        if (slot.current() != null) {
            stepContext.tellToGo(slot.current(), cause, first);
        }
    }

    private static void skipWait(StepContext stepContext, long ticket) {
        int hastened = 0;
        for (Slot slot : stepContext.slots) {
            for (Worker worker : slot.leaving()) {
                if (worker.state() instanceof WorkerState.Stopping s && !s.rest().isEmpty()) {
                    stepContext.insist(worker, s);
                    hastened++;
                }
            }
        }
        say(stepContext, ticket, true, DurationText.workers(hastened) + " got the next signal");
    }

    private static void upgrade(
            StepContext stepContext, long ticket, ProgramCommand.Upgrade command) {
        if (stepContext.phase instanceof ProgramPhase.Stopped) {
            say(stepContext, ticket, false, "is stopped, so there is nothing to roll; start it");
            return;
        }
        if (stepContext.phase instanceof ProgramPhase.Waiting waiting) {
            say(stepContext, ticket, false, waiting.words() + "; so there is nothing to roll");
            return;
        }
        ProgramSpec spec = stepContext.serving.spec();
        Strategy strategy =
                command.strategy() == null ? spec.rollout().strategy() : command.strategy();
        ProgramVersion target = new ProgramVersion(stepContext.nextGeneration++, spec);
        RolloutStrategy.begin(stepContext, target, strategy, command.scope());
        expect(stepContext, ticket, "upgrade", command.scope(), PendingRequest.Until.ROLLED);
    }

    private static void promote(StepContext stepContext, long ticket) {
        Rollout rollout = stepContext.rollout;
        if (rollout == null || rollout.draining()) {
            say(
                    stepContext,
                    ticket,
                    false,
                    "no rollout is under way, so there is no canary to promote");
        } else if (!rollout.holds()) {
            say(
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
            RolloutStrategy.goBack(stepContext, "aborted by the operator, old version kept");
        } else if (!WorkerReplacement.recalls(stepContext)) {
            String why =
                    stepContext.rollout == null
                            ? "no rollout is under way, so there is nothing to abort"
                            : "has rolled already, its last old workers are leaving; to go back,"
                                    + " reload the older definition";
            say(stepContext, ticket, false, why);
            return;
        }
        expect(stepContext, ticket, "abort", null, PendingRequest.Until.BACK);
    }

    private static void apply(StepContext stepContext, long ticket, ProgramCommand.Apply command) {
        ProgramSpec spec = command.spec();
        switch (stepContext.program().takeover(spec, command.roll())) {
            case UNCHANGED -> join(stepContext, ticket, spec);
            case ADDED, REMOVED, IN_PLACE -> applyInPlace(stepContext, ticket, spec);
            case NOTED -> {
                RolloutStrategy.abort(stepContext, "superseded by a newer definition");
                FailedVersionTracker.forget(stepContext);
                note(stepContext, spec);
                if (stepContext.phase instanceof ProgramPhase.Waiting) {
                    expect(stepContext, ticket, "reload", null, PendingRequest.Until.UP);
                } else {
                    say(stepContext, ticket, true, "new definition noted; it is stopped");
                }
            }
            case BACK -> {
                RolloutStrategy.goBack(
                        stepContext, "given up for an older definition that was asked for again");
                adopt(stepContext, stepContext.serving.managedBy(spec));
                expect(stepContext, ticket, "reload", null, PendingRequest.Until.BACK);
            }
            case ROLLED -> {
                roll(stepContext, spec, spec.rollout().strategy());
                expect(stepContext, ticket, "reload", null, PendingRequest.Until.ROLLED);
            }
        }
    }

    /// Begins a rollout. A version that never served is no fallback: the next is then the first.
    private static void roll(StepContext stepContext, ProgramSpec spec, Strategy strategy) {
        ProgramVersion target = new ProgramVersion(stepContext.nextGeneration++, spec);
        if (RolloutStrategy.debuts(stepContext)) {
            RolloutStrategy.abort(stepContext, "superseded by a newer definition");
            adopt(stepContext, target);
        }
        RolloutStrategy.begin(stepContext, target, strategy, null);
    }

    // ---- in place of others

    private static void debut(StepContext stepContext, long ticket, @Nullable ProgramSpec before) {
        if (before != null && stepContext.fallback == null) {
            stepContext.fallback =
                    new FallbackVersion(
                            stepContext.serving.managedBy(before), stepContext.now, null);
            stepContext.serving =
                    new ProgramVersion(stepContext.nextGeneration++, stepContext.serving.spec());
        }
        DependencyGate.ask(stepContext);
        SlotScaling.trim(stepContext);
        RolloutStrategy.begin(
                stepContext,
                stepContext.serving,
                stepContext.serving.spec().rollout().strategy(),
                null);
        expect(stepContext, ticket, "reload", null, PendingRequest.Until.ROLLED);
    }

    private static void hold(StepContext stepContext, long ticket, ProgramCommand.Hold command) {
        Rollout rollout = stepContext.rollout;
        boolean joins =
                rollout != null
                        && rollout.held()
                        && !rollout.draining()
                        && rollout.target().spec().equals(command.spec());
        if (!joins) {
            roll(stepContext, command.spec(), Strategy.FLEET);
            Rollout begun = stepContext.rollout;
            stepContext.rollout = begun == null ? null : begun.held(true);
        }
        expect(stepContext, ticket, "reload", null, PendingRequest.Until.READY);
    }

    private static void release(StepContext stepContext, long ticket) {
        Rollout rollout = stepContext.rollout;
        if (rollout == null || rollout.draining() || !rollout.held()) {
            say(
                    stepContext,
                    ticket,
                    false,
                    "its rollout is not held any more: " + stepContext.verdict);
            return;
        }
        stepContext.rollout = rollout.held(false);
        expect(stepContext, ticket, "reload", null, PendingRequest.Until.ROLLED);
    }

    private static void keep(StepContext stepContext, long ticket, String why) {
        if (stepContext.advancing()) {
            RolloutStrategy.goBack(stepContext, why);
        } else {
            stepContext.verdict = why;
            stepContext.report(Severity.ERROR, null, why);
        }
        say(stepContext, ticket, false, why);
    }

    /// Adds a request for the definition in force, or that a rollout puts in force.
    private static void join(StepContext stepContext, long ticket, ProgramSpec spec) {
        if (stepContext.phase instanceof ProgramPhase.Waiting) {
            expect(stepContext, ticket, "reload", null, PendingRequest.Until.UP);
        } else if (stepContext.rollout == null) {
            applyInPlace(stepContext, ticket, spec);
        } else {
            expect(stepContext, ticket, "reload", null, PendingRequest.Until.ROLLED);
        }
    }

    private static void reset(StepContext stepContext, long ticket, ProgramCommand.Reset command) {
        for (Slot slot : stepContext.slots) {
            stepContext.put(slot.held() ? slot.afresh(stepContext.now) : slot);
        }
        int workers = command.spec().workers();
        if (stepContext.phase instanceof ProgramPhase.Stopped) {
            note(stepContext, command.spec());
            stepContext.count = workers;
            start(stepContext, ticket, new ProgramCommand.Start(null));
            return;
        }
        apply(stepContext, ticket, new ProgramCommand.Apply(command.spec(), command.roll()));
        if (stepContext.rollout == null) {
            stepContext.count = workers;
        } else {
            stepContext.rollout = stepContext.rollout.count(workers);
        }
    }

    /// Adopts a definition while nothing runs: it is the program's from now on.
    private static void note(StepContext stepContext, ProgramSpec spec) {
        boolean same = spec.birth().equals(stepContext.serving.spec().birth());
        ProgramVersion programVersion =
                same
                        ? stepContext.serving.managedBy(spec)
                        : new ProgramVersion(stepContext.nextGeneration++, spec);
        stepContext.fallback = same ? stepContext.fallback : null; // it was that of another version
        adopt(stepContext, programVersion);
    }

    /// A rollout that is under way would bring something else: it is given up first.
    private static void applyInPlace(StepContext stepContext, long ticket, ProgramSpec spec) {
        FailedVersionTracker.forget(stepContext);
        Rollout debut = RolloutStrategy.debuts(stepContext) ? stepContext.rollout : null;
        if (debut != null) { // what it is to bring is what is asked for
            adopt(stepContext, stepContext.serving.managedBy(spec));
            stepContext.rollout = debut.onto(stepContext.serving);
            expect(stepContext, ticket, "reload", null, PendingRequest.Until.ROLLED);
            return;
        }
        RolloutStrategy.abort(
                stepContext, "given up for an older definition that was asked for again");
        int before = stepContext.count;
        note(stepContext, spec);
        if (stepContext.phase instanceof ProgramPhase.Failed) {
            DependencyGate.ask(stepContext);
            for (Slot slot : stepContext.slots) {
                boolean empty = slot.current() == null && !slot.held();
                stepContext.put(empty ? slot.afresh(stepContext.now) : slot);
            }
        }
        String workers =
                stepContext.count == before
                        ? "no worker touched"
                        : "scaled from " + before + " to " + stepContext.count;
        stepContext.report(Severity.INFO, null, "new definition in place, " + workers);
        boolean waits = stepContext.phase instanceof ProgramPhase.Waiting;
        expect(
                stepContext,
                ticket,
                "reload",
                null,
                waits ? PendingRequest.Until.UP : PendingRequest.Until.SCALED);
    }

    /// A count that the operator chose stays.
    private static void adopt(StepContext stepContext, ProgramVersion programVersion) {
        if (stepContext.count == stepContext.serving.spec().workers()) {
            stepContext.count = programVersion.spec().workers();
        }
        stepContext.serving = programVersion;
        ProgramSpec.Birth birth = programVersion.spec().birth();
        for (Slot slot : stepContext.slots) {
            for (Worker worker : slot.workers()) {
                if (worker.version().spec().birth().equals(birth)) {
                    stepContext.replace(managedBy(stepContext, worker, programVersion.spec()));
                }
            }
        }
    }

    /// Applies a definition to a worker; one that is starting acks in the new way, in full time.
    private static Worker managedBy(StepContext stepContext, Worker worker, ProgramSpec spec) {
        Worker managed = worker.under(worker.version().managedBy(spec));
        boolean asBefore = worker.version().spec().ack().equals(spec.ack());
        return worker.state() instanceof WorkerState.Starting && !asBefore
                ? managed.in(stepContext.starting(spec.ack()))
                : managed;
    }

    private static void scale(StepContext stepContext, long ticket, int count) {
        if (count < 0 || count > MAX_WORKERS) {
            say(
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
            stepContext.rollout = stepContext.rollout.keepCount();
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

    private static boolean covers(@Nullable Set<Integer> scope, Slot slot) {
        return scope == null || scope.contains(slot.index());
    }

    private static void expect(
            StepContext stepContext,
            long ticket,
            String verb,
            @Nullable Set<Integer> scope,
            PendingRequest.Until until) {
        stepContext.waits.add(new PendingRequest(ticket, verb, stepContext.now, scope, until));
    }

    private static void say(StepContext stepContext, long ticket, boolean done, String message) {
        stepContext.effects.add(
                new ProgramEffect.Answer(ticket, done, stepContext.name + ": " + message, null));
    }

    /// Maximum number of workers, as in the configuration.
    private static final int MAX_WORKERS = 10_000;
}
