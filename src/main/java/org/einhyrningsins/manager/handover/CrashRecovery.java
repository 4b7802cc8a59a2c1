// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Recovery;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.model.SocketKey;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.manager.runtime.RuntimeFiles;
import org.einhyrningsins.manager.runtime.StartException;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.manager.snapshot.KeptDescriptor;
import org.einhyrningsins.manager.snapshot.ManagerSnapshot;
import org.einhyrningsins.manager.snapshot.ProgramSnapshot;
import org.einhyrningsins.manager.snapshot.SnapshotDecoder;
import org.einhyrningsins.manager.snapshot.SnapshotException;
import org.einhyrningsins.manager.snapshot.SocketSnapshot;
import org.einhyrningsins.manager.snapshot.StateJournal;
import org.einhyrningsins.manager.snapshot.WorkerSnapshot;
import org.einhyrningsins.manager.snapshot.WorkerSocketsSnapshot;
import org.einhyrningsins.manager.socket.HeldSockets;
import org.einhyrningsins.manager.socket.SocketHolder;
import org.einhyrningsins.manager.socket.SocketSource;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.manager.socket.SystemdSockets;
import org.einhyrningsins.manager.spawn.WorkerCgroups;
import org.einhyrningsins.manager.spawn.WorkerTag;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.BootId;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.UnknownAccountException;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.WorkerId;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What a manager left that was killed: its images, its workers, and in them its sockets.
///
/// A worker is known by its pid and when it started. A listening socket is fetched out of any
/// worker that has it, and known by its inode.
public final class CrashRecovery {
    private static final int MOST_BYTES = 64 * 1024 * 1024;

    /// How much later than its note a child may have begun, in ticks; nobody else gets its pid that
    /// soon.
    private static final long LATEST_TICKS = 500;

    private final ManagerSnapshot manager;
    private final List<Found> programs = new ArrayList<>();
    private final List<String> refusals = new ArrayList<>();
    private final List<String> lost = new ArrayList<>();
    private final List<String> files = new ArrayList<>();
    private final List<Found> made = new ArrayList<>();
    private final Set<Long> taken = new HashSet<>();

    /// What the file says.
    private final List<ProgramSpec> wanted;

    private final WorkerCgroups groups;

    /// Of workers whose own process is gone: who else is in their process groups.
    private final Map<Integer, List<Integer>> members = new HashMap<>();

    private int adopted;
    private int gone;

    /// A program with what was found of it.
    ///
    /// @param image with the processes that live; their pidfds are ours
    public record Found(ProgramSnapshot image, Recovery.Found found) {}

    /// What the next manager knows by itself.
    ///
    /// @param services what the file says
    /// @param valid whether that is what it says now; else it has problems
    /// @param control its control socket
    /// @param doors where the worker sockets are
    /// @param groups the control groups of workers
    /// @param byHand what operators had set, as far as it is known
    public record Now(
            ServicesSpec services,
            boolean valid,
            Path control,
            Path doors,
            WorkerCgroups groups,
            ByHand byHand) {}

    /// What operators had set by hand, by program.
    public interface ByHand {
        Map<String, OperatorOverride> read() throws StartException;
    }

    private CrashRecovery(ManagerSnapshot manager, Now now) {
        this.manager = manager;
        this.wanted = List.copyOf(now.services().programs().values());
        this.groups = now.groups();
    }

    /// What is there; null if nothing is, or nothing of use, which is said. What is missing is made
    /// up from what workers carry.
    ///
    /// @param unnoted the notes were not there before they were locked
    /// @throws CannotStart if it cannot be read this time: to start without it would be to forget
    ///   workers that live
    public static @Nullable CrashRecovery find(
            StateDirectory state, boolean unnoted, Now now, ManagerLog managerLog)
            throws StartException {
        String text = read(state, SnapshotWriter.MANAGER, managerLog);
        String noted = read(state, SnapshotWriter.NOTES, managerLog);
        StateJournal.Read notes = StateJournal.read(noted == null ? "" : noted);
        try {
            ManagerSnapshot manager = text == null ? null : manager(state, text, managerLog);
            if (manager != null && !manager.boot().equals(BootId.name())) {
                managerLog.info(
                        "", "what is in " + state.path() + " is of an earlier boot; not used");
                forget(state, manager);
                return null;
            }
            CrashRecovery crashRecovery =
                    new CrashRecovery(manager == null ? nothing(now) : manager, now);
            crashRecovery.look(
                    state, manager != null, notes, unnoted || !notes.whole(), now, managerLog);
            return manager == null && crashRecovery.programs.isEmpty() ? null : crashRecovery;
        } catch (PosixException | UnknownAccountException e) {
            throw new StartException(
                    ExitStatus.FAILED,
                    "cannot start: cannot look for the workers of the manager before this one: "
                            + e.getMessage()
                            + "; they go on serving; start it again");
        }
    }

