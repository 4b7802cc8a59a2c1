// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.FallbackVersion;
import org.einhyrningsins.core.model.PendingRequest;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.Renewal;
import org.einhyrningsins.core.model.VersionFailure;
import org.einhyrningsins.core.model.VersionOrigin;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RolloutSpec.Strategy;
import org.einhyrningsins.spec.StartSpec;
import org.jspecify.annotations.Nullable;

import java.util.Set;

/// Handles the commands that give a program another definition, or the one that it has again: at
/// once, by a rollout, or in place of other programs.
final class DefinitionCommands {
    private DefinitionCommands() {}

    static void apply(StepContext stepContext, long ticket, ProgramCommand.Apply command) {
        ProgramSpec spec = command.spec();
        switch (stepContext.program().takeover(spec, command.roll())) {
            case UNCHANGED -> join(stepContext, ticket, command);
            case REFUSED -> CommandHandler.answer(stepContext, ticket, false, refusal(stepContext));
            case ADDED, REMOVED, IN_PLACE -> applyInPlace(stepContext, ticket, command);
            case NOTED -> {
                RolloutFailure.abort(stepContext, "superseded by a newer definition");
                FailedVersionTracker.forget(stepContext);
                StartSpec before = stepContext.serving.spec().supervision().start();
                note(stepContext, command);
                if (stepContext.phase instanceof ProgramPhase.Waiting) {
                    if (!before.equals(spec.supervision().start())) { // it asks anew
                        stepContext.phase = new ProgramPhase.Waiting(Set.of(), null);
                    }
                    CommandHandler.expect(
                            stepContext, ticket, command.verb(), null, PendingRequest.Until.UP);
                } else {
                    CommandHandler.answer(
                            stepContext, ticket, true, "new definition noted; it is stopped");
                }
            }
            case BACK -> {
                RolloutFailure.goBack(
                        stepContext, "given up for an older definition that was asked for again");
                adopt(stepContext, sameGeneration(stepContext, command));
                CommandHandler.expect(
                        stepContext, ticket, command.verb(), null, PendingRequest.Until.BACK);
            }
            case ROLLED -> {
                beginRollout(stepContext, spec, spec.rollout().strategy(), command.rollback());
                CommandHandler.expect(
                        stepContext, ticket, command.verb(), null, PendingRequest.Until.ROLLED);
            }
        }
    }

    private static String refusal(StepContext stepContext) {
        VersionFailure failure = stepContext.setback;
        return failure == null
                ? ""
                : failure.refusal(
                        stepContext.name,
                        DurationText.of(stepContext.now.since(failure.at())) + " ago");
    }

    /// Begins a rollout. A version that never served is no fallback: the next is then the first.
    private static void beginRollout(
            StepContext stepContext,
            ProgramSpec spec,
            Strategy strategy,
            OperatorOverride.@Nullable Rollback rollback) {
        ProgramVersion target = stepContext.versions.of(spec, rollback);
        if (RolloutStrategy.isFirst(stepContext)) {
            RolloutFailure.abort(stepContext, "superseded by a newer definition");
            adopt(stepContext, target);
        }
        RolloutStrategy.begin(stepContext, target, strategy, null);
    }

    // ---- in place of others

    static void beginFirst(StepContext stepContext, long ticket, @Nullable ProgramSpec before) {
        if (before != null && stepContext.fallback == null) {
            stepContext.fallback =
                    new FallbackVersion(
                            stepContext.serving.managedBy(before), stepContext.now, null);
            stepContext.serving =
                    stepContext.versions.of(
                            stepContext.serving.spec(), stepContext.serving.rollback());
        }
        DependencyGate.requestAdmission(stepContext);
        SlotScaling.adjustSlots(stepContext);
        RolloutStrategy.begin(
                stepContext,
                stepContext.serving,
                stepContext.serving.spec().rollout().strategy(),
                null);
        CommandHandler.expect(stepContext, ticket, "reload", null, PendingRequest.Until.ROLLED);
    }

