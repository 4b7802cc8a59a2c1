// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.DefinitionChange;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.plan.ReloadPlan;
import org.einhyrningsins.manager.control.PendingCommand;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// Carries out a reload whose plan is accepted and whose resources are there: tells each program
/// what it is to do.
final class ReloadExecution {
    private final ProgramTable programTable;
    private final ManagerLog managerLog;
    private final Reloader.Hosting hosting;

    ReloadExecution(ProgramTable programTable, ManagerLog managerLog, Reloader.Hosting hosting) {
        this.programTable = programTable;
        this.managerLog = managerLog;
        this.hosting = hosting;
    }

    /// Tells the programs, and answers for those that need not be told.
    ///
    /// @param stopped new ones that are not started
    /// @param reset what was stopped or scaled by hand is as the file says it again
    /// @param more is added to the answer
    void carryOut(
            ReloadPlan reloadPlan,
            StagedResources stagedResources,
            Set<String> stopped,
            boolean reset,
            String more,
            PendingCommand pendingCommand,
            ProgramCommands programCommands) {
        // expected first: a program may answer at once, and must not end the conversation
        pendingCommand.addProgram();
        int changed = 0;
        int asked = 0;
        boolean added = false;
        List<ProgramHost> removed = new ArrayList<>();
        HandoverTurns handoverTurns =
                new HandoverTurns(reloadPlan, programTable.states(), stopped, reset);
        int tasks = 0;
        for (DefinitionChange definitionChange : reloadPlan.changes().values()) {
            if (definitionChange.isOfTask()) {
                tasks++;
                added |= takeUpTask(definitionChange, stagedResources, removed);
                continue;
            }
            OperatorOverride.Rollback rollback = reloadPlan.kept().get(definitionChange.program());
            ProgramCommand programCommand =
                    reset ? resetting(definitionChange) : reloadPlan.command(definitionChange);
            changed += programCommand == null || definitionChange.onlyOnRequest() ? 0 : 1;
            asked += definitionChange.onlyOnRequest() ? 1 : 0;
            programCommand =
                    programCommand == null
                            ? handoverTurns.joining(definitionChange)
                            : programCommand;
            programCommand =
                    programCommand == null ? restaying(definitionChange, rollback) : programCommand;
            if (programCommand == null) {
                affirmOrRefuse(definitionChange, rollback, pendingCommand);
                continue;
            }
            pendingCommand.addProgram();
            ProgramHost host = stagedResources.host(definitionChange);
            if (definitionChange.kind() == DefinitionChange.Kind.ADDED) {
                programTable.add(host);
                added = true;
            }
            if (handoverTurns.has(definitionChange.program())) {
                long ticket = programCommands.ticket(pendingCommand);
                handoverTurns.add(definitionChange, programCommand, ticket);
                continue;
            }
            boolean quiet =
                    definitionChange.kind() == DefinitionChange.Kind.ADDED
                            && stopped.contains(definitionChange.program());
            String words =
                    quiet ? "new, is stopped as it was" : ReloadMessages.change(definitionChange);
            managerLog.info(definitionChange.program(), "reload: " + words);
            hosting.changes(definitionChange.program(), "reload: " + words);
            if (definitionChange.kind() == DefinitionChange.Kind.REMOVED) {
                programTable.retire(host);
                removed.add(host);
                continue;
            }
            programCommands.ask(
                    host,
                    quiet ? new ProgramCommand.Stop(null, null) : programCommand,
                    pendingCommand);
        }
        programCommands.stop(removed, null, pendingCommand);
        handoverTurns.begin(programCommands.handovers());
        hosting.unsettled();
        if (added) {
            hosting.decided(); // a worker of a program that nobody knows of would be nobody's
        }
        int unchanged = reloadPlan.changes().size() - tasks - changed - asked;
        pendingCommand.programAnswered(
                true, ReloadMessages.counted(asked, changed, unchanged) + more);
    }

    /// Adds a task of a program, or removes it; nobody is told of that.
    ///
    /// @return whether it was added
    private boolean takeUpTask(
            DefinitionChange change, StagedResources stagedResources, List<ProgramHost> removed) {
        if (change.kind() == DefinitionChange.Kind.ADDED) {
            programTable.add(stagedResources.host(change));
            return true;
        }
        if (change.kind() == DefinitionChange.Kind.REMOVED) {
            ProgramHost host = stagedResources.host(change);
            programTable.retire(host);
            removed.add(host);
        }
        return false;
    }

    /// The command for a program that is on a rollback and does not know it, since its state was
    /// lost; null for any other.
    private @Nullable ProgramCommand restaying(
            DefinitionChange definitionChange, OperatorOverride.@Nullable Rollback rollback) {
        ProgramHost host = programTable.get(definitionChange.program());
        ProgramSpec after = definitionChange.after();
        boolean knows = host == null || host.program().newestVersion().rollback() != null;
        return rollback == null || after == null || knows
                ? null
                : new ProgramCommand.Apply(after, false, rollback);
    }

    /// Has a program that serves what the file says forget how another version failed; tells of one
    /// whose version in the file failed, and is not tried again.
    private void affirmOrRefuse(
            DefinitionChange definitionChange,
            OperatorOverride.@Nullable Rollback rollback,
            PendingCommand pendingCommand) {
        ProgramHost host = programTable.get(definitionChange.program());
        Program program = host == null ? null : host.program();
        String refusal = ReloadMessages.refusal(definitionChange, program);
        if (refusal != null) {
            managerLog.warn(definitionChange.program(), "reload: " + refusal);
            pendingCommand.addProgram();
            String message = definitionChange.program() + ": " + refusal;
            pendingCommand.programAnswered(
                    ProgramOutcomes.of(definitionChange.program(), host, false, message), message);
            return;
        }
        if (host == null || rollback != null) {
            return;
        }
        if (host.program().remembersFailure()
                || host.program().newestVersion().rollback() != null) {
            host.take(new ProgramEvent.DefinitionConfirmed());
        }
    }

    /// The command for a program that is to be as the file says in everything.
    private @Nullable ProgramCommand resetting(DefinitionChange definitionChange) {
        ProgramSpec after = definitionChange.after();
        ProgramHost host = programTable.get(definitionChange.program());
        boolean setByHand = host != null && !host.program().operatorOverride().none();
        return after == null || definitionChange.before() == null || !setByHand
                ? definitionChange.command(null)
                : new ProgramCommand.Reset(after, definitionChange.roll());
    }

    /// New programs that were stopped under another name.
    static Set<String> stopped(ReloadPlan reloadPlan, boolean reset) {
        Set<String> stopped = new TreeSet<>();
        reloadPlan
                .inherited()
                .forEach(
                        (name, its) -> {
                            if (!reset && its.intent().stopped()) {
                                stopped.add(name);
                            }
                        });
        return stopped;
    }
}
