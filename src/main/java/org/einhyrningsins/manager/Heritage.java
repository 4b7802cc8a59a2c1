// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.control.ExitStatus;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Recovery;
import org.einhyrningsins.manager.image.DoorImage;
import org.einhyrningsins.manager.image.ImageException;
import org.einhyrningsins.manager.image.ImageReader;
import org.einhyrningsins.manager.image.KeptDescriptor;
import org.einhyrningsins.manager.image.ManagerImage;
import org.einhyrningsins.manager.image.ProgramImage;
import org.einhyrningsins.manager.image.SocketImage;
import org.einhyrningsins.manager.image.WorkerImage;
import org.einhyrningsins.posix.Boot;
import org.einhyrningsins.posix.Descriptors;
import org.einhyrningsins.posix.PosixException;
import org.einhyrningsins.posix.Processes;
import org.einhyrningsins.posix.Sockets;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.ServicesSpec;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
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
final class Heritage {
    private static final int MOST_BYTES = 64 * 1024 * 1024;

    /// How much later than its note a child may have begun, in ticks; nobody else gets its pid that
    /// soon.
    private static final long LATEST_TICKS = 500;

    private final ManagerImage manager;
    private final List<Found> programs = new ArrayList<>();
    private final List<String> refusals = new ArrayList<>();

    /// Of workers whose own process is gone: who else is in their process groups.
    private final Map<Integer, List<Integer>> members = new HashMap<>();

    private int adopted;
    private int gone;

    /// A program with what was found of it.
    ///
    /// @param image with the processes that live; their pidfds are ours
    record Found(ProgramImage image, Recovery.Found found) {}

    /// Where listening sockets may be had from. Workers are one place; others may follow.
    interface SocketSource {
        /// Our own descriptor of that socket; -1 if it is not to be had here.
        int fetch(SocketImage socket);
    }

    private Heritage(ManagerImage manager) {
        this.manager = manager;
    }

    /// What is there; null if nothing is, or nothing of use, which is said.
    ///
    /// @throws CannotStart if it cannot be read this time: to start without it would be to forget
    ///   workers that live
    static @Nullable Heritage find(StateDirectory state, Log log) throws CannotStart {
        String text = read(state, Recorder.MANAGER, log);
        Notes.Read notes = notes(state, log);
        if (text == null) {
            endThoseNobodyKnows(notes, List.of(), log);
            return null;
        }
        try {
            ManagerImage manager = ImageReader.read(text, ManagerImage.class);
            if (!manager.boot().equals(Boot.name())) {
                log.info("", "what is in " + state.path() + " is of an earlier boot; not used");
                forget(state, manager);
                return null;
            }
            Heritage heritage = new Heritage(manager);
            for (String file : manager.programs()) {
                heritage.look(state, file, notes, log);
            }
            endThoseNobodyKnows(notes, manager.programs(), log);
            return heritage;
        } catch (PosixException e) {
            throw new CannotStart(
                    ExitStatus.FAILED,
                    "cannot start: cannot look for the workers of the manager before this one: "
                            + e.getMessage()
                            + "; they go on serving; start it again");
        } catch (ImageException e) {
            setAside(state, Recorder.MANAGER, String.valueOf(e.getMessage()), log);
            return null;
        }
    }

    /// What a manager of this boot that is gone had of its file, but for the programs; null if
    /// there is none. Says nothing, and leaves everything as it is.
    static @Nullable ServicesSpec settings(StateDirectory state) {
        try {
            byte[] bytes = state.read(Recorder.MANAGER, MOST_BYTES);
            String text = bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
            ManagerImage manager = ImageReader.read(text, ManagerImage.class);
            boolean its = manager.boot().equals(Boot.name()) && gone(manager.pid());
            return its ? manager.settings() : null;
        } catch (IOException | ImageException e) {
            return null;
        }
    }

    private static boolean gone(int pid) {
        int pidfd = pid == Processes.self() ? -1 : Processes.open(pid);
        close(pidfd);
        return pidfd < 0;
    }

    private static void forget(StateDirectory state, ManagerImage manager) {
        manager.programs().forEach(state::delete);
        state.delete(Recorder.MANAGER);
    }