    static void hold(StepContext stepContext, long ticket, ProgramCommand.Hold command) {
        Rollout rollout = stepContext.rollout;
        boolean joins =
                rollout != null
                        && rollout.held()
                        && !rollout.draining()
                        && rollout.target().spec().equals(command.spec());
        if (!joins) {
            beginRollout(stepContext, command.spec(), Strategy.FLEET, command.rollback());
            Rollout begun = stepContext.rollout;
            stepContext.rollout = begun == null ? null : begun.held(true);
        }
        CommandHandler.expect(stepContext, ticket, "reload", null, PendingRequest.Until.READY);
    }

    static void release(StepContext stepContext, long ticket) {
        Rollout rollout = stepContext.rollout;
        if (rollout == null || rollout.draining() || !rollout.held()) {
            CommandHandler.answer(
                    stepContext,
                    ticket,
                    false,
                    "its rollout is not held any more: " + stepContext.verdict);
            return;
        }
        stepContext.rollout = rollout.held(false);
        CommandHandler.expect(stepContext, ticket, "reload", null, PendingRequest.Until.ROLLED);
    }

    static void keep(StepContext stepContext, long ticket, String why) {
        if (stepContext.advancing()) {
            RolloutFailure.goBack(stepContext, why);
        } else {
            stepContext.verdict = why;
            stepContext.report(Severity.ERROR, null, why);
        }
        CommandHandler.answer(stepContext, ticket, false, why);
    }

    /// Adds a request for the definition in force, or that a rollout puts in force.
    private static void join(StepContext stepContext, long ticket, ProgramCommand.Apply command) {
        if (stepContext.phase instanceof ProgramPhase.Waiting) {
            CommandHandler.expect(
                    stepContext, ticket, command.verb(), null, PendingRequest.Until.UP);
        } else if (stepContext.rollout == null) {
            applyInPlace(stepContext, ticket, command);
        } else {
            CommandHandler.expect(
                    stepContext, ticket, command.verb(), null, PendingRequest.Until.ROLLED);
        }
    }

    static void reset(StepContext stepContext, long ticket, ProgramCommand.Reset command) {
        for (Slot slot : stepContext.slots) {
            stepContext.put(slot.held() ? slot.reset(stepContext.now) : slot);
        }
        int workers = command.spec().workers();
        var taken = new ProgramCommand.Apply(command.spec(), command.roll());
        if (stepContext.phase instanceof ProgramPhase.Stopped) {
            note(stepContext, taken);
            stepContext.count = workers;
            CommandHandler.start(stepContext, ticket, new ProgramCommand.Start(null));
            return;
        }
        apply(stepContext, ticket, taken);
        if (stepContext.rollout == null) {
            stepContext.count = workers;
        } else {
            stepContext.rollout = stepContext.rollout.count(workers);
        }
    }

    /// Adopts a definition while nothing runs: it is the program's from now on.
    private static void note(StepContext stepContext, ProgramCommand.Apply command) {
        ProgramSpec spec = command.spec();
        boolean same = spec.spawnSettings().equals(stepContext.serving.spec().spawnSettings());
        ProgramVersion programVersion =
                same
                        ? sameGeneration(stepContext, command)
                        : stepContext.versions.of(spec, command.rollback());
        stepContext.fallback = same ? stepContext.fallback : null; // it was that of another version
        adopt(stepContext, programVersion);
    }

    /// Takes the definition that a task is run with; the version of what runs is its own.
    static void takeForTask(StepContext stepContext, ProgramSpec spec) {
        FailedVersionTracker.forget(stepContext);
        boolean same = spec.equals(stepContext.serving.spec());
        adopt(stepContext, same ? stepContext.serving : stepContext.versions.of(spec, null));
    }

