// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Recovery;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.manager.snapshot.KeptDescriptor;
import org.einhyrningsins.manager.snapshot.ProgramSnapshot;
import org.einhyrningsins.manager.snapshot.StateJournal;
import org.einhyrningsins.manager.snapshot.WorkerSnapshot;
import org.einhyrningsins.manager.snapshot.WorkerSocketsSnapshot;
import org.einhyrningsins.manager.spawn.JobRecords;
import org.einhyrningsins.manager.spawn.WorkerCgroups;
import org.einhyrningsins.manager.spawn.WorkerTag;
import org.einhyrningsins.posix.process.ProcessGroups;
import org.einhyrningsins.posix.process.ProcessStatus;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.posix.spawn.MonitorRecord;
import org.einhyrningsins.spec.WorkerId;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Finds out which workers of a recorded program live. A worker is known by its pid and when it
/// started; of one whose own process is gone, others may live in its process group or control
/// group.
final class WorkerRecovery {
    private final StateJournal.Read notes;
    private final WorkerCgroups groups;
    private final JobRecords records;

    /// The living processes of workers whose own process is gone, by the pid of that.
    private final Map<Integer, List<Integer>> members = new HashMap<>();

    private int adopted;
    private int endedCount;

    WorkerRecovery(StateJournal.Read notes, WorkerCgroups groups, JobRecords records) {
        this.notes = notes;
        this.groups = groups;
        this.records = records;
    }

    /// The living processes of workers whose own process is gone, by the pid of that.
    Map<Integer, List<Integer>> members() {
        return members;
    }

    /// The number of workers found until now.
    int adopted() {
        return adopted;
    }

    /// The number of workers that had ended.
    int endedCount() {
        return endedCount;
    }

    /// Adds workers that were found by what they carry.
    void add(int workers, Map<Integer, List<Integer>> theirMembers) {
        adopted += workers;
        members.putAll(theirMembers);
    }

    /// Looks for the workers of a program.
    ///
    /// @param births those of its workers that the journal has
    /// @return the program with the workers that live
    CrashRecovery.Found find(ProgramSnapshot image, List<StateJournal.SpawnNote> births) {
        Program program = image.program();
        Map<WorkerId, WorkerSnapshot> living = new HashMap<>();
        Set<WorkerId> ended = new HashSet<>();
        List<WorkerSnapshot> withoutProcess = new ArrayList<>();
        findRecorded(image, living, ended, withoutProcess);
        List<Recovery.Newborn> newborn = findBorn(image, births, living, withoutProcess);
        Map<WorkerId, WorkerSnapshot> leaderless = leaderless(program.name(), withoutProcess);
        ended.removeAll(leaderless.keySet());
        ended.removeAll(living.keySet());
        endedCount += ended.size();
        Set<WorkerId> alive = Set.copyOf(living.keySet());
        living.putAll(leaderless);
        adopted += living.size();
        return new CrashRecovery.Found(
                new ProgramSnapshot(
                        program,
                        image.retiring(),
                        List.copyOf(living.values()),
                        image.workerSockets().stream().map(WorkerRecovery::closed).toList(),
                        image.counters(),
                        image.kept()),
                new Recovery.Found(
                        alive,
                        Set.copyOf(leaderless.keySet()),
                        newborn,
                        acked(program),
                        notes.whole() ? unborn(image, births) : Set.of(),
                        ends(program, alive)));
    }

    /// How workers ended that are gone, as far as the manager before, or their monitors, saw it.
    private Map<WorkerId, WorkerExit> ends(Program program, Set<WorkerId> alive) {
        Map<WorkerId, WorkerExit> ends = new HashMap<>(notes.ends(program.name()));
        if (program.newest().job() == null) {
            return ends;
        }
        for (Slot slot : program.slots()) {
            for (Worker worker : slot.workers()) {
                end(program.name(), worker.id(), alive, ends);
            }
        }
        for (StateJournal.SpawnNote birth : notes.spawns()) {
            if (birth.program().equals(program.name())) {
                end(program.name(), birth.id(), alive, ends);
            }
        }
        return ends;
    }

    private void end(
            String program, WorkerId id, Set<WorkerId> alive, Map<WorkerId, WorkerExit> ends) {
        MonitorRecord.End record = alive.contains(id) ? null : records.end(program, id);
        if (record != null) {
            ends.putIfAbsent(id, JobRecords.exit(record));
        }
    }

    /// Sorts the workers of the snapshot by whether they live.
    private static void findRecorded(
            ProgramSnapshot image,
            Map<WorkerId, WorkerSnapshot> living,
            Set<WorkerId> ended,
            List<WorkerSnapshot> withoutProcess) {
        Program program = image.program();
        for (WorkerSnapshot worker : image.workers()) {
            int pidfd = Processes.open(worker.pid());
            boolean same = pidfd >= 0 && ProcReader.isWorker(worker.pid(), worker.bornTicks());
            if (same && program.has(worker.id())) {
                living.put(worker.id(), adopted(worker, pidfd));
            } else {
                JournalSpawn.close(pidfd);
                ended.add(worker.id());
                if (program.has(worker.id())) {
                    withoutProcess.add(worker);
                }
            }
        }
    }

