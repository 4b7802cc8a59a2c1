// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.WorkerState;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.manager.snapshot.WorkerSnapshot;
import org.einhyrningsins.manager.spawn.DelayedSpawns;
import org.einhyrningsins.manager.spawn.JobRecords;
import org.einhyrningsins.manager.spawn.ReleaseAdvice;
import org.einhyrningsins.manager.spawn.WorkerProcess;
import org.einhyrningsins.manager.spawn.WorkerSpawner;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Children;
import org.einhyrningsins.posix.process.ProcessGroups;
import org.einhyrningsins.posix.process.ProcessStatus;
import org.einhyrningsins.posix.spawn.MonitorRecord;
import org.einhyrningsins.posix.spawn.SpawnException;
import org.einhyrningsins.spec.ManagerLinkSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Follows the processes of one program's workers from their start, or their adoption, to the end
/// of the last process that came from them.
///
/// A worker ends in two steps. Its own process dies ([#died]); what it left in its process group
/// and in others is killed, or waited for if the core says so. When nothing of it is left
/// ([#ended]) the core learns of its exit, and it goes out of the [WorkerTable] once what its
/// siblings said before has been taken up.
final class WorkerLifecycle {
    private final ProgramContext context;
    private final ProgramHost.Surface surface;
    private final WorkerTable workerTable;
    private final ProgramWorkerSockets workerSockets;
    private final SpawnTemplates spawnTemplates;
    private final DelayedSpawns delayedSpawns;
    private final WorkerProbes probes;
    private final DetachedProcesses detachedProcesses;
    private final AckListeners ackListeners;

    WorkerLifecycle(
            ProgramContext context,
            ProgramHost.Surface surface,
            WorkerTable workerTable,
            ProgramWorkerSockets workerSockets,
            SpawnTemplates spawnTemplates,
            DelayedSpawns delayedSpawns,
            WorkerProbes probes,
            DetachedProcesses detachedProcesses) {
        this.context = context;
        this.surface = surface;
        this.workerTable = workerTable;
        this.workerSockets = workerSockets;
        this.spawnTemplates = spawnTemplates;
        this.delayedSpawns = delayedSpawns;
        this.probes = probes;
        this.detachedProcesses = detachedProcesses;
        this.ackListeners = new AckListeners(context, surface.loop());
    }

    // ---- begin

    /// Watches a worker that was just spawned.
    ///
    /// @throws IOException if there are no worker sockets for it
    void begin(WorkerSpawner.SpawnedWorker born, ProgramSpec spec) throws IOException {
        WorkerProcess process = born.process();
        workerTable.add(process);
        ackListeners.listen(process);
        if (process.channels().ackSocket() >= 0) {
            PeerCredentials worker = new PeerCredentials(process.pid(), process.uid(), -1);
            workerSockets.of(spec).connect(process.channels().ackSocket(), worker);
        }
        surface.loop().watch(process.pidfd(), Poll.IN, events -> died(process));
        if (born.birth() != null) {
            delayedSpawns.add(process, born.birth());
            context.enqueue(new ProgramEvent.Delayed(process.id()));
        }
    }

    /// Gives up a worker that was just spawned and cannot be watched. It is a child of ours and
    /// nobody's worker, so it is reaped as an orphan.
    void abandon(WorkerId id) {
        WorkerProcess process = workerTable.forget(id);
        if (process == null) {
            return;
        }
        if (!workerSockets.disconnect(process) && process.channels().ackSocket() >= 0) {
            Descriptors.close(process.channels().ackSocket());
        }
        ackListeners.drop(process);
        ProcessGroups.killGroup(process.pid(), Signal.KILL);
        surface.workers().orphanReaper().sweep(context.tag(id), process.pid());
        Descriptors.close(process.pidfd());
    }

