// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.plan;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.model.DependencyState;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.spec.StartSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;

/// Order in which programs start, and in reverse stop.
///
/// It is an order and no more: a program that comes after another waits for that one only if it is
/// meant to run, or a condition (`when`) says so. One that is stopped when the program is to start
/// is not waited for, since nobody knows whether it will ever come; one that is stopped while it is
/// waited for goes on to be waited for, so that a stop never starts anything.
///
/// @param after dependencies by program, in an order in which each comes after all of its own,
///   without unknown names and without what would close a circle
public record DependencyGraph(SequencedMap<String, List<String>> after) {
    public DependencyGraph {
        after = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(after));
    }

    /// The order of programs.
    ///
    /// @param after by program, the names it gives. A file has no circles, but a program that was
    ///   reloaded alone and one that was not may have made one: then the link that closes it is not
    ///   there, and nobody waits for ever
    public static DependencyGraph of(Map<String, List<String>> after) {
        SequencedMap<String, List<String>> ordered = new LinkedHashMap<>();
        for (String name : after.keySet()) {
            visit(name, after, ordered);
        }
        return new DependencyGraph(ordered);
    }

    /// @param rest of the names it gives, those that were not looked at yet
    /// @param before those it comes after
    private record Visit(String name, Iterator<String> rest, List<String> before) {}

    /// Depth first, without recursion: a chain may be as long as there are programs.
    private static void visit(
            String from,
            Map<String, List<String>> after,
            SequencedMap<String, List<String>> ordered) {
        Deque<Visit> visits = new ArrayDeque<>();
        Set<String> open = new HashSet<>();
        enter(from, after, visits, open);
        while (!visits.isEmpty()) {
            Visit visit = visits.peek();
            if (!visit.rest().hasNext()) {
                visits.pop();
                ordered.putIfAbsent(visit.name(), visit.before());
                open.remove(visit.name());
                continue;
            }
            String other = visit.rest().next();
            if (after.containsKey(other) && !open.contains(other)) {
                visit.before().add(other);
                if (!ordered.containsKey(other)) {
                    enter(other, after, visits, open);
                }
            }
        }
    }

    private static void enter(
            String name, Map<String, List<String>> after, Deque<Visit> visits, Set<String> open) {
        open.add(name);
        List<String> names = after.getOrDefault(name, List.of());
        visits.push(new Visit(name, names.iterator(), new ArrayList<>(names.size())));
    }

    /// Returns the next event for a program that waits; null if nothing has changed for it.
    ///
    /// @param all by name, as they are now
    public @Nullable ProgramEvent next(Program program, Map<String, Program> all) {
        if (!(program.phase() instanceof ProgramPhase.Waiting waiting)) {
            return null;
        }
        Set<String> on = new TreeSet<>();
        Set<String> without = new TreeSet<>();
        ProgramPhase.Blocker by = null;
        for (String name : after.getOrDefault(program.name(), List.of())) {
            Program other = all.get(name);
            StartSpec.When when = program.serving().spec().terms(name).when();
            DependencyState dependencyState =
                    other == null ? DependencyState.UP : other.dependencyState(when);
            boolean waitedFor = when != null || waiting.on().contains(name);
            if (dependencyState == DependencyState.STOPPED && !waitedFor) {
                without.add(name);
            } else if (other != null && dependencyState != DependencyState.UP) {
                on.add(name);
                by = by == null ? blocker(other, dependencyState) : by;
            }
        }
        if (on.isEmpty()) {
            return new ProgramEvent.Admitted(without);
        }
        boolean known = waiting.equals(new ProgramPhase.Waiting(on, by));
        return known ? null : new ProgramEvent.Deferred(on, by);
    }

    private static ProgramPhase.@Nullable Blocker blocker(
            Program other, DependencyState dependencyState) {
        return switch (dependencyState) {
            case FAILED, STOPPED ->
                    new ProgramPhase.Blocker(
                            other.name(),
                            dependencyState == DependencyState.STOPPED,
                            other.newest().startedByHand(),
                            other.newest().job() != null);
            case BLOCKED -> other.phase() instanceof ProgramPhase.Waiting w ? w.by() : null;
            case UP, STARTING, WAITING -> null;
        };
    }

    /// Returns a dependency that the program is to be restarted with now; null if there is none.
    ///
    /// @param all by name, as they are now
    public @Nullable Program restartsWith(Program program, Map<String, Program> all) {
        for (String name : after.getOrDefault(program.name(), List.of())) {
            Program other = all.get(name);
            if (other != null
                    && program.serving().spec().terms(name).restartWith()
                    && isDue(program, other)) {
                return other;
            }
        }
        return null;
    }

    /// True if the other program was restarted on demand and that one is to follow now. A rollout
    /// under way is waited for: it may replace all workers that are older.
    ///
    /// @param program comes after the other one
    public static boolean isDue(Program program, Program other) {
        Moment at = other.versions().renewal().at();
        return at != null
                && program.phase() instanceof ProgramPhase.Running
                && (program.rollout() == null || program.rollout().draining())
                && !program.versions().renewal().pending()
                && !program.versions().renewal().hasFollowed(at)
                && !other.versions().renewal().pending()
                && other.dependencyState() == DependencyState.UP
                && hasOlder(program, at);
    }

    private static boolean hasOlder(Program program, Moment than) {
        for (Slot slot : program.slots()) {
            Worker worker = slot.current();
            if (worker != null && worker.startedAt().compareTo(than) < 0) {
                return true;
            }
        }
        return false;
    }

    /// True if a program that is to restart after others may: its dependencies are up or stopped. A
    /// stopped one may never be up again.
    ///
    /// @param all by name, as they are now; one whose own turn is still to come is waiting
    public boolean mayRestart(String name, Map<String, DependencyState> all) {
        for (String other : after.getOrDefault(name, List.of())) {
            DependencyState dependencyState = all.get(other);
            if (dependencyState != null
                    && dependencyState != DependencyState.UP
                    && dependencyState != DependencyState.STOPPED) {
                return false;
            }
        }
        return true;
    }

    /// Returns the dependency because of which a program that is to restart after others will not:
    /// it did not come up again. Null if there is none yet.
    ///
    /// @param all as in [#mayRestart]; a program that was not restarted for that reason is blocked
    public @Nullable String blocks(String name, Map<String, DependencyState> all) {
        for (String other : after.getOrDefault(name, List.of())) {
            DependencyState dependencyState = all.get(other);
            if (dependencyState == DependencyState.FAILED
                    || dependencyState == DependencyState.BLOCKED) {
                return other;
            }
        }
        return null;
    }

    /// Returns the programs that may not be told to stop yet, since others that come after them are
    /// left.
    ///
    /// @param left programs that are to stop as well and have not stopped
    public Set<String> needed(Set<String> left) {
        Set<String> needed = new HashSet<>();
        for (String name : left) {
            needed.addAll(after.getOrDefault(name, List.of()));
        }
        return needed;
    }
}
