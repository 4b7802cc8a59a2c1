// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.PeriodicCheck;
import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.core.model.StopCause;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.core.model.WorkerHealth;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Release;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Takes over a program from the manager before.
///
/// One that was handed on is as it was. One that is found after its manager was killed is known as
/// it was a little earlier: a worker of it may be gone, another started, a third have said that it
/// is up. What was found is brought in as events that come late; then the step ends as every step
/// does, by reconciling, which looks only at the state. A signal that was sent and is not known of
/// is sent again, or the death it brings is met as any other.
public final class Recovery {
    private Recovery() {}

    /// State of a program as found after the manager was killed.
    ///
    /// @param alive workers whose processes exist
    /// @param leaderless workers whose own process is gone and of whose process group others live
    /// @param spawned workers that are in the journal and not in the program, dead or alive
    /// @param acked workers whose ack came after the program was saved
    /// @param unborn workers that were ordered and never started: the manager was killed first
    /// @param ends exits that the manager before has seen
    public record Found(
            Set<WorkerId> alive,
            Set<WorkerId> leaderless,
            List<Newborn> spawned,
            Set<WorkerId> acked,
            Set<WorkerId> unborn,
            Map<WorkerId, WorkerExit> ends) {
        private WorkerExit end(WorkerId worker) {
            return ends.getOrDefault(worker, WorkerExit.UNKNOWN);
        }

        /// True if it ended before it was up, and no manager saw how. Its ack may have found nobody
        /// who listens, and many a worker gives up then. So it says nothing about its version. One
        /// that is run once at most is not meant: nobody can tell that it has not done its work.
        private boolean endedUnheard(Worker worker) {
            return worker.state() instanceof WorkerState.Starting
                    && !ends.containsKey(worker.id())
                    && worker.version().spec().restart().when() != RestartSpec.When.NEVER;
        }

        /// Makes the findings of a program of which all ordered workers were started.
        public Found(
                Set<WorkerId> alive,
                Set<WorkerId> leaderless,
                List<Newborn> spawned,
                Set<WorkerId> acked) {
            this(alive, leaderless, spawned, acked, Set.of(), Map.of());
        }
    }

    /// A worker that was started at the last moment.
    ///
    /// @param other it is of another definition than its generation's, and nobody knows of which:
    ///   whatever becomes of a rollout, it is not what the file says
    public record Newborn(WorkerId worker, int generation, boolean other) {
        /// Makes a newborn worker of its generation's definition.
        public Newborn(WorkerId worker, int generation) {
            this(worker, generation, false);
        }
    }

    /// A program of which nothing is left but workers: it runs, as the file has it.
    ///
    /// @param count number of workers wanted
    /// @param held the slots that an operator stopped
    /// @param generation the newest that a worker of it is of
    public static Program found(
            ProgramSpec spec, int count, Collection<Integer> held, int generation, Moment now) {
        StepContext stepContext = new StepContext(Program.of(spec, count, 1, now), now);
        stepContext.phase = new ProgramPhase.Running(false);
        stepContext.serving = new ProgramVersion(generation, spec);
        stepContext.versions.next = generation + 1;
        for (int slot = 0; slot < count; slot++) {
            stepContext.slots.add(Slot.empty(slot, now).hold(held.contains(slot)));
        }
        return stepContext.program();
    }

    /// The same program, whose next generation has that number at least.
    public static Program numberedFrom(Program program, int generation) {
        StepContext stepContext = new StepContext(program, program.asOf());
        stepContext.versions.next = Math.max(stepContext.versions.next, generation);
        return stepContext.program();
    }

    /// The same program, whose workers are found to run releases that nobody had noted.
    ///
    /// @param releases by generation
    public static Program running(Program program, Map<Integer, Release> releases) {
        StepContext stepContext = new StepContext(program, program.asOf());
        stepContext.serving = running(stepContext.serving, releases);
        Rollout rollout = stepContext.rollout;
        if (rollout != null) {
            stepContext.rollout = rollout.withTargetOrigin(running(rollout.target(), releases));
        }
        for (Worker worker : workers(stepContext)) {
            stepContext.replace(worker.withVersion(running(worker.version(), releases)));
        }
        return stepContext.program();
    }