    private static @Nullable ManagerSnapshot manager(
            StateDirectory state, String text, ManagerLog managerLog) {
        try {
            return SnapshotDecoder.read(text, ManagerSnapshot.class);
        } catch (SnapshotException e) {
            setAside(state, SnapshotWriter.MANAGER, String.valueOf(e.getMessage()), managerLog);
            return null;
        }
    }

    /// What is known of a manager of which nothing is written.
    private static ManagerSnapshot nothing(Now now) {
        return new ManagerSnapshot(
                "",
                BootId.name(),
                0,
                now.control(),
                now.services().withoutPrograms(),
                now.services().log(),
                Clock.wallMillis(),
                0,
                0,
                null,
                false,
                false,
                List.of(),
                List.of(),
                List.of(),
                null,
                null);
    }

    private void look(
            StateDirectory state,
            boolean known,
            StateJournal.Read notes,
            boolean unnoted,
            Now now,
            ManagerLog managerLog)
            throws StartException {
        List<ProgramSnapshot> images = new ArrayList<>();
        for (String file : known ? manager.programs() : SnapshotWriter.files(state)) {
            ProgramSnapshot image = image(state, file, managerLog);
            if (image == null) {
                lost.add(file);
            } else if (known || hasLiving(image)) {
                images.add(image);
                files.add(file);
            }
        }
        if (!known) {
            lost.add(SnapshotWriter.MANAGER);
        }
        if (unnoted) {
            lost.add(SnapshotWriter.NOTES);
        }
        List<SurvivingWorker> survivors =
                lost.isEmpty() && allAreKnown(images, notes)
                        ? List.of()
                        : SurvivingWorker.all(now.doors(), now.groups().found());
        WorkerAdoption workerAdoption = new WorkerAdoption(now, notes, survivors, managerLog);
        for (ProgramSnapshot image : images) {
            look(image, workerAdoption.births(image), notes);
        }
        members.putAll(workerAdoption.members());
        for (Found saved : workerAdoption.without(images)) {
            programs.add(saved);
            made.add(saved);
            files.add(SnapshotWriter.missing(state, saved.image().program().name()));
            adopted += saved.image().workers().size();
        }
    }

    private static boolean allAreKnown(List<ProgramSnapshot> images, StateJournal.Read notes) {
        for (StateJournal.Birth birth : notes.births()) {
            boolean its = false;
            for (ProgramSnapshot image : images) {
                its |= image.program().name().equals(birth.program());
            }
            if (!its) {
                return false;
            }
        }
        return true;
    }

    /// It may be of an earlier boot, if nothing says that it is not.
    private static boolean hasLiving(ProgramSnapshot image) {
        for (WorkerSnapshot worker : image.workers()) {
            if (ProcReader.startTimeIfAlive(worker.pid()) == worker.startTicks()) {
                return true;
            }
        }
        return false;
    }

    /// What a manager of this boot that is gone had of its file, but for the programs; null if
    /// there is none. Says nothing, and leaves everything as it is.
    public static @Nullable ServicesSpec settings(StateDirectory state) {
        try {
            byte[] bytes = state.read(SnapshotWriter.MANAGER, MOST_BYTES);
            String text = bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
            ManagerSnapshot manager = SnapshotDecoder.read(text, ManagerSnapshot.class);
            boolean its = manager.boot().equals(BootId.name()) && gone(manager.pid());
            return its ? manager.settings() : null;
        } catch (IOException | SnapshotException e) {
            return null;
        }
    }

    private static boolean gone(int pid) {
        return pid == Processes.self() || !Processes.isAlive(pid);
    }

    private static void forget(StateDirectory state, ManagerSnapshot manager) {
        manager.programs().forEach(state::delete);
        state.delete(SnapshotWriter.MANAGER);
    }

    private static @Nullable String read(StateDirectory state, String file, ManagerLog managerLog)
            throws StartException {
        try {
            byte[] bytes = state.read(file, MOST_BYTES);
            return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
        } catch (StateDirectory.Foreign e) {
            setAside(state, file, RuntimeFiles.why(e), managerLog);
            return null;
        } catch (IOException e) {
            throw new StartException(
                    ExitStatus.FAILED,
                    "cannot start: cannot read "
                            + state.path().resolve(file)
                            + ", by which a manager before this one is known: "
                            + RuntimeFiles.why(e)
                            + "; start it again, or remove that file to forget its workers");
        }
    }

