// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.jspecify.annotations.Nullable;

import java.util.List;

/// Settings made by an operator that differ from the file. They persist over reloads and restarts
/// of the manager until the operator takes them back or asks for a reset.
///
/// @param stopped the whole program was stopped
/// @param workers number of workers to run instead of the file's; null for the file's
/// @param held the slots that were stopped alone, in ascending order
/// @param rollback the rollback that it stays on; null for the file's definition
public record OperatorOverride(
        boolean stopped,
        @Nullable Integer workers,
        List<Integer> held,
        @Nullable Rollback rollback) {
    /// A rollback by an operator: the program runs the definition that was recorded of an earlier
    /// generation, whatever the file says, until the file's is asked for.
    ///
    /// @param generation the earlier generation, whose definition it is
    /// @param by who asked for it, in words
    /// @param atMillis time of the request: milliseconds since 1970, UTC
    public record Rollback(int generation, String by, long atMillis) {
        /// Describes the rollback for a person, as in `rolled back to generation 3 by ann at
        /// 14:02:11`.
        ///
        /// @param at the time of the request, as the reader's clock has it
        public String words(String at) {
            return "rolled back to generation "
                    + generation
                    + (by.isEmpty() ? "" : " by " + by)
                    + (at.isEmpty() ? "" : " at " + at);
        }
    }

    /// No override.
    public static final OperatorOverride NONE = new OperatorOverride(false, null, List.of());

    /// Overrides of a program that runs the file's definition.
    public OperatorOverride(boolean stopped, @Nullable Integer workers, List<Integer> held) {
        this(stopped, workers, held, null);
    }

    public OperatorOverride {
        held = List.copyOf(held);
    }

    /// True if nothing differs from the file.
    public boolean none() {
        return !stopped && workers == null && held.isEmpty() && rollback == null;
    }

    /// The same on the file's definition.
    public OperatorOverride withoutRollback() {
        return new OperatorOverride(stopped, workers, held);
    }

    /// Describes all of it for a person, the rollback first.
    public String withRollbackWords(int inFile) {
        String back = rollback == null ? "" : rollback.words("");
        String others = words(inFile);
        return back + (back.isEmpty() || others.isEmpty() ? "" : "; ") + others;
    }

    /// Describes the override for a person, as in `workers 6 (file: 4)`; empty for none, and for a
    /// rollback, which has [Rollback#words].
    ///
    /// @param inFile number of workers in the file
    public String words(int inFile) {
        StringBuilder words = new StringBuilder();
        if (stopped) {
            words.append("stopped by the operator; file: runs");
        }
        if (workers != null) {
            words.append(words.isEmpty() ? "" : "; ").append("workers ").append(workers);
            words.append(" (file: ").append(inFile).append(')');
        }
        if (!held.isEmpty()) {
            words.append(words.isEmpty() ? "" : "; ");
            words.append(held.size() == 1 ? "slot " : "slots ");
            for (int i = 0; i < held.size(); i++) {
                words.append(i == 0 ? "" : ", ").append(held.get(i));
            }
            words.append(" stopped by the operator");
        }
        return words.toString();
    }
}
