// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.Change;
import org.einhyrningsins.core.model.Command;
import org.einhyrningsins.core.model.Effect;
import org.einhyrningsins.core.model.Event;
import org.einhyrningsins.core.model.Exit;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.plan.Handovers;
import org.einhyrningsins.core.plan.Plan;
import org.einhyrningsins.spec.AckSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/// Several programs in a world where all workers come up and go when they are told, in virtual
/// time.
public final class House {
    private static final String KEPT = "stays as it is";
    private static final long PATIENCE_MILLIS = 3_600_000;

    private record Due(long at, long order, Resident whose, Event event)
            implements Comparable<Due> {
        @Override
        public int compareTo(Due other) {
            int byTime = Long.compare(at, other.at);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    private static final class Resident {
        Program program;
        final Set<WorkerId> living = new HashSet<>();
        final Set<WorkerId> told = new HashSet<>();

        Resident(Program program) {
            this.program = program;
        }
    }

    private final SplittableRandom random;
    private final SequencedMap<String, Resident> programs = new LinkedHashMap<>();
    private final List<Resident> leaving = new ArrayList<>();
    private final PriorityQueue<Due> due = new PriorityQueue<>();
    private final Set<Long> open = new HashSet<>();
    private final List<String> failures = new ArrayList<>();
    private final Map<String, Change> changes = new LinkedHashMap<>();
    private final Map<Long, Turn> turns = new LinkedHashMap<>();
    private final Deque<Supplier<Handovers.Next>> answers = new ArrayDeque<>();
    private final Set<String> kept = new HashSet<>();
    private Handovers handovers = Handovers.NONE;
    private long millis;
    private long order;
    private long ticket;

    public House(SplittableRandom random) {
        this.random = random;
    }

    public SequencedMap<String, Program> states() {
        SequencedMap<String, Program> states = new LinkedHashMap<>();
        programs.forEach((name, resident) -> states.put(name, resident.program));
        return states;
    }

    public Plan.Now now() {
        List<ProgramSpec> inUse = new ArrayList<>();
        programs.values().forEach(resident -> inUse.addAll(resident.program.definitions()));
        leaving.forEach(resident -> inUse.addAll(resident.program.definitions()));
        return new Plan.Now(states(), inUse);
    }

    /// What failed of all that was asked.
    public List<String> failures() {
        return failures;
    }

    /// Does what the plan says, as the manager does: who gives something up in its turn.
    public void carryOut(Plan plan) {
        handovers.parts().keySet().forEach(this::keep);
        handovers = Handovers.of(plan.handovers());
        kept.clear();
        changes.clear();
        turns.clear();
        answers.clear();
        Set<String> barred = plan.barred(states(), false).keySet();
        for (Change change : plan.changes().values()) {
            Command command = change.command();
            if (handovers.parts().containsKey(change.program())) {
                changes.put(change.program(), change);
                if (change.kind() == Change.Kind.ADDED && change.after() != null) {
                    Program fresh = Program.of(change.after(), moment());
                    programs.put(change.program(), new Resident(fresh));
                }
                continue;
            }
            if (command == null) {
                continue;
            }
            Resident resident = programs.get(change.program());
            if (change.kind() == Change.Kind.ADDED && change.after() != null) {
                resident = new Resident(Program.of(change.after(), moment()));
                programs.put(change.program(), resident);
            }
            if (resident == null) {
                throw new IllegalStateException(change.toString());
            }
            if (change.kind() == Change.Kind.REMOVED) {
                programs.remove(change.program());
                leaving.add(resident);
            }
            ask(resident, command);
        }
        follow(handovers.begin(barred));
        settle();
    }

    private void settle() {
        for (var next = answers.poll(); next != null; next = answers.poll()) {
            follow(next.get());
        }
    }

    /// One that waits, or is held, when another reload comes.
    private void keep(String name) {
        Resident resident = programs.get(name);
        Handovers.Part part = handovers.parts().get(name);
        if (resident != null && part != null && part.state() != Handovers.State.TOLD) {
            boolean held = resident.program.rollout() != null && resident.program.rollout().held();
            if (held) {
                ask(resident, new Command.Keep(KEPT));
            }
        }
    }

    private void follow(Handovers.Next next) {
        handovers = next.state();
        for (Handovers.Order order : next.orders()) {
            Resident resident = programs.get(order.program());
            Change change = changes.get(order.program());
            if (resident == null || change == null) {
                throw new IllegalStateException(order.toString());
            }
            switch (order.act()) {
                case CHANGE -> turn(resident, change);
                case HOLD ->
                        turn(resident, new Command.Hold(Objects.requireNonNull(change.after())));
                case RELEASE -> turn(resident, new Command.Release());
                case KEEP -> {
                    kept.add(order.program());
                    ask(resident, new Command.Keep(KEPT));
                }
            }
        }
    }

    private void turn(Resident resident, Change change) {
        Command command = change.command();
        if (change.kind() == Change.Kind.REMOVED) {
            programs.remove(change.program());
            leaving.add(resident);
        } else if (change.kind() == Change.Kind.ADDED) {
            command = new Command.Debut(null);
        } else if (command == null) {
            command = new Command.Apply(Objects.requireNonNull(change.after()), false);
        }
        turn(resident, Objects.requireNonNull(command));
    }

    private void turn(Resident resident, Command command) {
        turns.put(ticket + 1, new Turn(resident.program.name(), command instanceof Command.Hold));
        ask(resident, command);
    }

    private record Turn(String program, boolean hold) {}

    private void answered(Effect.Answer answer) {
        Turn turn = turns.remove(answer.ticket());
        if (turn == null) {
            return;
        }
        answers.add(
                () ->
                        turn.hold() && answer.done()
                                ? handovers.ready(turn.program())
                                : handovers.changed(turn.program(), answer.done()));
    }

    /// Who stays as it is, since who was to take over from it did not.
    public Set<String> kept() {
        return kept;
    }

    public void ask(String name, Command command) {
        Resident resident = programs.get(name);
        if (resident != null) {
            ask(resident, command);
        }
    }

    private void ask(Resident resident, Command command) {
        open.add(++ticket);
        take(resident, new Event.Requested(ticket, command));
    }

    /// A while passes.
    public void steps(int count) {
        for (int i = 0; i < count; i++) {
            next();
        }
    }

    /// All that was asked is answered, and everything has come to rest.
    public void rest() {
        long until = millis + PATIENCE_MILLIS;
        while (next()) {
            if (millis > until) {
                throw new AssertionError("no rest: " + states() + open);
            }
        }
        if (!open.isEmpty()) {
            throw new AssertionError("unanswered: " + open + states());
        }
        leaving.removeIf(resident -> resident.program.vacant());
        if (!handovers.over()) {
            throw new AssertionError(
                    "turns that never came: " + handovers + turns + changes.keySet());
        }
        if (!leaving.isEmpty()) {
            throw new AssertionError("still there: " + leaving);
        }
    }

    private boolean next() {
        settle();
        Resident first = null;
        long earliest = Long.MAX_VALUE;
        List<Resident> all = new ArrayList<>(programs.values());
        all.addAll(leaving);
        for (Resident resident : all) {
            Moment deadline = resident.program.earliestDeadline();
            if (deadline != null && deadline.nanos() / 1_000_000 < earliest) {
                earliest = deadline.nanos() / 1_000_000;
                first = resident;
            }
        }
        Due next = due.peek();
        if (next != null && next.at() <= earliest) {
            due.remove();
            millis = Math.max(millis, next.at());
            deliver(next);
            return true;
        }
        if (first != null) {
            millis = Math.max(millis, earliest);
            take(first, new Event.DeadlinePassed());
        }
        return first != null;
    }

    private void deliver(Due next) {
        if (next.event() instanceof Event.Exited exited
                && !next.whose().living.remove(exited.worker())) {
            return;
        }
        take(next.whose(), next.event());
    }

    private Moment moment() {
        return new Moment(millis * 1_000_000);
    }

    private void take(Resident resident, Event event) {
        Transition step = resident.program.step(event, moment());
        resident.program = step.program();
        for (Effect effect : step.effects()) {
            switch (effect) {
                case Effect.Spawn spawn -> spawn(resident, spawn);
                case Effect.Send send -> send(resident, send);
                case Effect.Probe probe ->
                        soon(resident, new Event.Probed(probe.worker(), random.nextBoolean()), 400);
                case Effect.Answer answer -> {
                    open.remove(answer.ticket());
                    answered(answer);
                    if (!answer.done() && !answer.message().contains(KEPT)) {
                        failures.add(answer.message());
                    }
                }
                default -> {}
            }
        }
    }

    private void spawn(Resident resident, Effect.Spawn spawn) {
        resident.living.add(spawn.worker());
        AckSpec.Mode mode = spawn.version().spec().ack().mode();
        if (mode instanceof AckSpec.Manual
                || mode instanceof AckSpec.Notify
                || mode instanceof AckSpec.Log) {
            soon(resident, new Event.Acked(spawn.worker()), 2_000);
        }
    }

    private void send(Resident resident, Effect.Send send) {
        boolean goes = send.signal() != Signal.HUP && resident.told.add(send.worker());
        if (goes) {
            soon(resident, new Event.Exited(send.worker(), new Exit(0, 0)), 2_500);
        }
    }

    private void soon(Resident resident, Event event, int most) {
        due.add(new Due(millis + random.nextInt(most), order++, resident, event));
    }

    /// Who serves, by slot.
    public static Map<Integer, Worker> serving(@Nullable Program program) {
        Map<Integer, Worker> serving = new LinkedHashMap<>();
        for (Slot slot : program == null ? List.<Slot>of() : program.slots()) {
            Worker current = slot.current();
            if (current != null) {
                serving.put(slot.index(), current);
            }
        }
        return serving;
    }
}
