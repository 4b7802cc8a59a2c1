// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.control.report.OutcomeReport.Outcome;
import org.einhyrningsins.control.wire.CommandTarget;
import org.einhyrningsins.control.wire.ControlCommand;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.UsageException;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Takeover;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.VersionOrigin;
import org.einhyrningsins.core.plan.SharedAddresses;
import org.einhyrningsins.manager.control.PendingCommand;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.program.SignalTargets;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RolloutSpec;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Passes commands on to programs, in the order of their dependencies where one matters, and their
/// answers back to the [PendingCommand].
public final class ProgramCommands implements SocketHandoverRunner.CommandSender {
    private final ProgramTable programTable;
    private final ManagerLog managerLog;
    private final CommandDispatcher.ManagerActions managerActions;
    private final PendingCommands pendingCommands;
    private final TargetScopes targetScopes;
    private final SocketHandoverRunner handovers;
    private @Nullable OrderedRestart orderedRestart;

    ProgramCommands(
            ProgramTable programTable,
            ManagerLog managerLog,
            CommandDispatcher.ManagerActions managerActions,
            PendingCommands pendingCommands) {
        this.programTable = programTable;
        this.managerLog = managerLog;
        this.managerActions = managerActions;
        this.pendingCommands = pendingCommands;
        this.targetScopes = new TargetScopes(programTable);
        this.handovers = new SocketHandoverRunner(programTable, managerLog, this);
    }

    /// Makes the command for a scope of slots, null for all.
    interface CommandFactory {
        ProgramCommand command(@Nullable Set<Integer> scope);
    }

    // ---- commands of clients

    /// Sends signals to workers.
    void deliver(ClientRequest request, ControlCommand.Deliver order) throws UsageException {
        Map<ProgramHost, Set<WorkerId>> workers = SignalTargets.of(programTable, order.targets());
        PendingCommand pendingCommand = withData(request, request.pending());
        for (int i = Math.max(1, workers.size() * order.signals().size()); i > 0; i--) {
            pendingCommand.addProgram();
        }
        for (Signal signal : order.signals()) {
            workers.forEach(
                    (host, its) ->
                            ask(host, new ProgramCommand.SendSignal(signal, its), pendingCommand));
        }
        if (workers.isEmpty()) {
            pendingCommand.programAnswered(true, "there is no worker");
        }
        pendingCommand.accepted(request.request().command());
    }

    /// Passes a command on to each of the programs at once.
    void tell(ClientRequest request, List<CommandTarget> targets, CommandFactory wording)
            throws UsageException {
        Map<ProgramHost, ProgramCommand> commands = new LinkedHashMap<>();
        targetScopes
                .toAct(targets)
                .forEach((host, scope) -> commands.put(host, wording.command(scope)));
        tell(request, commands);
    }

    private void tell(ClientRequest request, Map<ProgramHost, ProgramCommand> commands) {
        PendingCommand pendingCommand = withData(request, request.pending());
        // all expected first: a program may answer at once, and must not end the conversation
        commands.keySet().forEach(host -> pendingCommand.addProgram());
        List<String> shared = new ArrayList<>();
        commands.forEach((host, command) -> shared.addAll(shared(host, command)));
        shared.forEach(words -> pendingCommand.addProgram());
        commands.forEach((host, command) -> ask(host, command, pendingCommand));
        shared.forEach(words -> pendingCommand.programAnswered(true, words));
        if (commands.isEmpty()) {
            pendingCommand.addProgram();
            pendingCommand.programAnswered(true, "there is no program");
        }
        pendingCommand.accepted(request.request().command());
    }

    /// Rolls programs, each onto the release that its links point at now. Single slots are rolled
    /// onto the release that the program runs, so that it does not run two; and a program that
    /// stays on a rollback onto that release.
    ///
    /// @param strategy instead of the programs' own; null for those
    void upgrade(
            ClientRequest request,
            List<CommandTarget> targets,
            RolloutSpec.@Nullable Strategy strategy,
            ReloadPlanner planner)
            throws UsageException {
        Map<ProgramHost, ProgramCommand> commands = new LinkedHashMap<>();
        List<String> objections = new ArrayList<>();
        for (var entry : targetScopes.toAct(targets).entrySet()) {
            Set<Integer> scope = entry.getValue();
            ProgramSpec serving = entry.getKey().program().serving().spec();
            boolean kept = entry.getKey().program().serving().rollback() != null;
            ProgramSpec renewed = scope == null && !kept ? planner.renewed(serving) : serving;
            if (renewed.equals(serving)) {
                commands.put(entry.getKey(), new ProgramCommand.Upgrade(scope, strategy));
                continue;
            }
            String objection = planner.objection(renewed);
            if (objection != null) {
                objections.add(objection);
            }
            commands.put(entry.getKey(), new ProgramCommand.Upgrade(scope, strategy, renewed));
        }
        if (objections.isEmpty()) {
            tell(request, commands);
        } else {
            request.reply(
                    ExitStatus.FAILED, "nothing was rolled: " + String.join("\n", objections));
        }
    }

