// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Recovery;
import org.einhyrningsins.manager.runtime.CannotStart;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.Log;
import org.einhyrningsins.manager.snapshot.DoorImage;
import org.einhyrningsins.manager.snapshot.Notes;
import org.einhyrningsins.manager.snapshot.ProgramImage;
import org.einhyrningsins.manager.snapshot.SocketImage;
import org.einhyrningsins.manager.snapshot.WorkerImage;
import org.einhyrningsins.manager.socket.Holders;
import org.einhyrningsins.posix.kernel.Accounts;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.UnknownAccountException;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.BondSpec;
import org.einhyrningsins.spec.CareSpec;
import org.einhyrningsins.spec.IdentitySpec;
import org.einhyrningsins.spec.Intent;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.RolloutSpec;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.StopSpec;
import org.einhyrningsins.spec.Template;
import org.einhyrningsins.spec.WorkerId;
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
final class Salvage {
    private final Heritage.Now now;
    private final Log log;
    private final Map<Integer, Survivor> survivors = new HashMap<>();
    private final List<Notes.Birth> births;

    /// A worker with what it carries, if it can be asked.
    ///
    /// @param up it has lived for so long that it must have said so
    /// @param other it was born as the file has it no more
    private record Candidate(
            Notes.Birth birth, @Nullable Survivor survivor, boolean up, boolean other) {
        /// Its own process is gone, and others of its process group live.
        boolean leaderless() {
            return survivor != null && !survivor.members().isEmpty();
        }
    }

    Salvage(Heritage.Now now, Notes.Read notes, List<Survivor> survivors, Log log) {
        this.now = now;
        this.log = log;
        births = new ArrayList<>(notes.births());
        Set<Integer> noted = new HashSet<>();
        notes.births().forEach(birth -> noted.add(birth.pid()));
        for (Survivor survivor : survivors) {
            this.survivors.put(survivor.pid(), survivor);
            if (!noted.contains(survivor.pid())) {
                births.add(survivor.birth());
            }
        }
    }

    /// Of workers whose own process is gone: who else is in their process groups.
    Map<Integer, List<Integer>> members() {
        Map<Integer, List<Integer>> members = new HashMap<>();
        for (Survivor survivor : survivors.values()) {
            if (!survivor.members().isEmpty()) {
                members.put(survivor.pid(), survivor.members());
            }
        }
        return members;
    }

    /// The births of a program of which there is an image.
    List<Notes.Birth> births(ProgramImage image) {
        List<Notes.Birth> its = new ArrayList<>();
        int uid = user(image.program().newest());
        for (Notes.Birth birth : births) {
            Survivor survivor = survivors.get(birth.pid());
            if (birth.program().equals(image.program().name())
                    && (survivor == null || survivor.mayBe(uid))) {
                its.add(birth);
            }
        }
        return its;
    }

    /// The programs of which there is no image, and workers.
    List<Heritage.Found> without(List<ProgramImage> images) throws CannotStart {
        Map<String, List<Notes.Birth>> unknown = new LinkedHashMap<>();
        for (Notes.Birth birth : births) {
            boolean has = false;
            for (ProgramImage image : images) {
                has |= image.program().name().equals(birth.program());
            }
            if (!has) {
                unknown.computeIfAbsent(birth.program(), name -> new ArrayList<>()).add(birth);
            }
        }
        Map<String, Intent> byHand = unknown.isEmpty() ? Map.of() : now.byHand().read();
        List<Heritage.Found> saved = new ArrayList<>();
        for (Map.Entry<String, List<Notes.Birth>> each : unknown.entrySet()) {
            Intent intent = byHand.getOrDefault(each.getKey(), Intent.NONE);
            Heritage.Found one = saved(each.getKey(), each.getValue(), intent);
            if (one != null) {
                saved.add(one);
            }
        }
        return saved;
    }

    private Heritage.@Nullable Found saved(String name, List<Notes.Birth> its, Intent intent)
            throws CannotStart {
        ProgramSpec wanted = now.services().programs().get(name);
        ProgramSpec known = wanted == null ? gone(name) : wanted;
        ProgramSpec spec = known.withSockets(serving(known, its));
        List<Candidate> candidates = new ArrayList<>();
        Map<WorkerId, WorkerImage> living = new HashMap<>();
        int generation = 1;
        for (Notes.Birth birth : its) {
            Survivor survivor = survivors.get(birth.pid());
            boolean may =
                    survivor == null
                            || survivor.mayBe(user(spec))
                            || (wanted == null && isSomebodys(survivor));
            if (survivor != null && !may) {
                log.warn(
                        name + ":" + birth.id().slot(),
                        "pid "
                                + birth.pid()
                                + " carries this name and is user "
                                + survivor.user()
                                + "'s, as whom no worker of it runs; left alone");
                continue;
            }
            int pidfd = Heritage.living(birth);
            boolean left = survivor != null && !survivor.members().isEmpty();
            if (living.containsKey(birth.id())) {
                Heritage.close(pidfd);
            } else if (pidfd >= 0 || left) {
                Program none = Program.of(spec, Clock.now());
                living.put(birth.id(), Heritage.born(none, birth, pidfd));
                candidates.add(candidate(spec, birth, survivor));
                generation = Math.max(generation, birth.generation());
            }
        }
        if (candidates.isEmpty()) {
            return null;
        }
        if (wanted == null && !now.valid()) {
            candidates.forEach(each -> close(living, each));
            throw new CannotStart(
                    ExitStatus.INVALID,
                    "cannot start: what was written of '"
                            + name
                            + "' is lost, and the file, which has problems, does not say what it"
                            + " is; its workers go on serving; mend the file and start again");
        }
        return made(spec, wanted != null, candidates, living, generation, intent);
    }

