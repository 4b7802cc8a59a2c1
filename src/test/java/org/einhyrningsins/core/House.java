// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.DefinitionChange;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.core.plan.DefinitionsInUse;
import org.einhyrningsins.core.plan.ReloadPlan;
import org.einhyrningsins.core.plan.SocketHandoverOrder;
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

    private record Due(long at, long order, Resident whose, ProgramEvent event)
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
    private final Map<String, DefinitionChange> changes = new LinkedHashMap<>();
    private final Map<Long, Turn> turns = new LinkedHashMap<>();
    private final Deque<Supplier<SocketHandoverOrder.Next>> answers = new ArrayDeque<>();
    private final Set<String> kept = new HashSet<>();
    private SocketHandoverOrder socketHandoverOrder = SocketHandoverOrder.NONE;
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

    public ReloadPlan.Now now() {
        List<ProgramSpec> inUse = new ArrayList<>();
        programs.values().forEach(resident -> inUse.addAll(DefinitionsInUse.all(resident.program)));
        leaving.forEach(resident -> inUse.addAll(DefinitionsInUse.all(resident.program)));
        return new ReloadPlan.Now(states(), inUse);
    }

    /// What failed of all that was asked.
    public List<String> failures() {
        return failures;
    }

    /// Does what the plan says, as the manager does: who gives something up in its turn.
    public void carryOut(ReloadPlan reloadPlan) {
        socketHandoverOrder.parts().keySet().forEach(this::keep);
        socketHandoverOrder = SocketHandoverOrder.of(reloadPlan.handovers());
        kept.clear();
        changes.clear();
        turns.clear();
        answers.clear();
        Set<String> barred = reloadPlan.barred(states(), false).keySet();
        for (DefinitionChange definitionChange : reloadPlan.changes().values()) {
            ProgramCommand programCommand = definitionChange.command(null);
            if (socketHandoverOrder.parts().containsKey(definitionChange.program())) {
                changes.put(definitionChange.program(), definitionChange);
                if (definitionChange.kind() == DefinitionChange.Kind.ADDED
                        && definitionChange.after() != null) {
                    Program fresh = Program.of(definitionChange.after(), moment());
                    programs.put(definitionChange.program(), new Resident(fresh));
                }
                continue;
            }
            if (programCommand == null) {
                continue;
            }
            Resident resident = programs.get(definitionChange.program());
            if (definitionChange.kind() == DefinitionChange.Kind.ADDED
                    && definitionChange.after() != null) {
                resident = new Resident(Program.of(definitionChange.after(), moment()));
                programs.put(definitionChange.program(), resident);
            }
            if (resident == null) {
                throw new IllegalStateException(definitionChange.toString());
            }
            if (definitionChange.kind() == DefinitionChange.Kind.REMOVED) {
                programs.remove(definitionChange.program());
                leaving.add(resident);
            }
            ask(resident, programCommand);
        }
        follow(socketHandoverOrder.begin(barred));
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
        SocketHandoverOrder.Part part = socketHandoverOrder.parts().get(name);
        if (resident != null && part != null && part.state() != SocketHandoverOrder.State.TOLD) {
            boolean held = resident.program.rollout() != null && resident.program.rollout().held();
            if (held) {
                ask(resident, new ProgramCommand.Keep(KEPT));
            }
        }
    }

    private void follow(SocketHandoverOrder.Next next) {
        socketHandoverOrder = next.state();
        for (SocketHandoverOrder.Order order : next.orders()) {
            Resident resident = programs.get(order.program());
            DefinitionChange definitionChange = changes.get(order.program());
            if (resident == null || definitionChange == null) {
                throw new IllegalStateException(order.toString());
            }
            switch (order.act()) {
                case CHANGE -> turn(resident, definitionChange);
                case HOLD ->
                        turn(
                                resident,
                                new ProgramCommand.Hold(
                                        Objects.requireNonNull(definitionChange.after())));
                case RELEASE -> turn(resident, new ProgramCommand.Release());
                case KEEP -> {
                    kept.add(order.program());
                    ask(resident, new ProgramCommand.Keep(KEPT));
                }
            }
        }
    }

    private void turn(Resident resident, DefinitionChange definitionChange) {
        ProgramCommand programCommand = definitionChange.command(null);
        if (definitionChange.kind() == DefinitionChange.Kind.REMOVED) {
            programs.remove(definitionChange.program());
            leaving.add(resident);
        } else if (definitionChange.kind() == DefinitionChange.Kind.ADDED) {
            programCommand = new ProgramCommand.Debut(null);
        } else if (programCommand == null) {
            programCommand =
                    new ProgramCommand.Apply(
                            Objects.requireNonNull(definitionChange.after()), false);
        }
        turn(resident, Objects.requireNonNull(programCommand));
    }

    private void turn(Resident resident, ProgramCommand programCommand) {
        turns.put(
                ticket + 1,
                new Turn(resident.program.name(), programCommand instanceof ProgramCommand.Hold));
        ask(resident, programCommand);
    }

    private record Turn(String program, boolean hold) {}

    private void answered(ProgramEffect.Answer answer) {
        Turn turn = turns.remove(answer.ticket());
        if (turn == null) {
            return;
        }
        answers.add(
                () ->
                        turn.hold() && answer.done()
                                ? socketHandoverOrder.ready(turn.program())
                                : socketHandoverOrder.changed(turn.program(), answer.done()));
    }

    /// Who stays as it is, since who was to take over from it did not.
    public Set<String> kept() {
        return kept;
    }

    public void ask(String name, ProgramCommand programCommand) {
        Resident resident = programs.get(name);
        if (resident != null) {
            ask(resident, programCommand);
        }
    }

    private void ask(Resident resident, ProgramCommand programCommand) {
        open.add(++ticket);
        take(resident, new ProgramEvent.Requested(ticket, programCommand));
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
        leaving.removeIf(resident -> resident.program.hasNoProcess());
        if (!socketHandoverOrder.over()) {
            throw new AssertionError(
                    "turns that never came: " + socketHandoverOrder + turns + changes.keySet());
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
            take(first, new ProgramEvent.DeadlinePassed());
        }
        return first != null;
    }

    private void deliver(Due next) {
        if (next.event() instanceof ProgramEvent.Exited exited
                && !next.whose().living.remove(exited.worker())) {
            return;
        }
        take(next.whose(), next.event());
    }

    private Moment moment() {
        return new Moment(millis * 1_000_000);
    }

    private void take(Resident resident, ProgramEvent programEvent) {
        Transition step = resident.program.step(programEvent, moment());
        resident.program = step.program();
        for (ProgramEffect programEffect : step.effects()) {
            switch (programEffect) {
                case ProgramEffect.Spawn spawn -> spawn(resident, spawn);
                case ProgramEffect.Send send -> send(resident, send);
                case ProgramEffect.Probe probe ->
                        soon(
                                resident,
                                new ProgramEvent.Probed(probe.worker(), random.nextBoolean(), ""),
                                400);
                case ProgramEffect.Answer answer -> {
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

    private void spawn(Resident resident, ProgramEffect.Spawn spawn) {
        resident.living.add(spawn.worker());
        AckSpec.Mode mode = spawn.version().spec().ack().mode();
        if (mode instanceof AckSpec.Manual
                || mode instanceof AckSpec.Notify
                || mode instanceof AckSpec.Log) {
            soon(resident, new ProgramEvent.Acked(spawn.worker()), 2_000);
        }
    }

    private void send(Resident resident, ProgramEffect.Send send) {
        boolean goes = send.signal() != Signal.HUP && resident.told.add(send.worker());
        if (goes) {
            soon(resident, new ProgramEvent.Exited(send.worker(), new WorkerExit(0, 0)), 2_500);
        }
    }

    private void soon(Resident resident, ProgramEvent programEvent, int most) {
        due.add(new Due(millis + random.nextInt(most), order++, resident, programEvent));
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
