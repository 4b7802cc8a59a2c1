// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.spec.fact.Fact;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The newest facts in memory: at most [#MAX_OF_PROGRAM] of each program, and of all together
/// [#MAX_FACTS] with [#MAX_CHARACTERS] in their messages. At a bound the oldest go.
final class FactRing {
    static final int MAX_OF_PROGRAM = 256;
    static final int MAX_FACTS = 10_000;
    static final int MAX_CHARACTERS = 2 * 1024 * 1024;

    /// Number of facts that go at once where there are too many: looking for the oldest takes long.
    private static final int AT_ONCE = 500;

    private final Map<String, Deque<Fact>> byProgram = new HashMap<>();
    private int count;
    private int characters;

    void add(Fact fact) {
        Deque<Fact> its = byProgram.computeIfAbsent(fact.program(), name -> new ArrayDeque<>());
        its.addLast(fact);
        count++;
        characters += fact.message().length();
        if (its.size() > MAX_OF_PROGRAM) {
            dropFirst(its);
        }
        while (count > MAX_FACTS || characters > MAX_CHARACTERS) {
            dropOldest();
        }
    }

    /// Adds facts that are older than all that are here.
    void addOlder(List<Fact> older) {
        List<Fact> newer = all();
        byProgram.clear();
        count = 0;
        characters = 0;
        older.forEach(this::add);
        newer.forEach(this::add);
    }

    private void dropFirst(Deque<Fact> its) {
        Fact first = its.removeFirst();
        count--;
        characters -= first.message().length();
    }

    private void dropOldest() {
        List<Fact> all = all();
        long until = all.get(Math.min(AT_ONCE, all.size() - 1)).atMillis();
        for (Deque<Fact> its : byProgram.values()) {
            while (!its.isEmpty() && its.getFirst().atMillis() <= until) {
                dropFirst(its);
            }
        }
        byProgram.values().removeIf(Deque::isEmpty);
    }

    int count() {
        return count;
    }

    private List<Fact> all() {
        return since(Long.MIN_VALUE, Set.of());
    }

    /// The facts since a time, the oldest first.
    ///
    /// @param programs of these; empty for all, and for the manager's own
    List<Fact> since(long millis, Set<String> programs) {
        List<Fact> found = new ArrayList<>();
        byProgram.forEach(
                (program, its) -> {
                    if (programs.isEmpty() || programs.contains(program)) {
                        for (Fact fact : its) {
                            if (fact.atMillis() >= millis) {
                                found.add(fact);
                            }
                        }
                    }
                });
        found.sort(Comparator.comparingLong(Fact::atMillis));
        return found;
    }
}
