// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.Program.Outcome;
import org.einhyrningsins.core.model.DependencyState;
import org.einhyrningsins.core.model.PendingRequest;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.Renewal;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// A program among others that come before and after it: it asks to begin, waits, is let in, and is
/// restarted with others. Which others are up, or were restarted, is not its business:
/// [org.einhyrningsins.core.plan.DependencyGraph] says so.
///
/// A program notes when its last restart on demand was complete. Whoever is to be restarted with it
/// compares that with the age of its own workers: so nothing is owed that is not seen in the two
/// states, and a manager that takes over sees it as well. A crash and its respawn are no restart.
final class DependencyGate {
    private DependencyGate() {}

    /// Asks for admission to run, and forgets deaths. A program that runs, or has a worker left,
    /// goes on: only one that begins with nothing waits for others.
    static void requestAdmission(StepContext stepContext) {
        stepContext.deaths = List.of();
        if (!(stepContext.phase instanceof ProgramPhase.Running)) {
            boolean first = stepContext.serving.spec().after().isEmpty() || serves(stepContext);
            stepContext.phase =
                    first
                            ? new ProgramPhase.Running(false)
                            : new ProgramPhase.Waiting(Set.of(), null);
        }
    }

    private static boolean serves(StepContext stepContext) {
        for (Slot slot : stepContext.slots) {
            if (slot.current() != null || slot.successor() != null) {
                return true;
            }
        }
        return false;
    }

    static void admitted(StepContext stepContext, ProgramEvent.Admitted event) {
        if (!(stepContext.phase instanceof ProgramPhase.Waiting)) {
            return;
        }
        stepContext.phase = new ProgramPhase.Running(false);
        if (!event.without().isEmpty()) {
            String names = String.join(", ", new TreeSet<>(event.without()));
            report(
                    stepContext,
                    "starts without "
                            + names
                            + (event.without().size() == 1 ? ", which is" : ", which are")
                            + " stopped");
        }
    }

    static void deferred(StepContext stepContext, ProgramEvent.Deferred event) {
        ProgramPhase.Waiting now = new ProgramPhase.Waiting(event.on(), event.by());
        if (!(stepContext.phase instanceof ProgramPhase.Waiting before) || before.equals(now)) {
            return;
        }
        stepContext.phase = now;
        if (now.by() == null) {
            report(stepContext, now.words());
        } else {
            String next =
                    "; it starts when "
                            + String.join(" and ", now.on())
                            + (now.on().size() == 1 ? " is" : " are")
                            + " up (a job: done)";
            stepContext.report(Severity.WARN, null, now.words() + next);
        }
    }

    /// Writes it to the log and tells those who wait for the program.
    private static void report(StepContext stepContext, String message) {
        stepContext.report(Severity.INFO, null, message);
        for (PendingRequest pendingRequest : stepContext.waits) {
            if (pendingRequest.waitsForStart()
                    || pendingRequest.until() == PendingRequest.Until.ROLLED) {
                stepContext.effects.add(
                        new ProgramEffect.Progress(
                                pendingRequest.ticket(), stepContext.name + ": " + message));
            }
        }
    }

    /// Remembers that every worker was ready: from then on, nobody waits for the program again.
    static void noteUp(StepContext stepContext) {
        if (!(stepContext.phase instanceof ProgramPhase.Running running) || running.up()) {
            return;
        }
        for (Slot slot : stepContext.slots) {
            boolean ready = slot.current() != null && slot.current().ready();
            if (slot.index() < stepContext.count && !slot.held() && !ready && !slot.endedWell()) {
                return;
            }
        }
        stepContext.phase = new ProgramPhase.Running(true);
    }

    // ---- as others see it

    /// Returns its state as a dependency of other programs.
    static DependencyState state(Program program) {
        return switch (program.phase()) {
            case ProgramPhase.Stopped ignored -> DependencyState.STOPPED;
            case ProgramPhase.Failed ignored -> DependencyState.FAILED;
            case ProgramPhase.Waiting waiting ->
                    waiting.by() == null ? DependencyState.WAITING : DependencyState.BLOCKED;
            case ProgramPhase.Running ignored when program.serving().spec().endsByItself() ->
                    stateOfJob(program);
            case ProgramPhase.Running running when running.up() -> DependencyState.UP;
            case ProgramPhase.Running ignored ->
                    failing(program) ? DependencyState.FAILED : DependencyState.STARTING;
        };
    }

    /// A job is up for those after it when it is done; so is one that has nothing to run.
    private static DependencyState stateOfJob(Program program) {
        Outcome outcome = program.outcome();
        if (outcome != null) {
            return outcome == Outcome.DONE ? DependencyState.UP : DependencyState.FAILED;
        }
        for (Slot slot : program.slots()) {
            if (program.wants(slot)) {
                return DependencyState.STARTING;
            }
        }
        return DependencyState.UP;
    }

    /// True if a slot failed so often that those who wait for the program are told.
    private static boolean failing(Program program) {
        for (Slot slot : program.slots()) {
            boolean wanted = slot.index() < program.count() && !slot.held();
            boolean up = slot.current() != null && slot.current().ready();
            if (wanted && !up && slot.failing(program.serving().spec(), true)) {
                return true;
            }
        }
        return false;
    }

    /// True if it runs and each worker that is wanted was started, whatever became of it.
    static boolean started(Program program) {
        if (!(program.phase() instanceof ProgramPhase.Running)) {
            return false;
        }
        for (Slot slot : program.slots()) {
            boolean wanted = slot.index() < program.count() && !slot.held();
            if (wanted && !slot.started()) {
                return false;
            }
        }
        return program.slots().size() >= program.count();
    }

    // ---- restart with others

    /// A restart of all its workers begins.
    static void restartBegins(StepContext stepContext) {
        stepContext.versions.renewal = stepContext.versions.renewal.begin();
    }

    /// All its workers are of another version.
    static void rolled(StepContext stepContext) {
        stepContext.versions.renewal = stepContext.versions.renewal.complete(stepContext.now);
    }

    /// Notes that the restart under way is complete, once the program is up; a job once it is done.
    static void noteRestarted(StepContext stepContext) {
        Renewal renewal = stepContext.versions.renewal;
        if (renewal.pending()
                && stepContext.phase instanceof ProgramPhase.Running
                && stepContext.program().dependencyState() == DependencyState.UP) {
            stepContext.versions.renewal = renewal.complete(stepContext.now);
        }
    }

    /// Rolls the program onto the definition that it runs, by its own strategy.
    static void follow(StepContext stepContext, ProgramEvent.DependencyRestarted event) {
        Renewal renewal = stepContext.versions.renewal;
        if (renewal.hasFollowed(event.at())
                || !(stepContext.phase instanceof ProgramPhase.Running)
                || stepContext.advancing()) {
            return;
        }
        stepContext.versions.renewal = renewal.follow(event.at());
        stepContext.versions.origin = event.origin();
        ProgramVersion serving = stepContext.serving;
        stepContext.report(
                Severity.INFO,
                null,
                "is restarted with " + event.program() + ", as restart-with has it");
        RolloutStrategy.begin(
                stepContext,
                stepContext.versions.of(serving.spec(), serving.rollback()),
                serving.spec().rollout().strategy(),
                null);
    }
}
