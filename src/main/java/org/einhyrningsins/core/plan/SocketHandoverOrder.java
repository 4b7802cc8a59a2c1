// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.plan;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/// The order in which the programs of one reload change, where some give up to others what these
/// are to serve first.
///
/// A giver changes when all its receivers serve, and stays as it is when one of them fails: then
/// those that wait for the giver stay too. Programs that give to each other in a circle all bring
/// their new workers up beside the old ones; when everyone's are up, all old ones go, and when one
/// program fails, all new ones go.
///
/// A value: each event gives the state as it is then, and the orders that follow. The orders'
/// results come back as events.
///
/// @param parts by program, in the order of the reload
public record SocketHandoverOrder(Map<String, Part> parts) {
    /// Order without a handover.
    public static final SocketHandoverOrder NONE = new SocketHandoverOrder(Map.of());

    public SocketHandoverOrder {
        parts = Collections.unmodifiableMap(new LinkedHashMap<>(parts));
    }

    /// Part of one program in the handovers.
    ///
    /// @param after programs that must serve before its old workers stop
    /// @param circle itself and those that it gives to and receives from in a circle; else empty
    public record Part(Set<String> after, Set<String> circle, State state) {
        public Part {
            after = Collections.unmodifiableSet(new LinkedHashSet<>(after));
            circle = Collections.unmodifiableSet(new LinkedHashSet<>(circle));
        }

        Part in(State next) {
            return new Part(after, circle, next);
        }
    }

    /// Progress of a program in the handovers.
    public enum State {
        /// Not begun.
        WAITING,
        /// Its new workers are coming up, and its old ones stay until it is released.
        HELD,
        /// Its new workers are up beside the old ones.
        READY,
        /// Its change is under way.
        TOLD,
        /// It serves as its new definition says.
        DONE,
        /// It did not change, or not wholly.
        FAILED
    }

    /// Action for a program.
    public enum Act {
        /// Change now.
        CHANGE,
        /// Bring the new workers up, and keep the old ones.
        HOLD,
        /// Let the old workers stop.
        RELEASE,
        /// Stay as it is, since another failed.
        KEEP
    }

    /// Order to a program.
    ///
    /// @param because the program that failed; null if none did
    public record Order(String program, Act act, @Nullable String because) {}

    /// Result of an event.
    ///
    /// @param state the state after it
    /// @param orders to be carried out in this order
    public record Next(SocketHandoverOrder state, List<Order> orders) {}

    /// A reload with these handovers, of which nobody was told yet.
    public static SocketHandoverOrder of(List<SocketHandover> handovers) {
        SequencedMap<String, Set<String>> after = new LinkedHashMap<>();
        for (SocketHandover socketHandover : handovers) {
            after.computeIfAbsent(socketHandover.giver(), name -> new LinkedHashSet<>())
                    .addAll(socketHandover.receivers());
            socketHandover
                    .receivers()
                    .forEach(name -> after.computeIfAbsent(name, n -> new LinkedHashSet<>()));
        }
        SequencedMap<String, Part> parts = new LinkedHashMap<>();
        after.forEach(
                (name, others) ->
                        parts.put(name, new Part(others, circle(name, after), State.WAITING)));
        return new SocketHandoverOrder(parts);
    }

    /// Returns the programs that it waits for and that wait for it; with itself, if there are any.
    private static Set<String> circle(String name, Map<String, Set<String>> after) {
        Set<String> circle = new LinkedHashSet<>();
        for (String other : reachable(name, after)) {
            if (reachable(other, after).contains(name)) {
                circle.add(other);
            }
        }
        return circle;
    }

    private static Set<String> reachable(String from, Map<String, Set<String>> after) {
        Set<String> reached = new LinkedHashSet<>();
        List<String> open = new ArrayList<>(after.getOrDefault(from, Set.of()));
        while (!open.isEmpty()) {
            String next = open.removeLast();
            if (reached.add(next)) {
                open.addAll(after.getOrDefault(next, Set.of()));
            }
        }
        return reached;
    }

    /// True if a program takes part and is not finished.
    public boolean open(String program) {
        Part part = parts.get(program);
        return part != null && part.state() != State.DONE && part.state() != State.FAILED;
    }

    /// True if every part is finished.
    public boolean over() {
        return parts.keySet().stream().noneMatch(this::open);
    }

