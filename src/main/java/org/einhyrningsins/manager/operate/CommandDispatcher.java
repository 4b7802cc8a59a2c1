// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.control.report.ProgramStatus;
import org.einhyrningsins.control.report.ReplyWriter;
import org.einhyrningsins.control.report.StatusReport;
import org.einhyrningsins.control.wire.CommandKind;
import org.einhyrningsins.control.wire.CommandTarget;
import org.einhyrningsins.control.wire.ControlCommand;
import org.einhyrningsins.control.wire.ControlRequest;
import org.einhyrningsins.control.wire.Dialect;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.UsageException;
import org.einhyrningsins.control.wire.WireHelp;
import org.einhyrningsins.control.wire.WorkerMessage;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.VersionOrigin;
import org.einhyrningsins.manager.control.AccessControl;
import org.einhyrningsins.manager.control.ControlConnection;
import org.einhyrningsins.manager.control.ControlServer;
import org.einhyrningsins.manager.control.PeerNames;
import org.einhyrningsins.manager.control.PendingCommand;
import org.einhyrningsins.manager.history.HistoryStore;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.LogRateLimit;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.spec.RolloutSpec;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Takes the commands of clients at the control socket: checks that the client may give them, and
/// passes them on. [QueryCommands] answers those that change nothing, [ProgramCommands] tells
/// programs, [Reloader] reloads, and [ManagerActions] is for what concerns the manager itself.
public final class CommandDispatcher implements ControlServer.RequestHandler {
    /// Longest word of a stranger, in characters, that goes to the log.
    private static final int MAX_LOGGED_WORD = 32;

    private final ProgramTable programTable;
    private final Reloader reloader;
    private final ManagerLog managerLog;
    private final ManagerActions managerActions;
    private final PendingCommands pendingCommands = new PendingCommands();
    private final ProgramCommands programCommands;
    private final QueryCommands queryCommands;
    private final ConditionWaits conditionWaits;
    private final EventQueries eventQueries;
    private final Rollbacks rollbacks;
    private final PeerNames peerNames = new PeerNames();
    private final LogRateLimit logRateLimit = new LogRateLimit();

    /// Does and tells what only the manager itself can.
    public interface ManagerActions {
        /// Notes that what an operator set by hand may have changed.
        void setByHand();

        /// Sockets may be over.
        void requestSocketClose();

        /// Stops everything and exits.
        ///
        /// @param first instead of the first signal of each program's own steps; null for those
        void die(PendingCommand pendingCommand, @Nullable Signal first);

        /// Returns whether it has been told to stop everything.
        boolean ending();

        /// Names of programs, by the name of the group.
        Map<String, List<String>> groups();

        /// A report on those programs, complete but for them.
        StatusReport report(List<ProgramStatus> programs);

        String version();

        /// Notes that somebody gives a command which changes something.
        ///
        /// @param who the client, in words
        void commanded(ControlRequest request, String who);

        /// Replaces the manager by the program it would be if it were started now.
        void reexec(PendingCommand pendingCommand);

        /// Logs more, or less.
        ///
        /// @return what it does now, in words
        String changeLogLevel(boolean more);

        /// Everything, in the shape einhorn gave it.
        String state();
    }

    public CommandDispatcher(
            ProgramTable programTable,
            StatusReports statusReports,
            Reloader reloader,
            HistoryStore history,
            ManagerLog managerLog,
            ManagerActions managerActions,
            EventQueries eventQueries) {
        this.eventQueries = eventQueries;
        this.managerLog = managerLog;
        this.programTable = programTable;
        this.reloader = reloader;
        this.managerActions = managerActions;
        this.programCommands =
                new ProgramCommands(programTable, managerLog, managerActions, pendingCommands);
        this.conditionWaits = new ConditionWaits(programTable);
        this.queryCommands =
                new QueryCommands(programTable, statusReports, reloader, history, managerActions);
        this.rollbacks =
                new Rollbacks(programTable, history, reloader, programCommands, managerLog);
    }

    // ---- dispatch and rights

    @Override
    public void request(
            ControlConnection client, AccessControl.Role role, ControlRequest controlRequest) {
        ClientRequest request = new ClientRequest(client, controlRequest, peerNames);
        try {
            // a stranger is not even told which commands there are
            ControlCommand controlCommand =
                    role == AccessControl.Role.STRANGER
                            ? new ControlCommand.Help()
                            : new TargetScopes.Groups(managerActions.groups())
                                    .in(read(controlRequest));
            if (!role.may(controlCommand)) {
                refuse(client, role, controlRequest);
            } else if (role == AccessControl.Role.READER
                    && controlCommand instanceof ControlCommand.Plan plan) {
                queryCommands.planOfReader(request, plan.targets());
            } else if (managerActions.ending() && starts(controlCommand)) {
                String message = "everything is being stopped; nothing is started any more";
                request.reply(ExitStatus.FAILED, message);
            } else {
                noteCommand(client, controlRequest);
                carryOut(request, controlCommand);
            }
        } catch (UsageException e) {
            request.reply(ExitStatus.USAGE, String.valueOf(e.getMessage()));
        }
    }