    private static @Nullable String read(StateDirectory state, String file, Log log)
            throws CannotStart {
        try {
            byte[] bytes = state.read(file, MOST_BYTES);
            return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
        } catch (StateDirectory.Foreign e) {
            setAside(state, file, RuntimeFiles.why(e), log);
            return null;
        } catch (IOException e) {
            throw new CannotStart(
                    ExitStatus.FAILED,
                    "cannot start: cannot read "
                            + state.path().resolve(file)
                            + ", by which a manager before this one is known: "
                            + RuntimeFiles.why(e)
                            + "; start it again, or remove that file to forget its workers");
        }
    }

    private static void setAside(StateDirectory state, String file, String why, Log log) {
        String where;
        try {
            where = "; it is now " + state.setAside(file);
        } catch (IOException e) {
            where = ", nor moved: " + RuntimeFiles.why(e);
        }
        log.error(
                "",
                "cannot use "
                        + state.path().resolve(file)
                        + ", which a manager before this one left: "
                        + why
                        + where
                        + ". Its workers may still be running, and are not known to this manager:"
                        + " look for processes with EINHYRNINGSINS_WORKER in their environment");
    }

    private static Notes.Read notes(StateDirectory state, Log log) throws CannotStart {
        String text = read(state, Recorder.NOTES, log);
        return Notes.read(text == null ? "" : text);
    }

    /// Born in the first moments of a manager, or of a program, before it was written down: all
    /// that is known of them is that they are nobody's.
    ///
    /// @param files of the programs that were written down
    private static void endThoseNobodyKnows(Notes.Read notes, List<String> files, Log log) {
        for (Notes.Birth birth : notes.births()) {
            int pidfd = Recorder.has(files, birth.program()) ? -1 : living(birth);
            if (pidfd >= 0) {
                log.warn(
                        birth.program() + ":" + birth.id().slot(),
                        "pid "
                                + birth.pid()
                                + " was born in the last moment of a manager that is gone, and"
                                + " nothing else is known of it; killed");
                Processes.killGroup(birth.pid(), Signal.KILL);
                Descriptors.close(pidfd);
            }
        }
    }

    // ---- workers

    private void look(StateDirectory state, String file, Notes.Read notes, Log log)
            throws CannotStart {
        String text = read(state, file, log);
        if (text == null) {
            return;
        }
        try {
            look(ImageReader.read(text, ProgramImage.class), notes);
        } catch (ImageException e) {
            setAside(state, file, String.valueOf(e.getMessage()), log);
        }
    }

    private void look(ProgramImage image, Notes.Read notes) {
        Program program = image.program();
        Map<WorkerId, WorkerImage> living = new HashMap<>();
        List<WorkerImage> ended = new ArrayList<>();
        for (WorkerImage worker : image.workers()) {
            int pidfd = Processes.open(worker.pid());
            boolean same = pidfd >= 0 && Processes.startTime(worker.pid()) == worker.startTicks();
            if (same && program.has(worker.id())) {
                living.put(worker.id(), adopted(worker, pidfd));
            } else {
                close(pidfd);
                ended.add(worker);
            }
        }
        Map<WorkerId, WorkerImage> leaderless = leaderless(program, ended);
        gone += ended.size() - leaderless.size();
        List<Recovery.Newborn> newborn = new ArrayList<>();
        for (Notes.Birth birth : notes.births()) {
            boolean its = !image.retiring() && birth.program().equals(program.name());
            boolean later = birth.id().incarnation() >= program.nextIncarnation();
            if (its && later) {
                newborn.add(new Recovery.Newborn(birth.id(), birth.generation()));
            }
            boolean found = living.containsKey(birth.id()) || leaderless.containsKey(birth.id());
            if (its && (later || program.has(birth.id())) && !found) {
                int pidfd = living(birth);
                if (pidfd >= 0) {
                    living.put(birth.id(), born(program, birth, pidfd));
                }
            }
        }
        Set<WorkerId> alive = Set.copyOf(living.keySet());
        living.putAll(leaderless);
        adopted += living.size();
        Set<WorkerId> acked = new HashSet<>();
        for (Notes.Ack ack : notes.acks()) {
            if (ack.program().equals(program.name())) {
                acked.add(ack.id());
            }
        }
        programs.add(
                new Found(
                        new ProgramImage(
                                program,
                                image.retiring(),
                                List.copyOf(living.values()),
                                image.doors().stream().map(Heritage::closed).toList(),
                                image.tally(),
                                image.kept()),
                        new Recovery.Found(
                                alive, Set.copyOf(leaderless.keySet()), newborn, acked)));
    }

