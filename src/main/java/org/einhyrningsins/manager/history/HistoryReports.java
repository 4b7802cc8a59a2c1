// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.history;

import org.einhyrningsins.control.report.GenerationStatus;
import org.einhyrningsins.control.report.HistoryReport;
import org.einhyrningsins.control.wire.CommandTarget;
import org.einhyrningsins.control.wire.UsageException;
import org.einhyrningsins.core.model.VersionOrigin;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.Timestamp;
import org.einhyrningsins.manager.snapshot.GenerationFate;
import org.einhyrningsins.manager.snapshot.GenerationRecord;
import org.einhyrningsins.manager.snapshot.ProgramHistory;
import org.einhyrningsins.spec.OperatorOverride;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Tells the histories of programs, also of those that there are no more.
public final class HistoryReports {
    private final ProgramTable programTable;
    private final HistoryStore store;

    /// Reports on these programs.
    public HistoryReports(ProgramTable programTable, HistoryStore store) {
        this.programTable = programTable;
        this.store = store;
    }

    /// Returns the histories of programs.
    ///
    /// @param targets whole programs; empty for all that there are
    public HistoryReport of(List<CommandTarget> targets) throws UsageException {
        List<HistoryReport.ProgramReport> reports = new ArrayList<>();
        if (targets.isEmpty()) {
            for (ProgramHost host : programTable.all()) {
                reports.add(report(store.of(host.name()), host));
            }
        }
        for (CommandTarget target : targets) {
            ProgramHost host = programTable.get(target.program());
            ProgramHistory history =
                    host == null ? store.readRemoved(target.program()) : store.of(host.name());
            if (host == null && history.generations().isEmpty()) {
                throw new UsageException(programTable.unknown(target.program()));
            }
            reports.add(report(history, host));
        }
        return new HistoryReport(reports);
    }

    private HistoryReport.ProgramReport report(ProgramHistory history, @Nullable ProgramHost host) {
        Map<Integer, FileChanges> files = store.files(history);
        int serving = host == null ? 0 : host.program().serving().generation();
        List<GenerationStatus> generations = new ArrayList<>();
        for (GenerationRecord record : history.generations().reversed()) {
            FileChanges changes = files == null ? null : files.get(record.number());
            generations.add(
                    status(
                            record,
                            record.number() == serving,
                            changes == null ? FileChanges.NONE : changes));
        }
        OperatorOverride.Rollback rollback =
                host == null ? null : host.program().newestVersion().rollback();
        return new HistoryReport.ProgramReport(
                history.program(),
                host != null,
                rollback == null ? "" : rollbackWords(history.program(), rollback),
                generations,
                files == null
                        ? "whether its files are still there could not be found out in time"
                        : "");
    }

    /// Describes a rollback that a program stays on, and what ends that.
    public static String rollbackWords(String program, OperatorOverride.Rollback rollback) {
        return rollback.words(Clock.timeOfDay(rollback.atMillis()))
                + "; 'reload "
                + program
                + "' takes the file's";
    }

    private static GenerationStatus status(
            GenerationRecord record, boolean serves, FileChanges files) {
        VersionOrigin origin = record.origin();
        OperatorOverride.Rollback rollback = origin.rollback();
        int repeated =
                rollback == null || origin.made() != VersionOrigin.Made.ROLLBACK
                        ? 0
                        : rollback.generation();
        GenerationFate fate = record.fate();
        return new GenerationStatus(
                record.number(),
                serves,
                record.version() != null,
                record.release(),
                new GenerationStatus.Source(
                        Clock.toldWithOffset(fate.beganMillis()),
                        utc(fate.beganMillis()),
                        origin.made().word(),
                        repeated,
                        origin.by()),
                record.changed(),
                new GenerationStatus.Outcome(
                        fate.verdict().word(), fate.why(), fate.tookMillis(), lived(fate)),
                new GenerationStatus.Files(files.gone(), files.changed()));
    }

    private static String utc(long millis) {
        StringBuilder text = new StringBuilder();
        Timestamp.append(text, millis);
        return text.toString();
    }

    private static long lived(GenerationFate fate) {
        if (fate.sinceMillis() == 0) {
            return -1;
        }
        return fate.endedMillis() == 0
                ? Clock.millisSince(fate.sinceMillis())
                : Math.max(0, fate.endedMillis() - fate.sinceMillis());
    }
}