    /// Goes on with a worker that another manager started.
    void adopt(WorkerSnapshot image, ProgramSpec spec) {
        WorkerProcess process =
                WorkerProcess.of(image, spec, surface.workers().spawner().resume(spec, image));
        workerTable.add(process);
        ackListeners.listen(process);
        WorkerExit ended =
                process.pidfd() < 0
                        ? WorkerExit.UNKNOWN
                        : context.program().exitOfLeader(process.id());
        if (ended == null) {
            surface.loop().watch(process.pidfd(), Poll.IN, events -> died(process));
            followIfDelayed(process);
        } else {
            detachedProcesses.signalNewOrphans(process, null); // they were told before
            awaitRest(process, ended);
        }
        workerTable.setStatusText(image.id(), image.statusText());
    }

    /// A worker that the manager before began and that was held up may be so still.
    private void followIfDelayed(WorkerProcess process) {
        Worker worker = context.worker(process.id());
        if (worker != null && !(worker.state() instanceof WorkerState.Starting)) {
            return;
        }
        boolean delayed =
                worker != null && worker.state() instanceof WorkerState.Starting s && s.delayed();
        boolean unborn = ProcessStatus.isBeforeExecve(process.pid());
        if (delayed || unborn) {
            delayedSpawns.add(process, null);
        }
        if (unborn) {
            context.enqueue(new ProgramEvent.Delayed(process.id()));
        }
    }

    /// State of the workers' processes, for another manager to go on with.
    List<WorkerSnapshot> images() {
        List<WorkerSnapshot> images = new ArrayList<>();
        for (WorkerProcess process : workerTable.all()) {
            WorkerId id = process.id();
            if (context.worker(id) != null) { // else it died in this very step
                int ack = ackListeners.descriptor(id);
                images.add(process.image(workerTable.statusText(id), ack));
            }
        }
        return images;
    }

    // ---- live

    /// A child of ours was stopped by a signal, or goes on. A signal that we have no name for is
    /// none that stops anybody.
    void changed(Children.Change change) {
        WorkerProcess process = workerTable.byPid(change.pid());
        Signal by = Signal.of(change.by());
        if (process != null && by != null) {
            context.take(new ProgramEvent.Suspended(process.id(), by));
        } else if (process != null) {
            context.take(new ProgramEvent.Resumed(process.id()));
        }
    }

    /// Takes up all that workers have said until now.
    private void listen() {
        if (context.program().newest().managerLink().workerSocket()
                == ManagerLinkSpec.WorkerSocket.CONTROL) {
            surface.listener().listen();
        }
        workerSockets.listen();
    }

    // ---- end

    /// A worker's own process has died. What is left of one that was told to go is waited for, in
    /// its process group and in others. Of others it is ended, while the leader of the group is
    /// still a zombie, so that no other group can have its number.
    private void died(WorkerProcess process) {
        WorkerId id = process.id();
        if (context.isStarting(id)) { // else it makes no difference what it said before
            listen();
        }
        ackListeners.finish(id);
        WorkerExit workerExit = WorkerReaper.peek(process);
        if (workerExit == null) {
            return;
        }
        MonitorRecord.End record = recorded(id);
        workerExit = record == null ? workerExit : JobRecords.exit(record);
        workerExit = surface.workers().orphanReaper().withCause(workerExit, context.tag(id));
        boolean patient = context.program().waitsForGroupOf(id, workerExit);
        boolean left = !patient && process.adopted() && othersLive(process);
        if (!patient) {
            ProcessGroups.killGroup(process.pid(), Signal.KILL);
        }
        WorkerReaper.reap(process);
        surface.loop().forget(process.pidfd());
        left |=
                !patient
                        && !process.adopted()
                        && ProcessGroups.groupExists(process.pidfd(), process.pid());
        if (left) {
            String what = workerExit + "; KILL sent to what it left in its process group";
            context.report(ProgramEffect.Severity.WARN, id, what);
        }
        if (patient && leavesOthers(process)) {
            surface.workers().spawner().journalEnd(context.name(), id, workerExit);
            context.take(new ProgramEvent.LeaderExited(id, workerExit));
            awaitRest(process, workerExit);
        } else {
            ended(process, workerExit);
        }
    }

