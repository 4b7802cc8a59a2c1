// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.control.report.ProgramStatus;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.model.Phase;
import org.einhyrningsins.manager.http.HttpServer;
import org.einhyrningsins.manager.page.Snapshot;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.Programs;
import org.einhyrningsins.manager.runtime.Aside;
import org.einhyrningsins.manager.spawn.Outputs;
import org.einhyrningsins.manager.spawn.WorkerProcess;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// What the pages show, as it is at this moment. Programs that the file has lost are not in it:
/// their name may be another's already.
public final class HttpSight implements HttpServer.Sight {
    private final Programs programs;
    private final Statuses statuses;
    private final Outputs outputs;
    private final Operator.Conduct conduct;
    private final Supplier<Snapshot.Manager> manager;

    public HttpSight(
            Programs programs,
            Statuses statuses,
            Outputs outputs,
            Operator.Conduct conduct,
            Supplier<Snapshot.Manager> manager) {
        this.programs = programs;
        this.statuses = statuses;
        this.outputs = outputs;
        this.conduct = conduct;
        this.manager = manager;
    }

    @Override
    public Snapshot snapshot() {
        List<ProgramStatus> list = new ArrayList<>();
        List<Snapshot.Numbers> numbers = new ArrayList<>();
        for (ProgramHost host : programs.all()) {
            list.add(statuses.of(host, null));
            numbers.add(
                    new Snapshot.Numbers(
                            host.program(),
                            host.tally().numbers(),
                            lives(host),
                            outputs.figures(host.name())));
        }
        return new Snapshot(conduct.report(list), numbers, manager.get());
    }

    private static List<Snapshot.Life> lives(ProgramHost host) {
        List<Snapshot.Life> lives = new ArrayList<>();
        for (Slot slot : host.program().slots()) {
            WorkerProcess process =
                    slot.current() == null ? null : host.workforce().of(slot.current().id());
            if (process != null) {
                int pid = process.pid();
                lives.add(
                        new Snapshot.Life(
                                slot.index(), process.bornMillis(), () -> Aside.usage(pid)));
            }
        }
        return lives;
    }

    @Override
    public List<String> unready() {
        List<String> reasons = new ArrayList<>();
        if (conduct.ending()) {
            reasons.add("everything is being stopped");
        }
        for (ProgramHost host : programs.all()) {
            if (!ready(host.program())) {
                reasons.add(host.name() + " is " + statuses.of(host, null).state().word());
            }
        }
        return reasons;
    }

    /// Whether it is up, if it is meant to be: all its workers were, once at the same time, since
    /// it began to run, and there still is one that is not part of a crash loop. What is done is
    /// up, and so is a job that runs.
    private static boolean ready(Program program) {
        if (program.phase() instanceof Phase.Stopped) {
            return true;
        }
        if (program.outcome() != null) {
            return program.outcome() == Program.Outcome.DONE;
        }
        if (!(program.phase() instanceof Phase.Running running) || !running.up()) {
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
