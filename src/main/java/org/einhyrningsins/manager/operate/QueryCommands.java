// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.control.report.GraphText;
import org.einhyrningsins.control.report.HistoryReport;
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
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.UsageException;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.history.HistoryReports;
import org.einhyrningsins.manager.history.HistoryStore;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.UserTimeQuota;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// Answers the commands that change nothing: status, show, events, logs and plan.
final class QueryCommands {
    private static final String INVALID =
            "the configuration is invalid; control.allow.admin are shown where, since lines of it"
                    + " may hold secrets";

    private final ProgramTable programTable;
    private final StatusReports statusReports;
    private final Reloader reloader;
    private final CommandDispatcher.ManagerActions managerActions;
    private final HistoryReports historyReports;
    private final TargetScopes targetScopes;
    private final UserTimeQuota userTimeQuota = new UserTimeQuota();

    QueryCommands(
            ProgramTable programTable,
            StatusReports statusReports,
            Reloader reloader,
            HistoryStore history,
            CommandDispatcher.ManagerActions managerActions) {
        this.programTable = programTable;
        this.statusReports = statusReports;
        this.reloader = reloader;
        this.managerActions = managerActions;
        this.historyReports = new HistoryReports(programTable, history);
        this.targetScopes = new TargetScopes(programTable);
    }

    /// Tells how programs are, a line for each.
    void status(ClientRequest request, ControlCommand.Status order) throws UsageException {
        List<ProgramStatus> list = new ArrayList<>();
        boolean wanted = true;
        for (var entry : targetScopes.of(order.targets()).entrySet()) {
            ProgramStatus status = statusReports.of(entry.getKey(), entry.getValue());
            wanted &= StatusReports.isAsWanted(entry.getKey().program(), status.state());
            list.add(status);
        }
        StatusReport report = managerActions.report(list);
        ExitStatus code = wanted || !order.exitCode() ? ExitStatus.DONE : ExitStatus.FAILED;
        request.reply(code, () -> StatusText.programs(report), report);
    }

    /// The same with a line for each worker, the sockets, and details of each program.
    void show(ClientRequest request, List<CommandTarget> targets) throws UsageException {
        List<ProgramStatus> list = new ArrayList<>();
        for (var entry : targetScopes.of(targets).entrySet()) {
            list.add(statusReports.of(entry.getKey(), entry.getValue()));
        }
        var details = DetailReports.of(targetScopes.of(targets).keySet());
        StatusReport report = managerActions.report(list).with(details);
        request.reply(ExitStatus.DONE, () -> StatusText.workers(report), report);
    }

    void graph(ClientRequest request, List<CommandTarget> targets) throws UsageException {
        List<ProgramStatus> list = new ArrayList<>();
        for (ProgramHost host : targetScopes.of(targets).keySet()) {
            list.add(statusReports.of(host, null));
        }
        StatusReport report = managerActions.report(list);
        request.reply(ExitStatus.DONE, () -> GraphText.of(report), report);
    }

    void history(ClientRequest request, List<CommandTarget> targets) throws UsageException {
        HistoryReport report = historyReports.of(targets);
        request.reply(ExitStatus.DONE, report::text, report);
    }

    /// Has the client told of events from now on.
    void follow(ClientRequest request, List<CommandTarget> targets) throws UsageException {
        Set<String> names = new LinkedHashSet<>();
        for (ProgramHost host : targetScopes.of(targets).keySet()) {
            names.add(host.name());
        }
        request.client()
                .follow(request.request().id(), targets.isEmpty() ? Set.of() : names, false);
    }

    /// Tells where the programs' output goes.
    void logs(ClientRequest request, List<CommandTarget> targets) throws UsageException {
        List<LogPlace> places = new ArrayList<>();
        for (var entry : targetScopes.of(targets).entrySet()) {
            places.addAll(LogLocations.of(entry.getKey().program(), entry.getValue()));
        }
        List<Program> all = new ArrayList<>();
        programTable.all().forEach(host -> all.add(host.program()));
        List<LogPlace> told = LogLocations.withOthers(places, all);
        request.client()
                .send(
                        ReplyWriter.done(
                                request.request().id(),
                                ExitStatus.DONE,
                                LogLocations.text(told),
                                new LogReport(told)));
    }

    /// Answers `plan` for one who may only read. It reads the file in the loop, and everybody
    /// waits, so a user gets a tenth of the manager's time for it.
    void planOfReader(ClientRequest request, List<CommandTarget> targets) throws UsageException {
        int user = request.client().peer().uid();
        Moment began = Clock.now();
        Duration left = userTimeQuota.left(user, began);
        if (!left.isZero()) {
            String why =
                    "no plan now: those before took a tenth of the manager's time; ask again in "
                            + DurationText.of(left);
            request.reply(ExitStatus.FAILED, why);
            return;
        }
        plan(request, targets, false);
        userTimeQuota.spent(user, began, Clock.now());
    }

    /// @param lines whether they may see lines of the file, which can hold secrets
    void plan(ClientRequest request, List<CommandTarget> targets, boolean lines)
            throws UsageException {
        try {
            ReloadPlanner.PlannedReload plannedReload =
                    reloader.plannedReload(TargetScopes.reloaded(targets));
            PlanReport report = PlanReports.of(reloader.definition(), plannedReload);
            request.reply(PlanReports.code(report), () -> PlanText.of(report), report);
        } catch (ReloadPlanner.Refused e) {
            boolean shown = lines || e.code() != ExitStatus.INVALID;
            request.reply(e.code(), shown ? String.valueOf(e.getMessage()) : INVALID);
        }
    }
}
