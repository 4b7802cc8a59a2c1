// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.control.report.PlanText;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.core.model.KeyDifference;
import org.einhyrningsins.core.model.VersionOrigin;
import org.einhyrningsins.core.plan.ConfirmationOutcome;
import org.einhyrningsins.core.plan.ReloadPlan;
import org.einhyrningsins.manager.control.PendingCommand;
import org.einhyrningsins.manager.history.KeptRollbacks;
import org.einhyrningsins.manager.history.RecordedDefinitions;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.LaunchOptions;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.manager.spawn.WorkerSpawner;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;

/// Reloads: brings the programs to what the definition says, and back if a reload is not confirmed.
///
/// [ReloadPlanner] reads the definition and plans. [ReloadPreparation] gets all that can be had
/// before. [ReloadExecution] tells the programs. If the file has a problem, or something cannot be
/// had, nothing is changed.
public final class Reloader {
    private final ProgramTable programTable;
    private final ManagerLog managerLog;
    private final Hosting hosting;
    private final PendingConfirmation pendingConfirmation;
    private final ReloadPlanner planner;
    private final ReloadPreparation preparation;
    private final ReloadExecution execution;

    /// Acts for a reload on what is not a program's: makes hosts, and takes settings over.
    public interface Hosting extends StagedResources.Hosts {
        /// Takes settings over, but for what is read at start only.
        void settings(ServicesSpec services);

        /// Gets what these settings need besides; they come into force, or are forgone.
        void prepare(ServicesSpec services) throws SocketTable.CannotBind;

        /// Gives back what was had for settings that do not come into force.
        void forgo();

        /// Notes what a reload changes of a program, in words.
        void changes(String program, String words);

        /// Settings taken over last.
        ServicesSpec settings();

        /// Settings in force: of the log what an operator made of it, of HTTP what could be had.
        ServicesSpec inForce();

        /// Has sockets closed that are over.
        void unsettled();

        /// Closes sockets that no definition needs.
        void closeUnused();

        /// Notes that a reload begins.
        ///
        /// @return to be run when it is over
        Runnable reloading();

        /// Writes down what was decided, before anybody is told or touched.
        void decided();

        /// Gives whoever keeps copies of the sockets the new ones, before anybody serves there.
        ///
        /// @return false if that failed
        boolean kept();
    }

    /// Immediate outcome; with code DONE, the programs' answers are still to come.
    record Outcome(ExitStatus code, String message) {}

    public Reloader(
            LaunchOptions options,
            LoadEnvironment loadEnvironment,
            ProgramTable programTable,
            SocketTable sockets,
            WorkerSpawner workerSpawner,
            ManagerLog managerLog,
            Hosting hosting) {
        this.programTable = programTable;
        this.managerLog = managerLog;
        this.hosting = hosting;
        this.pendingConfirmation =
                new PendingConfirmation(
                        programTable, managerLog, hosting::settings, hosting::unsettled);
        this.planner =
                new ReloadPlanner(
                        options,
                        loadEnvironment,
                        programTable,
                        workerSpawner,
                        managerLog,
                        pendingConfirmation,
                        hosting::inForce);
        this.preparation = new ReloadPreparation(programTable, sockets, hosting);
        this.execution = new ReloadExecution(programTable, managerLog, hosting);
    }

    /// Reloads that wait for a confirmation.
    public PendingConfirmation trials() {
        return pendingConfirmation;
    }

    /// Definitions whose sockets are needed.
    public List<ProgramSpec> inUse() {
        List<ProgramSpec> inUse = programTable.inUse();
        inUse.addAll(pendingConfirmation.definitions());
        return inUse;
    }

    /// The files that the definition is read from.
    public ConfigFiles files() {
        return planner.files();
    }

    /// Reads the definition. What the command line says instead is in it.
    public LoadResult load() {
        return planner.load();
    }

    /// Name of the file, or the command line, that the definition is read from.
    String definition() {
        return planner.definition();
    }

