// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.manager.spawn.WorkerProcess;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.PosixException;
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

/// What workers that were told to go have in other process groups than their own: it is told too.
///
/// A process whose parent lives and was told is left to that parent: it knows in which order its
/// children are to end. One that has lost its parents gets the signal, once. KILL goes to all.
final class DetachedProcesses {
    private final OrphanReaper orphanReaper;
    private final Told listener;
    private final Map<WorkerId, Set<Integer>> told = new HashMap<>(0);

    /// Who hears of it.
    interface Told {
        void told(WorkerId worker, int pid, Signal signal);

        /// Why one of them was not told.
        void refused(WorkerId worker, int pid, Signal signal, String why);
    }

    DetachedProcesses(OrphanReaper orphanReaper, Told listener) {
        this.orphanReaper = orphanReaper;
        this.listener = listener;
    }

    /// Those that live and are in other process groups.
    ///
    /// @param led whether the worker's own process lives
    List<Integer> of(String mark, WorkerProcess process, boolean led) {
        return elsewhere(orphanReaper.of(mark, led ? process.pid() : 0), process.pid());
    }

    private static List<Integer> elsewhere(List<Integer> all, int group) {
        List<Integer> elsewhere = new ArrayList<>();
        for (int pid : all) {
            if (Processes.group(pid) != group) {
                elsewhere.add(pid);
            }
        }
        return elsewhere;
    }

    /// Those that have lost their parents, or all of them for KILL, get a signal.
    void tell(String mark, WorkerProcess process, boolean led, Signal signal) {
        List<Integer> all = orphanReaper.of(mark, led ? process.pid() : 0);
        for (int pid : elsewhere(all, process.pid())) {
            if (signal == Signal.KILL || isOrphan(pid, all, led ? process.pid() : 0)) {
                send(process.id(), pid, signal);
            }
        }
    }

    /// Those that have lost their parents since, and have not had the signal, get it.
    ///
    /// @param signal null if they had it already, from another manager
    /// @return all that live and are in other process groups
    List<Integer> attend(String mark, WorkerProcess process, @Nullable Signal signal) {
        List<Integer> all = orphanReaper.of(mark, 0);
        List<Integer> elsewhere = elsewhere(all, process.pid());
        for (int pid : elsewhere) {
            if (isOrphan(pid, all, 0) && toldOf(process.id()).add(pid) && signal != null) {
                send(process.id(), pid, signal);
            }
        }
        return elsewhere;
    }

    private static boolean isOrphan(int pid, List<Integer> all, int leader) {
        int parent = Processes.parent(pid);
        return parent != leader && !all.contains(parent);
    }

    private Set<Integer> toldOf(WorkerId id) {
        return told.computeIfAbsent(id, none -> new HashSet<>());
    }

    /// Not to one that has its pid since.
    private void send(WorkerId id, int pid, Signal signal) {
        toldOf(id).add(pid);
        long started = ProcReader.startTimeIfAlive(pid);
        int pidfd = Processes.open(pid);
        if (pidfd < 0) {
            return;
        }
        try {
            boolean same = started == ProcReader.startTimeIfAlive(pid); // or nobody knows in time
            if (same && Processes.isAlive(pid) && Processes.kill(pidfd, signal)) {
                if (signal != Signal.KILL && Processes.isStopped(pid)) {
                    Processes.kill(pidfd, Signal.CONT);
                }
                listener.told(id, pid, signal);
            }
        } catch (PosixException e) { // it became another user, and we are not root
            listener.refused(id, pid, signal, String.valueOf(e.getMessage()));
        } finally {
            Descriptors.close(pidfd);
        }
    }

    /// Nobody is left of it.
    void forget(WorkerId id) {
        told.remove(id);
    }
}
