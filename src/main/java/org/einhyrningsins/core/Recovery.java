// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.WorkerState.Cause;
import org.einhyrningsins.core.model.Care;
import org.einhyrningsins.core.model.Checkup;
import org.einhyrningsins.core.model.Effect.Severity;
import org.einhyrningsins.core.model.Event;
import org.einhyrningsins.core.model.Exit;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.Phase;
import org.einhyrningsins.core.model.Version;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.RestartSpec;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What becomes of a program when another manager goes on with it.
///
/// One that was handed on is as it was. One that is found after its manager was killed is known as
/// it was a little earlier: a worker of it may be gone, another born, a third have said that it is
/// up. What was found is brought in as events that come late; then the step ends as every step
/// does, by reconciling, which looks only at the state. A signal that was sent and is not known of
/// is sent again, or the death it brings is met as any other.
public final class Recovery {
    private Recovery() {}

    /// What was found of a program.
    ///
    /// @param alive workers whose processes are there
    /// @param leaderless workers whose own process is gone, and of whose process group others live
    /// @param newborn workers that are in the notes and not in the program, dead or alive
    /// @param acked workers that said, since the program was written down, that they are up
    /// @param unborn workers that were ordered and never came to be: the manager was killed first
    /// @param ends how those ended whose end the manager before has seen
    public record Found(
            Set<WorkerId> alive,
            Set<WorkerId> leaderless,
            List<Newborn> newborn,
            Set<WorkerId> acked,
            Set<WorkerId> unborn,
            Map<WorkerId, Exit> ends) {
        private Exit end(WorkerId worker) {
            return ends.getOrDefault(worker, Exit.UNKNOWN);
        }

        /// One of which all that were ordered came to be.
        public Found(
                Set<WorkerId> alive,
                Set<WorkerId> leaderless,
                List<Newborn> newborn,
                Set<WorkerId> acked) {
            this(alive, leaderless, newborn, acked, Set.of(), Map.of());
        }
    }

    /// A worker that was born at the last moment.
    ///
    /// @param other it is of another definition than its generation's, and nobody knows of which:
    ///   whatever becomes of a rollout, it is not what the file says
    public record Newborn(WorkerId worker, int generation, boolean other) {
        /// One that is of its generation's definition.
        public Newborn(WorkerId worker, int generation) {
            this(worker, generation, false);
        }
    }

    /// A program of which nothing is left but workers: it runs, as the file has it.
    ///
    /// @param count how many workers are wanted
    /// @param held the slots that an operator stopped
    /// @param generation the newest that a worker of it is of
    public static Program found(
            ProgramSpec spec, int count, Collection<Integer> held, int generation, Moment now) {
        Draft draft = new Draft(Program.of(spec, count, 1, now), now);
        draft.phase = new Phase.Running(false);
        draft.serving = new Version(generation, spec);
        draft.nextGeneration = generation + 1;
        for (int slot = 0; slot < count; slot++) {
            draft.slots.add(Slot.empty(slot, now).hold(held.contains(slot)));
        }
        return draft.program();
    }

    /// A program that was handed on: as it was, but that probes are under way no more.
    public static Program handedOn(Program program, Moment now) {
        Draft draft = new Draft(program, now);
        renewProbes(draft);
        return draft.program();
    }

    /// A program whose manager was killed. Whoever waited for its answers has lost the connection.
    public static Transition after(Program program, Found found, Moment now) {
        Draft draft = new Draft(program, now);
        draft.waits.clear();
        bury(draft, found);
        welcome(draft, found);
        for (WorkerId worker : found.acked()) {
            Worker known = draft.find(worker);
            if (known != null && known.state() instanceof WorkerState.Starting) {
                Deadlines.up(draft, known);
            }
        }
        giveTime(draft);
        renewProbes(draft);
        if (draft.rollout != null && draft.rollout.held()) { // who would have released it is gone
            Rolling.goBack(draft, "given up with the manager that was killed, old version kept");
        }
        Deadlines.expire(draft);
        Step.reconcile(draft);
        return new Transition(draft.program(), draft.effects);
    }

    /// Those that are gone ended: as the manager before has seen it, or nobody knows how.
    private static void bury(Draft draft, Found found) {
        for (Worker worker : workers(draft)) {
            if (found.leaderless().contains(worker.id())) {
                goOnWithout(draft, worker, found.end(worker.id()));
            } else if (found.unborn().contains(worker.id())
                    && worker.state() instanceof WorkerState.Starting) {
                orderAgain(draft, worker);
            } else if (!found.alive().contains(worker.id())) {
                Step.exited(draft, new Event.Exited(worker.id(), found.end(worker.id())));
            }
        }
    }

