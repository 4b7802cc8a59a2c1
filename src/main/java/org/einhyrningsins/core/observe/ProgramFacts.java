// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.observe;

import org.einhyrningsins.core.HealthChecks;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Rollout;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Transition;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.WorkerState;
import org.einhyrningsins.core.model.CanaryState;
import org.einhyrningsins.core.model.DurationText;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramFact;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.core.model.VersionFailure;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.WorkerId;
import org.einhyrningsins.spec.fact.FactKind;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/// The facts of one step: read off its event, its effects, and the difference that it makes. A
/// report of the step belongs to the fact that it tells of, and is a note if there is none.
public final class ProgramFacts {
    private final Program before;
    private final Transition step;
    private final Program after;
    private final List<ProgramFact> facts = new ArrayList<>();

    private ProgramFacts(Program before, Transition step) {
        this.before = before;
        this.step = step;
        this.after = step.program();
    }

    /// The facts of a step, in the order in which they are to be told.
    ///
    /// @param event null for the step that follows a recovery
    public static List<ProgramFact> of(
            Program before, @Nullable ProgramEvent event, Transition step) {
        ProgramFacts found = new ProgramFacts(before, step);
        found.happened(event);
        found.spawned();
        found.workers();
        found.program();
        return found.told();
    }

    // ---- what happened

    private void happened(@Nullable ProgramEvent event) {
        if (event instanceof ProgramEvent.Exited(WorkerId id, WorkerExit exit)) {
            Worker worker = worker(before, id);
            add(FactKind.EXITED, id, exit.toString(), exit(worker, exit));
        } else if (event instanceof ProgramEvent.SpawnFailed(WorkerId id, String why)) {
            add(FactKind.SPAWN_FAILED, id, "cannot start: " + why, Map.of());
        } else if (event instanceof ProgramEvent.Suspended(WorkerId id, Signal by)) {
            add(FactKind.SUSPENDED, id, "stopped by SIG" + by, Map.of("signal", "SIG" + by));
        } else if (event instanceof ProgramEvent.Resumed(WorkerId id)) {
            add(FactKind.RESUMED, id, "goes on", Map.of());
        }
    }

    private Map<String, String> exit(@Nullable Worker worker, WorkerExit exit) {
        Map<String, String> details = new LinkedHashMap<>();
        if (exit.signal() != 0) {
            details.put("signal", exit.signalName());
        } else if (exit.code() >= 0) {
            details.put("code", Integer.toString(exit.code()));
        }
        put(details, "oom", exit.oom());
        put(details, "core", exit.core());
        if (worker != null) {
            details.put(
                    "lived_ms", Long.toString(after.asOf().since(worker.startedAt()).toMillis()));
            details.put("generation", Integer.toString(worker.version().generation()));
            details.put("state", worker.state().word());
            if (worker.state() instanceof WorkerState.Stopping stopping) {
                details.put("cause", word(stopping.cause()));
            }
        }
        return details;
    }

    private static void put(Map<String, String> details, String name, boolean given) {
        if (given) {
            details.put(name, "true");
        }
    }

    private void spawned() {
        for (ProgramEffect effect : step.effects()) {
            if (effect instanceof ProgramEffect.Spawn spawn) {
                String generation = Integer.toString(spawn.version().generation());
                add(
                        FactKind.STARTED,
                        spawn.worker(),
                        "started, generation " + generation,
                        Map.of("generation", generation));
            }
        }
    }

    /// Slots that a step did not touch are the same objects.
    @SuppressWarnings("ReferenceEquality") // compared after every step, for every slot
    private void workers() {
        for (Slot now : after.slots()) {
            Slot then =
                    now.index() < before.slots().size() ? before.slots().get(now.index()) : null;
            if (then != now) {
                for (Worker worker : now.workers()) {
                    Worker was = then == null ? null : worker(then, worker.id());
                    changed(was, worker);
                }
            }
        }
    }

    private void changed(@Nullable Worker was, Worker now) {
        if (now.ready() && was != null && !was.ready()) {
            String took = DurationText.of(after.asOf().since(now.startedAt()));
            add(FactKind.READY, now.id(), "ready after " + took, Map.of());
        }
        if (was != null
                && now.state() instanceof WorkerState.Stopping stopping
                && !(was.state() instanceof WorkerState.Stopping)) {
            String cause = word(stopping.cause());
            FactKind kind = kind(was, stopping);
            add(kind, now.id(), stopping.cause().words(), Map.of("cause", cause));
        }
        if (was != null && isIll(now, after) && !isIll(was, before)) {
            boolean whole = HealthChecks.showsIllness(now, after.count());
            String words = "is " + HealthChecks.illness(now);
            Map<String, String> details = Map.of("answer", HealthChecks.answer(now));
            add(FactKind.UNHEALTHY, whole ? null : now.id(), words, details);
        }
    }

    private FactKind kind(Worker was, WorkerState.Stopping stopping) {
        if (was.state() instanceof WorkerState.Starting starting
                && starting.deadline().reached(after.asOf())
                && (stopping.cause() == StopCause.FAILED_START
                        || stopping.cause() == StopCause.WITHDRAWN)) {
            return FactKind.ACK_MISSED;
        }
        return stopping.cause() == StopCause.HUNG ? FactKind.HUNG : FactKind.TOLD_TO_STOP;
    }

    private static boolean isIll(Worker worker, Program program) {
        return HealthChecks.isIll(worker, program.count())
                || HealthChecks.showsIllness(worker, program.count());
    }

