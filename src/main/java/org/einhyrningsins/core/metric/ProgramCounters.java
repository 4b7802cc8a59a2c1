// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.metric;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Rollout;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Transition;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.WorkerState;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/// Counters of one program since a manager first had it: read off its events and the difference
/// that each step makes. Counted whether anybody asks or not, since it is in the images and whoever
/// asks later wants to know about before.
///
/// The key of a number is its name; behind a space comes what tells it from others of that name.
/// There are as many as there are constants here, signals and causes.
public final class ProgramCounters {
    public static final String STARTS = "starts";
    public static final String FAILED_STARTS = "failed-starts";

    /// `exits CAUSE HOW`: the cause as [StopCause#word] has it, or `own`.
    public static final String EXITS = "exits";

    public static final String ACKS = "acks";
    public static final String ACK_MICROS = "ack-micros";

    /// `rollouts RESULT`.
    public static final String ROLLOUTS = "rollouts";

    public static final String ROLLOUT_MICROS = "rollout-micros";
    public static final String HEALTH_FAILURES = "health-failures";
    public static final String GIVE_UPS = "give-ups";

    /// Time when the generation that serves began to, in milliseconds since 1970; not a count.
    public static final String SERVING_SINCE = "serving-since";

    private final Map<String, Long> numbers;

    /// Counts from now on, from zero.
    ///
    /// @param now milliseconds since 1970
    public ProgramCounters(long now) {
        this(Map.of(SERVING_SINCE, now));
    }

    /// Goes on with the numbers of another manager.
    public ProgramCounters(Map<String, Long> before) {
        numbers = new TreeMap<>(before);
    }

    /// The numbers as they are now.
    public Map<String, Long> numbers() {
        return new TreeMap<>(numbers);
    }

    private void add(String key, long much) {
        numbers.merge(key, much, Long::sum);
    }

    private void add(String key, Duration time) {
        add(key, time.toNanos() / 1000);
    }

    // ---- what is counted

    /// An event, before the step that it brings about.
    public void happened(Program program, ProgramEvent programEvent) {
        switch (programEvent) {
            case ProgramEvent.Exited(WorkerId id, WorkerExit workerExit) ->
                    exited(worker(program, id), workerExit);
            case ProgramEvent.SpawnFailed ignored -> add(FAILED_STARTS, 1);
            case ProgramEvent.Probed(WorkerId id, boolean up, String ignored) when !up ->
                    healthFailed(worker(program, id));
            default -> {} // the rest shows in what becomes of the program
        }
    }

    private void exited(@Nullable Worker worker, WorkerExit workerExit) {
        WorkerState state = worker == null ? null : worker.state();
        boolean told = state instanceof WorkerState.Stopping;
        String cause = state instanceof WorkerState.Stopping s ? s.cause().word() : "own";
        add(EXITS + " " + cause + " " + how(workerExit), 1);
        boolean neverUp = !told && state != null && !(state instanceof WorkerState.Ready);
        if (neverUp || cause.equals(StopCause.FAILED_START.word())) {
            add(FAILED_STARTS, 1);
        }
    }

    private static String how(WorkerExit workerExit) {
        if (workerExit.equals(WorkerExit.UNKNOWN)) {
            return "unknown";
        }
        if (workerExit.oom()) {
            return "out-of-memory";
        }
        if (workerExit.signal() == 0) {
            return workerExit.success() ? "success" : "failure";
        }
        Signal known = Signal.of(workerExit.signal());
        return known == null ? "SIG" + workerExit.signal() : "SIG" + known.name();
    }

    /// A probe of a worker that starts is no health check.
    private void healthFailed(@Nullable Worker worker) {
        if (worker != null && !(worker.state() instanceof WorkerState.Starting)) {
            add(HEALTH_FAILURES, 1);
        }
    }

    /// Counts what a step did to a program.
    ///
    /// @param now milliseconds since 1970
    public void countStep(Program before, Transition step, long now) {
        Program after = step.program();
        for (ProgramEffect programEffect : step.effects()) {
            if (programEffect instanceof ProgramEffect.Spawn) {
                add(STARTS, 1);
            }
        }
        acks(before, after);
        Rollout ended = before.rollout();
        if (ended != null && !step.goesOn(ended)) {
            add(ROLLOUTS + " " + step.result(ended), 1);
            add(ROLLOUT_MICROS + " " + step.result(ended), after.asOf().since(ended.began()));
        }
        if (after.phase() instanceof ProgramPhase.Failed
                && !(before.phase() instanceof ProgramPhase.Failed)) {
            add(GIVE_UPS, 1);
        }
        if (after.serving().generation() != before.serving().generation()) {
            numbers.put(SERVING_SINCE, now);
        }
    }

    /// Slots that a step did not touch are the same objects.
    @SuppressWarnings("ReferenceEquality") // compared after every step, for every slot
    private void acks(Program before, Program after) {
        int slots = Math.min(before.slots().size(), after.slots().size());
        for (int i = 0; i < slots; i++) {
            Slot then = before.slots().get(i);
            Slot now = after.slots().get(i);
            if (then != now) {
                acks(then, now, after);
            }
        }
    }

    private void acks(Slot then, Slot now, Program after) {
        for (Worker worker : now.workers()) {
            boolean up =
                    worker.state() instanceof WorkerState.Settling
                            || worker.state() instanceof WorkerState.Ready;
            if (up && starting(then, worker.id())) {
                add(ACKS, 1);
                add(ACK_MICROS, after.asOf().since(worker.startedAt()));
            }
        }
    }

    private static boolean starting(Slot slot, WorkerId id) {
        for (Worker worker : slot.workers()) {
            if (worker.id().equals(id)) {
                return worker.state() instanceof WorkerState.Starting;
            }
        }
        return false;
    }

    /// Counts workers that ended while there was no manager.
    public void recovered(Program before, Program after) {
        for (Slot slot : before.slots()) {
            for (Worker worker : slot.workers()) {
                if (worker(after, worker.id()) == null) {
                    exited(worker, WorkerExit.UNKNOWN);
                }
            }
        }
    }

    private static @Nullable Worker worker(Program program, WorkerId id) {
        if (id.slot() >= program.slots().size()) {
            return null;
        }
        for (Worker worker : program.slots().get(id.slot()).workers()) {
            if (worker.id().equals(id)) {
                return worker;
            }
        }
        return null;
    }
}
