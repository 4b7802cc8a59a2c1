// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.control.ProgramStatus;
import org.einhyrningsins.control.SocketStatus;
import org.einhyrningsins.control.WorkerStatus;
import org.einhyrningsins.core.Phase;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Rollout;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.WorkerState;
import org.einhyrningsins.posix.Bound;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// Says how programs are, from their state in the core and what the manager knows of processes.
final class Statuses {
    private final SocketTable sockets;
    private final Outputs outputs;

    Statuses(SocketTable sockets, Outputs outputs) {
        this.sockets = sockets;
        this.outputs = outputs;
    }

    /// @param slots only these of it; null for all
    ProgramStatus of(ProgramHost host, @Nullable Set<Integer> slots) {
        Program program = host.program();
        return new ProgramStatus(
                program.name(),
                state(program),
                program.ready(),
                program.phase() instanceof Phase.Stopped ? 0 : program.count(),
                program.serving().generation(),
                rollout(program),
                note(program, besides(program)),
                program.intent(),
                program.newest().after(),
                workers(host, slots),
                sockets(program));
    }

    private static ProgramStatus.State state(Program program) {
        return switch (program.phase()) {
            case Phase.Stopped ignored ->
                    program.vacant() ? ProgramStatus.State.STOPPED : ProgramStatus.State.STOPPING;
            case Phase.Waiting ignored -> ProgramStatus.State.WAITING;
            case Phase.Failed ignored -> ProgramStatus.State.FAILED;
            case Phase.Running ignored -> running(program);
        };
    }

    private static ProgramStatus.State running(Program program) {
        Rollout rollout = program.rollout();
        if (rollout != null && !rollout.draining()) {
            return ProgramStatus.State.ROLLING;
        }
        if (program.crashLoop()) {
            return ProgramStatus.State.CRASH_LOOP;
        }
        int missing = 0;
        int backingOff = 0;
        int starting = 0;
        for (Slot slot : program.slots()) {
            if (program.wants(slot) && (slot.current() == null || !slot.current().ready())) {
                missing++;
                backingOff += slot.past().quickDeaths() > 0 ? 1 : 0;
                starting += slot.current() != null ? 1 : 0;
            }
        }
        if (missing == 0) {
            return ProgramStatus.State.RUNNING;
        }
        if (backingOff > 0) {
            return ProgramStatus.State.BACKING_OFF;
        }
        return starting == missing ? ProgramStatus.State.STARTING : ProgramStatus.State.DEGRADED;
    }

    private static String rollout(Program program) {
        Rollout rollout = program.rollout();
        if (rollout == null) {
            return program.verdict();
        }
        int moved = 0;
        for (Slot slot : program.slots()) {
            moved += slot.moved() ? 1 : 0;
        }
        String name = rollout.strategy().name().toLowerCase(Locale.ROOT);
        String to = name + " rollout to generation " + rollout.target().generation();
        if (rollout.draining()) {
            return to + ": old workers are leaving";
        }
        String failures =
                rollout.failures() == 0
                        ? ""
                        : ", "
                                + rollout.failures()
                                + " failed starts, last: "
                                + rollout.lastFailure();
        String canary = program.canary(Clock.now());
        if (canary != null) {
            return to + ": " + canary + failures;
        }
        return to + ": " + moved + " of " + program.count() + " replaced" + failures;
    }

    /// What is wrong with its sockets and its output.
    private String besides(Program program) {
        String socket = sockets.troubles(program.serving().spec());
        String output = outputs.note(program.name());
        return socket + (socket.isEmpty() || output.isEmpty() ? "" : "; ") + output;
    }

    private static String note(Program program, String output) {
        String note = note(program);
        return note + (note.isEmpty() || output.isEmpty() ? "" : "; ") + output;
    }

    private static String note(Program program) {
        String byHand = program.intent().words(program.newest().workers());
        String trouble = trouble(program);
        return trouble.isEmpty() || byHand.isEmpty() ? trouble + byHand : trouble + "; " + byHand;
    }

    private static String trouble(Program program) {
        if (program.phase() instanceof Phase.Failed failed) {
            return failed.why();
        }
        if (program.phase() instanceof Phase.Waiting waiting) {
            return waiting.words();
        }
        for (Slot slot : program.slots()) {
            if (slot.past().quickDeaths() > 0 && !slot.past().trouble().isEmpty()) {
                return "worker " + slot.index() + ": " + slot.past().trouble();
            }
        }
        if (program.illness() != null) {
            return program.illness();
        }
        for (Slot slot : program.slots()) {
            String ailment = slot.current() == null ? null : program.ailment(slot.current());
            if (ailment != null) {
                return "worker " + slot.index() + " is to be replaced: " + ailment;
            }
        }
        return "";
    }

    private List<WorkerStatus> workers(ProgramHost host, @Nullable Set<Integer> slots) {
        List<WorkerStatus> workers = new ArrayList<>();
        for (Slot slot : host.program().slots()) {
            if (slots == null || slots.contains(slot.index())) {
                for (Worker worker : slot.workers()) {
                    workers.add(worker(host, slot, worker));
                }
                if (slot.vacant()) {
                    workers.add(empty(host.program(), slot));
                }
            }
        }
        return workers;
    }

    private static WorkerStatus worker(ProgramHost host, Slot slot, Worker worker) {
        WorkerProcess process = host.workforce().of(worker.id());
        return new WorkerStatus(
                slot.index(),
                worker.id().incarnation(),
                process == null ? 0 : process.pid(),
                word(worker.state()),
                worker.version().generation(),
                process == null ? 0 : Clock.millisSince(process.bornMillis()),
                slot.past().restarts(),
                words(host, worker, process));
    }

    /// What it says of itself, and what is known of it.
    private static String words(ProgramHost host, Worker worker, @Nullable WorkerProcess process) {
        String own = host.workforce().words(worker.id());
        String ailment = host.program().ailment(worker);
        if (ailment != null) {
            own = "to be replaced: " + ailment + (own.isEmpty() ? "" : "; " + own);
        }
        if (process == null || !process.adopted()) {
            return own;
        }
        return own.isEmpty() ? "adopted" : "adopted; " + own;
    }

    static String word(WorkerState state) {
        return switch (state) {
            case WorkerState.Starting ignored -> "starting";
            case WorkerState.Settling ignored -> "settling";
            case WorkerState.Ready ignored -> "ready";
            case WorkerState.Stopping ignored -> "stopping";
        };
    }

    private static WorkerStatus empty(Program program, Slot slot) {
        String state =
                program.wants(slot) ? "waiting" : slot.finished() != null ? "finished" : "stopped";
        String why =
                slot.finished() != null
                        ? slot.finished()
                        : slot.held() ? "by the operator" : slot.past().trouble();
        return new WorkerStatus(
                slot.index(),
                0,
                0,
                state,
                program.serving().generation(),
                0,
                slot.past().restarts(),
                why);
    }

    private List<SocketStatus> sockets(Program program) {
        ProgramSpec spec = program.serving().spec();
        List<Bound> bound = sockets.of(spec);
        List<SocketStatus> statuses = new ArrayList<>(bound.size());
        for (int i = 0; i < bound.size(); i++) {
            SocketSpec socket = spec.sockets().get(i);
            String address = bound.get(i).address();
            statuses.add(new SocketStatus(socket.name(), address, socket.perWorker()));
        }
        return statuses;
    }
}
