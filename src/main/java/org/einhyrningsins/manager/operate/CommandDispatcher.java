// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.control.report.GraphText;
import org.einhyrningsins.control.report.LogPlace;
import org.einhyrningsins.control.report.LogReport;
import org.einhyrningsins.control.report.PlanReport;
import org.einhyrningsins.control.report.PlanText;
import org.einhyrningsins.control.report.ProgramStatus;
import org.einhyrningsins.control.report.ReplyWriter;
import org.einhyrningsins.control.report.StatusReport;
import org.einhyrningsins.control.report.StatusText;
import org.einhyrningsins.control.wire.CommandTarget;
import org.einhyrningsins.control.wire.ControlCommand;
import org.einhyrningsins.control.wire.ControlRequest;
import org.einhyrningsins.control.wire.Dialect;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.UsageException;
import org.einhyrningsins.control.wire.WireHelp;
import org.einhyrningsins.control.wire.WorkerMessage;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.plan.SharedAddresses;
import org.einhyrningsins.manager.control.AccessControl;
import org.einhyrningsins.manager.control.ControlConnection;
import org.einhyrningsins.manager.control.ControlServer;
import org.einhyrningsins.manager.control.PeerNames;
import org.einhyrningsins.manager.control.PendingCommand;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.program.SignalTargets;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.LogRateLimit;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.UserTimeQuota;
import org.einhyrningsins.manager.snapshot.PendingCommandSnapshot;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.spec.RolloutSpec;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// What operators ask for: finds the programs an order is about, passes it on to each, and brings
/// what came of it back to whoever asked.
public final class CommandDispatcher
        implements ControlServer.Requested, SocketHandoverRunner.Asking {
    private static final String INVALID =
            "the configuration is invalid; control.allow.admin are shown where, since lines of it"
                    + " may hold secrets";

    /// Of what strangers write, no more goes to the log.
    private static final int LONGEST_TOLD = 32;

    private final ProgramTable programTable;
    private final StatusReports statusReports;
    private final Reloader reloader;
    private final ManagerLog managerLog;
    private final Conduct conduct;
    private final PeerNames peerNames = new PeerNames();
    private final LogRateLimit logRateLimit = new LogRateLimit();
    private final Map<Long, PendingCommand> tickets = new HashMap<>();
    private long nextTicket = 1;

    private @Nullable OrderedRestart orderedRestart;
    private final SocketHandoverRunner handovers;

    /// What only the manager itself can do or tell.
    public interface Conduct {
        /// What an operator set by hand may have changed.
        void setByHand();

        /// Sockets may be over.
        void unsettled();

        /// Stops everything and exits.
        ///
        /// @param first instead of the first signal of each program's own steps; null for those
        void die(PendingCommand pendingCommand, @Nullable Signal first);

        /// Whether it has been told to stop everything.
        boolean ending();

        /// A report on those programs, complete but for them.
        StatusReport report(List<ProgramStatus> programs);

        String version();

        /// Replaces the manager by the program it would be if it were started now.
        void reexec(PendingCommand pendingCommand);

        /// Logs more, or less.
        ///
        /// @return what it does now, in words
        String loudness(boolean more);

        /// Everything, in the shape einhorn gave it.
        String state();
    }

    private final UserTimeQuota userTimeQuota = new UserTimeQuota();

    public CommandDispatcher(
            ProgramTable programTable,
            StatusReports statusReports,
            Reloader reloader,
            ManagerLog managerLog,
            Conduct conduct) {
        this.managerLog = managerLog;
        this.programTable = programTable;
        this.statusReports = statusReports;
        this.reloader = reloader;
        this.conduct = conduct;
        this.handovers = new SocketHandoverRunner(programTable, managerLog, this);
    }

    // ---- what was asked

    @Override
    public void request(
            ControlConnection client, AccessControl.Role role, ControlRequest controlRequest) {
        try {
            // a stranger is not even told which commands there are
            ControlCommand controlCommand =
                    role == AccessControl.Role.STRANGER
                            ? new ControlCommand.Help()
                            : order(controlRequest);
            if (!role.may(controlCommand)) {
                refuse(client, role, controlRequest);
            } else if (role == AccessControl.Role.READER
                    && controlCommand instanceof ControlCommand.Plan plan) {
                planOfReader(client, controlRequest, plan.targets());
            } else if (conduct.ending() && starts(controlCommand)) {
                String message = "everything is being stopped; nothing is started any more";
                client.send(ReplyWriter.done(controlRequest.id(), ExitStatus.FAILED, message));
            } else {
                obey(client, controlRequest, controlCommand);
            }
        } catch (UsageException e) {
            String message = String.valueOf(e.getMessage());
            client.send(ReplyWriter.done(controlRequest.id(), ExitStatus.USAGE, message));
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
        if (logRateLimit.mayBeTold(Clock.now())) {
            String words = command.length() > LONGEST_TOLD ? "a long word" : "'" + command + "'";
            String what = "refused: " + caller + ", pid " + client.peer().pid();
            managerLog.warn("", what + ", asked for " + words + logRateLimit.untold());
        }
    }

    /// What einhorn's clients call `reload` is about the manager; workers follow by `upgrade`.
    private static ControlCommand order(ControlRequest controlRequest) throws UsageException {
        boolean einhorns = controlRequest.id().dialect() == Dialect.YAML;
        String command = controlRequest.command();
        return ControlCommand.read(
                einhorns && command.equals("reload") ? "reexec" : command, controlRequest.args());
    }

    @Override
    public @Nullable String heard(WorkerMessage message, PeerCredentials sender) {
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

    /// Whether it may bring workers into the world.
    private static boolean starts(ControlCommand controlCommand) {
        return switch (controlCommand) {
            case ControlCommand.Status ignored -> false;
            case ControlCommand.Show ignored -> false;
            case ControlCommand.Events ignored -> false;
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
            case ControlCommand.Confirm ignored -> false;
            case ControlCommand.Reload ignored -> true;
            case ControlCommand.Upgrade ignored -> true;
            case ControlCommand.Promote ignored -> true;
            case ControlCommand.Abort ignored -> true;
            case ControlCommand.Start ignored -> true;
            case ControlCommand.Restart ignored -> true;
            case ControlCommand.Increase ignored -> true;
            case ControlCommand.Decrease ignored -> true;
            case ControlCommand.Scale ignored -> true;
        };
    }

    private void obey(
            ControlConnection client, ControlRequest controlRequest, ControlCommand controlCommand)
            throws UsageException {
        switch (controlCommand) {
            case ControlCommand.Status o -> status(client, controlRequest, o.targets(), false);
            case ControlCommand.Show o when o.graph() -> graph(client, controlRequest, o.targets());
            case ControlCommand.Show o -> status(client, controlRequest, o.targets(), true);
            case ControlCommand.Events o -> follow(client, controlRequest, o.targets());
            case ControlCommand.Logs o -> logs(client, controlRequest, o.targets());
            case ControlCommand.Version ignored -> say(client, controlRequest, conduct.version());
            case ControlCommand.Greet o -> say(client, controlRequest, greeting(o.user()));
            case ControlCommand.Help ignored -> say(client, controlRequest, WireHelp.TEXT);
            case ControlCommand.State ignored -> say(client, controlRequest, conduct.state());
            case ControlCommand.Loudness o ->
                    say(client, controlRequest, conduct.loudness(o.more()));
            case ControlCommand.Die o -> {
                PendingCommand pendingCommand = converse(client, controlRequest);
                conduct.die(pendingCommand, o.first());
                pendingCommand.begun(controlRequest.command());
            }
            case ControlCommand.Reexec ignored -> {
                PendingCommand pendingCommand = converse(client, controlRequest);
                conduct.reexec(pendingCommand);
                pendingCommand.begun(controlRequest.command());
            }
            case ControlCommand.Plan o -> plan(client, controlRequest, o.targets(), true);
            case ControlCommand.Confirm ignored -> {
                Reloader.Outcome outcome = reloader.confirm();
                client.send(
                        ReplyWriter.done(controlRequest.id(), outcome.code(), outcome.message()));
            }
            case ControlCommand.Reload o -> reload(client, controlRequest, o);
            case ControlCommand.Upgrade o -> {
                RolloutSpec.Strategy strategy = o.fleet() ? RolloutSpec.Strategy.FLEET : null;
                tell(
                        client,
                        controlRequest,
                        o.targets(),
                        scope -> new ProgramCommand.Upgrade(scope, strategy));
            }
            case ControlCommand.Promote o ->
                    tell(
                            client,
                            controlRequest,
                            o.targets(),
                            scope -> new ProgramCommand.Promote());
            case ControlCommand.Abort o ->
                    tell(client, controlRequest, o.targets(), scope -> new ProgramCommand.Abort());
            case ControlCommand.Start o ->
                    tell(
                            client,
                            controlRequest,
                            o.targets(),
                            scope -> new ProgramCommand.Start(scope, true));
            case ControlCommand.Stop o -> stop(client, controlRequest, o.targets());
            case ControlCommand.Restart o -> restart(client, controlRequest, o.targets());
            case ControlCommand.Increase o ->
                    tell(
                            client,
                            controlRequest,
                            o.targets(),
                            scope -> new ProgramCommand.ScaleBy(o.by()));
            case ControlCommand.Decrease o ->
                    tell(
                            client,
                            controlRequest,
                            o.targets(),
                            scope -> new ProgramCommand.ScaleBy(-o.by()));
            case ControlCommand.Scale o ->
                    tell(
                            client,
                            controlRequest,
                            o.targets(),
                            scope -> new ProgramCommand.ScaleTo(o.workers()));
            case ControlCommand.Deliver o -> deliver(client, controlRequest, o);
        }
    }

    private static void say(
            ControlConnection client, ControlRequest controlRequest, String message) {
        client.send(ReplyWriter.done(controlRequest.id(), ExitStatus.DONE, message));
    }

    private String greeting(String user) {
        return "Welcome"
                + (user.isEmpty() ? "" : ", " + user)
                + "! This is einhyrningsins "
                + conduct.version()
                + ", manager process "
                + conduct.report(List.of()).managerPid()
                + ".";
    }

    /// Makes the command for a scope of slots, null for all.
    private interface Wording {
        ProgramCommand command(@Nullable Set<Integer> scope);
    }

    private void deliver(
            ControlConnection client, ControlRequest controlRequest, ControlCommand.Deliver order)
            throws UsageException {
        Map<ProgramHost, Set<WorkerId>> workers = SignalTargets.of(programTable, order.targets());
        PendingCommand pendingCommand = converse(client, controlRequest);
        for (int i = Math.max(1, workers.size() * order.signals().size()); i > 0; i--) {
            pendingCommand.expect();
        }
        for (Signal signal : order.signals()) {
            workers.forEach(
                    (host, its) ->
                            ask(host, new ProgramCommand.SendSignal(signal, its), pendingCommand));
        }
        if (workers.isEmpty()) {
            pendingCommand.outcome(true, "there is no worker");
        }
        pendingCommand.begun(controlRequest.command());
    }

    private void tell(
            ControlConnection client,
            ControlRequest controlRequest,
            List<CommandTarget> targets,
            Wording wording)
            throws UsageException {
        Map<ProgramHost, @Nullable Set<Integer>> scopes = scopes(targets);
        PendingCommand pendingCommand = converse(client, controlRequest);
        // all expected first: a program may answer at once, and must not end the conversation
        scopes.keySet().forEach(host -> pendingCommand.expect());
        List<String> shared = new ArrayList<>();
        scopes.forEach((host, scope) -> shared.addAll(shared(host, wording.command(scope))));
        shared.forEach(words -> pendingCommand.expect());
        scopes.forEach((host, scope) -> ask(host, wording.command(scope), pendingCommand));
        shared.forEach(words -> pendingCommand.outcome(true, words));
        if (scopes.isEmpty()) {
            pendingCommand.expect();
            pendingCommand.outcome(true, "there is no program");
        }
        pendingCommand.begun(controlRequest.command());
    }

    /// It may serve beside one that a reload left as it was, since this one did not run then.
    private List<String> shared(ProgramHost host, ProgramCommand programCommand) {
        Program program = host.program();
        List<String> shared = new ArrayList<>();
        if (program.vacant() && programCommand instanceof ProgramCommand.Start) {
            for (String words :
                    SharedAddresses.words(program.newest(), programTable.states().values())) {
                managerLog.warn(host.name(), words);
                shared.add(host.name() + ": " + words);
            }
        }
        return shared;
    }

    private void stop(
            ControlConnection client, ControlRequest controlRequest, List<CommandTarget> targets)
            throws UsageException {
        together(
                client,
                controlRequest,
                targets,
                scope -> new ProgramCommand.Stop(scope, null),
                (whole, pendingCommand) -> stop(whole, null, pendingCommand));
    }

    private void restart(
            ControlConnection client, ControlRequest controlRequest, List<CommandTarget> targets)
            throws UsageException {
        Wording wording = ProgramCommand.Restart::new;
        if (programTable.ordered()) {
            together(client, controlRequest, targets, wording, sequencer()::restart);
        } else {
            tell(client, controlRequest, targets, wording);
        }
    }

    /// Tells several programs what they do one after the other.
    private interface Together {
        /// @param pendingCommand expects the answer of each
        void tell(List<ProgramHost> whole, PendingCommand pendingCommand);
    }

    /// @param wording for one program alone, and for some of its slots
    private void together(
            ControlConnection client,
            ControlRequest controlRequest,
            List<CommandTarget> targets,
            Wording wording,
            Together together)
            throws UsageException {
        Map<ProgramHost, @Nullable Set<Integer>> scopes = scopes(targets);
        if (scopes.size() < 2) {
            tell(client, controlRequest, targets, wording);
            return;
        }
        PendingCommand pendingCommand = converse(client, controlRequest);
        scopes.keySet().forEach(host -> pendingCommand.expect());
        List<ProgramHost> whole = new ArrayList<>();
        scopes.forEach(
                (host, scope) -> {
                    if (scope == null) {
                        whole.add(host);
                    } else {
                        ask(host, wording.command(scope), pendingCommand);
                    }
                });
        together.tell(whole, pendingCommand);
        pendingCommand.begun(controlRequest.command());
    }

    /// Stops programs, those that come after others before them; the conversation already expects
    /// the answer of each.
    public void stop(
            List<ProgramHost> hosts, @Nullable Signal first, PendingCommand pendingCommand) {
        if (programTable.ordered()) {
            sequencer().stop(hosts, first, pendingCommand);
        } else {
            hosts.forEach(host -> ask(host, new ProgramCommand.Stop(null, first), pendingCommand));
        }
    }

    /// Whoever waits to be stopped is.
    public void stopAtOnce() {
        if (orderedRestart != null) {
            orderedRestart.stopAtOnce();
        }
    }

    /// Starts and stops whose turn it is.
    ///
    /// @return whether anybody was told anything
    public boolean goOn() {
        return programTable.ordered() && sequencer().goOn(!conduct.ending());
    }

    /// Whether programs are being stopped or restarted one after the other, which no other manager
    /// would go on with.
    public boolean worksInOrder() {
        return orderedRestart != null && orderedRestart.busy();
    }

    private OrderedRestart sequencer() {
        if (orderedRestart == null) {
            orderedRestart = new OrderedRestart(programTable, managerLog, this::ask);
        }
        return orderedRestart;
    }

    /// Asks one program; the conversation already expects its answer.
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
            case ProgramCommand.Apply ignored -> conduct.setByHand();
            case ProgramCommand.ScaleBy ignored -> conduct.setByHand();
            case ProgramCommand.ScaleTo ignored -> conduct.setByHand();
            case ProgramCommand.Hasten ignored -> {}
            case ProgramCommand.Upgrade ignored -> {}
            case ProgramCommand.Promote ignored -> {}
            case ProgramCommand.Abort ignored -> {}
            case ProgramCommand.SendSignal ignored -> {}
            case ProgramCommand.Debut ignored -> {}
            case ProgramCommand.Hold ignored -> {}
            case ProgramCommand.Release ignored -> {}
            case ProgramCommand.Keep ignored -> {}
        }
        host.take(new ProgramEvent.Requested(ticket, programCommand));
    }

    /// A number for a question whose answer ends a part of that conversation.
    long ticket(PendingCommand pendingCommand) {
        long ticket = nextTicket++;
        tickets.put(ticket, pendingCommand);
        return ticket;
    }

    @Override
    public long ticket() {
        return nextTicket++;
    }

    @Override
    public void unsettled() {
        conduct.unsettled();
    }

    /// Reloads in which programs take over from others.
    public SocketHandoverRunner handovers() {
        return handovers;
    }

    private void begins(ProgramHost host) {
        conduct.setByHand();
        if (orderedRestart != null) {
            orderedRestart.startedAgain(host);
        }
    }

    private void ends(ProgramHost host, ProgramCommand.Stop stop) {
        conduct.setByHand();
        if (orderedRestart != null && stop.scope() == null) {
            orderedRestart.stopped(host);
        }
    }

    /// A conversation with whoever asked; one who would not wait is answered when it has begun.
    private static PendingCommand converse(
            ControlConnection client, ControlRequest controlRequest) {
        return new PendingCommand(client, controlRequest.id(), controlRequest.waits());
    }

    /// It reads the file in the loop, and everybody waits.
    private void planOfReader(
            ControlConnection client, ControlRequest controlRequest, List<CommandTarget> targets)
            throws UsageException {
        int user = client.peer().uid();
        Moment began = Clock.now();
        Duration left = userTimeQuota.left(user, began);
        if (!left.isZero()) {
            String why =
                    "no plan now: those before took a tenth of the manager's time; ask again in "
                            + DurationText.of(left);
            client.send(ReplyWriter.done(controlRequest.id(), ExitStatus.FAILED, why));
            return;
        }
        plan(client, controlRequest, targets, false);
        userTimeQuota.spent(user, began, Clock.now());
    }

    /// @param lines whether they may see lines of the file, which can hold secrets
    private void plan(
            ControlConnection client,
            ControlRequest controlRequest,
            List<CommandTarget> targets,
            boolean lines)
            throws UsageException {
        try {
            Reloader.Prospect prospect = reloader.prospect(whole(targets));
            PlanReport report = PlanReports.of(reloader.definition(), prospect);
            ExitStatus code = PlanReports.code(report);
            client.send(
                    controlRequest.text()
                            ? ReplyWriter.done(controlRequest.id(), code, PlanText.of(report))
                            : ReplyWriter.done(controlRequest.id(), code, "", report));
        } catch (Reloader.Refused e) {
            boolean shown = lines || e.code() != ExitStatus.INVALID;
            String why = shown ? String.valueOf(e.getMessage()) : INVALID;
            client.send(ReplyWriter.done(controlRequest.id(), e.code(), why));
        }
    }

    private void reload(
            ControlConnection client, ControlRequest controlRequest, ControlCommand.Reload order)
            throws UsageException {
        Set<String> named = whole(order.targets());
        Duration confirm = order.confirm();
        PendingConfirmation.Terms terms =
                confirm == null ? null : new PendingConfirmation.Terms(confirm);
        PendingCommand pendingCommand =
                new PendingCommand(controlRequest.waits() ? client : null, controlRequest.id());
        Reloader.Outcome outcome =
                reloader.reload(named, terms, order.reset(), pendingCommand, this);
        if (outcome.code() != ExitStatus.DONE) {
            pendingCommand.abandon();
        }
        if (outcome.code() != ExitStatus.DONE || !controlRequest.waits()) {
            client.send(ReplyWriter.done(controlRequest.id(), outcome.code(), outcome.message()));
        }
    }

    private static Set<String> whole(List<CommandTarget> targets) throws UsageException {
        Set<String> named = new LinkedHashSet<>();
        for (CommandTarget commandTarget : targets) {
            if (!commandTarget.whole()) {
                throw new UsageException(
                        "cannot reload "
                                + commandTarget
                                + ": a definition is the whole program's; 'upgrade "
                                + commandTarget
                                + "' rolls that worker alone");
            }
            named.add(commandTarget.program());
        }
        return named;
    }

    // ---- whom it is about

    private Map<ProgramHost, @Nullable Set<Integer>> scopes(List<CommandTarget> targets)
            throws UsageException {
        Map<ProgramHost, @Nullable Set<Integer>> scopes = new LinkedHashMap<>();
        if (targets.isEmpty()) {
            programTable.all().forEach(host -> scopes.put(host, null));
        }
        for (CommandTarget commandTarget : targets) {
            ProgramHost host = host(commandTarget);
            Set<Integer> scope = scopes.get(host);
            if (commandTarget.whole() || (scope == null && scopes.containsKey(host))) {
                scopes.put(host, null);
            } else {
                Set<Integer> wider = scope == null ? new TreeSet<>() : new TreeSet<>(scope);
                wider.add(slot(host, commandTarget));
                scopes.put(host, wider);
            }
        }
        return scopes;
    }

    private ProgramHost host(CommandTarget commandTarget) throws UsageException {
        ProgramHost host = programTable.get(commandTarget.program());
        if (host == null) {
            throw new UsageException(programTable.unknown(commandTarget.program()));
        }
        return host;
    }

    private static int slot(ProgramHost host, CommandTarget commandTarget) throws UsageException {
        int count = host.program().count();
        if (commandTarget.slot() >= count) {
            String slots = count == 0 ? "no slots" : "slots 0 to " + (count - 1);
            throw new UsageException(
                    "no slot "
                            + commandTarget.slot()
                            + " in '"
                            + host.name()
                            + "'; it has "
                            + slots);
        }
        return commandTarget.slot();
    }

    // ---- what is told

    private void status(
            ControlConnection client,
            ControlRequest controlRequest,
            List<CommandTarget> targets,
            boolean workers)
            throws UsageException {
        List<ProgramStatus> list = new ArrayList<>();
        for (var entry : scopes(targets).entrySet()) {
            list.add(statusReports.of(entry.getKey(), entry.getValue()));
        }
        StatusReport report = conduct.report(list);
        if (controlRequest.text()) {
            String text = workers ? StatusText.workers(report) : StatusText.programs(report);
            client.send(ReplyWriter.done(controlRequest.id(), ExitStatus.DONE, text));
        } else {
            client.send(ReplyWriter.done(controlRequest.id(), ExitStatus.DONE, "", report));
        }
    }

    private void graph(
            ControlConnection client, ControlRequest controlRequest, List<CommandTarget> targets)
            throws UsageException {
        List<ProgramStatus> list = new ArrayList<>();
        for (ProgramHost host : scopes(targets).keySet()) {
            list.add(statusReports.of(host, null));
        }
        StatusReport report = conduct.report(list);
        client.send(
                controlRequest.text()
                        ? ReplyWriter.done(
                                controlRequest.id(), ExitStatus.DONE, GraphText.of(report))
                        : ReplyWriter.done(controlRequest.id(), ExitStatus.DONE, "", report));
    }

    private void follow(
            ControlConnection client, ControlRequest controlRequest, List<CommandTarget> targets)
            throws UsageException {
        Set<String> names = new LinkedHashSet<>();
        for (ProgramHost host : scopes(targets).keySet()) {
            names.add(host.name());
        }
        client.follow(controlRequest.id(), targets.isEmpty() ? Set.of() : names);
    }

    // ---- what another manager goes on with

    /// Of the next question.
    public long nextTicket() {
        return nextTicket;
    }

    /// What was asked and is not answered by all programs yet.
    public List<PendingCommandSnapshot> images() {
        Map<PendingCommand, List<Long>> open = new LinkedHashMap<>();
        tickets.forEach(
                (ticket, pendingCommand) ->
                        open.computeIfAbsent(pendingCommand, c -> new ArrayList<>()).add(ticket));
        List<PendingCommandSnapshot> images = new ArrayList<>();
        open.forEach(
                (pendingCommand, its) -> {
                    PendingCommandSnapshot image =
                            pendingCommand.image(its, PendingCommandSnapshot.About.PROGRAMS);
                    if (image != null) {
                        images.add(image);
                    }
                });
        return images;
    }

    /// Goes on where another manager stopped.
    public void resume(long next) {
        nextTicket = next;
    }

    public void resume(PendingCommand pendingCommand, List<Long> its) {
        its.forEach(ticket -> tickets.put(ticket, pendingCommand));
    }

    private void logs(
            ControlConnection client, ControlRequest controlRequest, List<CommandTarget> targets)
            throws UsageException {
        List<LogPlace> places = new ArrayList<>();
        for (var entry : scopes(targets).entrySet()) {
            places.addAll(LogLocations.of(entry.getKey().program(), entry.getValue()));
        }
        List<Program> all = new ArrayList<>();
        programTable.all().forEach(host -> all.add(host.program()));
        List<LogPlace> told = LogLocations.withOthers(places, all);
        client.send(
                ReplyWriter.done(
                        controlRequest.id(),
                        ExitStatus.DONE,
                        LogLocations.text(told),
                        new LogReport(told)));
    }

    @Override
    public void progress(long ticket, String message) {
        PendingCommand pendingCommand = tickets.get(ticket);
        if (pendingCommand != null) {
            pendingCommand.progress(message);
        }
    }

    /// Whether a client will hear of it.
    public boolean isAwaited(long ticket) {
        PendingCommand pendingCommand = tickets.get(ticket);
        return pendingCommand != null && pendingCommand.isHeard();
    }

    @Override
    public void answer(long ticket, boolean done, String message) {
        PendingCommand pendingCommand = tickets.remove(ticket);
        if (pendingCommand != null) {
            pendingCommand.outcome(done, message);
        }
        handovers.answered(ticket, done, message);
    }
}
