// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.manager.spawn.WorkerCgroups;
import org.einhyrningsins.manager.spawn.WorkerCredentials;
import org.einhyrningsins.manager.spawn.WorkerTag;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Children;
import org.einhyrningsins.posix.process.ProcessStatus;
import org.einhyrningsins.posix.process.ProcessTree;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// Finds what a worker leaves behind, and ends it. Its process group is ended with it, and its
/// control group where it has one ([WorkerCgroups]). Where not, what moved to another group or
/// session, as daemons do, loses its parent when the worker dies and becomes a child of the
/// manager's, which is a subreaper. Whose it was, says a variable it was started with.
public final class OrphanReaper {
    private final ProgramTable programTable;
    private final WorkerCgroups cgroups;
    private final WorkerCredentials credentials;
    private final ManagerLog managerLog;

    public OrphanReaper(
            ProgramTable programTable,
            WorkerCgroups cgroups,
            WorkerCredentials credentials,
            ManagerLog managerLog) {
        this.programTable = programTable;
        this.cgroups = cgroups;
        this.credentials = credentials;
        this.managerLog = managerLog;
    }

    /// From now on, orphans are ours.
    public void begin() {
        try {
            Children.becomeSubreaper();
        } catch (PosixException e) {
            managerLog.warn(
                    "", "what workers leave behind in other sessions stays: " + e.getMessage());
        }
    }

    /// Ends what came from workers that are no more: an orphan died, and may have had children.
    public void sweep() {
        end(null);
        cgroups.removeEmpty();
    }

    /// Adds to a worker's exit what the kernel says of its cause.
    WorkerExit withCause(WorkerExit workerExit, String mark) {
        boolean killed = workerExit.signal() == Signal.KILL.number();
        return killed || workerExit.equals(WorkerExit.UNKNOWN)
                ? cgroups.withCause(workerExit, mark)
                : workerExit;
    }

    /// The control groups of workers.
    WorkerCgroups cgroups() {
        return cgroups;
    }

    /// Ends all that came from a worker that is dead, although it is still known.
    ///
    /// @param group the process group it had
    /// @return how many of it were in other groups
    int sweep(String dead, int group) {
        credentials.remove(dead);
        int ended = cgroups.end(dead, group);
        return ended >= 0 ? ended : end(dead);
    }

    /// @return how many came from the one that is dead
    private int end(@Nullable String dead) {
        int ended = 0;
        for (int orphan : Children.orphans()) {
            String mark = ProcReader.variable(orphan, WorkerTag.VARIABLE);
            if (mark != null && (mark.equals(dead) || !alive(mark))) {
                int count = end(orphan, mark);
                ended += mark.equals(dead) ? count : 0;
            }
        }
        return ended;
    }

    /// Ends what is left of workers that died while there was no manager. A worker of a program
    /// that nobody knows may well live.
    public void sweepAfterRecovery() {
        cgroups.endAll(mark -> hosted(mark) && !alive(mark));
        credentials.removeAll(mark -> !hosted(mark) || !alive(mark));
    }

    /// The living processes of a worker, whatever process group they are in.
    ///
    /// @param leader the worker's own process; 0 if that is gone
    /// @return without its own process, and without what cannot be known: of one that was adopted
    ///   and has no control group, what lost its parents is not ours
    List<Integer> of(String mark, int leader) {
        Set<Integer> all = new LinkedHashSet<>();
        List<Integer> grouped = cgroups.processes(mark);
        if (grouped == null) {
            for (int orphan : Children.orphans()) {
                if (mark.equals(ProcReader.variable(orphan, WorkerTag.VARIABLE))) {
                    all.addAll(ProcessTree.tree(orphan));
                }
            }
            all.addAll(leader > 0 ? ProcessTree.tree(leader) : List.of());
        } else {
            all.addAll(grouped);
        }
        all.remove(leader);
        all.removeIf(pid -> !ProcessStatus.isAlive(pid));
        return List.copyOf(all);
    }

    private boolean hosted(String mark) {
        for (ProgramHost host : programTable.everyHost()) {
            if (mark.startsWith(host.name() + ":")) {
                return true;
            }
        }
        return false;
    }

    private boolean alive(String mark) {
        for (ProgramHost host : programTable.everyHost()) {
            if (host.workforce().hasTag(host.name(), mark)) {
                return true;
            }
        }
        return false;
    }

    private int end(int orphan, String mark) {
        int count = 0;
        for (int pid : ProcessTree.tree(orphan)) {
            Processes.kill(pid);
            count++;
        }
        String worker = mark.substring(0, mark.lastIndexOf(':'));
        String more = count == 1 ? "" : " and " + (count - 1) + " more";
        managerLog.info(worker, "left pid " + orphan + more + " behind; ended");
        return count;
    }
}
