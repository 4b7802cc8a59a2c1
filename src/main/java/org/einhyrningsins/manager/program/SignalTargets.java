// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.control.wire.CommandTarget;
import org.einhyrningsins.control.wire.UsageException;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.manager.spawn.WorkerProcess;
import org.einhyrningsins.spec.WorkerId;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Finds the workers that a signal is meant for. Those that are stopping are meant too: those of
/// slots that are no longer wanted, and of programs that are no longer in the file.
public final class SignalTargets {
    private SignalTargets() {}

    /// The workers of each program that some targets name; no target names all.
    public static Map<ProgramHost, Set<WorkerId>> of(
            ProgramTable programTable, List<CommandTarget> targets) throws UsageException {
        Map<ProgramHost, Set<WorkerId>> found = new LinkedHashMap<>();
        if (targets.isEmpty()) {
            for (ProgramHost host : programTable.everyHost()) {
                if (!host.program().hasNoProcess()) {
                    found.put(host, workers(host, new CommandTarget("", CommandTarget.WHOLE)));
                }
            }
        }
        for (CommandTarget commandTarget : targets) {
            find(programTable, commandTarget, found);
        }
        return found;
    }

    private static void find(
            ProgramTable programTable,
            CommandTarget commandTarget,
            Map<ProgramHost, Set<WorkerId>> found)
            throws UsageException {
        List<ProgramHost> named = new ArrayList<>();
        int slots = 0;
        for (ProgramHost host : programTable.everyHost()) {
            if (host.name().equals(commandTarget.program())) {
                named.add(host);
                slots = Math.max(slots, host.program().count());
                slots = Math.max(slots, host.program().slots().size());
            }
        }
        if (named.isEmpty()) {
            throw new UsageException(programTable.unknown(commandTarget.program()));
        }
        if (commandTarget.slot() >= slots) {
            String known = slots == 0 ? "no slots" : "slots 0 to " + (slots - 1);
            throw new UsageException(
                    "no slot "
                            + commandTarget.slot()
                            + " in '"
                            + commandTarget.program()
                            + "'; it has "
                            + known);
        }
        boolean any = false;
        for (ProgramHost host : named) {
            Set<WorkerId> workers = workers(host, commandTarget);
            any |= !workers.isEmpty();
            found.computeIfAbsent(host, h -> new LinkedHashSet<>()).addAll(workers);
        }
        if (commandTarget.pid() != CommandTarget.ANY && !any) {
            throw new UsageException(
                    "pid "
                            + commandTarget.pid()
                            + " is no worker of '"
                            + commandTarget.program()
                            + "'");
        }
    }

    private static Set<WorkerId> workers(ProgramHost host, CommandTarget commandTarget) {
        Set<WorkerId> workers = new LinkedHashSet<>();
        for (Slot slot : host.program().slots()) {
            for (Worker worker : slot.workers()) {
                WorkerProcess process = host.workforce().of(worker.id());
                boolean pid =
                        commandTarget.pid() == CommandTarget.ANY
                                || (process != null && process.pid() == commandTarget.pid());
                boolean its =
                        commandTarget.slot() == CommandTarget.WHOLE
                                || commandTarget.slot() == slot.index();
                if (pid && its) {
                    workers.add(worker.id());
                }
            }
        }
        return workers;
    }
}