    private static ProgramVersion running(ProgramVersion version, Map<Integer, Release> releases) {
        Release its = releases.get(version.generation());
        return its == null || version.spec().release() != null
                ? version
                : version.managedBy(version.spec().withRelease(its));
    }

    /// A program that was handed on: as it was, but that probes are under way no more.
    public static Program carriedOver(Program program, Moment now) {
        StepContext stepContext = new StepContext(program, now);
        renewProbes(stepContext);
        return stepContext.program();
    }

    /// A program whose manager was killed. Whoever waited for its answers has lost the connection.
    public static Transition after(Program program, Found found, Moment now) {
        StepContext stepContext = new StepContext(program, now);
        stepContext.waits.clear();
        markDead(stepContext, found);
        for (Newborn newborn : found.spawned()) {
            ProgramTasks.passed(stepContext, newborn.generation());
        }
        addNewborn(stepContext, found);
        for (WorkerId worker : found.acked()) {
            Worker known = stepContext.find(worker);
            if (known != null && known.state() instanceof WorkerState.Starting) {
                DeadlineHandler.up(stepContext, known);
            }
        }
        extendDeadlines(stepContext);
        renewProbes(stepContext);
        if (stepContext.rollout != null
                && stepContext.rollout.held()) { // who would have released it is gone
            RolloutFailure.goBack(
                    stepContext, "given up with the manager that was killed, old version kept");
        }
        DeadlineHandler.expire(stepContext);
        ProgramStep.reconcile(stepContext);
        return new Transition(stepContext.program(), stepContext.effects);
    }

    /// Ends the workers that are gone, with the exits that the manager before has seen, or unknown
    /// ones.
    private static void markDead(StepContext stepContext, Found found) {
        for (Worker worker : workers(stepContext)) {
            if (found.leaderless().contains(worker.id())) {
                leaderEnded(stepContext, worker, found);
            } else if (found.unborn().contains(worker.id())
                    && worker.state() instanceof WorkerState.Starting) {
                spawnAgain(stepContext, worker);
            } else if (!found.alive().contains(worker.id())) {
                ended(stepContext, worker, found);
            }
        }
    }

    private static void ended(StepContext stepContext, Worker worker, Found found) {
        if (found.endedUnheard(worker)) {
            stepContext.report(
                    Severity.WARN,
                    worker.id(),
                    "ended before it was up, while no manager was there; started again");
            spawnAgain(stepContext, worker);
        } else {
            ProgramStep.exited(
                    stepContext, new ProgramEvent.Exited(worker.id(), found.end(worker.id())));
        }
    }

    /// Orders a worker again that has not failed: it was never started, or could not be heard.
    private static void spawnAgain(StepContext stepContext, Worker worker) {
        Slot slot = StepContext.without(stepContext.slot(worker.id().slot()), worker);
        stepContext.put(slot.current() == null ? slot.refill(stepContext.now) : slot);
    }

    /// Handles a worker whose own process ended before or after the death of the manager.
    private static void leaderEnded(StepContext stepContext, Worker worker, Found found) {
        WorkerExit workerExit = found.end(worker.id());
        if (!(worker.state() instanceof WorkerState.Stopping stopping)) {
            ended(stepContext, worker, found);
            WorkerStop.beginForGroup(stepContext, worker, workerExit);
        } else if (!stopping.leaderless()) {
            WorkerStop.goOnWithGroup(stepContext, worker, stopping, workerExit);
        }
    }

    private static List<Worker> workers(StepContext stepContext) {
        List<Worker> workers = new ArrayList<>();
        for (Slot slot : stepContext.slots) {
            workers.addAll(slot.workers());
        }
        return workers;
    }

    private static void addNewborn(StepContext stepContext, Found found) {
        List<Newborn> inOrder = new ArrayList<>(found.spawned());
        inOrder.sort(Comparator.comparingLong(newborn -> newborn.worker().incarnation()));
        for (Newborn newborn : inOrder) {
            stepContext.skip(newborn.worker().incarnation());
            if (stepContext.find(newborn.worker()) == null) {
                addNewborn(stepContext, newborn);
                markDead(stepContext, found); // the next one may have been started in its place
            }
        }
    }

