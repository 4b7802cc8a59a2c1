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
public record OperatorOverride(boolean stopped, @Nullable Integer workers, List<Integer> held) {
    /// No override.
    public static final OperatorOverride NONE = new OperatorOverride(false, null, List.of());

    public OperatorOverride {
        held = List.copyOf(held);
    }

    /// True if nothing differs from the file.
    public boolean none() {
        return !stopped && workers == null && held.isEmpty();
    }

    /// Describes the override for a person, as in `workers 6 (file: 4)`; empty for none.
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