    /// The version that serves under the definition of a command that needs no new workers.
    private static ProgramVersion sameGeneration(
            StepContext stepContext, ProgramCommand.Apply command) {
        ProgramVersion serving = stepContext.serving;
        return serving.managedBy(command.spec()).madeBy(serving.origin().on(command.rollback()));
    }

    /// A rollout that is under way would bring something else: it is given up first.
    private static void applyInPlace(
            StepContext stepContext, long ticket, ProgramCommand.Apply command) {
        FailedVersionTracker.forget(stepContext);
        Rollout debut = RolloutStrategy.isFirst(stepContext) ? stepContext.rollout : null;
        if (debut != null) { // what it is to bring is what is asked for
            adopt(stepContext, sameGeneration(stepContext, command));
            stepContext.rollout = debut.withTargetOrigin(stepContext.serving);
            CommandHandler.expect(
                    stepContext, ticket, command.verb(), null, PendingRequest.Until.ROLLED);
            return;
        }
        RolloutFailure.abort(
                stepContext, "given up for an older definition that was asked for again");
        int before = stepContext.count;
        note(stepContext, command);
        if (stepContext.phase instanceof ProgramPhase.Failed) {
            DependencyGate.requestAdmission(stepContext);
            for (Slot slot : stepContext.slots) {
                boolean empty = slot.current() == null && !slot.held();
                stepContext.put(empty ? slot.reset(stepContext.now) : slot);
            }
        }
        String workers =
                stepContext.count == before
                        ? "no worker touched"
                        : "scaled from " + before + " to " + stepContext.count;
        stepContext.report(Severity.INFO, null, "new definition in place, " + workers);
        boolean waits = stepContext.phase instanceof ProgramPhase.Waiting;
        CommandHandler.expect(
                stepContext,
                ticket,
                command.verb(),
                null,
                waits ? PendingRequest.Until.UP : PendingRequest.Until.SCALED);
    }

    /// A count that the operator chose stays.
    private static void adopt(StepContext stepContext, ProgramVersion programVersion) {
        if (stepContext.count == stepContext.serving.spec().workers()) {
            stepContext.count = programVersion.spec().workers();
        }
        stepContext.serving = programVersion;
        ProgramSpec.SpawnSettings birth = programVersion.spec().spawnSettings();
        for (Slot slot : stepContext.slots) {
            for (Worker worker : slot.workers()) {
                if (worker.version().spec().spawnSettings().equals(birth)) {
                    stepContext.replace(managedBy(stepContext, worker, programVersion));
                }
            }
        }
    }

    /// Applies a definition to a worker; one that is starting acks in the new way, in full time.
    private static Worker managedBy(
            StepContext stepContext, Worker worker, ProgramVersion programVersion) {
        ProgramSpec spec = programVersion.spec();
        boolean same = worker.version().generation() == programVersion.generation();
        Worker managed =
                worker.withVersion(same ? programVersion : worker.version().managedBy(spec));
        boolean asBefore = worker.version().spec().ack().equals(spec.ack());
        return worker.state() instanceof WorkerState.Starting && !asBefore
                ? managed.withState(stepContext.starting(spec.ack()))
                : managed;
    }

    /// Makes the versions that come of one step, and numbers them and the workers.
    static final class NewVersions {
        /// Generation of the next one.
        int next;

        /// Origin of those that come of this step.
        VersionOrigin origin = VersionOrigin.NONE;

        /// Incarnation of the next worker.
        long incarnation;

        /// When all workers were last replaced on demand.
        Renewal renewal;

        NewVersions(int next, long incarnation, Renewal renewal) {
            this.next = next;
            this.incarnation = incarnation;
            this.renewal = renewal;
        }

        /// A new version.
        ///
        /// @param rollback the rollback whose definition it has; null for the file's
        ProgramVersion of(ProgramSpec spec, OperatorOverride.@Nullable Rollback rollback) {
            return new ProgramVersion(next++, spec, origin.on(rollback));
        }
    }
}