    /// True if other processes of a dead worker live, in its process group or in others. One that
    /// was adopted may still be a zombie of its parent, and the kernel counts it as one of the
    /// group.
    private boolean leavesOthers(WorkerProcess process) {
        boolean any = ProcessGroups.groupExists(process.pidfd(), process.pid());
        try {
            return (any && (!process.adopted() || othersLive(process)))
                    || !detachedProcesses.of(process, false).isEmpty();
        } catch (PosixException e) {
            return any; // no descriptor to look with: who waits for the group looks again
        }
    }

    private static boolean othersLive(WorkerProcess process) {
        int pid = process.pid();
        try {
            return ProcessGroups.members(Set.of(pid)).containsKey(pid);
        } catch (PosixException e) {
            return true; // no descriptor to look with: who waits for the group looks again
        }
    }

    /// Waits until nothing is left of a worker.
    ///
    /// @param workerExit how its own process ended
    private void awaitRest(WorkerProcess process, WorkerExit workerExit) {
        ProcessGroupWatch.Others others =
                () ->
                        detachedProcesses.signalNewOrphans(
                                process, context.program().signalForGroupOf(process.id()));
        Runnable empty = () -> ended(process, workerExit);
        surface.workers().groups().await(process.pidfd(), process.pid(), others, empty);
    }

    /// Nothing is left of a worker: the core learns of its exit, or of the start that failed.
    private void ended(WorkerProcess process, WorkerExit workerExit) {
        WorkerId id = process.id();
        detachedProcesses.forget(id);
        int left = surface.workers().orphanReaper().sweep(context.tag(id), process.pid());
        probes.forget(id);
        process.log().pipes().forEach(output -> output.drain(true));
        SpawnException failure = delayedSpawns.ended(id);
        surface.workers().spawner().releaseFinished();
        boolean job = isJob(id);
        MonitorRecord.End record = recorded(id);
        if (record != null && record.failure() != null) {
            spawnTemplates.forgetExecutables();
            context.take(new ProgramEvent.SpawnFailed(id, record.failure()));
        } else if (failure == null) {
            WorkerExit seen = workerExit.leaving(left);
            surface.workers().spawner().journalEnd(context.name(), id, seen);
            context.take(new ProgramEvent.Exited(id, seen));
        } else {
            spawnTemplates.forgetExecutables();
            Worker worker = context.worker(id);
            String advice =
                    worker == null
                            ? ""
                            : ReleaseAdvice.of(worker.version().spec(), failure.errno());
            context.take(new ProgramEvent.SpawnFailed(id, failure.getMessage() + advice));
            if (worker != null && !advice.isEmpty()) {
                context.missesRelease(worker.version());
            }
        }
        if (job) { // a monitor that was killed has left an empty file
            surface.workers().spawner().forgetEnd(context.name(), id);
        }
        surface.loop().afterwards(() -> depart(process));
    }

    /// What the monitor of a job's worker wrote of its end; null if it wrote nothing, or there is
    /// none.
    private MonitorRecord.@Nullable End recorded(WorkerId id) {
        return isJob(id) ? surface.workers().spawner().recordedEnd(context.name(), id) : null;
    }

    private boolean isJob(WorkerId id) {
        Worker worker = context.worker(id);
        return worker != null && worker.version().spec().job() != null;
    }

    /// Takes a worker out of the table. Not on the way from deaths to starts: what its siblings
    /// have to say would come before the next start. Its own last words are heard while it is still
    /// known whose they are.
    private void depart(WorkerProcess process) {
        listen();
        if (process.channels().ackSocket() >= 0) {
            workerSockets.disconnect(process);
        }
        workerTable.depart(process);
        if (process.pidfd() >= 0) {
            Descriptors.close(process.pidfd());
        }
    }
}