    /// Records each command that changes something, with who asked for it.
    private void noteCommand(ControlConnection client, ControlRequest controlRequest) {
        CommandKind kind = CommandKind.of(controlRequest.command());
        if (kind != null && !kind.looks()) {
            String who = peerNames.user(client.peer()) + ", pid " + client.peer().pid();
            managerActions.commanded(controlRequest, who);
        }
    }

    private void refuse(
            ControlConnection client, AccessControl.Role role, ControlRequest controlRequest) {
        String caller = peerNames.words(client.peer(), client.groups());
        String command = controlRequest.command();
        client.send(
                ReplyWriter.done(
                        controlRequest.id(),
                        ExitStatus.NOT_ALLOWED,
                        role.refusal(caller, command)));
        if (logRateLimit.permits(Clock.now())) {
            String words = command.length() > MAX_LOGGED_WORD ? "a long word" : "'" + command + "'";
            String what = "refused: " + caller + ", pid " + client.peer().pid();
            managerLog.warn("", what + ", asked for " + words + logRateLimit.suppressed());
        }
    }

    /// Reads the command. What einhorn's clients call `reload` is about the manager; workers follow
    /// by `upgrade`.
    private static ControlCommand read(ControlRequest controlRequest) throws UsageException {
        boolean einhorns = controlRequest.id().dialect() == Dialect.YAML;
        String command = controlRequest.command();
        return ControlCommand.read(
                einhorns && command.equals("reload") ? "reexec" : command, controlRequest.args());
    }

    @Override
    public @Nullable String workerMessage(WorkerMessage message, PeerCredentials sender) {
        for (ProgramHost host : programTable.everyHost()) {
            if (host.workforce().owns(message.pid())) {
                return switch (message) {
                    case WorkerMessage.Ack ack -> host.acked(ack.pid(), sender);
                    case WorkerMessage.Ping ping -> host.pinged(ping, sender);
                };
            }
        }
        return "pid " + message.pid() + " is no worker of this manager";
    }

    /// Returns whether the command may start workers.
    private static boolean starts(ControlCommand controlCommand) {
        return switch (controlCommand) {
            case ControlCommand.Status ignored -> false;
            case ControlCommand.Show ignored -> false;
            case ControlCommand.Events ignored -> false;
            case ControlCommand.Wait ignored -> false;
            case ControlCommand.Explain ignored -> false;
            case ControlCommand.Logs ignored -> false;
            case ControlCommand.Version ignored -> false;
            case ControlCommand.State ignored -> false;
            case ControlCommand.Greet ignored -> false;
            case ControlCommand.Help ignored -> false;
            case ControlCommand.Loudness ignored -> false;
            case ControlCommand.Die ignored -> false;
            case ControlCommand.Reexec ignored -> false;
            case ControlCommand.Stop ignored -> false;
            case ControlCommand.Deliver ignored -> false;
            case ControlCommand.Plan ignored -> false;
            case ControlCommand.History ignored -> false;
            case ControlCommand.Confirm ignored -> false;
            case ControlCommand.Reload ignored -> true;
            case ControlCommand.Upgrade ignored -> true;
            case ControlCommand.Rollback ignored -> true;
            case ControlCommand.Promote ignored -> true;
            case ControlCommand.Abort ignored -> true;
            case ControlCommand.Start ignored -> true;
            case ControlCommand.Restart ignored -> true;
            case ControlCommand.Increase ignored -> true;
            case ControlCommand.Decrease ignored -> true;
            case ControlCommand.Scale ignored -> true;
        };
    }

