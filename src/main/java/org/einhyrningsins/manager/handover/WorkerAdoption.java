// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Recovery;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.StartException;
import org.einhyrningsins.manager.snapshot.ProgramSnapshot;
import org.einhyrningsins.manager.snapshot.SocketSnapshot;
import org.einhyrningsins.manager.snapshot.StateJournal;
import org.einhyrningsins.manager.snapshot.WorkerSnapshot;
import org.einhyrningsins.manager.snapshot.WorkerSocketsSnapshot;
import org.einhyrningsins.manager.socket.HeldSockets;
import org.einhyrningsins.posix.kernel.Accounts;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.UnknownAccountException;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.BindSpec;
import org.einhyrningsins.spec.LaunchSpec;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.SupervisionSpec;
import org.einhyrningsins.spec.TextTemplate;
import org.einhyrningsins.spec.WorkerId;
import org.einhyrningsins.spec.process.ProcessIdentitySpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Makes up programs, of which nothing is written, from workers that carry their names. They run as
/// the file has them; where several workers have one slot, the best of them stays, and the others
/// are told to go. What the file has no more is stopped.
final class WorkerAdoption {
    private final CrashRecovery.Now now;
    private final ManagerLog managerLog;
    private final Map<Integer, SurvivingWorker> survivors = new HashMap<>();
    private final List<StateJournal.SpawnNote> births;

    /// A worker with what it carries, if it can be asked.
    ///
    /// @param up it has lived for so long that it must have said so
    /// @param other it was started as the file has it no more
    private record Candidate(
            StateJournal.SpawnNote birth,
            @Nullable SurvivingWorker survivor,
            boolean up,
            boolean other) {
        /// Its own process is gone, and others of its process group live.
        boolean leaderless() {
            return survivor != null && !survivor.members().isEmpty();
        }
    }

    WorkerAdoption(
            CrashRecovery.Now now,
            StateJournal.Read notes,
            List<SurvivingWorker> survivors,
            ManagerLog managerLog) {
        this.now = now;
        this.managerLog = managerLog;
        births = new ArrayList<>(notes.spawns());
        Set<Integer> noted = new HashSet<>();
        notes.spawns().forEach(birth -> noted.add(birth.pid()));
        for (SurvivingWorker survivingWorker : survivors) {
            this.survivors.put(survivingWorker.pid(), survivingWorker);
            if (!noted.contains(survivingWorker.pid())) {
                births.add(survivingWorker.birth());
            }
        }
    }

    /// Of workers whose own process is gone: who else is in their process groups.
    Map<Integer, List<Integer>> members() {
        Map<Integer, List<Integer>> members = new HashMap<>();
        for (SurvivingWorker survivingWorker : survivors.values()) {
            if (!survivingWorker.members().isEmpty()) {
                members.put(survivingWorker.pid(), survivingWorker.members());
            }
        }
        return members;
    }

    /// The starts of a program of which there is an image.
    List<StateJournal.SpawnNote> births(ProgramSnapshot image) {
        List<StateJournal.SpawnNote> its = new ArrayList<>();
        int uid = user(image.program().newest());
        for (StateJournal.SpawnNote birth : births) {
            SurvivingWorker survivingWorker = survivors.get(birth.pid());
            if (birth.program().equals(image.program().name())
                    && (survivingWorker == null || survivingWorker.mayBelongTo(uid))) {
                its.add(birth);
            }
        }
        return its;
    }

    /// The programs of which there is no image, and workers.
    List<CrashRecovery.Found> without(List<ProgramSnapshot> images) throws StartException {
        Map<String, List<StateJournal.SpawnNote>> unknown = new LinkedHashMap<>();
        for (StateJournal.SpawnNote birth : births) {
            boolean has = false;
            for (ProgramSnapshot image : images) {
                has |= image.program().name().equals(birth.program());
            }
            if (!has) {
                unknown.computeIfAbsent(birth.program(), name -> new ArrayList<>()).add(birth);
            }
        }
        Map<String, OperatorOverride> byHand = unknown.isEmpty() ? Map.of() : now.byHand().read();
        List<CrashRecovery.Found> saved = new ArrayList<>();
        for (Map.Entry<String, List<StateJournal.SpawnNote>> each : unknown.entrySet()) {
            OperatorOverride operatorOverride =
                    byHand.getOrDefault(each.getKey(), OperatorOverride.NONE);
            CrashRecovery.Found one = saved(each.getKey(), each.getValue(), operatorOverride);
            if (one != null) {
                saved.add(one);
            }
        }
        return saved;
    }