    private static void setAside(
            StateDirectory state, String file, String why, ManagerLog managerLog) {
        String where;
        try {
            where = "; it is now " + state.setAside(file);
        } catch (IOException e) {
            where = ", nor moved: " + RuntimeFiles.why(e);
        }
        managerLog.error(
                "",
                "cannot use "
                        + state.path().resolve(file)
                        + ", which a manager before this one left: "
                        + why
                        + where
                        + "; its workers are looked for by what they carry"
                        + " (EINHYRNINGSINS_WORKER in their environment, control groups)");
    }

    // ---- workers

    /// @return null if there is none that could be used, which is said if there is one
    private static @Nullable ProgramSnapshot image(
            StateDirectory state, String file, ManagerLog managerLog) throws StartException {
        String text = read(state, file, managerLog);
        try {
            return text == null ? null : SnapshotDecoder.read(text, ProgramSnapshot.class);
        } catch (SnapshotException e) {
            setAside(state, file, String.valueOf(e.getMessage()), managerLog);
            return null;
        }
    }

    private void look(
            ProgramSnapshot image, List<StateJournal.Birth> births, StateJournal.Read notes) {
        Program program = image.program();
        Map<WorkerId, WorkerSnapshot> living = new HashMap<>();
        Set<WorkerId> ended = new HashSet<>();
        List<WorkerSnapshot> withoutProcess = new ArrayList<>();
        for (WorkerSnapshot worker : image.workers()) {
            int pidfd = Processes.open(worker.pid());
            long started = pidfd < 0 ? -1 : ProcReader.startTimeIfAlive(worker.pid());
            boolean same = started >= 0 && started == worker.startTicks();
            if (same && program.has(worker.id())) {
                living.put(worker.id(), adopted(worker, pidfd));
            } else {
                close(pidfd);
                ended.add(worker.id());
                if (program.has(worker.id())) {
                    withoutProcess.add(worker);
                }
            }
        }
        List<Recovery.Newborn> newborn = new ArrayList<>();
        for (StateJournal.Birth birth : births) {
            boolean its = !image.retiring() && birth.program().equals(program.name());
            boolean later = birth.id().incarnation() >= program.nextIncarnation();
            if (its && later) {
                newborn.add(new Recovery.Newborn(birth.id(), birth.generation()));
            }
            if (its && (later || program.has(birth.id())) && !living.containsKey(birth.id())) {
                int pidfd = living(birth);
                WorkerSnapshot worker = born(program, birth, pidfd);
                if (pidfd >= 0) {
                    living.put(birth.id(), worker);
                } else {
                    withoutProcess.add(worker);
                }
            }
        }
        Map<WorkerId, WorkerSnapshot> leaderless = leaderless(program.name(), withoutProcess);
        ended.removeAll(leaderless.keySet());
        ended.removeAll(living.keySet());
        gone += ended.size();
        Set<WorkerId> alive = Set.copyOf(living.keySet());
        living.putAll(leaderless);
        adopted += living.size();
        Set<WorkerId> acked = new HashSet<>();
        for (StateJournal.Ack ack : notes.acks()) {
            if (ack.program().equals(program.name())) {
                acked.add(ack.id());
            }
        }
        programs.add(
                new Found(
                        new ProgramSnapshot(
                                program,
                                image.retiring(),
                                List.copyOf(living.values()),
                                image.doors().stream().map(CrashRecovery::closed).toList(),
                                image.tally(),
                                image.kept()),
                        new Recovery.Found(
                                alive,
                                Set.copyOf(leaderless.keySet()),
                                newborn,
                                acked,
                                notes.whole() ? unborn(image, births) : Set.of(),
                                notes.ends(program.name()))));
    }

