// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.control.report.ProgramStatus;
import org.einhyrningsins.control.report.SocketStatus;
import org.einhyrningsins.control.report.VersionStatus;
import org.einhyrningsins.control.report.WorkerStatus;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Rollout;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.WorkerState;
import org.einhyrningsins.core.model.FallbackVersion;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.TaskStage;
import org.einhyrningsins.core.model.VersionFailure;
import org.einhyrningsins.manager.history.HistoryReports;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.FactTimes;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.manager.spawn.WorkerOutput;
import org.einhyrningsins.manager.spawn.WorkerProcess;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.process.ProcessStatus;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Release;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// Says how programs are, from their state in the core and what the manager knows of processes.
public final class StatusReports {
    private final SocketTable sockets;
    private final WorkerOutput workerOutput;

    public StatusReports(SocketTable sockets, WorkerOutput workerOutput) {
        this.sockets = sockets;
        this.workerOutput = workerOutput;
    }

    /// @param slots only these of it; null for all
    ProgramStatus of(ProgramHost host, @Nullable Set<Integer> slots) {
        Program program = host.program();
        TroubleReports troubleReports = new TroubleReports();
        ProgramStatus.Condition condition =
                new ProgramStatus.Condition(
                        state(host),
                        program.ready(),
                        wanted(program),
                        rollout(program),
                        joined(unasked(host), note(program, troubleReports, besides(program))),
                        troubleReports.of(program));
        return new ProgramStatus(
                program.name(),
                version(program.serving()),
                condition,
                program.operatorOverride(),
                program.newest().after(),
                workers(host, troubleReports, slots),
                sockets(program));
    }

    /// True if a program is as the file and operators want it, the rule of `status --exit-code`: it
    /// runs its newest definition with every worker ready, is done, or was stopped by hand. A
    /// rollout under way is no trouble as long as enough workers serve; one that failed is, until
    /// another definition is wanted.
    static boolean isAsWanted(Program program, ProgramStatus.State state) {
        if (program.setback() != null || program.remembersFailure()) {
            return false;
        }
        return switch (state) {
            case RUNNING, DONE -> true;
            case ROLLING -> program.ready() >= program.count();
            case STOPPED, STOPPING ->
                    program.phase() instanceof ProgramPhase.Stopped
                            || !program.operatorOverride().held().isEmpty();
            case STARTING, WAITING, FAILED, DEGRADED, BACKING_OFF, CRASH_LOOP -> false;
        };
    }

    /// Number of workers that are wanted; a slot that did its work needs none.
    private static int wanted(Program program) {
        int wanted = program.phase() instanceof ProgramPhase.Stopped ? 0 : program.count();
        for (Slot slot : program.slots()) {
            wanted -= wanted > 0 && slot.index() < program.count() && slot.endedWell() ? 1 : 0;
        }
        return wanted;
    }

    private static String unasked(ProgramHost host) {
        String why = host.unknownHealthReason();
        return why == null ? "" : "health is not known: cannot run its check: " + why;
    }

    private static ProgramStatus.State state(ProgramHost host) {
        ProgramStatus.State state = state(host.program());
        return state == ProgramStatus.State.RUNNING && host.unknownHealthReason() != null
                ? ProgramStatus.State.DEGRADED
                : state;
    }

    private static ProgramStatus.State state(Program program) {
        return switch (program.phase()) {
            case ProgramPhase.Stopped ignored ->
                    program.hasNoProcess()
                            ? ProgramStatus.State.STOPPED
                            : ProgramStatus.State.STOPPING;
            case ProgramPhase.Waiting ignored -> ProgramStatus.State.WAITING;
            case ProgramPhase.Failed ignored -> ProgramStatus.State.FAILED;
            case ProgramPhase.Running ignored -> running(program);
        };
    }

    private static ProgramStatus.State running(Program program) {
        Rollout rollout = program.rollout();
        if (rollout != null && !rollout.draining()) {
            return ProgramStatus.State.ROLLING;
        }
        Program.Outcome outcome = program.outcome();
        if (outcome != null) {
            return outcome == Program.Outcome.DONE
                    ? ProgramStatus.State.DONE
                    : ProgramStatus.State.FAILED;
        }
        if (program.crashLoop()) {
            return ProgramStatus.State.CRASH_LOOP;
        }
        int missing = 0;
        int backingOff = 0;
        int starting = 0;
        int held = 0;
        for (Slot slot : program.slots()) {
            held += slot.index() < program.count() && slot.held() ? 1 : 0;
            missing += slot.index() < program.count() && slot.endedBadly() ? 1 : 0;
            if (program.wants(slot) && (slot.current() == null || !slot.current().serves())) {
                missing++;
                backingOff += slot.past().quickDeaths() > 0 ? 1 : 0;
                starting += slot.current() != null && !slot.current().ready() ? 1 : 0;
            }
        }
        if (held > 0 && held == program.count()) {
            return program.hasNoProcess()
                    ? ProgramStatus.State.STOPPED
                    : ProgramStatus.State.STOPPING;
        }
        if (missing == 0) {
            return ProgramStatus.State.RUNNING;
        }
        if (backingOff > 0) {
            return ProgramStatus.State.BACKING_OFF;
        }
        return starting == missing ? ProgramStatus.State.STARTING : ProgramStatus.State.DEGRADED;
    }