    /// It has not failed: another is ordered in its place.
    private static void orderAgain(Draft draft, Worker worker) {
        Slot slot = Draft.without(draft.slot(worker.id().slot()), worker);
        draft.put(slot.current() == null ? slot.refill(draft.now) : slot);
    }

    /// Its own process ended before the manager was killed, or after.
    private static void goOnWithout(Draft draft, Worker worker, Exit exit) {
        if (!(worker.state() instanceof WorkerState.Stopping stopping)) {
            Step.exited(draft, new Event.Exited(worker.id(), exit));
            draft.leaveBehind(worker, exit);
        } else if (!stopping.leaderless()) {
            draft.goOnWithout(worker, stopping, exit);
        }
    }

    private static List<Worker> workers(Draft draft) {
        List<Worker> workers = new ArrayList<>();
        for (Slot slot : draft.slots) {
            workers.addAll(slot.workers());
        }
        return workers;
    }

    private static void welcome(Draft draft, Found found) {
        List<Newborn> inOrder = new ArrayList<>(found.newborn());
        inOrder.sort(Comparator.comparingLong(newborn -> newborn.worker().incarnation()));
        for (Newborn newborn : inOrder) {
            draft.skip(newborn.worker().incarnation());
            if (draft.find(newborn.worker()) == null) {
                welcome(draft, newborn);
                bury(draft, found); // the next one may have been born in its place
            }
        }
    }

    /// It gets the place that it was born for, if that is free; else it has to go.
    private static void welcome(Draft draft, Newborn newborn) {
        int index = newborn.worker().slot();
        while (draft.slots.size() <= index) {
            draft.slots.add(Slot.empty(draft.slots.size(), draft.now));
        }
        Version version = version(draft, newborn.generation());
        Version known = version == null ? draft.serving : version;
        Worker worker =
                new Worker(
                        newborn.worker(),
                        newborn.other() ? known.ofUnknownBirth() : known,
                        draft.now,
                        draft.starting(known.spec().ack()),
                        Care.NONE);
        Slot slot = draft.slot(index);
        boolean onTrial = version != null && draft.onTrial(worker);
        if (version != null && slot.current() == null && draft.wants(slot)) {
            draft.put(slot.current(worker).move(slot.moved() || onTrial).refill(null));
            if (onTrial && slot.successor() != null) {
                draft.tellToGo(slot.successor(), Cause.WITHDRAWN); // it was to be replaced by this
            }
        } else if (onTrial && !slot.moved() && slot.successor() == null && draft.wants(slot)) {
            draft.put(slot.successor(worker));
        } else {
            draft.report(
                    Severity.WARN,
                    worker.id(),
                    "was born by the manager before, and is not wanted");
            draft.tellToGo(worker, Cause.WITHDRAWN);
        }
    }

    private static @Nullable Version version(Draft draft, int generation) {
        if (draft.rollout != null && draft.rollout.target().generation() == generation) {
            return draft.rollout.target();
        }
        return draft.serving.generation() == generation ? draft.serving : null;
    }

    /// Who said that it is up may not have been heard, and may say it again; and whoever gave signs
    /// of life was not heard.
    private static void giveTime(Draft draft) {
        for (Worker worker : workers(draft)) {
            AckSpec ack = worker.version().spec().ack();
            if (worker.state() instanceof WorkerState.Starting s && s.delayed()) {
                draft.replace(
                        worker.in(WorkerState.Starting.delayed(draft.now.plus(ack.timeout()))));
            } else if (worker.state() instanceof WorkerState.Starting
                    && !(ack.mode() instanceof AckSpec.Timer)) {
                boolean asked = ack.mode() instanceof AckSpec.Probe;
                RestartSpec.When when = worker.version().spec().restart().when();
                boolean unheard = !asked && when != RestartSpec.When.NEVER;
                WorkerState.Starting afresh = draft.starting(ack);
                draft.replace(
                        worker.in(
                                new WorkerState.Starting(
                                        afresh.deadline(), afresh.nextProbe(), unheard, false)));
            } else if (worker.up()) {
                draft.replace(worker.with(worker.care().pinged(draft.now)));
            }
        }
    }

    /// The answers to those that were under way come no more.
    private static void renewProbes(Draft draft) {
        for (Worker worker : workers(draft)) {
            if (worker.state() instanceof WorkerState.Starting starting
                    && worker.version().spec().ack().mode() instanceof AckSpec.Probe
                    && starting.nextProbe() == null
                    && !starting.delayed()) {
                draft.replace(worker.in(new WorkerState.Starting(starting.deadline(), draft.now)));
            }
            Checkup checkup = worker.care().checkup();
            if (worker.up() && checkup != null && checkup.asked()) {
                Checkup again = checkup.rest(draft.now, checkup.misses());
                draft.replace(worker.with(worker.care().checked(again)));
            }
        }
    }
}
