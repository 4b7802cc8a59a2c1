// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.plan.SocketHandover;
import org.einhyrningsins.core.plan.SocketHandoverOrder;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.snapshot.ReloadSnapshot;
import org.einhyrningsins.manager.snapshot.ReloadSnapshot.Asked;
import org.einhyrningsins.manager.snapshot.ReloadSnapshot.Task;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// Tells the programs of a reload to change in the order of [SocketHandoverOrder]: who gives up a
/// socket, or its name, after those that take it over.
public final class SocketHandoverRunner {
    private final ProgramTable programTable;
    private final ManagerLog managerLog;
    private final CommandSender asking;
    private final Map<String, Task> tasks = new LinkedHashMap<>();
    private final Map<Long, Asked> asked = new HashMap<>();
    private final Map<String, String> why = new HashMap<>(0);
    private final Deque<Supplier<SocketHandoverOrder.Next>> events = new ArrayDeque<>();
    private SocketHandoverOrder state = SocketHandoverOrder.NONE;
    private boolean busy;

    /// Asks programs, and answers who asked for the reload.
    interface CommandSender {
        /// A number for a question whose answer nobody but the runner waits for.
        ///
        /// @param like number of the question that it is a part of
        long ticket(long like);

        void ask(ProgramHost host, ProgramCommand programCommand, long ticket);

        void progress(long ticket, String message);

        void answer(String program, long ticket, boolean done, String message);

        /// Sockets may be over.
        void unsettled();
    }

    SocketHandoverRunner(ProgramTable programTable, ManagerLog managerLog, CommandSender asking) {
        this.programTable = programTable;
        this.managerLog = managerLog;
        this.asking = asking;
    }

    /// Returns whether a reload waits for programs that are to take over from others.
    boolean underWay() {
        return !state.over();
    }

    /// The definitions that are still to be taken over, whose sockets are needed.
    public List<ProgramSpec> definitions() {
        List<ProgramSpec> definitions = new ArrayList<>();
        for (Task task : tasks.values()) {
            if (task.definition() != null && state.open(task.program())) {
                definitions.add(task.definition());
            }
        }
        return definitions;
    }

    /// Begins; everyone has a task.
    ///
    /// @param barred receivers that will not serve, with why
    void begin(List<SocketHandover> handovers, List<Task> parts, Map<String, String> barred) {
        parts.forEach(task -> tasks.put(task.program(), task));
        why.putAll(barred);
        state = SocketHandoverOrder.of(handovers);
        for (SocketHandover socketHandover : handovers) {
            Task giver = tasks.get(socketHandover.giver());
            if (giver != null
                    && socketHandover.receivers().stream().noneMatch(barred::containsKey)) {
                String words = waits(socketHandover);
                managerLog.info(giver.program(), words);
                asking.progress(giver.ticket(), giver.program() + ": " + words);
            }
        }
        happened(() -> state.begin(barred.keySet()));
    }

    private static String waits(SocketHandover socketHandover) {
        String whom = String.join(" and ", socketHandover.receivers());
        return (socketHandover.renamed()
                        ? "is renamed, and stops"
                        : "gives up " + socketHandover.what())
                + " when "
                + whom
                + (socketHandover.receivers().size() == 1 ? " serves" : " serve");
    }

    /// A program has answered.
    void answered(long ticket, boolean done, String message) {
        Asked about = asked.remove(ticket);
        if (about == null) {
            return;
        }
        Task task = tasks.get(about.program());
        if (about.hold() && !done && task != null) {
            asking.answer(about.program(), task.ticket(), false, message);
        }
        if (task != null && task.debut() && !done) {
            withdraw(task);
        }
        happened(
                () ->
                        about.hold() && done
                                ? state.ready(about.program())
                                : state.changed(about.program(), done));
    }

    /// One that did not come up is as if the file had not named it; who has what it was to take
    /// over has it.
    private void withdraw(Task task) {
        ProgramHost host = programTable.get(task.program());
        if (host != null) {
            managerLog.error(
                    task.program(), "does not take over " + task.what() + "; it is not started");
            programTable.retire(host);
            asking.ask(host, new ProgramCommand.Stop(null, null), asking.ticket(task.ticket()));
        }
    }

