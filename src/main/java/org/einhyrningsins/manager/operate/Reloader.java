// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.config.print.DefinitionSettings;
import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.source.ConfigProblem;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.control.report.PlanText;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.core.ConfirmationOutcome;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.DefinitionChange;
import org.einhyrningsins.core.model.FallbackVersion;
import org.einhyrningsins.core.model.KeyDifference;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.SocketKey;
import org.einhyrningsins.core.plan.ReloadPlan;
import org.einhyrningsins.core.plan.SharedAddresses;
import org.einhyrningsins.core.plan.SocketHandover;
import org.einhyrningsins.core.plan.SocketMove;
import org.einhyrningsins.manager.control.PendingCommand;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.ConfigOrigin;
import org.einhyrningsins.manager.runtime.LaunchOptions;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.manager.spawn.WorkerSpawner;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;

/// Reads the file again, plans what has to be done, and brings the programs to what it says. All
/// that can be had or known before is: sockets are bound, worker sockets opened, commands looked
/// for. If the file has a problem, or something of that cannot be had, nothing is changed.
public final class Reloader {
    private final LaunchOptions options;
    private final ConfigOrigin configOrigin;
    private final LoadEnvironment loadEnvironment;
    private final ProgramTable programTable;
    private final SocketTable sockets;
    private final WorkerSpawner workerSpawner;
    private final ManagerLog managerLog;
    private final Hosting hosting;
    private final PendingConfirmation pendingConfirmation;

    /// Makes hosts of new programs, and takes over what is not a program's.
    public interface Hosting extends StagedResources.Hosts {
        /// Takes them over, but for what is read at start only.
        void settings(ServicesSpec services);

        /// Has what these settings need besides; they come into force, or are forgone.
        void prepare(ServicesSpec services) throws SocketTable.CannotBind;

        /// Gives back what was had for settings that do not come into force.
        void forgo();

        /// Those taken over last.
        ServicesSpec settings();

        /// What has become of them: of the log what an operator made of it, of HTTP what could be
        /// had.
        ServicesSpec inForce();

        /// Sockets may be over.
        void unsettled();

        /// Closes sockets that no definition needs.
        void closeUnused();

        /// A reload begins.
        ///
        /// @return to be run when it is over
        Runnable reloading();

        /// What was decided is to be written down before anybody is told or touched.
        void decided();

        /// Whoever keeps copies of the sockets is to have the new ones before anybody serves there.
        ///
        /// @return false if that failed
        boolean kept();
    }

    /// What came of it at once; with code DONE, the programs' answers are still to come.
    public record Outcome(ExitStatus code, String message) {}

    /// What a reload is to do, worked out and not begun.
    ///
    /// @param objections why it is refused; none if it is not
    record Prospect(ServicesSpec services, ReloadPlan plan, List<String> objections) {}

    /// What is to be worked out cannot be.
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;
        private final ExitStatus code;

        Refused(ExitStatus code, String message) {
            super(message);
            this.code = code;
        }