    // ---- events

    /// Begins.
    ///
    /// @param barred receivers of which it is known that they will not serve: who gives to them
    ///   stays
    public Next begin(Set<String> barred) {
        SequencedMap<String, Part> next = new LinkedHashMap<>(parts);
        List<Order> kept = new ArrayList<>();
        parts.forEach(
                (name, part) -> {
                    for (String other : part.after()) {
                        if (barred.contains(other)) {
                            kept.add(new Order(name, Act.KEEP, other));
                            next.put(name, part.in(State.FAILED));
                            break;
                        }
                    }
                });
        Next then = settle(next);
        kept.addAll(then.orders());
        return new Next(then.state(), kept);
    }

    /// The new workers of a program that is held are up.
    public Next ready(String program) {
        return parts.containsKey(program) && parts.get(program).state() == State.HELD
                ? settle(with(program, State.READY))
                : new Next(this, List.of());
    }

    /// A program that was told to change did, or did not.
    public Next changed(String program, boolean done) {
        Part part = parts.get(program);
        boolean asked = part != null && open(program) && part.state() != State.WAITING;
        return asked
                ? settle(with(program, done ? State.DONE : State.FAILED))
                : new Next(this, List.of());
    }

    private SequencedMap<String, Part> with(String program, State state) {
        SequencedMap<String, Part> next = new LinkedHashMap<>(parts);
        next.computeIfPresent(program, (name, part) -> part.in(state));
        return next;
    }

    // ---- what follows

    /// Looks only at the state, never at how it came about; again and again until nothing follows.
    private static Next settle(SequencedMap<String, Part> parts) {
        List<Order> orders = new ArrayList<>();
        boolean moved = true;
        while (moved) {
            moved = false;
            for (String name : List.copyOf(parts.keySet())) {
                Order order = order(name, parts);
                if (order != null) {
                    orders.add(order);
                    parts.computeIfPresent(name, (n, part) -> part.in(after(order.act())));
                    moved = true;
                }
            }
        }
        return new Next(new SocketHandoverOrder(parts), orders);
    }

    private static State after(Act act) {
        return switch (act) {
            case CHANGE, RELEASE -> State.TOLD;
            case HOLD -> State.HELD;
            case KEEP -> State.FAILED;
        };
    }

    private static @Nullable Order order(String name, Map<String, Part> parts) {
        Part part = parts.get(name);
        if (part == null) {
            return null;
        }
        return switch (part.state()) {
            case WAITING -> {
                String failed = failed(part, parts);
                if (failed != null) {
                    yield new Order(name, Act.KEEP, failed);
                } else if (!part.circle().isEmpty()) {
                    yield new Order(name, Act.HOLD, null);
                }
                yield serve(part.after(), parts) ? new Order(name, Act.CHANGE, null) : null;
            }
            case HELD, READY -> {
                String failed = failed(part, parts);
                if (failed != null) {
                    yield new Order(name, Act.KEEP, failed);
                }
                boolean goes = part.state() == State.READY && mayGo(part, parts);
                yield goes ? new Order(name, Act.RELEASE, null) : null;
            }
            case TOLD, DONE, FAILED -> null;
        };
    }

    /// Returns a program that it waits for and that failed; null if none did.
    private static @Nullable String failed(Part part, Map<String, Part> parts) {
        Set<String> others = new LinkedHashSet<>(part.after());
        others.addAll(part.circle());
        for (String other : others) {
            Part its = parts.get(other);
            if (its != null && its.state() == State.FAILED) {
                return other;
            }
        }
        return null;
    }

    private static boolean serve(Set<String> names, Map<String, Part> parts) {
        for (String name : names) {
            Part part = parts.get(name);
            if (part != null && part.state() != State.DONE) {
                return false;
            }
        }
        return true;
    }

    /// True if everyone in the circle is up, and every receiver of theirs outside of it serves.
    /// Those that were released before are.
    private static boolean mayGo(Part part, Map<String, Part> parts) {
        Set<String> outside = new HashSet<>();
        for (String name : part.circle()) {
            Part member = parts.get(name);
            if (member != null) {
                outside.addAll(member.after());
                if (member.state() == State.WAITING || member.state() == State.HELD) {
                    return false;
                }
            }
        }
        outside.removeAll(part.circle());
        return serve(outside, parts);
    }
}