    /// The workers of a program of which there is neither a process nor a note, though each writes
    /// one as the first that it does.
    private static Set<WorkerId> unborn(ProgramSnapshot image, List<StateJournal.Birth> births) {
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

    /// Workers of which others live: in their process group, known by the variable they were born
    /// with, or in their control group.
    private Map<WorkerId, WorkerSnapshot> leaderless(String program, List<WorkerSnapshot> workers) {
        Set<Integer> leaders = new HashSet<>();
        for (WorkerSnapshot worker : workers) {
            if (worker.pid() > 1) {
                leaders.add(worker.pid());
            }
        }
        Map<Integer, List<Integer>> left =
                leaders.isEmpty() ? Map.of() : Processes.members(leaders);
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
        elsewhere.removeIf(pid -> !Processes.isAlive(pid));
        return elsewhere;
    }

    static void close(int fd) {
        if (fd >= 0) {
            Descriptors.close(fd);
        }
    }

    /// A descriptor of a process that is the one of the note; -1 if there is none.
    static int living(StateJournal.Birth birth) {
        int pidfd = birth.pid() > 1 ? Processes.open(birth.pid()) : -1;
        long started = pidfd < 0 ? -1 : ProcReader.startTimeIfAlive(birth.pid());
        // the clock of the note and that of the process may round differently
        if (started >= birth.ticks() - 1 && started <= birth.ticks() + LATEST_TICKS) {
            return pidfd;
        }
        close(pidfd);
        return -1;
    }

    /// Its files are known to running workers, its sockets are gone.
    private static WorkerSocketsSnapshot closed(WorkerSocketsSnapshot door) {
        return new WorkerSocketsSnapshot(door.user(), door.name(), door.owner(), -1, -1, List.of());
    }

    /// The worker may still have the other end.
    private static KeptDescriptor gone(KeptDescriptor kept) {
        return new KeptDescriptor(kept.name(), -1, kept.inode());
    }

    private static WorkerSnapshot adopted(WorkerSnapshot image, int pidfd) {
        return new WorkerSnapshot(
                image.id(),
                image.pid(),
                image.startTicks(),
                pidfd,
                -1,
                image.uid(),
                image.bornMillis(),
                image.log(),
                image.logOffset(),
                image.logFile(),
                true,
                image.words(),
                image.kept().stream().map(CrashRecovery::gone).toList());
    }

    static WorkerSnapshot born(Program program, StateJournal.Birth birth, int pidfd) {
        LogsSpec logs = program.newest().logs();
        return new WorkerSnapshot(
                birth.id(),
                birth.pid(),
                pidfd < 0 ? birth.ticks() : ProcReader.startTime(birth.pid()),
                pidfd,
                -1,
                -1,
                Clock.wallMillis() - age(birth).toMillis(),
                logs.file(birth.id().slot()),
                0,
                null,
                true,
                "",
                List.of());
    }

    /// How long a worker has lived.
    static Duration age(StateJournal.Birth birth) {
        long ticks = Math.max(0, BootId.ticks() - birth.ticks());
        return Duration.ofMillis(ticks * 1000 / BootId.TICKS_A_SECOND);
    }

    // ---- sockets

    /// Fetches what can be had; what nobody has any more is to be bound.
    ///
    /// @param passed what whoever started us kept
    /// @param keeper of the manager that is gone; null if it had none
    /// @throws SocketTable.CannotBind if one that a worker has for itself cannot be had: another
    ///   one could be bound, and nobody would serve it
    public void fetchInto(
            SocketTable table, SystemdSockets passed, SocketHolder.@Nullable Former keeper)
            throws SocketTable.CannotBind {
        HeldSockets all = new HeldSockets();
        if (keeper != null) {
            all.look(keeper);
        }
        for (Found found : programs) {
            String name = found.image().program().name();
            found.image().workers().forEach(each -> look(all, name, each));
        }
        List<SocketSource> sources = List.of(passed, all);
        for (SocketSnapshot socket : manager.sockets()) {
            int fd = fetch(socket, sources);
            if (fd < 0 && socket.own() > 0 && !all.refusals().isEmpty()) {
                throw new SocketTable.CannotBind(
                        "cannot fetch socket '%s' of slot %d, %s"
                                .formatted(
                                        socket.spec().name(), socket.own() - 1, socket.address()));
            }
            if (fd >= 0 || socket.own() > 0) {
                table.take(socket, fd);
                taken.add(socket.inode());
            }
        }
        if (!lost.isEmpty() || !made.isEmpty()) {
            search(table, all);
        }
        if (keeper != null && manager.sockets().isEmpty()) {
            passed.add(all.allBut(taken, keeper));
        }
        table.forgetLost();
        all.close();
        refusals.addAll(all.refusals());
    }

    private void look(HeldSockets all, String program, WorkerSnapshot worker) {
        if (worker.pidfd() >= 0) {
            all.look(program, worker);
        } else {
            String name = program + ":" + worker.id().slot();
            members.getOrDefault(worker.pid(), List.of()).forEach(pid -> all.look(name, pid));
        }
    }

    /// What is not written down is searched for where the workers are that serve at it.
    private void search(SocketTable table, HeldSockets all) {
        for (Found found : programs) {
            for (WorkerSnapshot worker : found.image().workers()) {
                ProgramSpec spec = spec(found.image().program(), worker.id());
                for (int i = 0; i < spec.sockets().size(); i++) {
                    boolean own = spec.sockets().get(i).perWorker() && isMade(found);
                    if (own || table.lacks(spec, spec.sockets().get(i))) {
                        search(table, all, found, worker, spec, i);
                    }
                }
            }
        }
        for (ProgramSpec spec : wanted) {
            for (int i = 0; i < spec.sockets().size(); i++) {
                searchElsewhere(table, all, spec, i);
            }
        }
    }

    /// A socket that one program has, and another is to have, may be with workers of a program of
    /// which nothing is known but its name.
    private void searchElsewhere(SocketTable table, HeldSockets all, ProgramSpec spec, int index) {
        SocketSpec socket = spec.sockets().get(index);
        if (socket.perWorker() || !SocketKey.of(spec, socket).owner().isEmpty()) {
            return; // that of another worker, or of any address
        }
        for (Found found : made) {
            for (WorkerSnapshot worker : found.image().workers()) {
                if (table.lacks(spec, socket)) {
                    search(table, all, found, worker, spec, index);
                }
            }
        }
    }

    private void search(
            SocketTable table,
            HeldSockets all,
            Found found,
            WorkerSnapshot worker,
            ProgramSpec spec,
            int index) {
        String who = found.image().program().name() + ":" + worker.id().slot();
        List<Integer> its = members.getOrDefault(worker.pid(), List.of());
        SocketSnapshot socket = all.find(spec, index, who, worker, its);
        if (socket != null && !taken.add(socket.inode())) {
            close(socket.fd());
        } else if (socket != null) {
            table.take(socket, socket.fd());
        }
    }

    private boolean isMade(Found found) {
        return made.contains(found) || manager.sockets().isEmpty();
    }

    private static ProgramSpec spec(Program program, WorkerId id) {
        for (Slot slot : program.slots()) {
            for (Worker worker : slot.workers()) {
                if (worker.id().equals(id)) {
                    return worker.version().spec();
                }
            }
        }
        return program.newest();
    }

    private static int fetch(SocketSnapshot socket, List<SocketSource> sources) {
        for (SocketSource source : sources) {
            int fd = source.fetch(socket);
            if (fd >= 0) {
                return fd;
            }
        }
        return -1;
    }

    // ---- what it is

    public ManagerSnapshot manager() {
        return manager;
    }

    public List<Found> programs() {
        return programs;
    }

    /// All whose sockets are needed, even if nothing fails.
    public List<ProgramSpec> needed() {
        List<ProgramSpec> all = new ArrayList<>();
        programs.forEach(found -> all.addAll(found.image().program().needed()));
        return all;
    }

    /// Why sockets may be missing, and what to do, if a worker would not give them.
    public String advice() {
        return refusals.isEmpty()
                ? ""
                : "; its workers hold it, and this manager may not take it from them ("
                        + refusals.getFirst()
                        + "): start it as root or with CAP_SYS_PTRACE, or end these workers"
                        + " first. They go on serving. With control.keeper: true, or under systemd"
                        + " with FileDescriptorStoreMax=, the next manager needs no such right";
    }

    /// Where the images of programs are that could be read, and where those are missing that were
    /// made up: a manager's image that does not name these would tell the next one that there is
    /// nobody to look for.
    public List<String> files() {
        return files;
    }

    /// In words.
    public String told() {
        String workers = adopted == 1 ? "1 worker" : adopted + " workers";
        String ended = gone == 0 ? "" : ", " + gone + " had ended meanwhile";
        String whose =
                manager.pid() == 0
                        ? "goes on for a manager that is gone: "
                        : "goes on for pid " + manager.pid() + ", which is gone: ";
        return whose + workers + " adopted" + ended;
    }

    /// What could not be found out, in words; null if nothing is missing.
    public @Nullable String missing(StateDirectory state) {
        List<String> unknown = new ArrayList<>();
        made.forEach(found -> unknown.add(found.image().program().name()));
        lost.remove(SnapshotWriter.NOTES); // they may have been empty
        if (lost.isEmpty() && unknown.isEmpty()) {
            return null;
        }
        String which = lost.isEmpty() ? "" : " (" + String.join(", ", lost) + ")";
        String words = "what the manager before wrote to " + state.path() + " is not all there";
        String how = unknown.isEmpty() ? "" : "; found by what their workers carry: ";
        return words
                + which
                + how
                + String.join(", ", unknown)
                + ". Not known any more: what was under way, restarts and failures until now, and"
                + " what operators had set by hand unless it is in intent.json";
    }
}
