// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.core.model.Command;
import org.einhyrningsins.core.plan.Handover;
import org.einhyrningsins.core.plan.Handovers;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.Programs;
import org.einhyrningsins.manager.runtime.Log;
import org.einhyrningsins.manager.snapshot.ReloadImage;
import org.einhyrningsins.manager.snapshot.ReloadImage.Asked;
import org.einhyrningsins.manager.snapshot.ReloadImage.Task;
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

/// Tells the programs of a reload to change in the order of [Handovers]: who gives up a socket, or
/// its name, after those that take it over.
public final class HandoverRunner {
    private final Programs programs;
    private final Log log;
    private final Asking asking;
    private final Map<String, Task> tasks = new LinkedHashMap<>();
    private final Map<Long, Asked> asked = new HashMap<>();
    private final Map<String, String> why = new HashMap<>(0);
    private final Deque<Supplier<Handovers.Next>> events = new ArrayDeque<>();
    private Handovers state = Handovers.NONE;
    private boolean busy;

    /// Asks programs, and answers who asked for the reload.
    interface Asking {
        /// A number for a question whose answer nobody but the runner waits for.
        long ticket();

        void ask(ProgramHost host, Command command, long ticket);

        void progress(long ticket, String message);

        void answer(long ticket, boolean done, String message);

        /// Sockets may be over.
        void unsettled();
    }

    HandoverRunner(Programs programs, Log log, Asking asking) {
        this.programs = programs;
        this.log = log;
        this.asking = asking;
    }

    /// Whether a reload waits for programs that are to take over from others.
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
    void begin(List<Handover> handovers, List<Task> parts, Map<String, String> barred) {
        parts.forEach(task -> tasks.put(task.program(), task));
        why.putAll(barred);
        state = Handovers.of(handovers);
        for (Handover handover : handovers) {
            Task giver = tasks.get(handover.giver());
            if (giver != null && handover.receivers().stream().noneMatch(barred::containsKey)) {
                String words = waits(handover);
                log.info(giver.program(), words);
                asking.progress(giver.ticket(), giver.program() + ": " + words);
            }
        }
        happened(() -> state.begin(barred.keySet()));
    }

    private static String waits(Handover handover) {
        String whom = String.join(" and ", handover.receivers());
        return (handover.renamed() ? "is renamed, and stops" : "gives up " + handover.what())
                + " when "
                + whom
                + (handover.receivers().size() == 1 ? " serves" : " serve");
    }

    /// A program has answered.
    void answered(long ticket, boolean done, String message) {
        Asked about = asked.remove(ticket);
        if (about == null) {
            return;
        }
        Task task = tasks.get(about.program());
        if (about.hold() && !done && task != null) {
            asking.answer(task.ticket(), false, message);
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
        ProgramHost host = programs.get(task.program());
        if (host != null) {
            log.error(task.program(), "does not take over " + task.what() + "; it is not started");
            programs.retire(host);
            asking.ask(host, new Command.Stop(null, null), asking.ticket());
        }
    }

    /// Ends with what has happened until now: who waits stays as it is, who changes goes on.
    public void drop(String why) {
        Handovers before = state;
        state = Handovers.NONE;
        events.clear();
        before.parts()
                .forEach(
                        (name, part) -> {
                            boolean told = part.state() == Handovers.State.TOLD;
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

    /// What follows from one event is done before what follows from the next.
    private void happened(Supplier<Handovers.Next> event) {
        events.add(event);
        if (busy) {
            return;
        }
        busy = true;
        try {
            for (var next = events.poll(); next != null; next = events.poll()) {
                Handovers.Next then = next.get();
                state = then.state();
                then.orders().forEach(this::carryOut);
            }
        } finally {
            busy = false;
        }
        if (!underWay()) {
            state = Handovers.NONE;
            forget();
        }
    }

    private void carryOut(Handovers.Order order) {
        Task task = tasks.get(order.program());
        ProgramHost host = programs.get(order.program());
        if (order.act() == Handovers.Act.KEEP) {
            keep(order.program(), stays(order.because()));
        } else if (task != null && host != null) {
            switch (order.act()) {
                case CHANGE -> change(host, task);
                case HOLD -> hold(host, task);
                case RELEASE -> ask(host, new Command.Release(), task.ticket(), false);
                case KEEP -> {}
            }
        } else if (task != null) { // it went meanwhile
            asking.answer(task.ticket(), true, order.program() + ": is gone");
            events.add(() -> state.changed(order.program(), true));
        }
    }

    private void change(ProgramHost host, Task task) {
        if (task.removed()) {
            log.info(host.name(), "is replaced, and is stopped");
            programs.retire(host);
        }
        ask(host, task.command(), task.ticket(), false);
    }

    private void hold(ProgramHost host, Task task) {
        ProgramSpec definition = task.definition();
        if (definition != null) {
            ask(host, new Command.Hold(definition), asking.ticket(), true);
        }
    }

    private void ask(ProgramHost host, Command command, long ticket, boolean hold) {
        asked.put(ticket, new Asked(ticket, host.name(), hold));
        asking.ask(host, command, ticket);
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
        ProgramHost host = programs.get(program);
        if (task != null) {
            asked.values().removeIf(each -> each.program().equals(program));
            String words = "stays as it is: " + why;
            if (host == null) {
                asking.answer(task.ticket(), false, program + ": " + words);
            } else {
                asking.ask(host, new Command.Keep(words), task.ticket());
            }
        }
    }

    // ---- from one manager to the next

    /// What another manager needs to go on; null if nothing is under way.
    public @Nullable ReloadImage image() {
        return underWay()
                ? new ReloadImage(
                        state, List.copyOf(tasks.values()), new ArrayList<>(asked.values()))
                : null;
    }

    /// Goes on where another manager stopped.
    public void resume(@Nullable ReloadImage image) {
        if (image != null) {
            state = image.state();
            image.tasks().forEach(task -> tasks.put(task.program(), task));
            image.asked().forEach(each -> asked.put(each.ticket(), each));
        }
    }
}