    /// Workers of which others of their process group live, known by the variable they were born
    /// with.
    private Map<WorkerId, WorkerImage> leaderless(Program program, List<WorkerImage> ended) {
        Set<Integer> groups = new HashSet<>();
        ended.forEach(worker -> groups.add(worker.pid()));
        Map<Integer, List<Integer>> left = groups.isEmpty() ? Map.of() : Processes.members(groups);
        Map<WorkerId, WorkerImage> leaderless = new HashMap<>();
        for (WorkerImage worker : ended) {
            String mark = Strays.mark(program.name(), worker.id());
            for (int pid : left.getOrDefault(worker.pid(), List.of())) {
                if (program.has(worker.id()) && mark.equals(Processes.variable(pid, Strays.MARK))) {
                    leaderless.put(worker.id(), adopted(worker, -1));
                    members.computeIfAbsent(worker.pid(), p -> new ArrayList<>()).add(pid);
                }
            }
        }
        return leaderless;
    }

    private static void close(int fd) {
        if (fd >= 0) {
            Descriptors.close(fd);
        }
    }

    /// A descriptor of a process that is the one of the note; -1 if there is none.
    private static int living(Notes.Birth birth) {
        int pidfd = birth.pid() > 1 ? Processes.open(birth.pid()) : -1;
        long started = pidfd < 0 ? -1 : Processes.startTime(birth.pid());
        // the clock of the note and that of the process may round differently
        if (started >= birth.ticks() - 1 && started <= birth.ticks() + LATEST_TICKS) {
            return pidfd;
        }
        close(pidfd);
        return -1;
    }

    /// Its files are known to running workers, its sockets are gone.
    private static DoorImage closed(DoorImage door) {
        return new DoorImage(door.user(), door.name(), door.owner(), -1, -1, List.of());
    }

    /// The worker may still have the other end.
    private static KeptDescriptor gone(KeptDescriptor kept) {
        return new KeptDescriptor(kept.name(), -1, kept.inode());
    }

    private static WorkerImage adopted(WorkerImage image, int pidfd) {
        return new WorkerImage(
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
                image.kept().stream().map(Heritage::gone).toList());
    }

    private static WorkerImage born(Program program, Notes.Birth birth, int pidfd) {
        LogsSpec logs = program.newest().logs();
        return new WorkerImage(
                birth.id(),
                birth.pid(),
                Processes.startTime(birth.pid()),
                pidfd,
                -1,
                -1,
                Clock.wallMillis(),
                logs.file(birth.id().slot()),
                0,
                null,
                true,
                "",
                List.of());
    }

    // ---- sockets

    /// Fetches what can be had; what nobody has any more is to be bound.
    ///
    /// @param passed what whoever started us kept
    /// @param keeper of the manager that is gone; null if it had none
    /// @throws SocketTable.CannotBind if one that a worker has for itself cannot be had: another
    ///   one could be bound, and nobody would serve it
    void fetchInto(SocketTable table, PassedSockets passed, Keeper.@Nullable Former keeper)
            throws SocketTable.CannotBind {
        Holders all = new Holders();
        if (keeper != null) {
            all.look(keeper);
        }
        programs.forEach(found -> found.image().workers().forEach(each -> all.look(found, each)));
        List<SocketSource> sources = List.of(passed, all);
        for (SocketImage socket : manager.sockets()) {
            int fd = fetch(socket, sources);
            if (fd < 0 && socket.own() > 0 && !refusals.isEmpty()) {
                throw new SocketTable.CannotBind(
                        "cannot fetch socket '%s' of slot %d, %s"
                                .formatted(
                                        socket.spec().name(), socket.own() - 1, socket.address()));
            }
            if (fd >= 0 || socket.own() > 0) {
                table.take(socket, fd);
            }
        }
        table.forgetLost();
        all.close();
    }

    private static int fetch(SocketImage socket, List<SocketSource> sources) {
        for (SocketSource source : sources) {
            int fd = source.fetch(socket);
            if (fd >= 0) {
                return fd;
            }
        }
        return -1;
    }

