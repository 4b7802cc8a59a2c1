// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import java.util.List;

/// History of a program, in a file of its own that outlives the manager.
///
/// @param next number of its next generation
/// @param generations the latest ones, oldest first
public record ProgramHistory(String program, int next, List<GenerationRecord> generations) {
    public ProgramHistory {
        generations = List.copyOf(generations);
    }

    /// History of which nothing is known.
    public static ProgramHistory none(String program) {
        return new ProgramHistory(program, 1, List.of());
    }
}