    /// Rolls a program whose release is gone onto what its links point at now, if that is there:
    /// see [Takeover#leavesRelease].
    public void leaveMissingRelease(ProgramHost host, ReloadPlanner planner) {
        ProgramVersion serving = host.program().serving();
        ProgramSpec renewed = planner.renewed(serving.spec());
        if (!new Takeover(host.program()).leavesRelease(renewed)
                || planner.objection(renewed) != null) {
            return;
        }
        managerLog.warn(
                host.name(),
                "what generation "
                        + serving.numberAndRelease()
                        + " ran is gone: is rolled to what its link points at now");
        ask(
                host,
                new ProgramCommand.Upgrade(null, null, renewed),
                PendingCommand.withoutClient(
                        Clock.origin(VersionOrigin.Made.RECOVERY, "its release is gone")));
    }

    /// Addresses that a program which is to start shares with others, in words. A reload left it as
    /// it was, since it did not run then.
    private List<String> shared(ProgramHost host, ProgramCommand programCommand) {
        Program program = host.program();
        List<String> shared = new ArrayList<>();
        if (program.hasNoProcess() && programCommand instanceof ProgramCommand.Start) {
            for (String words :
                    SharedAddresses.words(program.newest(), programTable.states().values())) {
                managerLog.warn(host.name(), words);
                shared.add(host.name() + ": " + words);
            }
        }
        return shared;
    }

    void stop(ClientRequest request, List<CommandTarget> targets) throws UsageException {
        tellInOrder(
                request,
                targets,
                scope -> new ProgramCommand.Stop(scope, null),
                (whole, pendingCommand) -> stop(whole, null, pendingCommand));
    }

    void restart(ClientRequest request, List<CommandTarget> targets) throws UsageException {
        CommandFactory wording = ProgramCommand.Restart::new;
        if (programTable.ordered()) {
            tellInOrder(request, targets, wording, orderedRestart()::restart);
        } else {
            tell(request, targets, wording);
        }
    }

    /// Tells several programs what they do one after the other.
    private interface Ordered {
        /// @param pendingCommand expects the answer of each
        void tell(List<ProgramHost> whole, PendingCommand pendingCommand);
    }

    /// @param wording for one program alone, and for some of its slots
    /// @param ordered for several whole programs
    private void tellInOrder(
            ClientRequest request,
            List<CommandTarget> targets,
            CommandFactory wording,
            Ordered ordered)
            throws UsageException {
        Map<ProgramHost, @Nullable Set<Integer>> scopes = targetScopes.toAct(targets);
        if (scopes.size() < 2) {
            tell(request, targets, wording);
            return;
        }
        PendingCommand pendingCommand = withData(request, request.pending());
        scopes.keySet().forEach(host -> pendingCommand.addProgram());
        List<ProgramHost> whole = new ArrayList<>();
        scopes.forEach(
                (host, scope) -> {
                    if (scope == null) {
                        whole.add(host);
                    } else {
                        ask(host, wording.command(scope), pendingCommand);
                    }
                });
        ordered.tell(whole, pendingCommand);
        pendingCommand.accepted(request.request().command());
    }

    // ---- order

    /// Stops programs, those that come after others before them; the command already expects the
    /// answer of each.
    public void stop(
            List<ProgramHost> hosts, @Nullable Signal first, PendingCommand pendingCommand) {
        if (programTable.ordered()) {
            orderedRestart().stop(hosts, first, pendingCommand);
        } else {
            hosts.forEach(host -> ask(host, new ProgramCommand.Stop(null, first), pendingCommand));
        }
    }

