// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.CanaryState;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.TaskStage;
import org.einhyrningsins.core.model.VersionOrigin;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.core.plan.DefinitionsInUse;
import org.einhyrningsins.core.plan.DependencyGraph;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.MonitoringSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RolloutSpec;
import org.einhyrningsins.spec.RolloutTasksSpec;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/// A world that carries out what one program orders, in virtual time, and does to it what the real
/// one would: all of it follows from a seed.
///
/// First come events of every kind, some of them the operator's; then nobody asks for anything any
/// more, and all that was asked must find its answer; then the program is stopped, and must be
/// gone.
final class Simulation {
    /// Longer than anything that is bounded can take.
    private static final long PATIENCE = Duration.ofHours(2).toMillis();

    /// What is to happen, and to whom.
    private record Plan(long at, long order, What what, @Nullable WorkerId worker)
            implements Comparable<Plan> {
        @Override
        public int compareTo(Plan other) {
            int byTime = Long.compare(at, other.at);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    private enum What {
        SPAWN_FAILS,
        IS_DELAYED,
        EXECUTES,
        FAILS_LATE,
        ACKS,
        ANSWERS_THE_PROBE,
        ASKS_FOR_TIME,
        PINGS,
        CHOOSES_ITS_WATCHDOG,
        DESPAIRS,
        IS_WEIGHED,
        EXITS,
        IS_SHOT,
        STRANGER_ACKS,
        OPERATOR_ASKS,
        TASK_ENDS,
        HAS_ITS_TURN
    }

    private static final class Child {
        final Behaviour behaviour;
        final long bootedAt;
        boolean exists = true;
        boolean told;
        boolean leaderless;
        boolean restTold;
        boolean killed;
        long illFrom = Long.MAX_VALUE;
        long muteFrom = Long.MAX_VALUE;
        long largeFrom = Long.MAX_VALUE;
        WorkerExit exit = new WorkerExit(0, 0);

        Child(Behaviour behaviour, long bootedAt) {
            this.behaviour = behaviour;
            this.bootedAt = bootedAt;
        }
    }

    private record Line(long at, Object what) {}

    private final long seed;
    private final SplittableRandom random;
    private final boolean calm;
    private final Laws laws;
    private final Arrows arrows;
    private final List<Line> lines = new ArrayList<>();
    private final PriorityQueue<Plan> plans = new PriorityQueue<>();
    private final Map<WorkerId, Child> processes = new HashMap<>();
    private final Map<String, Behaviour> behaviours = new HashMap<>();
    private final List<Definition> definitions = new ArrayList<>();
    private final long origin;
    private Program program;
    private long millis;
    private long order;
    private long ticket;
    private long newest;
    private int steps;
    private boolean quiet;
    private boolean turnPlanned;
    private final @Nullable UnaryOperator<Program> memory;

    /// As the program was written down last, and what was noted since.
    private Program noted;

    private final Map<WorkerId, Integer> births = new HashMap<>();
    private final Set<WorkerId> acks = new HashSet<>();
    private final Map<WorkerId, WorkerExit> ends = new HashMap<>();
    private int crashes;

    /// For tasks alone, so that worlds without them are as they were.
    private final SplittableRandom taskRandom;

    /// Tasks whose end is to come, and how each task that was ordered ends: with the same outcome
    /// however often it is told.
    private final Map<TaskStage, Long> taskEnds = new LinkedHashMap<>();

    private final Map<TaskStage, String> taskOutcomes = new HashMap<>();

    /// Another program that this one is restarted with, in worlds that have one.
    private final @Nullable RestartedOther other;

    private final SplittableRandom otherRandom;

    Simulation(long seed, Arrows arrows) {
        this(seed, arrows, null);
    }

    /// @param memory what a program is after it was written down and read again; with it, the
    ///   manager is replaced and killed at times; null for a manager that lives for ever
    Simulation(long seed, Arrows arrows, @Nullable UnaryOperator<Program> memory) {
        this.seed = seed;
        this.memory = memory;
        this.random = new SplittableRandom(seed);
        this.taskRandom = new SplittableRandom(~seed);
        this.otherRandom = new SplittableRandom(seed * 31);
        this.calm = random.nextInt(3) == 0;
        this.laws = new Laws(calm);
        this.arrows = arrows;
        this.origin = random.nextLong(-1L << 41, 1L << 41) * 1_000_000;
        this.other = seed % 4 == 2 ? new RestartedOther("cache", now()) : null;
        ProgramSpec spec = definition(true);
        this.program = Program.of(spec, now());
        this.noted = program;
        lines.add(new Line(0, "a " + (calm ? "calm" : "rough") + " world; " + Lines.of(spec)));
    }

    /// Runs to the end, or to the first broken law.
    void run() {
        try {
            plan(random.nextInt(3) == 0 ? random.nextInt(5_000) : 0, What.OPERATOR_ASKS, null);
            rough(60 + random.nextInt(140));
            quiet = true;
            becomesQuiet();
            stops();
        } catch (RuntimeException broken) {
            throw new AssertionError(
                    "seed "
                            + seed
                            + ", step "
                            + steps
                            + ": "
                            + broken
                            + "\nalone: mvn -o test -Dtest=SimulationTest -Dsimulation.seed="
                            + seed
                            + "\n"
                            + transcript(),
                    broken);
        }
    }

    int steps() {
        return steps;
    }

    String transcript() {
        StringBuilder text = new StringBuilder();
        for (Line line : lines) {
            String words =
                    switch (line.what()) {
                        case ProgramEvent programEvent -> Lines.of(programEvent);
                        case ProgramEffect programEffect -> "    " + Lines.of(programEffect);
                        case Program state -> "    = " + Lines.of(state);
                        case Object other -> other.toString();
                    };
            text.append(String.format("%10.3fs ", line.at() / 1e3)).append(words).append('\n');
        }
        return text.toString();
    }

    // ---- three acts

    private void rough(int events) {
        for (int i = 0; i < events; i++) {
            next();
        }
    }

    private void becomesQuiet() {
        lines.add(new Line(millis, "--- nobody asks for anything any more"));
        long until = millis + PATIENCE;
        while (!laws.open().isEmpty() || program.rollout() != null || goesBack() || owes()) {
            if (waitsForTheOperator()) {
                boolean well = random.nextBoolean();
                ProgramCommand word =
                        well ? new ProgramCommand.Promote() : new ProgramCommand.Abort();
                happen(new ProgramEvent.Requested(++ticket, word));
            } else if (!ofAJobOneEnds() && (millis > until || !next())) {
                throw new Laws.Broken("unanswered: " + program.waits() + ", " + program.rollout());
            }
        }
    }

    /// Where somebody waits for the end of a job, its workers end.
    private boolean ofAJobOneEnds() {
        ProgramSpec spec = program.serving().spec();
        if (program.waits().stream()
                .noneMatch(pendingRequest -> pendingRequest.waitsForEnd(spec))) {
            return false;
        }
        for (Slot slot : program.slots()) {
            Worker worker = slot.current();
            Child process = worker == null ? null : processes.get(worker.id());
            if (worker != null && worker.ready() && process != null && !process.leaderless) {
                process.exit = new WorkerExit(0, 0);
                exits(new Plan(millis, 0, What.EXITS, worker.id()), worker.id(), process);
                return true;
            }
        }
        return false;
    }

    private boolean waitsForTheOperator() {
        Rollout rollout = program.rollout();
        return rollout != null
                && rollout.canary() instanceof CanaryState.Watched watched
                && watched.until() == null;
    }

    /// Whether a worker of a rollout that went back is there, nothing is in the way of the old
    /// version, and it was not even tried.
    private boolean goesBack() {
        boolean untried = false;
        for (Slot slot : program.slots()) {
            Worker worker = slot.current();
            if (program.wants(slot) && (worker == null || !worker.ready())) {
                return false;
            }
            untried |= worker != null && worker.health().recalled() && worker.health().tries() == 0;
        }
        return untried && program.phase() instanceof ProgramPhase.Running;
    }

    private void stops() {
        lines.add(new Line(millis, "--- and it is stopped"));
        happen(new ProgramEvent.Requested(++ticket, new ProgramCommand.Stop(null, null)));
        long until = millis + PATIENCE;
        while (!processes.isEmpty() || !laws.open().isEmpty() || program.fallback() != null) {
            if (millis > until || !next()) {
                throw new Laws.Broken("still there: " + processes.keySet() + laws.open());
            }
        }
        if (program.earliestDeadline() != null || !program.hasNoProcess()) {
            throw new Laws.Broken("stopped, gone, and it still waits for something");
        }
    }

    /// Whatever is due next happens; false if there is nothing.
    private boolean next() {
        if (memory != null && !quiet && ticket > 0 && random.nextInt(12) == 0) {
            if (random.nextInt(3) == 0) {
                isReplaced(memory);
            } else {
                crashes(memory);
            }
            return true;
        }
        if (restartsWithOther()) {
            return true;
        }
        Moment deadline = program.earliestDeadline();
        Plan plan = plans.peek();
        if (plan == null && deadline == null) {
            if (quiet) {
                return false;
            }
            plan(millis, What.OPERATOR_ASKS, null);
            return true;
        }
        long due = deadline == null ? Long.MAX_VALUE : (deadline.nanos() - origin) / 1_000_000;
        if (plan == null || due < plan.at() || (due == plan.at() && random.nextBoolean())) {
            boolean away = !calm && !quiet && random.nextInt(40) == 0;
            millis = Math.max(millis, due) + (away ? random.nextInt(10_000) : 0);
            happen(new ProgramEvent.DeadlinePassed());
        } else {
            plans.remove();
            millis = Math.max(millis, plan.at());
            carryOut(plan);
        }
        return true;
    }

    /// The other program is restarted, or crashes, at times; this one follows when it is due.
    private boolean restartsWithOther() {
        if (other == null) {
            return false;
        }
        if (!quiet && otherRandom.nextInt(16) == 0) {
            switch (otherRandom.nextInt(3)) {
                case 0 -> other.crashes(now());
                case 1 -> other.rolls(now());
                default -> other.restarts(now());
            }
        }
        Moment at = other.program().versions().renewal().at();
        if (at == null || !owes()) {
            return false;
        }
        int generation = program.newestVersion().generation();
        happen(new ProgramEvent.DependencyRestarted("cache", at, VersionOrigin.NONE));
        if (owes() || program.newestVersion().generation() == generation) {
            throw new Laws.Broken("it is not restarted with the other");
        }
        return true;
    }

    /// Whether it is to be restarted with the other program now.
    private boolean owes() {
        return other != null
                && program.serving().spec().terms("cache").restartWith()
                && DependencyGraph.isDue(program, other.program());
    }

    private Moment now() {
        return new Moment(origin + millis * 1_000_000);
    }

    // ---- the manager's end

    int crashes() {
        return crashes;
    }

    /// The next manager has all that this one had, but for the probes that were under way.
    private void isReplaced(UnaryOperator<Program> memory) {
        Program read = memory.apply(program);
        if (!read.equals(program)) {
            throw new Laws.Broken("not what was handed on: " + Lines.of(read));
        }
        lines.add(new Line(millis, "--- the manager replaces itself"));
        plans.removeIf(plan -> plan.what() == What.ANSWERS_THE_PROBE);
        program = Recovery.carriedOver(read, now());
    }

    /// The next manager has what was written down, and what it finds.
    private void crashes(UnaryOperator<Program> memory) {
        crashes++;
        long away =
                random.nextInt(4) == 0 ? 0 : random.nextInt(random.nextBoolean() ? 500 : 60_000);
        lines.add(
                new Line(millis, "--- the manager is killed, another comes after " + away + "ms"));
        millis += away;
        plans.removeIf(this::happensUnseen);
        Program read = memory.apply(noted);
        List<Recovery.Newborn> newborn = new ArrayList<>();
        births.forEach(
                (id, generation) -> {
                    if (id.incarnation() >= read.pool().nextIncarnation()) {
                        newborn.add(new Recovery.Newborn(id, generation));
                    }
                });
        Recovery.Found found =
                new Recovery.Found(
                        with(true),
                        with(false),
                        newborn,
                        Set.copyOf(acks),
                        Set.of(),
                        Map.copyOf(ends));
        lines.add(new Line(millis, "--- from " + Lines.of(read) + " and " + found));
        Transition step = Recovery.after(read, found, now());
        program = step.program();
        for (ProgramEffect programEffect : step.effects()) {
            lines.add(new Line(millis, programEffect));
        }
        lines.add(new Line(millis, program));
        step.effects().forEach(this::perform);
        TaskStage waited = program.tasks().stage();
        if (waited != null && waited.asked()) {
            runs(waited); // whoever takes over compares, and asks again
        }
        laws.recovered(read, now(), step);
        sameTables();
        write(step);
    }

    /// The workers whose own process lives, or of which only others of its group do.
    private Set<WorkerId> with(boolean leader) {
        Set<WorkerId> some = new HashSet<>();
        processes.forEach(
                (id, process) -> {
                    if (process.leaderless != leader) {
                        some.add(id);
                    }
                });
        return some;
    }

    /// What becomes of a plan that no manager sees come true.
    private boolean happensUnseen(Plan plan) {
        WorkerId worker = plan.worker();
        if (worker == null || (plan.at() > millis && plan.what() != What.SPAWN_FAILS)) {
            return plan.what() == What.ANSWERS_THE_PROBE;
        }
        boolean ends =
                switch (plan.what()) {
                    case SPAWN_FAILS, FAILS_LATE, EXITS, IS_SHOT -> true;
                    default -> false;
                };
        if (ends) {
            Child gone = processes.get(worker);
            if (gone != null && plan.what() == What.EXITS && leavesOthers(gone)) {
                gone.leaderless = true;
            } else if (gone != null) {
                processes.remove(worker);
                gone.exists = false;
            }
        }
        return true;
    }

    /// What the core cannot find out again is written at once, the rest some time.
    private void write(Transition step) {
        for (ProgramEffect programEffect : step.effects()) {
            if (programEffect instanceof ProgramEffect.Spawn spawn) {
                births.put(spawn.worker(), spawn.version().generation());
            }
        }
        boolean told = step.effects().stream().anyMatch(e -> e instanceof ProgramEffect.Answer);
        boolean redefined = !DefinitionsInUse.all(noted).equals(DefinitionsInUse.all(program));
        if (told || redefined || random.nextInt(3) == 0) {
            noted = program;
            births.clear();
            acks.clear();
            ends.clear();
        }
    }

    // ---- the world's turn

    private void plan(long at, What what, @Nullable WorkerId worker) {
        plans.add(new Plan(at, order++, what, worker));
    }

    private void carryOut(Plan plan) {
        WorkerId worker = plan.worker();
        if (plan.what() == What.TASK_ENDS) {
            taskEnds();
            return;
        }
        if (plan.what() == What.HAS_ITS_TURN) {
            turnPlanned = false;
            happen(turn());
            return;
        }
        if (worker == null) {
            if (!quiet) {
                plan(millis + pause(), What.OPERATOR_ASKS, null);
                if (random.nextInt(8) == 0) {
                    happen(
                            random.nextBoolean()
                                    ? new ProgramEvent.DefinitionConfirmed()
                                    : new ProgramEvent.FallbackLost("its address belongs to b"));
                }
                happen(new ProgramEvent.Requested(++ticket, command()));
            }
            return;
        }
        Child process = processes.get(worker);
        switch (plan.what()) {
            case SPAWN_FAILS -> {
                processes.remove(worker);
                boolean again = random.nextBoolean();
                happen(
                        new ProgramEvent.SpawnFailed(
                                worker, again ? "fork: EAGAIN" : "exec: no such file (ENOENT)"));
            }
            case FAILS_LATE -> {
                if (process != null && process.exists) {
                    processes.remove(worker);
                    process.exists = false;
                    happen(new ProgramEvent.SpawnFailed(worker, "execve: no such file (ENOENT)"));
                }
            }
            case IS_DELAYED -> happen(new ProgramEvent.Delayed(worker));
            case EXECUTES -> {
                if (process != null && process.exists) {
                    happen(new ProgramEvent.Executed(worker));
                }
            }
            case ANSWERS_THE_PROBE ->
                    happen(
                            new ProgramEvent.Probed(
                                    worker,
                                    process != null
                                            && process.exists
                                            && millis >= process.bootedAt
                                            && millis < process.illFrom,
                                    "exit status 1"));
            case STRANGER_ACKS ->
                    happen(
                            new ProgramEvent.Acked(
                                    new WorkerId(worker.slot(), worker.incarnation() + 1000)));
            case ACKS -> happen(new ProgramEvent.Acked(worker));
            case ASKS_FOR_TIME ->
                    happen(
                            new ProgramEvent.Extended(
                                    worker, Duration.ofMillis(random.nextInt(20_000))));
            case PINGS -> pings(worker, process);
            case CHOOSES_ITS_WATCHDOG ->
                    happen(
                            new ProgramEvent.WatchdogIntervalSet(
                                    worker,
                                    Duration.ofMillis(
                                            (calm ? 60_000 : 0) + random.nextInt(90_000))));
            case DESPAIRS -> happen(new ProgramEvent.WatchdogTriggered(worker));
            case IS_WEIGHED ->
                    happen(
                            new ProgramEvent.MemoryMeasured(
                                    worker,
                                    process == null
                                            ? 0
                                            : (millis < process.largeFrom ? 50L : 200L) << 20));
            case EXITS, IS_SHOT -> exits(plan, worker, process);
            case OPERATOR_ASKS, TASK_ENDS, HAS_ITS_TURN -> {}
        }
    }

    /// Tells the ends of tasks that are due.
    private void taskEnds() {
        for (TaskStage stage : List.copyOf(taskEnds.keySet())) {
            if (taskEnds.getOrDefault(stage, Long.MAX_VALUE) <= millis) {
                taskEnds.remove(stage);
                String why = taskOutcomes.getOrDefault(stage, "");
                happen(
                        new ProgramEvent.TaskEnded(
                                stage, why.isEmpty() ? null : why, "", Duration.ofSeconds(1)));
            }
        }
    }

    /// A task runs for a while; one that was ordered before ends as it did.
    private void runs(TaskStage stage) {
        boolean fails = !calm && taskRandom.nextInt(4) == 0;
        taskOutcomes.putIfAbsent(stage, fails ? "exit status 1" : "");
        long end = millis + taskRandom.nextInt(5_000);
        taskEnds.put(stage, end);
        plan(end, What.TASK_ENDS, null);
    }

    private void pings(WorkerId worker, @Nullable Child process) {
        if (process != null && process.exists && millis < process.muteFrom) {
            Worker known = Laws.find(program, worker);
            Duration every = known == null ? null : known.version().spec().monitoring().watchdog();
            plan(millis + (every == null ? 60_000 : every.toMillis() / 2), What.PINGS, worker);
            happen(new ProgramEvent.Pinged(worker));
        }
    }

    /// What becomes of those that it comes after; in the end they are up.
    private ProgramEvent turn() {
        Set<String> on = random.nextBoolean() ? Set.of("db") : Set.of("cache", "db");
        return switch (random.nextInt(4)) {
            case 0 -> new ProgramEvent.Deferred(on, null);
            case 1 ->
                    new ProgramEvent.Deferred(
                            on, new ProgramPhase.Blocker("db", random.nextBoolean(), false, false));
            case 2 -> new ProgramEvent.Admitted(Set.of("db"));
            default -> new ProgramEvent.Admitted(Set.of());
        };
    }

    private void exits(Plan plan, WorkerId worker, @Nullable Child process) {
        if (process == null || (quiet && plan.what() == What.IS_SHOT)) {
            return;
        }
        boolean shot = plan.what() == What.IS_SHOT;
        WorkerExit workerExit = shot ? new WorkerExit(0, 9) : process.exit;
        if (program.waitsForGroupOf(worker, workerExit) && leavesOthers(process)) {
            process.leaderless = true;
            ends.put(worker, workerExit);
            happen(new ProgramEvent.LeaderExited(worker, workerExit));
            return;
        }
        if (shot && process.leaderless) {
            return; // the shot was for a process that is gone
        }
        processes.remove(worker);
        process.exists = false;
        ends.put(worker, workerExit);
        happen(new ProgramEvent.Exited(worker, workerExit));
    }

    /// Whether its own process ends, and others of its group do not.
    private boolean leavesOthers(Child process) {
        return !process.leaderless && !process.killed && happens(process.behaviour.leavesOthers());
    }

    private void happen(ProgramEvent programEvent) {
        Moment now = now();
        Program before = program;
        lines.add(new Line(millis, programEvent));
        if (programEvent instanceof ProgramEvent.Acked(WorkerId worker)) {
            acks.add(worker);
        }
        Transition step = before.step(programEvent, now);
        steps++;
        program = step.program();
        for (ProgramEffect programEffect : step.effects()) {
            lines.add(new Line(millis, programEffect));
        }
        lines.add(new Line(millis, program));
        for (ProgramEffect programEffect : step.effects()) {
            perform(programEffect);
        }
        if (!turnPlanned && program.phase() instanceof ProgramPhase.Waiting) {
            turnPlanned = true;
            plan(millis + random.nextInt(4_000), What.HAS_ITS_TURN, null);
        }
        laws.check(before, programEvent, now, step);
        arrows.watch(before, programEvent, now, step);
        sameTables();
        if (memory != null) {
            write(step);
        }
    }

    private void sameTables() {
        Set<WorkerId> known = new HashSet<>();
        for (Slot slot : program.slots()) {
            for (Worker worker : slot.workers()) {
                if (!known.add(worker.id())) {
                    throw new Laws.Broken("twice in the table: " + worker.id());
                }
            }
        }
        if (!known.equals(processes.keySet())) {
            throw new Laws.Broken("the core knows " + known + ", there are " + processes.keySet());
        }
    }

    private void perform(ProgramEffect programEffect) {
        switch (programEffect) {
            case ProgramEffect.Spawn spawn -> spawn(spawn);
            case ProgramEffect.Send send -> send(send);
            case ProgramEffect.Deliver ignored -> {}
            case ProgramEffect.Probe probe ->
                    plan(millis + random.nextInt(500), What.ANSWERS_THE_PROBE, probe.worker());
            case ProgramEffect.EndProbe ignored -> {}
            case ProgramEffect.MeasureMemory weigh -> plan(millis, What.IS_WEIGHED, weigh.worker());
            case ProgramEffect.RunTask e -> runs(e.stage());
            case ProgramEffect.EndTask e -> taskEnds.remove(e.stage());
            case ProgramEffect.Progress ignored -> {}
            case ProgramEffect.Answer ignored -> {}
            case ProgramEffect.Report ignored -> {}
        }
    }

    private void spawn(ProgramEffect.Spawn spawn) {
        ProgramSpec spec = spawn.version().spec();
        Behaviour behaviour = behaviours.get(spec.command().getFirst().toString());
        if (behaviour == null) {
            throw new IllegalStateException("no behaviour: " + spec.command());
        }
        WorkerId id = spawn.worker();
        TaskStage stage = program.tasks().stage();
        if (stage != null
                && stage.stage() == RolloutTasksSpec.Stage.BEFORE
                && stage.version().generation() == spawn.version().generation()) {
            throw new Laws.Broken(id + " is born before " + stage.program().name() + " is done");
        }
        boolean shy = happens(behaviour.neverAcks());
        boolean mayBeLate = seed % 2 == 0 && !calm && !quiet;
        long late = mayBeLate && random.nextInt(16) == 0 ? 1 + random.nextLong(60_000) : 0;
        long boot = 1 + random.nextLong(behaviour.boot()) + late;
        processes.put(id, new Child(behaviour, shy ? Long.MAX_VALUE : millis + boot));
        if (happens(behaviour.spawnFails())) {
            plan(millis + late, late > 0 ? What.FAILS_LATE : What.SPAWN_FAILS, id);
            if (late > 0) {
                plan(millis, What.IS_DELAYED, id);
            }
            return;
        }
        if (late > 0) {
            plan(millis, What.IS_DELAYED, id);
            plan(millis + late, What.EXECUTES, id);
        }
        if (!shy) {
            acks(spec, behaviour, id, millis + boot);
        }
        lives(id, behaviour, spec.monitoring(), boot);
        if (happens(behaviour.asksForTime())) {
            plan(millis + random.nextInt(20_000), What.ASKS_FOR_TIME, id);
        }
        if (happens(behaviour.diesBeforeAck())) {
            dies(id, behaviour, random.nextLong(beforeAck(spec, boot)));
        } else if (happens(behaviour.diesLater())) {
            dies(id, behaviour, boot + random.nextLong(random.nextBoolean() ? 2_000 : 30_000));
        }
        if (!calm && !quiet && random.nextInt(8) == 0) {
            plan(millis + random.nextInt(30_000), What.IS_SHOT, id);
        }
        if (random.nextInt(10) == 0) {
            plan(millis + random.nextInt(5_000), What.STRANGER_ACKS, id);
        }
    }

    /// What becomes of it, if it lives.
    private void lives(WorkerId id, Behaviour behaviour, MonitoringSpec care, long boot) {
        Child process = processes.get(id);
        if (process == null) {
            return;
        }
        process.illFrom = happens(behaviour.fallsIll()) ? once(boot) : Long.MAX_VALUE;
        process.muteFrom = happens(behaviour.goesMute()) ? once(boot) : Long.MAX_VALUE;
        process.largeFrom = happens(behaviour.grows()) ? once(boot) : Long.MAX_VALUE;
        if (care.watchdog() != null) {
            plan(millis + random.nextLong(care.watchdog().toMillis() / 2), What.PINGS, id);
            if (random.nextInt(4) == 0) {
                plan(millis + random.nextInt(20_000), What.CHOOSES_ITS_WATCHDOG, id);
            }
            if (process.muteFrom != Long.MAX_VALUE && random.nextBoolean()) {
                plan(process.muteFrom, What.DESPAIRS, id);
            }
        }
    }

    private long once(long boot) {
        return millis + boot + random.nextLong(random.nextBoolean() ? 1_000 : 60_000);
    }

    private static long beforeAck(ProgramSpec spec, long boot) {
        return spec.ack().mode() instanceof AckSpec.Timer timer
                ? Math.min(boot, timer.after().toMillis())
                : boot;
    }

    private void acks(ProgramSpec spec, Behaviour behaviour, WorkerId id, long at) {
        switch (spec.ack().mode()) {
            case AckSpec.Manual ignored -> plan(at, What.ACKS, id);
            case AckSpec.Notify ignored -> plan(at, What.ACKS, id);
            case AckSpec.Fd ignored -> plan(at, What.ACKS, id);
            case AckSpec.Log ignored -> plan(at, What.ACKS, id);
            case AckSpec.Timer ignored -> {}
            case AckSpec.Probe ignored -> {}
        }
        if (happens(behaviour.acksTwice())) {
            plan(at + random.nextInt(10_000), What.ACKS, id);
        }
    }

    private void dies(WorkerId id, Behaviour behaviour, long after) {
        Child process = processes.get(id);
        if (process != null) {
            process.exit = new WorkerExit(happens(behaviour.succeeds()) ? 0 : 1, 0);
            plan(millis + after, What.EXITS, id);
        }
    }

    private void send(ProgramEffect.Send send) {
        Child process = processes.get(send.worker());
        if (process == null) {
            return;
        }
        switch (send.signal()) {
            case KILL -> {
                process.killed = true;
                process.exit = new WorkerExit(0, Signal.KILL.number());
                boolean hangs = happens(process.behaviour.hangs());
                plan(
                        millis + (hangs ? random.nextInt(60_000) : random.nextInt(50)),
                        What.EXITS,
                        send.worker());
            }
            case TERM, QUIT, INT, ABRT -> {
                boolean first = !process.told || (process.leaderless && !process.restTold);
                process.restTold |= process.leaderless;
                if (first && !happens(process.behaviour.ignoresTerm())) {
                    plan(
                            millis + random.nextInt(1 + process.behaviour.drain()),
                            What.EXITS,
                            send.worker());
                }
                process.told = true;
            }
            default -> {}
        }
    }

    private boolean happens(int percent) {
        return percent > 0 && random.nextInt(100) < percent;
    }

    // ---- the operator's turn

    private long pause() {
        return switch (random.nextInt(5)) {
            case 0 -> 0;
            case 1 -> random.nextInt(100);
            case 2 -> random.nextInt(60_000);
            default -> random.nextInt(8_000);
        };
    }

    private ProgramCommand command() {
        if (ticket == 1) {
            return new ProgramCommand.Start(null);
        }
        return switch (random.nextInt(20)) {
            case 0 -> new ProgramCommand.Start(scope(), ticket % 2 == 0);
            case 1 -> new ProgramCommand.Stop(scope(), random.nextBoolean() ? Signal.INT : null);
            case 2 -> new ProgramCommand.Restart(scope());
            case 3 -> new ProgramCommand.SkipWait();
            case 4, 5, 6 -> new ProgramCommand.Upgrade(scope(), strategy());
            case 7, 8 -> new ProgramCommand.Apply(definition(true), random.nextBoolean());
            case 9, 10 -> new ProgramCommand.Apply(definition(false), random.nextInt(3) == 0);
            case 11 -> new ProgramCommand.Apply(sameBirth(), random.nextInt(3) == 0);
            case 12 -> new ProgramCommand.ScaleBy(random.nextInt(5) - 2);
            case 13 -> new ProgramCommand.ScaleTo(random.nextInt(6));
            case 14 ->
                    new ProgramCommand.Reset(
                            definition(random.nextBoolean()), random.nextBoolean());
            case 15, 16 -> new ProgramCommand.Promote();
            case 17, 18 -> new ProgramCommand.Abort();
            default ->
                    new ProgramCommand.SendSignal(
                            Signal.HUP, random.nextBoolean() ? null : processes.keySet());
        };
    }

    private @Nullable Set<Integer> scope() {
        if (random.nextInt(2) == 0) {
            return null;
        }
        Set<Integer> scope = new TreeSet<>();
        for (int i = 0; i < 1 + random.nextInt(3); i++) {
            scope.add(random.nextInt(5));
        }
        return scope;
    }

    private RolloutSpec.@Nullable Strategy strategy() {
        return random.nextInt(3) == 0
                ? Definition.strategy(pick("smooth", "fleet", "replace"))
                : null;
    }

    /// Some definition, known before or new.
    private ProgramSpec definition(boolean good) {
        if (!definitions.isEmpty() && random.nextInt(6) == 0) {
            return definitions.get(random.nextInt(definitions.size())).spec();
        }
        newest++;
        boolean fine = good && (calm || newest == 1 || random.nextBoolean());
        behaviours.put("./v" + newest, fine ? Behaviour.good(random) : Behaviour.bad(random, calm));
        Definition definition = management(Definition.of("command=./v" + newest));
        definitions.add(definition);
        return definition.spec();
    }

    /// What workers are born with now, under other management.
    private ProgramSpec sameBirth() {
        String command = program.serving().spec().command().getFirst().toString();
        Definition other =
                management(Definition.of("command=" + command))
                        .with("watchdog=" + settingOf(command, "watchdog"));
        return calm ? other.with("ack=" + settingOf(command, "ack")).spec() : other.spec();
    }

    /// A calm world must not take for ready who is about to die before its ack.
    private String settingOf(String command, String key) {
        for (Definition definition : definitions) {
            if (definition.get("command").equals(command)) {
                return definition.get(key);
            }
        }
        throw new IllegalStateException("no such definition: " + command);
    }

    private Definition management(Definition definition) {
        List<String> words = new ArrayList<>();
        words.add("workers=" + (random.nextInt(8) == 0 ? 0 : 1 + random.nextInt(5)));
        words.add(
                "ack="
                        + pick(
                                "manual",
                                "manual",
                                "notify",
                                "timer:" + (1 + random.nextInt(2_000)) + "ms",
                                "probe:" + (100 + random.nextInt(900)) + "ms"));
        words.add("timeout=" + (4 + random.nextInt(20)) + "s");
        words.add(
                "stop=" + pick("TERM:30s,KILL:0s", "INT:2s,TERM:3s,KILL:0s", "TERM:500ms,KILL:0s"));
        words.add("restart=" + pick("always", "always", "always", "on-failure", "never"));
        words.add("backoff=" + pick("100ms..30s", "1ms..10ms", "2s..10s"));
        words.add("give-up=" + pick("never", "never", "3/10s", "10/60s"));
        words.add("burst=" + pick("20", "0", "3"));
        words.add("strategy=" + pick("smooth", "smooth", "fleet", "replace"));
        words.add("surge=" + pick("1", "1", "2", "10"));
        words.add("unacked=" + pick("1", "2", "100"));
        words.add("settle=" + pick("0s", "0s", "500ms", "3s"));
        String after = pick("", "", "db", "db,cache");
        words.add("after=" + (other != null && otherRandom.nextBoolean() ? "cache+" : after));
        words.add("retries=" + pick("1", "2", "3", "5"));
        words.add("canary=" + pick("none", "none", "1/5s", "2/30s", "5/2s", "1/until-promoted"));
        words.add("probation=" + pick("usual", "usual", "0s", "3s", "25s"));
        words.add("rollback-within=" + pick("1m", "1m", "10s", "0s"));
        words.add("count-draining=" + pick("true", "true", "false"));
        words.add("drain-timeout=" + pick("none", "none", "1m"));
        if (random.nextInt(3) == 0) {
            words.add("health=" + pick("none", "worker", "slot", "program"));
            words.add("every=" + pick("1s", "5s", "30s"));
            words.add("patience=" + pick("1s", "3s"));
            words.add("failures=" + pick("1", "2", "3"));
            words.add("watchdog=" + pick("none", "2s", "10s", "30s"));
            words.add("max-age=" + pick("none", "10s", "60s"));
            words.add("memory-max=" + pick("none", "100"));
        }
        if (taskRandom.nextInt(6) == 0) {
            words.add("before=" + (taskRandom.nextBoolean() ? "./migrate" : "./migrate,./seed"));
            words.add("then=" + (taskRandom.nextBoolean() ? "none" : "./warm"));
        }
        return definition.with(String.join(" ", words));
    }

    private String pick(String... words) {
        return words[random.nextInt(words.length)];
    }
}