    /// Sorts the workers started since the snapshot by whether they live.
    ///
    /// @return those that the program of the snapshot does not know
    private static List<Recovery.Newborn> findBorn(
            ProgramSnapshot image,
            List<StateJournal.SpawnNote> births,
            Map<WorkerId, WorkerSnapshot> living,
            List<WorkerSnapshot> withoutProcess) {
        Program program = image.program();
        List<Recovery.Newborn> newborn = new ArrayList<>();
        for (StateJournal.SpawnNote birth : births) {
            boolean its = !image.retiring() && birth.program().equals(program.name());
            boolean later = birth.id().incarnation() >= program.pool().nextIncarnation();
            if (its && later) {
                newborn.add(new Recovery.Newborn(birth.id(), birth.generation()));
            }
            if (its && (later || program.has(birth.id())) && !living.containsKey(birth.id())) {
                int pidfd = JournalSpawn.open(birth);
                WorkerSnapshot worker = JournalSpawn.worker(program, birth, pidfd);
                if (pidfd >= 0) {
                    living.put(birth.id(), worker);
                } else {
                    withoutProcess.add(worker);
                }
            }
        }
        return newborn;
    }

    private Set<WorkerId> acked(Program program) {
        Set<WorkerId> acked = new HashSet<>();
        for (StateJournal.Ack ack : notes.acks()) {
            if (ack.program().equals(program.name())) {
                acked.add(ack.id());
            }
        }
        return acked;
    }

    /// The workers of a program of which there is neither a process nor a note, though each writes
    /// one as the first that it does.
    private static Set<WorkerId> unborn(
            ProgramSnapshot image, List<StateJournal.SpawnNote> births) {
        Set<WorkerId> born = new HashSet<>();
        image.workers().forEach(worker -> born.add(worker.id()));
        births.forEach(birth -> born.add(birth.id()));
        Set<WorkerId> unborn = new HashSet<>();
        for (Slot slot : image.program().slots()) {
            for (Worker worker : slot.workers()) {
                if (!born.contains(worker.id())) {
                    unborn.add(worker.id());
                }
            }
        }
        return unborn;
    }

    /// Workers of which others live: in their process group, known by the variable they were
    /// started with, or in their control group.
    private Map<WorkerId, WorkerSnapshot> leaderless(String program, List<WorkerSnapshot> workers) {
        Set<Integer> leaders = new HashSet<>();
        for (WorkerSnapshot worker : workers) {
            if (worker.pid() > 1) {
                leaders.add(worker.pid());
            }
        }
        Map<Integer, List<Integer>> left =
                leaders.isEmpty() ? Map.of() : ProcessGroups.members(leaders);
        Map<WorkerId, WorkerSnapshot> leaderless = new HashMap<>();
        for (WorkerSnapshot worker : workers) {
            String mark = WorkerTag.of(program, worker.id());
            List<Integer> its = new ArrayList<>();
            for (int pid : left.getOrDefault(worker.pid(), List.of())) {
                if (mark.equals(ProcReader.variable(pid, WorkerTag.VARIABLE))) {
                    its.add(pid);
                }
            }
            its.addAll(elsewhere(mark, its));
            if (!its.isEmpty() && worker.pid() > 1) {
                leaderless.put(worker.id(), adopted(worker, -1));
                members.put(worker.pid(), its);
            }
        }
        return leaderless;
    }

    /// Of a worker whose own process is gone, those in its control group that are in no list yet.
    private List<Integer> elsewhere(String mark, List<Integer> known) {
        List<Integer> grouped = groups.processes(mark);
        List<Integer> elsewhere = new ArrayList<>(grouped == null ? List.of() : grouped);
        elsewhere.removeAll(known);
        elsewhere.removeIf(pid -> !ProcessStatus.isAlive(pid));
        return elsewhere;
    }

    /// Its files are known to running workers, its sockets are gone.
    private static WorkerSocketsSnapshot closed(WorkerSocketsSnapshot door) {
        return new WorkerSocketsSnapshot(door.user(), door.name(), door.owner(), -1, -1, List.of());
    }

    /// The worker may still have the other end.
    private static KeptDescriptor endedCount(KeptDescriptor kept) {
        return new KeptDescriptor(kept.name(), -1, kept.inode());
    }

    private static WorkerSnapshot adopted(WorkerSnapshot image, int pidfd) {
        return image.adopted(pidfd, image.kept().stream().map(WorkerRecovery::endedCount).toList());
    }

    /// True if a worker of a snapshot lives. The snapshot may be of an earlier boot.
    static boolean hasLiving(ProgramSnapshot image) {
        for (WorkerSnapshot worker : image.workers()) {
            if (ProcReader.isWorker(worker.pid(), worker.bornTicks())) {
                return true;
            }
        }
        return false;
    }
}