    private CrashRecovery.@Nullable Found saved(
            String name, List<StateJournal.SpawnNote> its, OperatorOverride operatorOverride)
            throws StartException {
        ProgramSpec wanted = now.services().programs().get(name);
        ProgramSpec known = wanted == null ? unknownProgram(name) : wanted;
        ProgramSpec spec = known.withSockets(serving(known, its));
        List<Candidate> candidates = new ArrayList<>();
        Map<WorkerId, WorkerSnapshot> living = new HashMap<>();
        int generation = 1;
        for (StateJournal.SpawnNote birth : its) {
            SurvivingWorker survivingWorker = survivors.get(birth.pid());
            boolean may =
                    survivingWorker == null
                            || survivingWorker.mayBelongTo(user(spec))
                            || (wanted == null && isSomebodys(survivingWorker));
            if (survivingWorker != null && !may) {
                managerLog.warn(
                        name + ":" + birth.id().slot(),
                        "pid "
                                + birth.pid()
                                + " carries this name and is user "
                                + survivingWorker.user()
                                + "'s, as whom no worker of it runs; left alone");
                continue;
            }
            int pidfd = JournalSpawn.open(birth);
            boolean left = survivingWorker != null && !survivingWorker.members().isEmpty();
            if (living.containsKey(birth.id())) {
                JournalSpawn.close(pidfd);
            } else if (pidfd >= 0 || left) {
                Program none = Program.of(spec, Clock.now());
                living.put(birth.id(), JournalSpawn.worker(none, birth, pidfd));
                candidates.add(candidate(spec, birth, survivingWorker));
                generation = Math.max(generation, birth.generation());
            }
        }
        if (candidates.isEmpty()) {
            return null;
        }
        if (wanted == null && !now.valid()) {
            candidates.forEach(each -> close(living, each));
            throw new StartException(
                    ExitStatus.INVALID,
                    "cannot start: what was written of '"
                            + name
                            + "' is lost, and the file, which has problems, does not say what it"
                            + " is; its workers go on serving; mend the file and start again");
        }
        return made(spec, wanted != null, candidates, living, generation, operatorOverride);
    }

    /// The sockets of a definition, and those of other programs in the file that these workers
    /// serve at: the program was renamed, or they were its own before. They are handed over as in
    /// any reload.
    private List<SocketSpec> serving(ProgramSpec known, List<StateJournal.SpawnNote> its) {
        List<SocketSpec> sockets = new ArrayList<>(known.sockets());
        HeldSockets heldSockets = new HeldSockets();
        for (ProgramSpec other : now.services().programs().values()) {
            for (int i = 0; i < other.sockets().size(); i++) {
                SocketSpec socket = other.sockets().get(i);
                if (!other.name().equals(known.name())
                        && !has(sockets, socket)
                        && isServed(heldSockets, other, i, its)) {
                    sockets.add(socket);
                }
            }
        }
        heldSockets.close();
        return sockets;
    }

    private static boolean has(List<SocketSpec> sockets, SocketSpec wanted) {
        return sockets.stream()
                .anyMatch(
                        each ->
                                each.address().equals(wanted.address())
                                        || each.name().equals(wanted.name()));
    }

    private boolean isServed(
            HeldSockets heldSockets,
            ProgramSpec other,
            int index,
            List<StateJournal.SpawnNote> births) {
        for (StateJournal.SpawnNote birth : births) {
            SurvivingWorker survivingWorker = survivors.get(birth.pid());
            int pidfd = JournalSpawn.open(birth);
            if (survivingWorker != null && survivingWorker.mayBelongTo(user(other))) {
                WorkerSnapshot worker =
                        JournalSpawn.worker(Program.of(other, Clock.now()), birth, pidfd);
                SocketSnapshot found =
                        heldSockets.find(
                                other, index, birth.program(), worker, survivingWorker.members());
                if (found != null) {
                    JournalSpawn.close(found.fd());
                    JournalSpawn.close(pidfd);
                    return true;
                }
            }
            JournalSpawn.close(pidfd);
        }
        return false;
    }

    /// True if the survivor may be a worker of any program in the file: its own program was
    /// renamed.
    private boolean isSomebodys(SurvivingWorker survivingWorker) {
        for (ProgramSpec program : now.services().programs().values()) {
            if (survivingWorker.mayBelongTo(user(program))) {
                return true;
            }
        }
        return false;
    }

    private static void close(Map<WorkerId, WorkerSnapshot> living, Candidate each) {
        WorkerSnapshot worker = living.get(each.birth().id());
        if (worker != null) {
            JournalSpawn.close(worker.pidfd());
        }
    }

