// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/// What becomes of each program when one set of definitions takes the place of another: what
/// `reload` does, and what `plan` says it would do.
///
/// @param changes by program: first those of the new set in its order, then the removed ones
public record Plan(SequencedMap<String, Change> changes) {
    public Plan {
        changes = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(changes));
    }

    /// What becomes of one program.
    public enum Change {
        /// It is new: it is started.
        ADDED,
        /// It is gone: it is stopped.
        REMOVED,
        /// Nothing.
        UNCHANGED,
        /// Its workers stay; counts and policies change.
        IN_PLACE,
        /// Its workers are replaced, one rollout.
        ROLLED
    }

    /// The difference between what runs and what is to run.
    public static Plan between(
            Map<String, ProgramSpec> now, SequencedMap<String, ProgramSpec> next) {
        SequencedMap<String, Change> changes = new LinkedHashMap<>();
        next.forEach((name, spec) -> changes.put(name, change(now.get(name), spec)));
        for (String name : now.keySet()) {
            changes.putIfAbsent(name, Change.REMOVED);
        }
        return new Plan(changes);
    }

    private static Change change(@Nullable ProgramSpec now, ProgramSpec next) {
        if (now == null) {
            return Change.ADDED;
        }
        if (now.equals(next)) {
            return Change.UNCHANGED;
        }
        return now.birth().equals(next.birth()) ? Change.IN_PLACE : Change.ROLLED;
    }
}
