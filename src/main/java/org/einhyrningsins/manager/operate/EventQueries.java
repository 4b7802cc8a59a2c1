// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.control.report.EventReport;
import org.einhyrningsins.control.report.ExplainReport;
import org.einhyrningsins.control.report.ReplyWriter;
import org.einhyrningsins.control.wire.CommandTarget;
import org.einhyrningsins.control.wire.ControlCommand;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonId;
import org.einhyrningsins.control.wire.SinceTime;
import org.einhyrningsins.control.wire.UsageException;
import org.einhyrningsins.manager.explain.Explainer;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.FactStore;
import org.einhyrningsins.manager.runtime.FactTimes;
import org.einhyrningsins.manager.spawn.WorkerSpawner;
import org.einhyrningsins.spec.fact.Fact;

import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// Answers questions about what happened: `events --since` and `explain`.
public final class EventQueries {
    private final ProgramTable programTable;
    private final FactStore factStore;
    private final Explainer explainer;
    private final TargetScopes targetScopes;

    public EventQueries(
            ProgramTable programTable,
            StatusReports statusReports,
            FactStore factStore,
            WorkerSpawner workerSpawner) {
        this.programTable = programTable;
        this.factStore = factStore;
        this.targetScopes = new TargetScopes(programTable);
        this.explainer = new Explainer(programTable, statusReports::of, factStore, workerSpawner);
    }

    /// Tells the past, and then what happens if the client follows.
    void history(ClientRequest request, ControlCommand.Events order) throws UsageException {
        Set<String> names = new LinkedHashSet<>();
        for (CommandTarget target : order.targets()) {
            if (programTable.get(target.program()) == null
                    && factStore.since(Long.MIN_VALUE, Set.of(target.program())).isEmpty()) {
                throw new UsageException(programTable.unknown(target.program()));
            }
            names.add(target.program());
        }
        SinceTime since = order.since();
        long from =
                since == null
                        ? Long.MIN_VALUE
                        : since.millis(FactTimes.now(), ZoneId.systemDefault());
        List<Fact> facts = new ArrayList<>(factStore.since(from, names));
        EventReport report = FactTimes.report(facts);
        JsonId id = request.request().id();
        if (!order.follows()) {
            request.reply(ExitStatus.DONE, report::text, report);
            return;
        }
        if (!facts.isEmpty()) {
            String text = request.request().text() ? report.text() : "";
            request.client().send(ReplyWriter.progress(id, text, report));
        }
        request.client().follow(id, names, true);
    }

    void explain(ClientRequest request, List<CommandTarget> targets) throws UsageException {
        List<ExplainReport.Explanation> all = new ArrayList<>();
        for (var entry : targetScopes.of(targets).entrySet()) {
            all.add(explainer.of(entry.getKey(), entry.getValue()));
        }
        ExplainReport report = new ExplainReport(all);
        request.reply(ExitStatus.DONE, report::text, report);
    }
}