    /// Looks up releases for commands that roll programs as they are.
    public ReloadPlanner planner() {
        return planner;
    }

    /// Reads the definition and works out what a reload would do. Changes nothing.
    ///
    /// @param names as for [ReloadPlanner#plannedReload]
    ReloadPlanner.PlannedReload plannedReload(Set<String> names) throws ReloadPlanner.Refused {
        return planner.plannedReload(names, false);
    }

    /// Closes sockets that are open only since a version may come back, and that are in the way of
    /// one that is wanted now: that version does not come back then.
    public void makeWay(List<ProgramSpec> wanted) {
        preparation.makeWay(wanted);
    }

    // ---- there

    /// Brings what was recovered to what the file says. A command line rolls nothing for that.
    ///
    /// @param reset what was stopped or scaled by hand is as the file says it again
    /// @param stopped new ones that an operator had stopped
    /// @param rollbacks those of programs of which a crash left nothing else
    public void bringUpToDate(
            ServicesSpec services,
            boolean reset,
            Set<String> stopped,
            RecordedDefinitions rollbacks,
            CommandDispatcher commandDispatcher) {
        KeptRollbacks kept =
                reset
                        ? KeptRollbacks.none(services.programs())
                        : KeptRollbacks.of(programTable, services.programs(), Set.of())
                                .and(rollbacks);
        ReloadPlan reloadPlan = planner.plan(kept, Set.of());
        try {
            if (!reloadPlan.objections().isEmpty()) {
                throw new ReloadPlanner.Refused(
                        ExitStatus.FAILED, String.join("\n", reloadPlan.objections()));
            }
            StagedResources stagedResources = preparation.prepare(reloadPlan, null, reset);
            PendingCommand nobody =
                    PendingCommand.withoutClient(
                            Clock.origin(VersionOrigin.Made.RECOVERY, "the start"));
            Set<String> idle = new TreeSet<>(stopped);
            idle.addAll(ReloadExecution.stopped(reloadPlan, reset));
            execution.carryOut(
                    reloadPlan,
                    stagedResources,
                    idle,
                    reset,
                    "",
                    nobody,
                    commandDispatcher.programs());
            programTable.order(services.programs().keySet());
        } catch (ReloadPlanner.Refused e) {
            refuse(e.code(), String.valueOf(e.getMessage()));
        }
    }