    /// Ends with what has happened until now: who waits stays as it is, who changes goes on.
    public void drop(String why) {
        SocketHandoverOrder before = state;
        state = SocketHandoverOrder.NONE;
        events.clear();
        before.parts()
                .forEach(
                        (name, part) -> {
                            boolean told = part.state() == SocketHandoverOrder.State.TOLD;
                            if (before.open(name) && !told) {
                                keep(name, why);
                            }
                        });
        forget();
    }

    private void forget() {
        tasks.clear();
        asked.clear();
        why.clear();
        asking.unsettled();
    }

    // ---- one after the other

    /// Handles an event: its consequences are carried out before those of the next one.
    private void happened(Supplier<SocketHandoverOrder.Next> event) {
        events.add(event);
        if (busy) {
            return;
        }
        busy = true;
        try {
            for (var next = events.poll(); next != null; next = events.poll()) {
                SocketHandoverOrder.Next then = next.get();
                state = then.state();
                then.orders().forEach(this::carryOut);
            }
        } finally {
            busy = false;
        }
        if (!underWay()) {
            state = SocketHandoverOrder.NONE;
            forget();
        }
    }

    private void carryOut(SocketHandoverOrder.Order order) {
        Task task = tasks.get(order.program());
        ProgramHost host = programTable.get(order.program());
        if (order.act() == SocketHandoverOrder.Act.KEEP) {
            keep(order.program(), stays(order.because()));
        } else if (task != null && host != null) {
            switch (order.act()) {
                case CHANGE -> change(host, task);
                case HOLD -> hold(host, task);
                case RELEASE -> ask(host, new ProgramCommand.Release(), task.ticket(), false);
                case KEEP -> {}
            }
        } else if (task != null) { // it went meanwhile
            asking.answer(order.program(), task.ticket(), true, order.program() + ": is gone");
            events.add(() -> state.changed(order.program(), true));
        }
    }

    private void change(ProgramHost host, Task task) {
        if (task.removed()) {
            managerLog.info(host.name(), "is replaced, and is stopped");
            programTable.retire(host);
        }
        ask(host, task.command(), task.ticket(), false);
    }

    private void hold(ProgramHost host, Task task) {
        ProgramSpec definition = task.definition();
        if (definition != null) {
            OperatorOverride.Rollback rollback =
                    task.command() instanceof ProgramCommand.Apply apply ? apply.rollback() : null;
            long ticket = asking.ticket(task.ticket());
            ask(host, new ProgramCommand.Hold(definition, rollback), ticket, true);
        }
    }

    private void ask(ProgramHost host, ProgramCommand programCommand, long ticket, boolean hold) {
        asked.put(ticket, new Asked(ticket, host.name(), hold));
        asking.ask(host, programCommand, ticket);
    }

    private String stays(@Nullable String because) {
        Task failed = because == null ? null : tasks.get(because);
        String what =
                failed == null || failed.what().isEmpty() ? "" : " to take over " + failed.what();
        String did = why.getOrDefault(because, "did not");
        return because + ", which was" + (what.isEmpty() ? " to change first" : what) + ", " + did;
    }

    private void keep(String program, String why) {
        Task task = tasks.get(program);
        ProgramHost host = programTable.get(program);
        if (task != null) {
            asked.values().removeIf(each -> each.program().equals(program));
            String words = "stays as it is: " + why;
            if (host == null) {
                asking.answer(program, task.ticket(), false, program + ": " + words);
            } else {
                asking.ask(host, new ProgramCommand.Keep(words), task.ticket());
            }
        }
    }

    // ---- from one manager to the next

    /// State for another manager to go on with; null if nothing is under way.
    public @Nullable ReloadSnapshot image() {
        return underWay()
                ? new ReloadSnapshot(
                        state, List.copyOf(tasks.values()), new ArrayList<>(asked.values()))
                : null;
    }

    /// Goes on where another manager stopped.
    public void resume(@Nullable ReloadSnapshot image) {
        if (image != null) {
            state = image.state();
            image.tasks().forEach(task -> tasks.put(task.program(), task));
            image.asked().forEach(each -> asked.put(each.ticket(), each));
        }
    }
}