    static String rollout(Program program) {
        Rollout rollout = program.rollout();
        if (rollout == null) {
            return verdict(program);
        }
        int moved = 0;
        for (Slot slot : program.slots()) {
            Worker current = slot.current();
            moved += slot.moved() && current != null && current.ready() ? 1 : 0;
        }
        String name = rollout.strategy().name().toLowerCase(Locale.ROOT);
        String to = name + " rollout to generation " + rollout.target().numberAndRelease();
        if (rollout.draining()) {
            return to + ": old workers are leaving";
        }
        TaskStage stage = program.tasks().stage();
        if (stage != null) {
            return to + ": waits for the task " + stage.program().name();
        }
        String failures =
                rollout.failures() == 0
                        ? ""
                        : ", "
                                + rollout.failures()
                                + " failed starts, last: "
                                + rollout.lastFailure();
        String trial = program.firstWorkerTrial(Clock.now());
        if (trial != null) {
            return to + ": " + trial + failures;
        }
        String canary = program.canary(Clock.now());
        if (canary != null) {
            return to + ": " + canary + failures;
        }
        String done = program.isFirstRollout() ? " up" : " replaced";
        return to + ": " + moved + " of " + program.count() + done + failures;
    }

    /// Troubles of its sockets and its output.
    private String besides(Program program) {
        String socket = sockets.problems().of(program.serving().spec());
        String output = workerOutput.problems(program.name());
        return joined(socket, output);
    }

    /// Verdict and time of the last rollout, if it failed.
    static String verdict(Program program) {
        VersionFailure versionFailure = program.setback();
        FallbackVersion fallbackVersion = program.fallback();
        String taken = fallbackVersion == null ? null : fallbackVersion.taken();
        if (versionFailure == null && taken != null) {
            return joined(program.verdict(), "will not be rolled back if it fails: " + taken);
        }
        return versionFailure == null
                ? program.verdict()
                : versionFailure.words(" at " + Clock.timeOfDay(versionFailure.at()));
    }

    private static String note(Program program, TroubleReports troubleReports, String output) {
        String byHand = program.operatorOverride().words(program.newest().workers());
        OperatorOverride.Rollback rollback = program.newestVersion().rollback();
        String stays =
                rollback == null ? "" : HistoryReports.rollbackWords(program.name(), rollback);
        long due = FactTimes.nextRunMillis(program.newest());
        String next = due == 0 ? "" : "next run " + Clock.timeOfDay(due);
        String words = joined(troubleReports.words(program), joined(stays, byHand));
        return joined(joined(words, next), output);
    }

    private static String joined(String first, String second) {
        return first + (first.isEmpty() || second.isEmpty() ? "" : "; ") + second;
    }

    private List<WorkerStatus> workers(
            ProgramHost host, TroubleReports troubleReports, @Nullable Set<Integer> slots) {
        List<WorkerStatus> workers = new ArrayList<>();
        for (Slot slot : host.program().slots()) {
            if (slots == null || slots.contains(slot.index())) {
                for (Worker worker : slot.workers()) {
                    workers.add(worker(host, troubleReports, slot, worker));
                }
                if (slot.hasNoProcess()) {
                    workers.add(empty(host.program(), troubleReports, slot));
                }
            }
        }
        return workers;
    }

    private static WorkerStatus worker(
            ProgramHost host, TroubleReports troubleReports, Slot slot, Worker worker) {
        WorkerProcess process = host.workforce().of(worker.id());
        String known =
                worker.equals(slot.current()) ? troubleReports.words(host.program(), slot) : "";
        return new WorkerStatus(
                worker.id(),
                process == null ? 0 : process.pid(),
                worker.state().word(),
                version(worker.version()),
                process == null ? 0 : Clock.millisSince(process.bornMillis()),
                slot.past().restarts(),
                joined(words(host, worker, process), known),
                troubleReports.of(host.program(), slot));
    }

    /// Words of a worker about itself, and what is known of it.
    private static String words(ProgramHost host, Worker worker, @Nullable WorkerProcess process) {
        String own = host.workforce().statusText(worker.id());
        String ailment = host.program().replacementReason(worker);
        String stopped = stopped(worker, process);
        if (stopped != null) {
            own = stopped + (own.isEmpty() ? "" : "; " + own);
        }
        if (worker.state() instanceof WorkerState.Stopping s && s.leaderless()) {
            own = "its process ended, others of it live";
        }
        if (ailment != null) {
            own = joined("to be replaced: " + ailment, own);
        }
        return process == null || !process.adopted() ? own : joined("adopted", own);
    }

    /// The kernel tells of our children; whether one that is adopted runs has to be looked at.
    private static @Nullable String stopped(Worker worker, @Nullable WorkerProcess process) {
        Signal by = worker.health().suspended();
        if (by != null) {
            return "stopped by SIG" + by;
        }
        return process != null && process.adopted() && ProcessStatus.isStopped(process.pid())
                ? "stopped by a signal"
                : null;
    }

    private static WorkerStatus empty(Program program, TroubleReports troubleReports, Slot slot) {
        String state =
                program.wants(slot) ? "waiting" : slot.finished() != null ? "finished" : "stopped";
        String known = troubleReports.words(program, slot);
        return new WorkerStatus(
                new WorkerId(slot.index(), 0),
                0,
                state,
                version(program.serving()),
                0,
                slot.past().restarts(),
                slot.held() ? joined("by the operator", known) : known,
                troubleReports.of(program, slot));
    }

    private static VersionStatus version(ProgramVersion version) {
        Release release = version.spec().release();
        return release == null
                ? VersionStatus.of(version.generation())
                : new VersionStatus(
                        version.generation(), release.name(), release.path().toString());
    }

    private List<SocketStatus> sockets(Program program) {
        ProgramSpec spec = program.serving().spec();
        List<BoundSocket> bound = sockets.of(spec);
        List<SocketStatus> statuses = new ArrayList<>(bound.size());
        for (int i = 0; i < bound.size(); i++) {
            SocketSpec socket = spec.sockets().get(i);
            String address = bound.get(i).address();
            statuses.add(new SocketStatus(socket.name(), address, socket.perWorker()));
        }
        return statuses;
    }
}