    /// The sockets of a definition, and those of other programs in the file that these workers
    /// serve at: the program was renamed, or they were its own before. They are handed over as in
    /// any reload.
    private List<SocketSpec> serving(ProgramSpec known, List<Notes.Birth> its) {
        List<SocketSpec> sockets = new ArrayList<>(known.sockets());
        Holders holders = new Holders();
        for (ProgramSpec other : now.services().programs().values()) {
            for (int i = 0; i < other.sockets().size(); i++) {
                SocketSpec socket = other.sockets().get(i);
                if (!other.name().equals(known.name())
                        && !has(sockets, socket)
                        && isServed(holders, other, i, its)) {
                    sockets.add(socket);
                }
            }
        }
        holders.close();
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
            Holders holders, ProgramSpec other, int index, List<Notes.Birth> births) {
        for (Notes.Birth birth : births) {
            Survivor survivor = survivors.get(birth.pid());
            int pidfd = Heritage.living(birth);
            if (survivor != null && survivor.mayBe(user(other))) {
                WorkerImage worker = Heritage.born(Program.of(other, Clock.now()), birth, pidfd);
                SocketImage found =
                        holders.find(other, index, birth.program(), worker, survivor.members());
                if (found != null) {
                    Heritage.close(found.fd());
                    Heritage.close(pidfd);
                    return true;
                }
            }
            Heritage.close(pidfd);
        }
        return false;
    }

    /// Whether a worker of any program in the file may be that user's: this one was renamed.
    private boolean isSomebodys(Survivor survivor) {
        for (ProgramSpec program : now.services().programs().values()) {
            if (survivor.mayBe(user(program))) {
                return true;
            }
        }
        return false;
    }

    private static void close(Map<WorkerId, WorkerImage> living, Candidate each) {
        WorkerImage worker = living.get(each.birth().id());
        if (worker != null) {
            Heritage.close(worker.pidfd());
        }
    }

    private Heritage.Found made(
            ProgramSpec spec,
            boolean wanted,
            List<Candidate> candidates,
            Map<WorkerId, WorkerImage> living,
            int generation,
            Intent intent) {
        boolean wantedElsewhere = !wanted && !spec.sockets().isEmpty();
        boolean runs = wantedElsewhere || (wanted && !intent.stopped());
        Integer scaled = intent.workers();
        int count = scaled == null ? spec.workers() : scaled;
        for (Candidate each : candidates) {
            count = wantedElsewhere ? Math.max(count, each.birth().id().slot() + 1) : count;
        }
        Program program =
                runs
                        ? Recovery.found(spec, count, intent.held(), generation, Clock.now())
                        : Program.of(spec, count, 1, Clock.now());
        Map<Integer, Candidate> best = new HashMap<>();
        candidates.forEach(each -> best.merge(each.birth().id().slot(), each, Salvage::better));
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
            log.warn(
                    spec.name(),
                    "is no longer in the file, and " + candidates.size() + " of its workers run");
        }
        ProgramImage image =
                new ProgramImage(
                        program,
                        !wanted && !wantedElsewhere,
                        List.copyOf(living.values()),
                        wanted || wantedElsewhere ? List.of(door(spec, candidates)) : List.of(),
                        Map.of(),
                        List.of());
        Set<WorkerId> alive = new HashSet<>(living.keySet());
        alive.removeAll(leaderless);
        Recovery.Found found = new Recovery.Found(alive, Set.copyOf(leaderless), newborn, up);
        return new Heritage.Found(image, found);
    }

    private static Candidate candidate(
            ProgramSpec spec, Notes.Birth birth, @Nullable Survivor survivor) {
        AckSpec ack = spec.ack();
        Duration patience =
                ack.mode() instanceof AckSpec.Timer timer ? timer.after() : ack.timeout();
        // who had not said in time that it was up would have been ended
        boolean up = Heritage.age(birth).compareTo(patience) > 0;
        String sum = survivor == null ? "" : survivor.sum();
        boolean other = !sum.isEmpty() && !sum.equals(spec.birth().sum());
        return new Candidate(birth, survivor, up, other);
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
    private static DoorImage door(ProgramSpec spec, List<Candidate> candidates) {
        String name = spec.name();
        long newest = -1;
        for (Candidate each : candidates) {
            Survivor survivor = each.survivor();
            String its = survivor == null ? null : survivor.door();
            if (its != null && each.birth().id().incarnation() > newest) {
                newest = each.birth().id().incarnation();
                name = its;
            }
        }
        String user = spec.identity().user();
        return new DoorImage(user == null ? "" : user, name, owner(spec), -1, -1, List.of());
    }

    private static @Nullable Credentials owner(ProgramSpec spec) {
        IdentitySpec identity = spec.identity();
        return identity.user() == null
                ? null
                : Accounts.credentials(identity.user(), identity.group());
    }

    /// Whose its workers are; -1 for ours, or if nobody knows.
    private static int user(ProgramSpec spec) {
        try {
            Credentials owner = owner(spec);
            return owner == null ? -1 : owner.uid();
        } catch (UnknownAccountException e) {
            return -1;
        }
    }

    /// A program of which nothing is known but its name.
    private static ProgramSpec gone(String name) {
        return new ProgramSpec(
                name,
                List.of(Template.of("?")),
                Path.of("/"),
                new LinkedHashMap<>(),
                List.of(),
                IdentitySpec.INHERITED,
                0,
                List.of(),
                null,
                Set.of(),
                AckSpec.DEFAULT,
                StopSpec.DEFAULT,
                RestartSpec.DEFAULT,
                RolloutSpec.DEFAULT,
                new LogsSpec.Inherit(),
                BondSpec.DEFAULT,
                CareSpec.NONE,
                List.of());
    }
}