    private void program() {
        rollout();
        VersionFailure failure = after.setback();
        VersionFailure known = before.setback();
        if (failure != null && (known == null || known.generation() != failure.generation())) {
            Map<String, String> details = new LinkedHashMap<>();
            details.put("generation", Integer.toString(failure.generation()));
            details.put("back_to", Integer.toString(failure.back()));
            add(FactKind.VERSION_FAILED, null, after.verdict(), details);
        }
        if (after.crashLoop() != before.crashLoop()) {
            boolean now = after.crashLoop();
            add(
                    now ? FactKind.CRASH_LOOP : FactKind.CRASH_LOOP_OVER,
                    null,
                    now ? "crash loop" : "crash loop over",
                    Map.of());
        }
        phase();
        if (after.outcome() != before.outcome() && after.outcome() != null) {
            boolean done = after.outcome() == Program.Outcome.DONE;
            if (done || !(after.phase() instanceof ProgramPhase.Failed)) {
                add(
                        done ? FactKind.DONE : FactKind.FAILED,
                        null,
                        done ? "done" : "failed",
                        Map.of());
            }
        }
    }

    private void rollout() {
        Rollout then = before.rollout();
        Rollout now = after.rollout();
        if (now != null && (then == null || !then.target().equals(now.target()))) {
            Map<String, String> details = new LinkedHashMap<>();
            details.put("generation", Integer.toString(now.target().generation()));
            details.put("strategy", now.strategy().name().toLowerCase(Locale.ROOT));
            String words = "rolling to generation " + now.target().generation();
            add(FactKind.ROLLOUT_BEGAN, null, words, details);
        }
        if (then != null && !step.goesOn(then)) {
            String result = step.result(then);
            Map<String, String> details = new LinkedHashMap<>();
            details.put("generation", Integer.toString(then.target().generation()));
            details.put("result", result);
            String took = Long.toString(after.asOf().since(then.began()).toMillis());
            details.put("took_ms", took);
            String verdict = after.verdict().isEmpty() ? result : after.verdict();
            add(FactKind.ROLLOUT_ENDED, null, verdict, details);
        }
        if (now != null
                && now.canary() instanceof CanaryState.Watched
                && (then == null || !(then.canary() instanceof CanaryState.Watched))) {
            String words = after.canary(after.asOf());
            add(FactKind.CANARY, null, words == null ? "canary is watched" : words, Map.of());
        }
    }

    private void phase() {
        if (Objects.equals(before.phase(), after.phase())) {
            return;
        }
        switch (after.phase()) {
            case ProgramPhase.Failed failed -> add(FactKind.GAVE_UP, null, failed.why(), Map.of());
            case ProgramPhase.Waiting waiting ->
                    add(
                            FactKind.WAITING,
                            null,
                            waiting.words(),
                            Map.of("for", String.join(",", waiting.on())));
            case ProgramPhase.Stopped ignored ->
                    add(FactKind.STOPPED, null, "stopped by the operator", Map.of());
            case ProgramPhase.Running ignored -> {}
        }
    }

    // ---- reports

    /// Facts without reports first, since they are what the reports follow from.
    private List<ProgramFact> told() {
        List<ProgramEffect.Report> reports = new ArrayList<>();
        for (ProgramEffect effect : step.effects()) {
            if (effect instanceof ProgramEffect.Report report) {
                reports.add(report);
            }
        }
        if (reports.isEmpty()) {
            return facts;
        }
        List<ProgramEffect.Report> gravest = new ArrayList<>(reports);
        gravest.sort(Comparator.comparing(ProgramEffect.Report::severity));
        IdentityHashMap<ProgramEffect.Report, ProgramFact> its = new IdentityHashMap<>();
        for (ProgramEffect.Report report : gravest) {
            ProgramFact fact = of(report);
            facts.remove(fact);
            its.put(report, fact == null ? note(report) : fact.withReport(report));
        }
        reports.forEach(report -> facts.add(Objects.requireNonNull(its.get(report))));
        return facts;
    }

    private static ProgramFact note(ProgramEffect.Report report) {
        return new ProgramFact(FactKind.NOTE, report.worker(), report.message(), Map.of(), report);
    }

    /// The fact that a report tells of; null if there is none. Of a worker, the first that has no
    /// report yet, the gravest report first; of the program, the one whose words it begins with.
    private @Nullable ProgramFact of(ProgramEffect.Report report) {
        for (ProgramFact fact : facts) {
            boolean its =
                    fact.worker() == null
                            ? report.worker() == null && report.message().startsWith(fact.message())
                            : fact.worker().equals(report.worker())
                                    && fact.kind() != FactKind.STARTED;
            if (its) {
                return fact;
            }
        }
        return null;
    }

    private void add(
            FactKind kind, @Nullable WorkerId worker, String words, Map<String, String> details) {
        facts.add(new ProgramFact(kind, worker, words, details, null));
    }

    // ---- workers

    private static String word(StopCause cause) {
        return cause.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static @Nullable Worker worker(Program program, WorkerId id) {
        return id.slot() < program.slots().size()
                ? worker(program.slots().get(id.slot()), id)
                : null;
    }

    private static @Nullable Worker worker(Slot slot, WorkerId id) {
        for (Worker worker : slot.workers()) {
            if (worker.id().equals(id)) {
                return worker;
            }
        }
        return null;
    }
}
