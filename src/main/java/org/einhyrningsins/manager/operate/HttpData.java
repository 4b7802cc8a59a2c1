// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.control.report.ProgramStatus;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.manager.http.HttpServer;
import org.einhyrningsins.manager.page.PageData;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.manager.spawn.WorkerOutput;
import org.einhyrningsins.manager.spawn.WorkerProcess;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// Data of the pages, as it is at this moment. Programs that the file has lost are not in it: their
/// name may be another's already.
public final class HttpData implements HttpServer.DataSource {
    private final ProgramTable programTable;
    private final StatusReports statusReports;
    private final WorkerOutput workerOutput;
    private final CommandDispatcher.ManagerActions managerActions;
    private final Supplier<PageData.Manager> manager;

    public HttpData(
            ProgramTable programTable,
            StatusReports statusReports,
            WorkerOutput workerOutput,
            CommandDispatcher.ManagerActions managerActions,
            Supplier<PageData.Manager> manager) {
        this.programTable = programTable;
        this.statusReports = statusReports;
        this.workerOutput = workerOutput;
        this.managerActions = managerActions;
        this.manager = manager;
    }

    @Override
    public PageData snapshot() {
        List<ProgramStatus> list = new ArrayList<>();
        List<PageData.Numbers> numbers = new ArrayList<>();
        for (ProgramHost host : programTable.all()) {
            list.add(statusReports.of(host, null));
            numbers.add(
                    new PageData.Numbers(
                            host.program(),
                            host.counters().numbers(),
                            lives(host),
                            workerOutput.counters(host.name())));
        }
        return new PageData(managerActions.report(list), numbers, manager.get());
    }

    private static List<PageData.Life> lives(ProgramHost host) {
        List<PageData.Life> lives = new ArrayList<>();
        for (Slot slot : host.program().slots()) {
            WorkerProcess process =
                    slot.current() == null ? null : host.workforce().of(slot.current().id());
            if (process != null) {
                int pid = process.pid();
                lives.add(
                        new PageData.Life(
                                slot.index(), process.bornMillis(), () -> ProcReader.usage(pid)));
            }
        }
        return lives;
    }

    @Override
    public List<String> unready() {
        List<String> reasons = new ArrayList<>();
        if (managerActions.ending()) {
            reasons.add("everything is being stopped");
        }
        for (ProgramHost host : programTable.all()) {
            if (!ready(host.program())) {
                reasons.add(host.name() + " is " + statusReports.of(host, null).state().word());
            }
        }
        return reasons;
    }

    /// Returns true if a program is up, or is not meant to be: all its workers were up at the same
    /// time at least once since it began to run, and one is left that is not in a crash loop. A
    /// finished program counts as up, and so does a running job.
    private static boolean ready(Program program) {
        if (program.phase() instanceof ProgramPhase.Stopped) {
            return true;
        }
        if (program.outcome() != null) {
            return program.outcome() == Program.Outcome.DONE;
        }
        if (!(program.phase() instanceof ProgramPhase.Running running) || !running.up()) {
            return false;
        }
        boolean wanted = false;
        for (Slot slot : program.slots()) {
            boolean ready = slot.current() != null && slot.current().ready();
            if (ready && !slot.past().crashLoop()) {
                return true;
            }
            wanted |= program.wants(slot);
        }
        return !wanted;
    }
}