    /// What processes hold, the keeper and workers: which has which socket under which number is
    /// looked up once.
    private final class Holders implements SocketSource {
        private final Map<Long, Holder> holders = new HashMap<>();
        private final List<Integer> opened = new ArrayList<>();

        /// @param who in words
        private record Holder(String who, int pidfd, int fd) {}

        void look(Keeper.Former keeper) {
            String who = "keeper pid " + keeper.pid();
            try {
                look(who, keeper.pid(), keeper.pidfd());
            } catch (IOException e) {
                refusals.add(who + ": " + RuntimeFiles.why(e));
            }
        }

        void look(Found found, WorkerImage worker) {
            String name = found.image().program().name() + ":" + worker.id().slot();
            if (worker.pidfd() < 0) {
                members.getOrDefault(worker.pid(), List.of()).forEach(pid -> look(name, pid));
                return;
            }
            String who = name + " pid " + worker.pid();
            try {
                look(who, worker.pid(), worker.pidfd());
            } catch (IOException e) {
                refused(who, worker, RuntimeFiles.why(e));
            }
        }

        /// One of a worker's process group.
        private void look(String name, int pid) {
            int pidfd = Processes.open(pid);
            if (pidfd < 0) {
                return;
            }
            opened.add(pidfd);
            try {
                look(name + " pid " + pid, pid, pidfd);
            } catch (IOException e) {
                refusals.add(name + " pid " + pid + ": " + RuntimeFiles.why(e));
            }
        }

        void close() {
            opened.forEach(Descriptors::close);
        }

        private void look(String who, int pid, int pidfd) throws IOException {
            Path open = Path.of("/proc/" + pid + "/fd");
            try (DirectoryStream<Path> files = Files.newDirectoryStream(open)) {
                for (Path file : files) {
                    note(who, pidfd, file);
                }
            }
        }

        private void note(String who, int pidfd, Path file) throws IOException {
            try {
                String target = Files.readSymbolicLink(file).toString();
                if (target.startsWith("socket:[")) {
                    long inode = Long.parseLong(target.substring(8, target.length() - 1));
                    int fd = Integer.parseInt(file.getFileName().toString());
                    holders.putIfAbsent(inode, new Holder(who, pidfd, fd));
                }
            } catch (NoSuchFileException closedSince) {
                // another one may have it
            }
        }

        @Override
        public int fetch(SocketImage socket) {
            Holder holder = holders.get(socket.inode());
            if (holder == null) {
                return -1;
            }
            try {
                return fetch(socket, holder);
            } catch (PosixException e) {
                refusals.add(holder.who() + ": " + e.getMessage());
                return -1;
            }
        }

        private static int fetch(SocketImage socket, Holder holder) {
            int fd = Processes.fetch(holder.pidfd(), holder.fd());
            boolean same =
                    Sockets.inode(fd) == socket.inode()
                            && Sockets.localAddress(fd).equals(socket.address());
            if (!same) {
                Descriptors.close(fd);
            }
            return same ? fd : -1;
        }
    }

    private void refused(String who, WorkerImage worker, String why) {
        if (Processes.startTime(worker.pid()) == worker.startTicks()) {
            refusals.add(who + ": " + why);
        }
    }

    // ---- what it is

    ManagerImage manager() {
        return manager;
    }

    List<Found> programs() {
        return programs;
    }

    /// All whose sockets are needed.
    List<ProgramSpec> definitions() {
        List<ProgramSpec> all = new ArrayList<>();
        programs.forEach(found -> all.addAll(found.image().program().definitions()));
        return all;
    }

    /// Why sockets may be missing, and what to do, if a worker would not give them.
    String advice() {
        return refusals.isEmpty()
                ? ""
                : "; its workers hold it, and this manager may not take it from them ("
                        + refusals.getFirst()
                        + "): start it as root or with CAP_SYS_PTRACE, or end these workers"
                        + " first. They go on serving. With control.keeper: true, or under systemd"
                        + " with FileDescriptorStoreMax=, the next manager needs no such right";
    }

    /// In words.
    String told() {
        String workers = adopted == 1 ? "1 worker" : adopted + " workers";
        String ended = gone == 0 ? "" : ", " + gone + " had ended meanwhile";
        return "goes on for pid "
                + manager.pid()
                + ", which is gone: "
                + workers
                + " adopted"
                + ended;
    }
}
