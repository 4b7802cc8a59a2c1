// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.control.report.GraphText;
import org.einhyrningsins.control.report.LogPlace;
import org.einhyrningsins.control.report.LogReport;
import org.einhyrningsins.control.report.PlanReport;
import org.einhyrningsins.control.report.PlanText;
import org.einhyrningsins.control.report.ProgramStatus;
import org.einhyrningsins.control.report.Replies;
import org.einhyrningsins.control.report.StatusReport;
import org.einhyrningsins.control.report.StatusText;
import org.einhyrningsins.control.wire.Dialect;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.Order;
import org.einhyrningsins.control.wire.Request;
import org.einhyrningsins.control.wire.Target;
import org.einhyrningsins.control.wire.UsageException;
import org.einhyrningsins.control.wire.WireHelp;
import org.einhyrningsins.control.wire.WorkerMessage;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.Command;
import org.einhyrningsins.core.model.Event;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.Words;
import org.einhyrningsins.core.plan.Sharing;
import org.einhyrningsins.manager.control.Access;
import org.einhyrningsins.manager.control.Callers;
import org.einhyrningsins.manager.control.Connection;
import org.einhyrningsins.manager.control.ControlServer;
import org.einhyrningsins.manager.control.Conversation;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.Programs;
import org.einhyrningsins.manager.program.SignalTargets;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.Complaints;
import org.einhyrningsins.manager.runtime.Log;
import org.einhyrningsins.manager.runtime.Ration;
import org.einhyrningsins.manager.snapshot.ConversationImage;
import org.einhyrningsins.posix.kernel.Peer;
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
public final class Operator implements ControlServer.Requested, HandoverRunner.Asking {
    private static final String INVALID =
            "the configuration is invalid; control.allow.admin are shown where, since lines of it"
                    + " may hold secrets";

    /// Of what strangers write, no more goes to the log.
    private static final int LONGEST_TOLD = 32;

    private final Programs programs;
    private final Statuses statuses;
    private final Reloader reloader;
    private final Log log;
    private final Conduct conduct;
    private final Callers callers = new Callers();
    private final Complaints complaints = new Complaints();
    private final Map<Long, Conversation> tickets = new HashMap<>();
    private long nextTicket = 1;

    private @Nullable Sequencer sequencer;
    private final HandoverRunner handovers;

    /// What only the manager itself can do or tell.
    public interface Conduct {
        /// What an operator set by hand may have changed.
        void setByHand();

        /// Sockets may be over.
        void unsettled();

        /// Stops everything and exits.
        ///
        /// @param first instead of the first signal of each program's own steps; null for those
        void die(Conversation conversation, @Nullable Signal first);

        /// Whether it has been told to stop everything.
        boolean ending();

        /// A report on those programs, complete but for them.
        StatusReport report(List<ProgramStatus> programs);

        String version();

        /// Replaces the manager by the program it would be if it were started now.
        void reexec(Conversation conversation);

        /// Logs more, or less.
        ///
        /// @return what it does now, in words
        String loudness(boolean more);

        /// Everything, in the shape einhorn gave it.
        String state();
    }

    private final Ration ration = new Ration();

    public Operator(
            Programs programs, Statuses statuses, Reloader reloader, Log log, Conduct conduct) {
        this.log = log;
        this.programs = programs;
        this.statuses = statuses;
        this.reloader = reloader;
        this.conduct = conduct;
        this.handovers = new HandoverRunner(programs, log, this);
    }

    // ---- what was asked

    @Override
    public void request(Connection client, Access.Role role, Request request) {
        try {
            // a stranger is not even told which commands there are
            Order order = role == Access.Role.STRANGER ? new Order.Help() : order(request);
            if (!role.may(order)) {
                refuse(client, role, request);
            } else if (role == Access.Role.READER && order instanceof Order.Plan plan) {
                planOfReader(client, request, plan.targets());
            } else if (conduct.ending() && starts(order)) {
                String message = "everything is being stopped; nothing is started any more";
                client.send(Replies.done(request.id(), ExitStatus.FAILED, message));
            } else {
                obey(client, request, order);
            }
        } catch (UsageException e) {
            String message = String.valueOf(e.getMessage());
            client.send(Replies.done(request.id(), ExitStatus.USAGE, message));
        }
    }

