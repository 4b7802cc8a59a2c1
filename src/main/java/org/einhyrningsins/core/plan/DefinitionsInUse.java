// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.plan;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.model.FallbackVersion;
import org.einhyrningsins.spec.ProgramSpec;

import java.util.ArrayList;
import java.util.List;

/// The definitions of a program whose sockets stay open: the one that serves and others that its
/// workers have, or may get again.
public final class DefinitionsInUse {
    private DefinitionsInUse() {}

    /// Returns the one that serves, the one that is to, those of workers that a failed rollout
    /// left, and the one that may come back.
    public static List<ProgramSpec> all(Program program) {
        List<ProgramSpec> needed = needed(program);
        FallbackVersion fallback = program.fallback();
        if (fallback == null
                || fallback.taken() != null
                || needed.contains(fallback.version().spec())) {
            return needed;
        }
        List<ProgramSpec> definitions = new ArrayList<>(needed);
        definitions.add(fallback.version().spec());
        return List.copyOf(definitions);
    }

    /// Returns those whose sockets somebody serves, or is to: the same as [#all] without the one
    /// that may come back, but with those of workers that are stopping.
    public static List<ProgramSpec> served(Program program) {
        List<ProgramSpec> definitions = new ArrayList<>(needed(program));
        for (Slot slot : program.slots()) {
            for (Worker worker : slot.workers()) {
                ProgramSpec spec = worker.version().spec();
                if (!definitions.contains(spec)) {
                    definitions.add(spec);
                }
            }
        }
        return List.copyOf(definitions);
    }

    /// Returns those that the program needs even if nothing fails: the same as [#all] without the
    /// one that may come back.
    public static List<ProgramSpec> needed(Program program) {
        List<ProgramSpec> definitions = new ArrayList<>(2);
        definitions.add(program.serving().spec());
        if (program.rollout() != null) {
            definitions.add(program.rollout().target().spec());
        }
        for (Slot slot :
                program.slots()) { // one that a failed rollout left serves on at its sockets
            Worker current = slot.current();
            if (current != null
                    && current.version().generation() != program.serving().generation()
                    && !definitions.contains(current.version().spec())) {
                definitions.add(current.version().spec());
            }
        }
        return List.copyOf(definitions);
    }
}