    /// Gives a newborn worker the place that it was started for, if that is free; else stops it.
    private static void addNewborn(StepContext stepContext, Newborn newborn) {
        int index = newborn.worker().slot();
        while (stepContext.slots.size() <= index) {
            stepContext.slots.add(Slot.empty(stepContext.slots.size(), stepContext.now));
        }
        ProgramVersion programVersion = version(stepContext, newborn.generation());
        ProgramVersion known = programVersion == null ? stepContext.serving : programVersion;
        Worker worker =
                new Worker(
                        newborn.worker(),
                        newborn.other() ? known.withUnknownSpawn() : known,
                        stepContext.now,
                        stepContext.starting(known.spec().ack()),
                        WorkerHealth.NONE);
        Slot slot = stepContext.slot(index);
        boolean onTrial = programVersion != null && stepContext.onTrial(worker);
        if (programVersion != null && slot.current() == null && stepContext.wants(slot)) {
            stepContext.put(slot.current(worker).move(slot.moved() || onTrial).refill(null));
            if (onTrial && slot.successor() != null) {
                WorkerStop.begin(
                        stepContext,
                        slot.successor(),
                        StopCause.WITHDRAWN); // it was to be replaced by this
            }
        } else if (onTrial
                && !slot.moved()
                && slot.successor() == null
                && stepContext.wants(slot)) {
            stepContext.put(slot.successor(worker));
        } else {
            stepContext.report(
                    Severity.WARN,
                    worker.id(),
                    "was started by the manager before, and is not wanted");
            WorkerStop.begin(stepContext, worker, StopCause.WITHDRAWN);
        }
    }

    private static @Nullable ProgramVersion version(StepContext stepContext, int generation) {
        if (stepContext.rollout != null
                && stepContext.rollout.target().generation() == generation) {
            return stepContext.rollout.target();
        }
        return stepContext.serving.generation() == generation ? stepContext.serving : null;
    }

    /// Extends the deadlines of workers: an ack may have been lost and may come again, and signs of
    /// life were not heard.
    private static void extendDeadlines(StepContext stepContext) {
        for (Worker worker : workers(stepContext)) {
            AckSpec ack = worker.version().spec().ack();
            if (worker.state() instanceof WorkerState.Starting s && s.delayed()) {
                stepContext.replace(
                        worker.withState(
                                WorkerState.Starting.delayed(stepContext.now.plus(ack.timeout()))));
            } else if (worker.state() instanceof WorkerState.Starting
                    && !(ack.mode() instanceof AckSpec.Timer)) {
                boolean asked = ack.mode() instanceof AckSpec.Probe;
                RestartSpec.When when = worker.version().spec().restart().when();
                boolean unheard = !asked && when != RestartSpec.When.NEVER;
                WorkerState.Starting afresh = stepContext.starting(ack);
                stepContext.replace(
                        worker.withState(
                                new WorkerState.Starting(
                                        afresh.deadline(),
                                        afresh.nextProbe(),
                                        unheard,
                                        false,
                                        "")));
            } else if (worker.up()) {
                stepContext.replace(worker.with(worker.health().pinged(stepContext.now)));
            }
        }
    }

    /// The answers to those that were under way come no more.
    private static void renewProbes(StepContext stepContext) {
        for (Worker worker : workers(stepContext)) {
            if (worker.state() instanceof WorkerState.Starting starting
                    && worker.version().spec().ack().mode() instanceof AckSpec.Probe
                    && starting.nextProbe() == null
                    && !starting.delayed()) {
                stepContext.replace(worker.withState(starting.withNextProbe(stepContext.now)));
            }
            PeriodicCheck periodicCheck = worker.health().check();
            if (worker.up() && periodicCheck != null && periodicCheck.asked()) {
                PeriodicCheck again = periodicCheck.skipped(stepContext.now);
                stepContext.replace(worker.with(worker.health().checked(again)));
            }
        }
    }
}