    private void carryOut(ClientRequest request, ControlCommand controlCommand)
            throws UsageException {
        switch (controlCommand) {
            case ControlCommand.Status o -> queryCommands.status(request, o);
            case ControlCommand.Show o when o.graph() -> queryCommands.graph(request, o.targets());
            case ControlCommand.Show o -> queryCommands.show(request, o.targets());
            case ControlCommand.Events o when o.log() -> reply(request, managerLog.recent());
            case ControlCommand.Events o when o.since() != null -> eventQueries.history(request, o);
            case ControlCommand.Events o -> queryCommands.follow(request, o.targets());
            case ControlCommand.Wait o -> conditionWaits.begin(request, o);
            case ControlCommand.Explain o -> eventQueries.explain(request, o.targets());
            case ControlCommand.Logs o -> queryCommands.logs(request, o.targets());
            case ControlCommand.Plan o -> queryCommands.plan(request, o.targets(), true);
            case ControlCommand.History o -> queryCommands.history(request, o.targets());
            case ControlCommand.Version ignored -> reply(request, managerActions.version());
            case ControlCommand.Greet o -> reply(request, greeting(o.user()));
            case ControlCommand.Help ignored -> reply(request, WireHelp.TEXT);
            case ControlCommand.State ignored -> reply(request, managerActions.state());
            case ControlCommand.Loudness o ->
                    reply(request, managerActions.changeLogLevel(o.more()));
            case ControlCommand.Die o -> {
                PendingCommand pendingCommand = request.pending();
                managerActions.die(pendingCommand, o.first());
                pendingCommand.accepted(request.request().command());
            }
            case ControlCommand.Reexec ignored -> {
                PendingCommand pendingCommand = request.pending();
                managerActions.reexec(pendingCommand);
                pendingCommand.accepted(request.request().command());
            }
            case ControlCommand.Confirm ignored -> {
                Reloader.Outcome outcome = reloader.confirm();
                request.reply(outcome.code(), outcome.message());
            }
            case ControlCommand.Reload o -> reload(request, o);
            case ControlCommand.Rollback o -> rollbacks.begin(request, o);
            case ControlCommand.Stop o -> programCommands.stop(request, o.targets());
            case ControlCommand.Restart o -> programCommands.restart(request, o.targets());
            case ControlCommand.Deliver o -> programCommands.deliver(request, o);
            case ControlCommand.Upgrade o -> {
                RolloutSpec.Strategy strategy = o.fleet() ? RolloutSpec.Strategy.FLEET : null;
                programCommands.upgrade(request, o.targets(), strategy, reloader.planner());
            }
            case ControlCommand.Promote o ->
                    forwardToPrograms(request, o.targets(), slots -> new ProgramCommand.Promote());
            case ControlCommand.Abort o ->
                    forwardToPrograms(request, o.targets(), slots -> new ProgramCommand.Abort());
            case ControlCommand.Start o ->
                    forwardToPrograms(
                            request, o.targets(), slots -> new ProgramCommand.Start(slots, true));
            case ControlCommand.Increase o ->
                    forwardToPrograms(
                            request, o.targets(), slots -> new ProgramCommand.ScaleBy(o.by()));
            case ControlCommand.Decrease o ->
                    forwardToPrograms(
                            request, o.targets(), slots -> new ProgramCommand.ScaleBy(-o.by()));
            case ControlCommand.Scale o ->
                    forwardToPrograms(
                            request, o.targets(), slots -> new ProgramCommand.ScaleTo(o.workers()));
        }
    }

    private void forwardToPrograms(
            ClientRequest request,
            List<CommandTarget> targets,
            ProgramCommands.CommandFactory wording)
            throws UsageException {
        programCommands.tell(request, targets, wording);
    }

    private static void reply(ClientRequest request, String message) {
        request.reply(ExitStatus.DONE, message);
    }

    private String greeting(String user) {
        return "Welcome"
                + (user.isEmpty() ? "" : ", " + user)
                + "! This is einhyrningsins "
                + managerActions.version()
                + ", manager process "
                + managerActions.report(List.of()).managerPid()
                + ".";
    }

    private void reload(ClientRequest request, ControlCommand.Reload order) throws UsageException {
        Set<String> named = TargetScopes.reloaded(order.targets());
        Duration confirm = order.confirm();
        PendingConfirmation.Terms terms =
                confirm == null ? null : new PendingConfirmation.Terms(confirm);
        boolean waits = request.request().waits();
        PendingCommand pendingCommand =
                new PendingCommand(waits ? request.client() : null, request.request().id())
                        .from(request.origin(VersionOrigin.Made.RELOAD));
        programCommands.withData(request, pendingCommand);
        Reloader.Outcome outcome =
                reloader.reload(named, terms, order.reset(), pendingCommand, this);
        if (outcome.code() != ExitStatus.DONE) {
            pendingCommand.abandon();
        }
        if (outcome.code() != ExitStatus.DONE || !waits) {
            request.reply(outcome.code(), outcome.message());
        }
    }

    /// Passes commands on to programs.
    public ProgramCommands programs() {
        return programCommands;
    }

    /// Clients that wait until programs meet a condition.
    public ConditionWaits conditions() {
        return conditionWaits;
    }

    /// Knows the commands that wait for answers of programs.
    public PendingCommands pending() {
        return pendingCommands;
    }
}