    /// Stops all programs that wait for others to stop first.
    public void stopAtOnce() {
        if (orderedRestart != null) {
            orderedRestart.stopAtOnce();
        }
    }

    /// Starts and stops the programs whose turn it is.
    ///
    /// @return whether anybody was told anything
    public boolean goOn() {
        return programTable.ordered() && orderedRestart().proceed(!managerActions.ending());
    }

    /// True if programs are being stopped or restarted one after the other. Another manager would
    /// not go on with that.
    public boolean worksInOrder() {
        return orderedRestart != null && orderedRestart.busy();
    }

    private OrderedRestart orderedRestart() {
        if (orderedRestart == null) {
            orderedRestart = new OrderedRestart(programTable, managerLog, this::ask);
        }
        return orderedRestart;
    }

    // ---- one program

    /// Asks one program; the command already expects its answer.
    public void ask(
            ProgramHost host, ProgramCommand programCommand, PendingCommand pendingCommand) {
        ask(host, programCommand, ticket(pendingCommand));
    }

    @Override
    public void ask(ProgramHost host, ProgramCommand programCommand, long ticket) {
        switch (programCommand) {
            case ProgramCommand.Start ignored -> begins(host);
            case ProgramCommand.Restart ignored -> begins(host);
            case ProgramCommand.Reset ignored -> begins(host);
            case ProgramCommand.Stop stop -> ends(host, stop);
            case ProgramCommand.Apply ignored -> managerActions.setByHand();
            case ProgramCommand.ScaleBy ignored -> managerActions.setByHand();
            case ProgramCommand.ScaleTo ignored -> managerActions.setByHand();
            case ProgramCommand.SkipWait ignored -> {}
            case ProgramCommand.Upgrade ignored -> {}
            case ProgramCommand.Promote ignored -> {}
            case ProgramCommand.Abort ignored -> {}
            case ProgramCommand.SendSignal ignored -> {}
            case ProgramCommand.Debut ignored -> {}
            case ProgramCommand.Hold ignored -> {}
            case ProgramCommand.Release ignored -> {}
            case ProgramCommand.Keep ignored -> {}
        }
        host.take(
                new ProgramEvent.Requested(ticket, programCommand, pendingCommands.origin(ticket)));
    }

    private void begins(ProgramHost host) {
        managerActions.setByHand();
        if (orderedRestart != null) {
            orderedRestart.startedAgain(host);
        }
    }

    private void ends(ProgramHost host, ProgramCommand.Stop stop) {
        managerActions.setByHand();
        if (orderedRestart != null && stop.scope() == null) {
            orderedRestart.stopped(host);
        }
    }

    /// Makes a ticket for a question whose answer ends a part of that command.
    long ticket(PendingCommand pendingCommand) {
        return pendingCommands.ticket(pendingCommand);
    }

    @Override
    public long ticket(long like) {
        return pendingCommands.ticket(like);
    }

    // ---- answers

    @Override
    public void progress(long ticket, String message) {
        pendingCommands.progress(ticket, message);
    }

    /// Has the client of a command get its outcomes as data, if it asks in JSON.
    PendingCommand withData(ClientRequest request, PendingCommand pendingCommand) {
        if (request.request().text()) {
            return pendingCommand;
        }
        Map<String, Integer> generations = new HashMap<>();
        for (ProgramHost host : programTable.all()) {
            generations.put(host.name(), host.program().serving().generation());
        }
        return pendingCommand.withData(Clock.now(), generations);
    }

    /// Takes the answer of a program.
    ///
    /// @param lastWords see [ProgramOutcomes#of]
    public void answer(ProgramHost host, ProgramEffect.Answer answer, String lastWords) {
        String message = answer.message() + lastWords;
        Outcome outcome = ProgramOutcomes.of(host, answer, lastWords);
        pendingCommands.answer(answer.ticket(), outcome, message);
        handovers.answered(answer.ticket(), answer.done(), message);
    }

    @Override
    public void answer(String program, long ticket, boolean done, String message) {
        ProgramHost host = programTable.get(program);
        pendingCommands.answer(ticket, ProgramOutcomes.of(program, host, done, message), message);
        handovers.answered(ticket, done, message);
    }

    @Override
    public void unsettled() {
        managerActions.requestSocketClose();
    }

    /// Reloads in which programs take over from others.
    public SocketHandoverRunner handovers() {
        return handovers;
    }
}