        ExitStatus code() {
            return code;
        }
    }

    public Reloader(
            LaunchOptions options,
            LoadEnvironment loadEnvironment,
            ProgramTable programTable,
            SocketTable sockets,
            WorkerSpawner workerSpawner,
            ManagerLog managerLog,
            Hosting hosting) {
        this.options = options;
        this.configOrigin = options.definition();
        this.loadEnvironment = loadEnvironment;
        this.programTable = programTable;
        this.sockets = sockets;
        this.workerSpawner = workerSpawner;
        this.managerLog = managerLog;
        this.hosting = hosting;
        this.pendingConfirmation =
                new PendingConfirmation(
                        programTable, managerLog, hosting::settings, hosting::unsettled);
    }

    /// Those that wait for a confirmation.
    public PendingConfirmation trials() {
        return pendingConfirmation;
    }

    /// Every definition whose sockets are needed.
    public List<ProgramSpec> inUse() {
        List<ProgramSpec> inUse = programTable.inUse();
        inUse.addAll(pendingConfirmation.definitions());
        return inUse;
    }

    /// Reads the definition. What the command line says instead is in it.
    public LoadResult load() {
        LoadResult loadResult =
                switch (configOrigin) {
                    case ConfigOrigin.File file -> ConfigLoader.load(file.path(), loadEnvironment);
                    case ConfigOrigin.CommandLine line ->
                            new LoadResult.Valid(line.services(), List.of());
                };
        return switch (loadResult) {
            case LoadResult.Valid valid ->
                    new LoadResult.Valid(options.over(valid.services()), valid.warnings());
            case LoadResult.Invalid invalid -> invalid;
        };
    }

    // ---- what is to be done

    /// What a reload would do. Changes nothing.
    ///
    /// @param names only these programs, and these roll whether they changed or not; empty for all
    ///   that changed. A command line never changes, and who says reload wants something done: all.
    Prospect prospect(Set<String> names) throws Refused {
        return switch (load()) {
            case LoadResult.Invalid invalid -> throw new Refused(ExitStatus.INVALID, said(invalid));
            case LoadResult.Valid valid -> prospect(valid, names);
        };
    }

    /// Brings what was recovered to what the file says. A command line rolls nothing for that.
    ///
    /// @param reset what was stopped or scaled by hand is as the file says it again
    /// @param stopped new ones that an operator had stopped
    public void bringUpToDate(
            ServicesSpec services,
            boolean reset,
            Set<String> stopped,
            CommandDispatcher commandDispatcher) {
        ReloadPlan reloadPlan = plan(services.programs(), Set.of());
        try {
            if (!reloadPlan.objections().isEmpty()) {
                throw new Refused(ExitStatus.FAILED, String.join("\n", reloadPlan.objections()));
            }
            StagedResources stagedResources = prepare(reloadPlan, null, reset);
            PendingCommand nobody = PendingCommand.withNobody();
            Set<String> idle = new TreeSet<>(stopped);
            idle.addAll(stopped(reloadPlan, reset));
            carryOut(reloadPlan, stagedResources, idle, reset, "", nobody, commandDispatcher);
            programTable.order(services.programs().keySet());
        } catch (Refused e) {
            refuse(e.code(), String.valueOf(e.getMessage()));
        }
    }

    private static String said(LoadResult.Invalid invalid) {
        StringBuilder text = new StringBuilder();
        for (ConfigProblem configProblem : invalid.problems()) {
            text.append(configProblem.render()).append('\n');
        }
        int count = invalid.problems().size();
        return text.append(count).append(count == 1 ? " problem" : " problems").toString();
    }

    private Prospect prospect(LoadResult.Valid valid, Set<String> names) throws Refused {
        for (String name : names) {
            if (!valid.services().programs().containsKey(name) && programTable.get(name) == null) {
                String message = programTable.unknown(name) + " and " + configOrigin + " has none";
                throw new Refused(ExitStatus.USAGE, message);
            }
        }
        for (ConfigProblem warning : valid.warnings()) {
            managerLog.warn("", warning.render());
        }
        Set<String> named =
                names.isEmpty() && configOrigin instanceof ConfigOrigin.CommandLine line
                        ? line.services().programs().keySet()
                        : names;
        ReloadPlan reloadPlan = plan(valid.services().programs(), named);
        reloadPlan = names.isEmpty() ? withSettings(reloadPlan, valid.services()) : reloadPlan;
        List<String> objections = new ArrayList<>(reloadPlan.objections());
        for (DefinitionChange definitionChange : reloadPlan.changes().values()) {
            ProgramSpec after = definitionChange.after();
            String objection =
                    after == null || definitionChange.kind() == DefinitionChange.Kind.UNCHANGED
                            ? null
                            : workerSpawner.objection(after);
            if (objection != null) {
                objections.add("'" + definitionChange.program() + "': " + objection);
            }
        }
        return new Prospect(valid.services(), reloadPlan, objections);
    }

    /// Sockets that only a version has that may come back are no obstacle: see [#makeWay].
    private ReloadPlan plan(SequencedMap<String, ProgramSpec> next, Set<String> named) {
        List<ProgramSpec> inUse = programTable.needed();
        inUse.addAll(pendingConfirmation.definitions());
        ReloadPlan.Now now = new ReloadPlan.Now(programTable.states(), inUse);
        return ReloadPlan.between(now, next, named, DefinitionSettings::of);
    }

    private ReloadPlan withSettings(ReloadPlan reloadPlan, ServicesSpec next) {
        return reloadPlan.withSettings(
                DefinitionSettings.of(hosting.inForce()), DefinitionSettings.of(next));
    }

    String definition() {
        return configOrigin.toString();
    }

    // ---- doing it

    /// Reads the file again and does what it says.
    ///
    /// @param names as for [#prospect]
    /// @param terms whether it has to be confirmed; null for a reload that stays
    /// @param reset what was stopped or scaled by hand is as the file says it again
    public Outcome reload(
            Set<String> names,
            PendingConfirmation.@Nullable Terms terms,
            boolean reset,
            PendingCommand pendingCommand,
            CommandDispatcher commandDispatcher) {
        Runnable over = hosting.reloading();
        pendingCommand.whenOver(over);
        Outcome outcome = begin(names, terms, reset, pendingCommand, commandDispatcher);
        if (outcome.code() != ExitStatus.DONE) {
            over.run(); // nobody was asked anything, so nobody answers
        }
        return outcome;
    }

    private Outcome begin(
            Set<String> names,
            PendingConfirmation.@Nullable Terms terms,
            boolean reset,
            PendingCommand pendingCommand,
            CommandDispatcher commandDispatcher) {
        String awaited = terms == null ? pendingConfirmation.objection() : null;
        if (awaited != null) {
            return refuse(ExitStatus.FAILED, awaited);
        }
        try {
            Prospect prospect = prospect(names);
            if (!prospect.objections().isEmpty()) {
                return refuse(ExitStatus.FAILED, String.join("\n", prospect.objections()));
            }
            if (commandDispatcher.handovers().underWay()) {
                commandDispatcher.handovers().drop("another reload began");
                prospect = prospect(names); // of how things are now
            }
            ServicesSpec settings = names.isEmpty() ? prospect.services() : null;
            StagedResources stagedResources = prepare(prospect.plan(), settings, reset);
            boolean trial = terms != null && !(prospect.plan().nothing() && !reset);
            if (terms != null && trial) {
                pendingConfirmation.begin(terms, hosting.settings(), pendingCommand);
                hosting.decided();
            }
            if (settings != null) {
                takeOver(settings, prospect.plan());
            }
            String more = terms == null || !trial ? "" : "; " + terms.words();
            more += words(prospect.plan()) + byHand(prospect.plan(), reset);
            carryOut(
                    prospect.plan(),
                    stagedResources,
                    stopped(prospect.plan(), reset),
                    reset,
                    more,
                    pendingCommand,
                    commandDispatcher);
            programTable.order(prospect.services().programs().keySet());
            return new Outcome(ExitStatus.DONE, "reload: accepted" + more);
        } catch (Refused e) {
            return refuse(e.code(), String.valueOf(e.getMessage()));
        }
    }

    private void takeOver(ServicesSpec settings, ReloadPlan reloadPlan) {
        hosting.settings(settings);
        for (KeyDifference setting : reloadPlan.settings()) {
            if (setting.waitsForStart()) {
                managerLog.warn("", "reload: " + setting.key() + " " + PlanText.AT_START);
            } else {
                managerLog.info("", "reload: " + setting.words());
            }
        }
    }

    /// What changed that is no program's, and what could not; empty for nothing.
    private String words(ReloadPlan reloadPlan) {
        StringBuilder words = new StringBuilder();
        for (KeyDifference setting : reloadPlan.settings()) {
            words.append('\n').append(setting.words());
            words.append(setting.waitsForStart() ? "; " + PlanText.AT_START : "");
        }
        for (SocketMove move : reloadPlan.sockets()) {
            if (move.remark() != null && move.to() != null) {
                words.append('\n').append(move.to().program()).append(": ").append(move.remark());
            }
        }
        List<Program> others = new ArrayList<>(programTable.states().values());
        others.removeIf(program -> reloadPlan.changes().containsKey(program.name()));
        for (DefinitionChange definitionChange : reloadPlan.changes().values()) {
            ProgramSpec after = definitionChange.after();
            for (String shared :
                    after == null ? List.<String>of() : SharedAddresses.words(after, others)) {
                words.append('\n').append(definitionChange.program()).append(": ").append(shared);
            }
        }
        for (SocketHandover socketHandover : reloadPlan.handovers()) {
            DefinitionChange giver = reloadPlan.changes().get(socketHandover.giver());
            if (giver != null && giver.notes().contains(socketHandover.oneWay())) {
                words.append('\n')
                        .append(giver.program())
                        .append(": ")
                        .append(socketHandover.oneWay());
            }
        }
        return words.toString();
    }

    private Outcome refuse(ExitStatus code, String why) {
        String message = code == ExitStatus.USAGE ? why : why + "; nothing was changed";
        managerLog.error("", "cannot reload " + configOrigin + ": " + message);
        return new Outcome(code, message);
    }

    /// Has all that is needed, or nothing.
    ///
    /// @param settings those that come into force; null if those in force stay
    /// @param reset nothing is kept of what was set by hand
    private StagedResources prepare(
            ReloadPlan reloadPlan, @Nullable ServicesSpec settings, boolean reset) throws Refused {
        Map<String, OperatorOverride> byHand = new HashMap<>();
        if (!reset) {
            reloadPlan.inherited().forEach((name, its) -> byHand.put(name, its.intent()));
        }
        StagedResources stagedResources = new StagedResources(programTable, hosting, byHand);
        try {
            if (settings != null) {
                hosting.prepare(settings);
            }
            for (DefinitionChange definitionChange : reloadPlan.changes().values()) {
                stagedResources.prepare(definitionChange);
            }
            makeWay(needed(reloadPlan));
            if (sockets.open(needed(reloadPlan), reloadPlan.sockets()) > 0) {
                hosting.decided(); // a worker born with one must not be all that knows of it
                if (!hosting.kept()) {
                    hosting.unsettled();
                    throw new SocketTable.CannotBind(
                            "cannot start a keeper that has the new sockets (control.keeper); the"
                                    + " log says why");
                }
            }
            return stagedResources;
        } catch (StagedResources.Failed | SocketTable.CannotBind e) {
            stagedResources.undo();
            hosting.forgo();
            throw new Refused(ExitStatus.FAILED, String.valueOf(e.getMessage()));
        }
    }

    /// A socket that is open only since a version may come back, and that is in the way of one that
    /// is wanted now, is closed: that version does not come back then.
    public void makeWay(List<ProgramSpec> wanted) {
        boolean some = false;
        for (ProgramHost host : programTable.everyHost()) {
            FallbackVersion fallbackVersion = host.program().fallback();
            if (fallbackVersion == null
                    || fallbackVersion.taken() != null
                    || host.program().debuts()) {
                continue;
            }
            String why = hindrance(fallbackVersion.version().spec(), wanted);
            if (why != null) {
                host.take(new ProgramEvent.Forsaken(why));
                some = true;
            }
        }
        if (some) {
            hosting.closeUnused();
        }
    }

    /// What of the older definition somebody else has, in words; null for nothing.
    private static @Nullable String hindrance(ProgramSpec older, List<ProgramSpec> wanted) {
        for (SocketSpec held : older.sockets()) {
            for (ProgramSpec program : wanted) {
                for (SocketSpec socket : program.sockets()) {
                    boolean same = SocketKey.of(program, socket).equals(SocketKey.of(older, held));
                    boolean own = program.name().equals(older.name());
                    if (same && !own) {
                        return held.address() + " belongs to " + program.name();
                    }
                    if (same && !held.hasFlagsOf(socket)) {
                        return held.address() + " has other flags";
                    }
                    if (!same && socket.overlaps(held)) {
                        return socket.address() + " of " + program.name() + " is in the way";
                    }
                }
            }
        }
        return null;
    }

    private static List<ProgramSpec> needed(ReloadPlan reloadPlan) {
        List<ProgramSpec> needed = new ArrayList<>();
        for (DefinitionChange definitionChange : reloadPlan.changes().values()) {
            if (definitionChange.after() != null) {
                needed.add(definitionChange.after());
            }
        }
        return needed;
    }

    /// New ones that were stopped under another name.
    private static Set<String> stopped(ReloadPlan reloadPlan, boolean reset) {
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

    /// @param stopped new ones that are not started
    private void carryOut(
            ReloadPlan reloadPlan,
            StagedResources stagedResources,
            Set<String> stopped,
            boolean reset,
            String more,
            PendingCommand pendingCommand,
            CommandDispatcher commandDispatcher) {
        // expected first: a program may answer at once, and must not end the conversation
        pendingCommand.expect();
        int changed = 0;
        int asked = 0;
        boolean added = false;
        List<ProgramHost> removed = new ArrayList<>();
        HandoverTurns handoverTurns =
                new HandoverTurns(reloadPlan, programTable.states(), stopped, reset);
        for (DefinitionChange definitionChange : reloadPlan.changes().values()) {
            ProgramCommand programCommand =
                    reset ? resetting(definitionChange) : definitionChange.command();
            changed += programCommand == null || definitionChange.asAsked() ? 0 : 1;
            asked += definitionChange.asAsked() ? 1 : 0;
            programCommand =
                    programCommand == null
                            ? handoverTurns.joining(definitionChange)
                            : programCommand;
            if (programCommand == null) {
                affirm(definitionChange);
                continue;
            }
            pendingCommand.expect();
            ProgramHost host = stagedResources.host(definitionChange);
            if (definitionChange.kind() == DefinitionChange.Kind.ADDED) {
                programTable.add(host);
                added = true;
            }
            if (handoverTurns.has(definitionChange.program())) {
                long ticket = commandDispatcher.programs().ticket(pendingCommand);
                handoverTurns.add(definitionChange, programCommand, ticket);
                continue;
            }
            boolean quiet =
                    definitionChange.kind() == DefinitionChange.Kind.ADDED
                            && stopped.contains(definitionChange.program());
            String words = quiet ? "new, is stopped as it was" : words(definitionChange);
            managerLog.info(definitionChange.program(), "reload: " + words);
            if (definitionChange.kind() == DefinitionChange.Kind.REMOVED) {
                programTable.retire(host);
                removed.add(host);
                continue;
            }
            commandDispatcher.ask(
                    host,
                    quiet ? new ProgramCommand.Stop(null, null) : programCommand,
                    pendingCommand);
        }
        commandDispatcher.stop(removed, null, pendingCommand);
        handoverTurns.begin(commandDispatcher.handovers());
        hosting.unsettled();
        if (added) {
            hosting.decided(); // a worker of a program that nobody knows of would be nobody's
        }
        int unchanged = reloadPlan.changes().size() - changed - asked;
        pendingCommand.outcome(true, counted(asked, changed, unchanged) + more);
    }

    /// `1 rolled as asked, 0 changed`; `2 changed, 3 unchanged`.
    private static String counted(int asked, int changed, int unchanged) {
        String rolled = asked == 0 ? "" : asked + " rolled as asked, ";
        String rest = asked > 0 && unchanged == 0 ? "" : ", " + unchanged + " unchanged";
        return rolled + changed + " changed" + rest;
    }

    /// What serves is what the file says: how another version failed is of no interest any more.
    private void affirm(DefinitionChange definitionChange) {
        ProgramHost host = programTable.get(definitionChange.program());
        if (host != null && host.program().remembersFailure()) {
            host.take(new ProgramEvent.Affirmed());
        }
    }

    /// What a program is told that is to be as the file says in everything.
    private @Nullable ProgramCommand resetting(DefinitionChange definitionChange) {
        ProgramSpec after = definitionChange.after();
        return after == null || definitionChange.before() == null || !isSetByHand(definitionChange)
                ? definitionChange.command()
                : new ProgramCommand.Reset(after, definitionChange.roll());
    }

    private boolean isSetByHand(DefinitionChange definitionChange) {
        ProgramHost host = programTable.get(definitionChange.program());
        return host != null && !host.program().intent().none();
    }

    /// What stays as an operator set it; empty for nothing.
    private String byHand(ReloadPlan reloadPlan, boolean reset) {
        StringBuilder words = new StringBuilder();
        for (DefinitionChange definitionChange : reloadPlan.changes().values()) {
            ProgramHost host = programTable.get(definitionChange.program());
            ProgramSpec after = definitionChange.after();
            if (!reset && host != null && after != null && isSetByHand(definitionChange)) {
                words.append('\n').append(host.name()).append(": stays as it was set by hand: ");
                words.append(host.program().intent().words(after.workers()));
                words.append("; 'reload --reset ").append(host.name()).append("' ends that");
            }
        }
        if (!reset) {
            reloadPlan
                    .inherited()
                    .forEach((name, its) -> words.append(inherited(reloadPlan, name, its)));
        }
        return words.toString();
    }

    private static String inherited(
            ReloadPlan reloadPlan, String name, ReloadPlan.Inheritance its) {
        DefinitionChange definitionChange = reloadPlan.changes().get(name);
        ProgramSpec after = definitionChange == null ? null : definitionChange.after();
        return "\n"
                + name
                + ": stays as "
                + its.from()
                + " was set by hand: "
                + its.intent().words(after == null ? 0 : after.workers())
                + "; 'reload --reset "
                + name
                + "' ends that";
    }

    private static String words(DefinitionChange definitionChange) {
        List<String> keys = new ArrayList<>();
        for (KeyDifference keyDifference : definitionChange.differences()) {
            keys.add(keyDifference.key());
        }
        String what = keys.isEmpty() ? "" : " (" + String.join(", ", keys) + ")";
        return switch (definitionChange.kind()) {
            case ADDED -> "new, is started";
            case REMOVED -> "no longer in the file, is stopped";
            case UNCHANGED -> "unchanged, as the file says again";
            case NOTED -> "changed" + what + ", no worker of it runs";
            case IN_PLACE -> "changed" + what + ", no worker needs to be replaced";
            case BACK ->
                    "back to the definition that serves"
                            + what
                            + ", workers of the newer one are replaced";
            case ROLLED -> rolled(definitionChange, what);
        };
    }

    private static String rolled(DefinitionChange definitionChange, String what) {
        if (!definitionChange.differences().isEmpty()) {
            return "changed" + what + ", is rolled";
        }
        return definitionChange.roll()
                ? "unchanged, is rolled as asked"
                : "its workers are of another definition than the file's, is rolled";
    }

    // ---- and back

    /// Stays with what the last reload brought.
    Outcome confirm() {
        ConfirmationOutcome confirmationOutcome = pendingConfirmation.confirm();
        if (confirmationOutcome == null) {
            String failed = failures(programTable.states().values());
            return new Outcome(ExitStatus.FAILED, "no reload waits to be confirmed" + failed);
        }
        hosting.unsettled();
        hosting.decided();
        if (confirmationOutcome.back().isEmpty()) {
            return new Outcome(ExitStatus.DONE, "confirmed: the new definitions stay");
        }
        String stay = String.join(", ", confirmationOutcome.changed());
        String what = stay.isEmpty() ? "the new settings" : stay;
        return new Outcome(
                ExitStatus.FAILED,
                "confirmed: "
                        + what
                        + "; not confirmed, since it failed:"
                        + failures(confirmationOutcome.back()));
    }

    /// A line for each of them that had a version that failed.
    private static String failures(Collection<Program> programs) {
        StringBuilder lines = new StringBuilder();
        for (Program program : programs) {
            if (program.remembersFailure()) {
                lines.append('\n').append(program.name()).append(": ");
                lines.append(StatusReports.verdict(program));
            }
        }
        return lines.toString();
    }

    /// Brings back what was before a reload that nobody confirmed in time. What cannot be brought
    /// back stays as it is, and is told.
    public void goBack(CommandDispatcher commandDispatcher) {
        PendingConfirmation.Before before = pendingConfirmation.expire();
        if (before == null) {
            return;
        }
        commandDispatcher.handovers().drop("going back to what was before");
        ReloadPlan reloadPlan =
                withSettings(plan(before.definitions(), Set.of()), before.settings());
        StagedResources stagedResources;
        try {
            stagedResources = prepare(reloadPlan, before.settings(), false);
        } catch (Refused e) {
            managerLog.error(
                    "", "cannot go back: " + e.getMessage() + "; the new definitions stay");
            return;
        }
        takeOver(before.settings(), reloadPlan);
        PendingCommand pendingCommand = PendingCommand.withNobody();
        Set<String> idle = new TreeSet<>(before.stopped());
        idle.addAll(stopped(reloadPlan, false));
        carryOut(reloadPlan, stagedResources, idle, false, "", pendingCommand, commandDispatcher);
        for (PendingConfirmation.Intent intent : before.intents(reloadPlan)) {
            ProgramHost host = programTable.get(intent.program());
            if (host != null) {
                pendingCommand.expect();
                commandDispatcher.ask(host, intent.command(), pendingCommand);
            }
        }
        programTable.order(before.definitions().keySet());
    }
}
