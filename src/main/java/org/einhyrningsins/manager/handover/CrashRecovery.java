// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.core.Recovery;
import org.einhyrningsins.core.plan.DefinitionsInUse;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.StartException;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.manager.snapshot.ManagerSnapshot;
import org.einhyrningsins.manager.snapshot.ProgramSnapshot;
import org.einhyrningsins.manager.snapshot.StateJournal;
import org.einhyrningsins.manager.socket.SocketHolder;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.manager.socket.SystemdSockets;
import org.einhyrningsins.manager.spawn.JobRecords;
import org.einhyrningsins.manager.spawn.WorkerCgroups;
import org.einhyrningsins.posix.kernel.BootId;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.UnknownAccountException;
import org.einhyrningsins.posix.process.ProcessStatus;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Recovers what a manager left that was killed: [StateReader] reads its snapshots,
/// [WorkerRecovery] and [WorkerAdoption] find its workers, [SocketRecovery] takes its sockets out
/// of them.
public final class CrashRecovery {
    private final ManagerSnapshot manager;
    private final List<Found> programs = new ArrayList<>();
    private final List<String> refusals = new ArrayList<>();
    private final List<String> lost = new ArrayList<>();
    private final List<String> files = new ArrayList<>();

    /// The programs among them that were made up from what workers carry.
    private final List<Found> made = new ArrayList<>();

    private final Now now;
    private final WorkerRecovery workers;

    /// A program with what was found of it.
    ///
    /// @param image with the processes that live; their pidfds are ours
    public record Found(ProgramSnapshot image, Recovery.Found found) {}

    /// The facts that the next manager knows by itself.
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

    /// Reads what operators had set by hand, by program.
    public interface ByHand {
        Map<String, OperatorOverride> read() throws StartException;
    }

    private CrashRecovery(
            ManagerSnapshot manager, StateJournal.Read notes, StateDirectory state, Now now) {
        this.manager = manager;
        this.now = now;
        this.workers = new WorkerRecovery(notes, now.groups(), new JobRecords(state));
    }

    /// Looks for what is there; null if nothing is, or nothing of use, which is said. What is
    /// missing is made up from what workers carry.
    ///
    /// @param unnoted the notes were not there before they were locked
    /// @throws StartException if it cannot be read this time: to start without it would be to
    ///   forget workers that live
    public static @Nullable CrashRecovery find(
            StateDirectory state, boolean unnoted, Now now, ManagerLog managerLog)
            throws StartException {
        StateReader reader = new StateReader(state, managerLog);
        try {
            StateReader.ManagerFiles own = reader.readManager();
            ManagerSnapshot manager = own.manager();
            StateJournal.Read notes = own.journal();
            if (manager != null && !manager.boot().equals(BootId.name())) {
                managerLog.info(
                        "", "what is in " + state.path() + " is of an earlier boot; not used");
                forget(state, manager);
                return null;
            }
            CrashRecovery crashRecovery =
                    new CrashRecovery(
                            manager == null ? unrecorded(now) : manager, notes, state, now);
            List<ProgramSnapshot> images =
                    crashRecovery.readPrograms(reader, state, manager != null);
            if (unnoted || !notes.whole()) {
                crashRecovery.lost.add(SnapshotWriter.NOTES);
            }
            crashRecovery.findWorkers(images, state, notes, managerLog);
            return manager == null && crashRecovery.programs.isEmpty() ? null : crashRecovery;
        } catch (PosixException | UnknownAccountException e) {
            throw new StartException(
                    ExitStatus.FAILED,
                    "cannot start: cannot look for the workers of the manager before this one: "
                            + e.getMessage()
                            + "; they go on serving; start it again");
        }
    }

    /// Makes the snapshot of a manager of which nothing is written.
    private static ManagerSnapshot unrecorded(Now now) {
        return new ManagerSnapshot(
                new ManagerSnapshot.Instance("", BootId.name(), 0),
                ManagerSnapshot.History.fresh(),
                new ManagerSnapshot.Configuration(
                        now.control(),
                        false,
                        now.services().withoutPrograms(),
                        now.services().log()),
                new ManagerSnapshot.Descriptors(null, List.of(), List.of()),
                ManagerSnapshot.Pending.NONE,
                List.of());
    }

    /// Reads the snapshots of programs: those that the manager's names, or all if that is lost.
    private List<ProgramSnapshot> readPrograms(
            StateReader reader, StateDirectory state, boolean known) throws StartException {
        List<ProgramSnapshot> images = new ArrayList<>();
        for (String file : known ? manager.programs() : ProgramFiles.all(state)) {
            ProgramSnapshot image = reader.program(file);
            if (image == null) {
                lost.add(file);
            } else if (known || WorkerRecovery.hasLiving(image)) {
                images.add(image);
                files.add(file);
            }
        }
        if (!known) {
            lost.add(SnapshotWriter.MANAGER);
        }
        return images;
    }