    /// Reads the file again and does what it says.
    ///
    /// @param names as for [ReloadPlanner#plannedReload]
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
            ReloadPlanner.PlannedReload planned = planner.plannedReload(names, reset);
            if (!planned.objections().isEmpty()) {
                return refuse(ExitStatus.FAILED, String.join("\n", planned.objections()));
            }
            if (commandDispatcher.programs().handovers().underWay()) {
                commandDispatcher.programs().handovers().drop("another reload began");
                planned = planner.plannedReload(names, reset); // of how things are now
            }
            ServicesSpec settings = names.isEmpty() ? planned.services() : null;
            StagedResources stagedResources = preparation.prepare(planned.plan(), settings, reset);
            boolean trial = terms != null && !(planned.plan().nothing() && !reset);
            if (terms != null && trial) {
                pendingConfirmation.begin(terms, hosting.settings(), pendingCommand);
                hosting.decided();
            }
            if (settings != null) {
                takeOver(settings, planned.plan());
            }
            String more = terms == null || !trial ? "" : "; " + terms.words();
            more += ReloadMessages.notes(planned.plan(), programTable);
            more += reset ? "" : ReloadMessages.setByHand(planned.plan(), programTable);
            if (names.isEmpty() || planner.changesOnly(names, planned.services())) {
                planner.files().applied();
            }
            execution.carryOut(
                    planned.plan(),
                    stagedResources,
                    ReloadExecution.stopped(planned.plan(), reset),
                    reset,
                    more,
                    pendingCommand,
                    commandDispatcher.programs());
            programTable.order(planned.services().programs().keySet());
            return new Outcome(ExitStatus.DONE, "reload: accepted" + more);
        } catch (ReloadPlanner.Refused e) {
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

    private Outcome refuse(ExitStatus code, String why) {
        String message = code == ExitStatus.USAGE ? why : why + "; nothing was changed";
        managerLog.error("", "cannot reload " + planner.definition() + ": " + message);
        return new Outcome(code, message);
    }

    // ---- recorded definitions

    /// Returns why programs cannot be started side by side, as far as one can see; empty if not.
    public List<String> objections(SequencedMap<String, ProgramSpec> programs) {
        return planner.plan(programs, Set.of()).objections();
    }

    /// Gets what programs need to run other definitions than they have, all of it or nothing.
    ///
    /// @return why that cannot be, in words; null if it is there
    @Nullable String prepareRollback(
            SequencedMap<String, ProgramSpec> recorded, PendingCommand pendingCommand) {
        String awaited = pendingConfirmation.objection();
        if (awaited != null) {
            return awaited;
        }
        SequencedMap<String, ProgramSpec> next = new LinkedHashMap<>();
        programTable.states().forEach((name, program) -> next.put(name, program.newest()));
        next.putAll(recorded);
        ReloadPlan reloadPlan = planner.plan(next, recorded.keySet());
        if (!planner.objections(reloadPlan).isEmpty()) {
            return String.join("; ", planner.objections(reloadPlan));
        }
        if (!reloadPlan.handovers().isEmpty()) {
            String other = reloadPlan.handovers().getFirst().giver();
            return "a socket is by now of " + other + ": change the file, and reload";
        }
        Runnable over = hosting.reloading();
        try {
            preparation.prepare(reloadPlan, null, false);
        } catch (ReloadPlanner.Refused e) {
            over.run();
            return String.valueOf(e.getMessage());
        }
        pendingCommand.whenOver(over);
        return null;
    }

    // ---- and back

    /// Stays with what the last reload brought.
    Outcome confirm() {
        ConfirmationOutcome confirmationOutcome = pendingConfirmation.confirm();
        if (confirmationOutcome == null) {
            String failed = ReloadMessages.failures(programTable.states().values());
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
                        + ReloadMessages.failures(confirmationOutcome.back()));
    }

    /// Brings back what was before a reload that nobody confirmed in time. What cannot be brought
    /// back stays as it is, and is told.
    public void goBack(CommandDispatcher commandDispatcher) {
        PendingConfirmation.Before before = pendingConfirmation.expire();
        if (before == null) {
            return;
        }
        commandDispatcher.programs().handovers().drop("going back to what was before");
        ReloadPlan reloadPlan =
                planner.withSettings(
                        planner.plan(before.definitions(), Set.of())
                                .keeping(before.rollbacks(), Map.of()),
                        before.settings());
        StagedResources stagedResources;
        try {
            stagedResources = preparation.prepare(reloadPlan, before.settings(), false);
        } catch (ReloadPlanner.Refused e) {
            managerLog.error(
                    "", "cannot go back: " + e.getMessage() + "; the new definitions stay");
            return;
        }
        takeOver(before.settings(), reloadPlan);
        planner.files().rolledBack();
        PendingCommand pendingCommand =
                PendingCommand.withoutClient(
                        Clock.origin(VersionOrigin.Made.RECOVERY, "nobody: not confirmed"));
        Set<String> idle = new TreeSet<>(before.stopped());
        idle.addAll(ReloadExecution.stopped(reloadPlan, false));
        execution.carryOut(
                reloadPlan,
                stagedResources,
                idle,
                false,
                "",
                pendingCommand,
                commandDispatcher.programs());
        for (PendingConfirmation.Intent intent : before.intents(reloadPlan)) {
            ProgramHost host = programTable.get(intent.program());
            if (host != null) {
                pendingCommand.addProgram();
                commandDispatcher.programs().ask(host, intent.command(), pendingCommand);
            }
        }
        programTable.order(before.definitions().keySet());
    }
}