    private void refuse(Connection client, Access.Role role, Request request) {
        String caller = callers.words(client.peer(), client.groups());
        String command = request.command();
        client.send(
                Replies.done(request.id(), ExitStatus.NOT_ALLOWED, role.refusal(caller, command)));
        if (complaints.mayBeTold(Clock.now())) {
            String words = command.length() > LONGEST_TOLD ? "a long word" : "'" + command + "'";
            String what = "refused: " + caller + ", pid " + client.peer().pid();
            log.warn("", what + ", asked for " + words + complaints.untold());
        }
    }

    /// What einhorn's clients call `reload` is about the manager; workers follow by `upgrade`.
    private static Order order(Request request) throws UsageException {
        boolean einhorns = request.id().dialect() == Dialect.YAML;
        String command = request.command();
        return Order.read(
                einhorns && command.equals("reload") ? "reexec" : command, request.args());
    }

    @Override
    public @Nullable String heard(WorkerMessage message, Peer sender) {
        for (ProgramHost host : programs.everyHost()) {
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
    private static boolean starts(Order order) {
        return switch (order) {
            case Order.Status ignored -> false;
            case Order.Show ignored -> false;
            case Order.Events ignored -> false;
            case Order.Logs ignored -> false;
            case Order.Version ignored -> false;
            case Order.State ignored -> false;
            case Order.Greet ignored -> false;
            case Order.Help ignored -> false;
            case Order.Loudness ignored -> false;
            case Order.Die ignored -> false;
            case Order.Reexec ignored -> false;
            case Order.Stop ignored -> false;
            case Order.Deliver ignored -> false;
            case Order.Plan ignored -> false;
            case Order.Confirm ignored -> false;
            case Order.Reload ignored -> true;
            case Order.Upgrade ignored -> true;
            case Order.Promote ignored -> true;
            case Order.Abort ignored -> true;
            case Order.Start ignored -> true;
            case Order.Restart ignored -> true;
            case Order.Increase ignored -> true;
            case Order.Decrease ignored -> true;
            case Order.Scale ignored -> true;
        };
    }

    private void obey(Connection client, Request request, Order order) throws UsageException {
        switch (order) {
            case Order.Status o -> status(client, request, o.targets(), false);
            case Order.Show o when o.graph() -> graph(client, request, o.targets());
            case Order.Show o -> status(client, request, o.targets(), true);
            case Order.Events o -> follow(client, request, o.targets());
            case Order.Logs o -> logs(client, request, o.targets());
            case Order.Version ignored -> say(client, request, conduct.version());
            case Order.Greet o -> say(client, request, greeting(o.user()));
            case Order.Help ignored -> say(client, request, WireHelp.TEXT);
            case Order.State ignored -> say(client, request, conduct.state());
            case Order.Loudness o -> say(client, request, conduct.loudness(o.more()));
            case Order.Die o -> {
                Conversation conversation = converse(client, request);
                conduct.die(conversation, o.first());
                conversation.begun(request.command());
            }
            case Order.Reexec ignored -> {
                Conversation conversation = converse(client, request);
                conduct.reexec(conversation);
                conversation.begun(request.command());
            }
            case Order.Plan o -> plan(client, request, o.targets(), true);
            case Order.Confirm ignored -> {
                Reloader.Outcome outcome = reloader.confirm();
                client.send(Replies.done(request.id(), outcome.code(), outcome.message()));
            }
            case Order.Reload o -> reload(client, request, o);
            case Order.Upgrade o -> {
                RolloutSpec.Strategy strategy = o.fleet() ? RolloutSpec.Strategy.FLEET : null;
                tell(client, request, o.targets(), scope -> new Command.Upgrade(scope, strategy));
            }
            case Order.Promote o ->
                    tell(client, request, o.targets(), scope -> new Command.Promote());
            case Order.Abort o -> tell(client, request, o.targets(), scope -> new Command.Abort());
            case Order.Start o ->
                    tell(client, request, o.targets(), scope -> new Command.Start(scope, true));
            case Order.Stop o -> stop(client, request, o.targets());
            case Order.Restart o -> restart(client, request, o.targets());
            case Order.Increase o ->
                    tell(client, request, o.targets(), scope -> new Command.ScaleBy(o.by()));
            case Order.Decrease o ->
                    tell(client, request, o.targets(), scope -> new Command.ScaleBy(-o.by()));
            case Order.Scale o ->
                    tell(client, request, o.targets(), scope -> new Command.ScaleTo(o.workers()));
            case Order.Deliver o -> deliver(client, request, o);
        }
    }

    private static void say(Connection client, Request request, String message) {
        client.send(Replies.done(request.id(), ExitStatus.DONE, message));
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
        Command command(@Nullable Set<Integer> scope);
    }

    private void deliver(Connection client, Request request, Order.Deliver order)
            throws UsageException {
        Map<ProgramHost, Set<WorkerId>> workers = SignalTargets.of(programs, order.targets());
        Conversation conversation = converse(client, request);
        for (int i = Math.max(1, workers.size() * order.signals().size()); i > 0; i--) {
            conversation.expect();
        }
        for (Signal signal : order.signals()) {
            workers.forEach(
                    (host, its) -> ask(host, new Command.SendSignal(signal, its), conversation));
        }
        if (workers.isEmpty()) {
            conversation.outcome(true, "there is no worker");
        }
        conversation.begun(request.command());
    }

    private void tell(Connection client, Request request, List<Target> targets, Wording wording)
            throws UsageException {
        Map<ProgramHost, @Nullable Set<Integer>> scopes = scopes(targets);
        Conversation conversation = converse(client, request);
        // all expected first: a program may answer at once, and must not end the conversation
        scopes.keySet().forEach(host -> conversation.expect());
        List<String> shared = new ArrayList<>();
        scopes.forEach((host, scope) -> shared.addAll(shared(host, wording.command(scope))));
        shared.forEach(words -> conversation.expect());
        scopes.forEach((host, scope) -> ask(host, wording.command(scope), conversation));
        shared.forEach(words -> conversation.outcome(true, words));
        if (scopes.isEmpty()) {
            conversation.expect();
            conversation.outcome(true, "there is no program");
        }
        conversation.begun(request.command());
    }

    /// It may serve beside one that a reload left as it was, since this one did not run then.
    private List<String> shared(ProgramHost host, Command command) {
        Program program = host.program();
        List<String> shared = new ArrayList<>();
        if (program.vacant() && command instanceof Command.Start) {
            for (String words : Sharing.words(program.newest(), programs.states().values())) {
                log.warn(host.name(), words);
                shared.add(host.name() + ": " + words);
            }
        }
        return shared;
    }

    private void stop(Connection client, Request request, List<Target> targets)
            throws UsageException {
        together(
                client,
                request,
                targets,
                scope -> new Command.Stop(scope, null),
                (whole, conversation) -> stop(whole, null, conversation));
    }

    private void restart(Connection client, Request request, List<Target> targets)
            throws UsageException {
        Wording wording = Command.Restart::new;
        if (programs.ordered()) {
            together(client, request, targets, wording, sequencer()::restart);
        } else {
            tell(client, request, targets, wording);
        }
    }

    /// Tells several programs what they do one after the other.
    private interface Together {
        /// @param conversation expects the answer of each
        void tell(List<ProgramHost> whole, Conversation conversation);
    }

    /// @param wording for one program alone, and for some of its slots
    private void together(
            Connection client,
            Request request,
            List<Target> targets,
            Wording wording,
            Together together)
            throws UsageException {
        Map<ProgramHost, @Nullable Set<Integer>> scopes = scopes(targets);
        if (scopes.size() < 2) {
            tell(client, request, targets, wording);
            return;
        }
        Conversation conversation = converse(client, request);
        scopes.keySet().forEach(host -> conversation.expect());
        List<ProgramHost> whole = new ArrayList<>();
        scopes.forEach(
                (host, scope) -> {
                    if (scope == null) {
                        whole.add(host);
                    } else {
                        ask(host, wording.command(scope), conversation);
                    }
                });
        together.tell(whole, conversation);
        conversation.begun(request.command());
    }

    /// Stops programs, those that come after others before them; the conversation already expects
    /// the answer of each.
    public void stop(List<ProgramHost> hosts, @Nullable Signal first, Conversation conversation) {
        if (programs.ordered()) {
            sequencer().stop(hosts, first, conversation);
        } else {
            hosts.forEach(host -> ask(host, new Command.Stop(null, first), conversation));
        }
    }

    /// Whoever waits to be stopped is.
    public void stopAtOnce() {
        if (sequencer != null) {
            sequencer.stopAtOnce();
        }
    }

    /// Starts and stops whose turn it is.
    ///
    /// @return whether anybody was told anything
    public boolean goOn() {
        return programs.ordered() && sequencer().goOn(!conduct.ending());
    }

    /// Whether programs are being stopped or restarted one after the other, which no other manager
    /// would go on with.
    public boolean worksInOrder() {
        return sequencer != null && sequencer.busy();
    }

    private Sequencer sequencer() {
        if (sequencer == null) {
            sequencer = new Sequencer(programs, log, this::ask);
        }
        return sequencer;
    }

    /// Asks one program; the conversation already expects its answer.
    public void ask(ProgramHost host, Command command, Conversation conversation) {
        ask(host, command, ticket(conversation));
    }

    @Override
    public void ask(ProgramHost host, Command command, long ticket) {
        switch (command) {
            case Command.Start ignored -> begins(host);
            case Command.Restart ignored -> begins(host);
            case Command.Reset ignored -> begins(host);
            case Command.Stop stop -> ends(host, stop);
            case Command.Apply ignored -> conduct.setByHand();
            case Command.ScaleBy ignored -> conduct.setByHand();
            case Command.ScaleTo ignored -> conduct.setByHand();
            case Command.Hasten ignored -> {}
            case Command.Upgrade ignored -> {}
            case Command.Promote ignored -> {}
            case Command.Abort ignored -> {}
            case Command.SendSignal ignored -> {}
            case Command.Debut ignored -> {}
            case Command.Hold ignored -> {}
            case Command.Release ignored -> {}
            case Command.Keep ignored -> {}
        }
        host.take(new Event.Requested(ticket, command));
    }

    /// A number for a question whose answer ends a part of that conversation.
    long ticket(Conversation conversation) {
        long ticket = nextTicket++;
        tickets.put(ticket, conversation);
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
    public HandoverRunner handovers() {
        return handovers;
    }

    private void begins(ProgramHost host) {
        conduct.setByHand();
        if (sequencer != null) {
            sequencer.startedAgain(host);
        }
    }

    private void ends(ProgramHost host, Command.Stop stop) {
        conduct.setByHand();
        if (sequencer != null && stop.scope() == null) {
            sequencer.stopped(host);
        }
    }

    /// A conversation with whoever asked; one who would not wait is answered when it has begun.
    private static Conversation converse(Connection client, Request request) {
        return new Conversation(client, request.id(), request.waits());
    }

    /// It reads the file in the loop, and everybody waits.
    private void planOfReader(Connection client, Request request, List<Target> targets)
            throws UsageException {
        int user = client.peer().uid();
        Moment began = Clock.now();
        Duration left = ration.left(user, began);
        if (!left.isZero()) {
            String why =
                    "no plan now: those before took a tenth of the manager's time; ask again in "
                            + Words.of(left);
            client.send(Replies.done(request.id(), ExitStatus.FAILED, why));
            return;
        }
        plan(client, request, targets, false);
        ration.spent(user, began, Clock.now());
    }

    /// @param lines whether they may see lines of the file, which can hold secrets
    private void plan(Connection client, Request request, List<Target> targets, boolean lines)
            throws UsageException {
        try {
            Reloader.Prospect prospect = reloader.prospect(whole(targets));
            PlanReport report = PlanReports.of(reloader.definition(), prospect);
            ExitStatus code = PlanReports.code(report);
            client.send(
                    request.text()
                            ? Replies.done(request.id(), code, PlanText.of(report))
                            : Replies.done(request.id(), code, "", report));
        } catch (Reloader.Refused e) {
            boolean shown = lines || e.code() != ExitStatus.INVALID;
            String why = shown ? String.valueOf(e.getMessage()) : INVALID;
            client.send(Replies.done(request.id(), e.code(), why));
        }
    }

    private void reload(Connection client, Request request, Order.Reload order)
            throws UsageException {
        Set<String> named = whole(order.targets());
        Duration confirm = order.confirm();
        Trials.Terms terms = confirm == null ? null : new Trials.Terms(confirm);
        Conversation conversation = new Conversation(request.waits() ? client : null, request.id());
        Reloader.Outcome outcome = reloader.reload(named, terms, order.reset(), conversation, this);
        if (outcome.code() != ExitStatus.DONE) {
            conversation.abandon();
        }
        if (outcome.code() != ExitStatus.DONE || !request.waits()) {
            client.send(Replies.done(request.id(), outcome.code(), outcome.message()));
        }
    }

    private static Set<String> whole(List<Target> targets) throws UsageException {
        Set<String> named = new LinkedHashSet<>();
        for (Target target : targets) {
            if (!target.whole()) {
                throw new UsageException(
                        "cannot reload "
                                + target
                                + ": a definition is the whole program's; 'upgrade "
                                + target
                                + "' rolls that worker alone");
            }
            named.add(target.program());
        }
        return named;
    }

    // ---- whom it is about

    private Map<ProgramHost, @Nullable Set<Integer>> scopes(List<Target> targets)
            throws UsageException {
        Map<ProgramHost, @Nullable Set<Integer>> scopes = new LinkedHashMap<>();
        if (targets.isEmpty()) {
            programs.all().forEach(host -> scopes.put(host, null));
        }
        for (Target target : targets) {
            ProgramHost host = host(target);
            Set<Integer> scope = scopes.get(host);
            if (target.whole() || (scope == null && scopes.containsKey(host))) {
                scopes.put(host, null);
            } else {
                Set<Integer> wider = scope == null ? new TreeSet<>() : new TreeSet<>(scope);
                wider.add(slot(host, target));
                scopes.put(host, wider);
            }
        }
        return scopes;
    }

    private ProgramHost host(Target target) throws UsageException {
        ProgramHost host = programs.get(target.program());
        if (host == null) {
            throw new UsageException(programs.unknown(target.program()));
        }
        return host;
    }

    private static int slot(ProgramHost host, Target target) throws UsageException {
        int count = host.program().count();
        if (target.slot() >= count) {
            String slots = count == 0 ? "no slots" : "slots 0 to " + (count - 1);
            throw new UsageException(
                    "no slot " + target.slot() + " in '" + host.name() + "'; it has " + slots);
        }
        return target.slot();
    }

    // ---- what is told

    private void status(Connection client, Request request, List<Target> targets, boolean workers)
            throws UsageException {
        List<ProgramStatus> list = new ArrayList<>();
        for (var entry : scopes(targets).entrySet()) {
            list.add(statuses.of(entry.getKey(), entry.getValue()));
        }
        StatusReport report = conduct.report(list);
        if (request.text()) {
            String text = workers ? StatusText.workers(report) : StatusText.programs(report);
            client.send(Replies.done(request.id(), ExitStatus.DONE, text));
        } else {
            client.send(Replies.done(request.id(), ExitStatus.DONE, "", report));
        }
    }

    private void graph(Connection client, Request request, List<Target> targets)
            throws UsageException {
        List<ProgramStatus> list = new ArrayList<>();
        for (ProgramHost host : scopes(targets).keySet()) {
            list.add(statuses.of(host, null));
        }
        StatusReport report = conduct.report(list);
        client.send(
                request.text()
                        ? Replies.done(request.id(), ExitStatus.DONE, GraphText.of(report))
                        : Replies.done(request.id(), ExitStatus.DONE, "", report));
    }

    private void follow(Connection client, Request request, List<Target> targets)
            throws UsageException {
        Set<String> names = new LinkedHashSet<>();
        for (ProgramHost host : scopes(targets).keySet()) {
            names.add(host.name());
        }
        client.follow(request.id(), targets.isEmpty() ? Set.of() : names);
    }

    // ---- what another manager goes on with

    /// Of the next question.
    public long nextTicket() {
        return nextTicket;
    }

    /// What was asked and is not answered by all programs yet.
    public List<ConversationImage> images() {
        Map<Conversation, List<Long>> open = new LinkedHashMap<>();
        tickets.forEach(
                (ticket, conversation) ->
                        open.computeIfAbsent(conversation, c -> new ArrayList<>()).add(ticket));
        List<ConversationImage> images = new ArrayList<>();
        open.forEach(
                (conversation, its) -> {
                    ConversationImage image =
                            conversation.image(its, ConversationImage.About.PROGRAMS);
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

    public void resume(Conversation conversation, List<Long> its) {
        its.forEach(ticket -> tickets.put(ticket, conversation));
    }

    private void logs(Connection client, Request request, List<Target> targets)
            throws UsageException {
        List<LogPlace> places = new ArrayList<>();
        for (var entry : scopes(targets).entrySet()) {
            places.addAll(LogPlaces.of(entry.getKey().program(), entry.getValue()));
        }
        List<Program> all = new ArrayList<>();
        programs.all().forEach(host -> all.add(host.program()));
        List<LogPlace> told = LogPlaces.withOthers(places, all);
        client.send(
                Replies.done(
                        request.id(), ExitStatus.DONE, LogPlaces.text(told), new LogReport(told)));
    }

    @Override
    public void progress(long ticket, String message) {
        Conversation conversation = tickets.get(ticket);
        if (conversation != null) {
            conversation.progress(message);
        }
    }

    /// Whether a client will hear of it.
    public boolean isAwaited(long ticket) {
        Conversation conversation = tickets.get(ticket);
        return conversation != null && conversation.isHeard();
    }

    @Override
    public void answer(long ticket, boolean done, String message) {
        Conversation conversation = tickets.remove(ticket);
        if (conversation != null) {
            conversation.outcome(done, message);
        }
        handovers.answered(ticket, done, message);
    }
}