    /// Finds the workers of these programs, and if something is lost, programs by their workers.
    private void findWorkers(
            List<ProgramSnapshot> images,
            StateDirectory state,
            StateJournal.Read notes,
            ManagerLog managerLog)
            throws StartException {
        List<SurvivingWorker> survivors =
                lost.isEmpty() && allAreKnown(images, notes)
                        ? List.of()
                        : SurvivingWorker.all(now.doors(), now.groups().found());
        WorkerAdoption workerAdoption = new WorkerAdoption(now, notes, survivors, managerLog);
        for (ProgramSnapshot image : images) {
            programs.add(workers.find(image, workerAdoption.births(image)));
        }
        workers.add(0, workerAdoption.members());
        for (Found saved : workerAdoption.without(images)) {
            programs.add(saved);
            made.add(saved);
            files.add(ProgramFiles.missing(state, saved.image().program().name()));
            workers.add(saved.image().workers().size(), Map.of());
        }
    }

    private static boolean allAreKnown(List<ProgramSnapshot> images, StateJournal.Read notes) {
        for (StateJournal.SpawnNote birth : notes.spawns()) {
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

    /// The settings of a manager of this boot that is gone, but for the programs; null if there is
    /// none. Says nothing, and leaves everything as it is.
    public static @Nullable ServicesSpec settings(StateDirectory state) {
        ManagerSnapshot manager = StateReader.glance(state);
        if (manager == null || !manager.boot().equals(BootId.name()) || !hasEnded(manager.pid())) {
            return null;
        }
        return manager.settings();
    }

    private static boolean hasEnded(int pid) {
        return pid == Processes.self() || !ProcessStatus.isAlive(pid);
    }

    private static void forget(StateDirectory state, ManagerSnapshot manager) {
        manager.programs().forEach(state::delete);
        state.delete(SnapshotWriter.MANAGER);
    }

    // ---- sockets

    /// Fetches the sockets that can be had; what nobody has any more is to be bound.
    ///
    /// @param passed what whoever started us kept
    /// @param keeper of the manager that is gone; null if it had none
    /// @throws SocketTable.CannotBind if one that a worker has for itself cannot be had: another
    ///   one could be bound, and nobody would serve it
    public void fetchInto(
            SocketTable table, SystemdSockets passed, SocketHolder.@Nullable HolderProcess keeper)
            throws SocketTable.CannotBind {
        SocketRecovery recovery =
                new SocketRecovery(
                        manager.sockets(),
                        programs,
                        made,
                        List.copyOf(now.services().programs().values()),
                        workers.members());
        boolean incomplete = !lost.isEmpty() || !made.isEmpty();
        try {
            recovery.fetchInto(table, passed, keeper, incomplete);
        } finally {
            refusals.addAll(recovery.refusals()); // what to do is told of a failure, too
        }
    }

    // ---- what was found

    /// The snapshot of the manager itself.
    public ManagerSnapshot manager() {
        return manager;
    }

    /// The programs with their workers.
    public List<Found> programs() {
        return programs;
    }

    /// The definitions whose sockets are needed, even if nothing fails.
    public List<ProgramSpec> needed() {
        List<ProgramSpec> all = new ArrayList<>();
        programs.forEach(found -> all.addAll(DefinitionsInUse.needed(found.image().program())));
        return all;
    }

    /// Says, if a worker would not give a socket, why and what to do; else empty.
    public String advice() {
        return refusals.isEmpty()
                ? ""
                : "; its workers hold it, and this manager may not take it from them ("
                        + refusals.getFirst()
                        + "): start it as root or with CAP_SYS_PTRACE, or end these workers"
                        + " first. They go on serving. With control.keeper: true, or under systemd"
                        + " with FileDescriptorStoreMax=, the next manager needs no such right";
    }

    /// The files of programs, both those that could be read and those that are missing of programs
    /// that were made up: a manager's image that does not name these would tell the next one that
    /// there is nobody to look for.
    public List<String> files() {
        return files;
    }

    /// Says how many workers were found, and whose.
    public String summary() {
        String found = workers.adopted() == 1 ? "1 worker" : workers.adopted() + " workers";
        String ended =
                workers.endedCount() == 0
                        ? ""
                        : ", " + workers.endedCount() + " had ended meanwhile";
        String whose =
                manager.pid() == 0
                        ? "goes on for a manager that is gone: "
                        : "goes on for pid " + manager.pid() + ", which is gone: ";
        return whose + found + " adopted" + ended;
    }

    /// Says what could not be found out; null if nothing is missing.
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
