// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.manager.spawn.WorkerProcess;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.ProcessGroups;
import org.einhyrningsins.posix.process.ProcessStatus;
import org.einhyrningsins.posix.process.ProcessTree;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Signals processes that workers have in other process groups than their own, when those workers
/// are told to go.
///
/// A process whose parent lives and was told is left to that parent: it knows in which order its
/// children are to end. One that has lost its parents gets the signal, once. KILL goes to all.
final class DetachedProcesses {
    private final OrphanReaper orphanReaper;
    private final ProgramContext context;
    private final Map<WorkerId, Set<Integer>> signaled = new HashMap<>(0);

    DetachedProcesses(OrphanReaper orphanReaper, ProgramContext context) {
        this.orphanReaper = orphanReaper;
        this.context = context;
    }

    /// Lists those that live and are in other process groups.
    ///
    /// @param led whether the worker's own process lives
    List<Integer> of(WorkerProcess process, boolean led) {
        return elsewhere(all(process, led), process.pid());
    }

    private List<Integer> all(WorkerProcess process, boolean led) {
        return orphanReaper.of(context.tag(process.id()), led ? process.pid() : 0);
    }

    private static List<Integer> elsewhere(List<Integer> all, int group) {
        List<Integer> elsewhere = new ArrayList<>();
        for (int pid : all) {
            if (ProcessGroups.group(pid) != group) {
                elsewhere.add(pid);
            }
        }
        return elsewhere;
    }

    /// Sends a signal to those that have lost their parents, or to all of them for KILL.
    void signal(WorkerProcess process, boolean led, Signal signal) {
        List<Integer> all = all(process, led);
        for (int pid : elsewhere(all, process.pid())) {
            if (signal == Signal.KILL || isOrphan(pid, all, led ? process.pid() : 0)) {
                send(process.id(), pid, signal);
            }
        }
    }

    /// Sends the signal to those that have lost their parents since and have not had it.
    ///
    /// @param signal null if they had it already, from another manager
    /// @return all that live and are in other process groups
    List<Integer> signalNewOrphans(WorkerProcess process, @Nullable Signal signal) {
        List<Integer> all = all(process, false);
        List<Integer> elsewhere = elsewhere(all, process.pid());
        for (int pid : elsewhere) {
            if (isOrphan(pid, all, 0) && alreadySignaled(process.id()).add(pid) && signal != null) {
                send(process.id(), pid, signal);
            }
        }
        return elsewhere;
    }

    private static boolean isOrphan(int pid, List<Integer> all, int leader) {
        int parent = ProcessTree.parent(pid);
        return parent != leader && !all.contains(parent);
    }

    private Set<Integer> alreadySignaled(WorkerId id) {
        return signaled.computeIfAbsent(id, none -> new HashSet<>());
    }

    /// Sends a signal, but not to another process that has the pid since.
    private void send(WorkerId id, int pid, Signal signal) {
        alreadySignaled(id).add(pid);
        long started = ProcReader.startTimeIfAlive(pid);
        int pidfd = Processes.open(pid);
        if (pidfd < 0) {
            return;
        }
        try {
            boolean same = started == ProcReader.startTimeIfAlive(pid); // or nobody knows in time
            if (same && ProcessStatus.isAlive(pid) && Processes.kill(pidfd, signal)) {
                if (signal != Signal.KILL && ProcessStatus.isStopped(pid)) {
                    Processes.kill(pidfd, Signal.CONT);
                }
                reportSent(id, pid, signal);
            }
        } catch (PosixException e) { // it became another user, and we are not root
            String what = "pid " + pid + " of it cannot be sent SIG" + signal + ": ";
            context.report(ProgramEffect.Severity.ERROR, id, what + e.getMessage());
        } finally {
            Descriptors.close(pidfd);
        }
    }

    private void reportSent(WorkerId id, int pid, Signal signal) {
        String what = signal + " sent to pid " + pid + ", which it has in another process group";
        boolean killed = signal == Signal.KILL;
        context.report(
                killed ? ProgramEffect.Severity.DEBUG : ProgramEffect.Severity.INFO, id, what);
    }

    /// Forgets a worker of which nothing is left.
    void forget(WorkerId id) {
        signaled.remove(id);
    }
}