    private CrashRecovery.Found made(
            ProgramSpec spec,
            boolean wanted,
            List<Candidate> candidates,
            Map<WorkerId, WorkerSnapshot> living,
            int generation,
            OperatorOverride operatorOverride) {
        boolean wantedElsewhere = !wanted && !spec.sockets().isEmpty();
        boolean runs = wantedElsewhere || (wanted && !operatorOverride.stopped());
        Integer scaled = operatorOverride.workers();
        int count = scaled == null ? spec.workers() : scaled;
        for (Candidate each : candidates) {
            count = wantedElsewhere ? Math.max(count, each.birth().id().slot() + 1) : count;
        }
        Program program =
                runs
                        ? Recovery.found(
                                spec, count, operatorOverride.held(), generation, Clock.now())
                        : Program.of(spec, count, 1, Clock.now());
        Map<Integer, Candidate> best = new HashMap<>();
        candidates.forEach(
                each -> best.merge(each.birth().id().slot(), each, WorkerAdoption::better));
        List<Recovery.Newborn> newborn = new ArrayList<>();
        Set<WorkerId> up = new HashSet<>();
        Set<WorkerId> leaderless = new HashSet<>();
        for (Candidate each : candidates) {
            if (each.leaderless()) {
                leaderless.add(each.birth().id());
            }
            boolean stays = runs && each.equals(best.get(each.birth().id().slot()));
            // one of no generation is welcome nowhere
            newborn.add(
                    new Recovery.Newborn(each.birth().id(), stays ? generation : 0, each.other()));
            if (stays && each.up()) {
                up.add(each.birth().id());
            }
        }
        if (!wanted) {
            managerLog.warn(
                    spec.name(),
                    "is no longer in the file, and " + candidates.size() + " of its workers run");
        }
        ProgramSnapshot image =
                new ProgramSnapshot(
                        program,
                        !wanted && !wantedElsewhere,
                        List.copyOf(living.values()),
                        wanted || wantedElsewhere
                                ? List.of(workerSockets(spec, candidates))
                                : List.of(),
                        Map.of(),
                        List.of());
        Set<WorkerId> alive = new HashSet<>(living.keySet());
        alive.removeAll(leaderless);
        Recovery.Found found = new Recovery.Found(alive, Set.copyOf(leaderless), newborn, up);
        return new CrashRecovery.Found(image, found);
    }

    private static Candidate candidate(
            ProgramSpec spec,
            StateJournal.SpawnNote birth,
            @Nullable SurvivingWorker survivingWorker) {
        AckSpec ack = spec.ack();
        Duration patience =
                ack.mode() instanceof AckSpec.Timer timer ? timer.after() : ack.timeout();
        // who had not said in time that it was up would have been ended
        boolean up = JournalSpawn.age(birth).compareTo(patience) > 0;
        String sum = survivingWorker == null ? "" : survivingWorker.claim().sum();
        boolean other = !sum.isEmpty() && !sum.equals(spec.spawnSettings().sum());
        return new Candidate(birth, survivingWorker, up, other);
    }

    private static Candidate better(Candidate one, Candidate two) {
        Comparator<Candidate> order =
                Comparator.comparing((Candidate each) -> !each.leaderless())
                        .thenComparing(Candidate::up)
                        .thenComparing(each -> !each.other())
                        .thenComparingLong(each -> each.birth().id().incarnation());
        return order.compare(one, two) >= 0 ? one : two;
    }

    /// The worker sockets that its newest worker knows.
    private static WorkerSocketsSnapshot workerSockets(
            ProgramSpec spec, List<Candidate> candidates) {
        String name = spec.name();
        long newest = -1;
        for (Candidate each : candidates) {
            SurvivingWorker survivingWorker = each.survivor();
            String its = survivingWorker == null ? null : survivingWorker.claim().door();
            if (its != null && each.birth().id().incarnation() > newest) {
                newest = each.birth().id().incarnation();
                name = its;
            }
        }
        String user = spec.identity().user();
        return new WorkerSocketsSnapshot(
                user == null ? "" : user, name, owner(spec), -1, -1, List.of());
    }

    private static @Nullable Credentials owner(ProgramSpec spec) {
        ProcessIdentitySpec identity = spec.identity();
        return identity.user() == null
                ? null
                : Accounts.credentials(identity.user(), identity.group());
    }

    /// User of its workers; -1 for ours, or if nobody knows.
    private static int user(ProgramSpec spec) {
        try {
            Credentials owner = owner(spec);
            return owner == null ? -1 : owner.uid();
        } catch (UnknownAccountException e) {
            return -1;
        }
    }

    /// A program of which nothing is known but its name.
    private static ProgramSpec unknownProgram(String name) {
        return new ProgramSpec(
                name,
                0,
                LaunchSpec.of(List.of(TextTemplate.of("?")), Path.of("/")),
                BindSpec.NONE,
                SupervisionSpec.DEFAULT);
    }
}
