// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.jspecify.annotations.Nullable;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// When a program is started.
///
/// @param manual true if a command starts it, its schedule, or a rollout whose task it is, and
///   nothing else
/// @param after the programs that are up before it starts, and are stopped after it; in the order
///   of the file
/// @param terms terms of some of them; the others are an order and no more
public record StartSpec(boolean manual, List<String> after, Map<String, Terms> terms) {
    /// With the manager, after nothing.
    public static final StartSpec NONE = new StartSpec(false, List.of());

    public StartSpec {
        after = List.copyOf(after);
        terms = Collections.unmodifiableMap(new LinkedHashMap<>(terms));
    }

    /// An order and no more.
    public StartSpec(boolean manual, List<String> after) {
        this(manual, after, Map.of());
    }

    /// Terms of a dependency.
    ///
    /// @param when the condition without which the program does not start; null for none: it waits
    ///   until the other is ready (a job: done), but not for one that is stopped
    /// @param restartWith true if the program is restarted when the other was
    public record Terms(@Nullable When when, boolean restartWith) {
        /// An order and no more.
        public static final Terms NONE = new Terms(null, false);
    }

    /// Condition of a dependency.
    public enum When {
        /// It is ready; of a job: done.
        READY,
        /// All its workers were started, ready or not.
        STARTED,
        /// A job has ended with success.
        DONE
    }

    /// Returns the terms of a dependency.
    public Terms terms(String program) {
        return terms.getOrDefault(program, Terms.NONE);
    }
}
