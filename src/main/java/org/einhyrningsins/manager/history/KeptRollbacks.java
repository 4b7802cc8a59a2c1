// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.history;

import org.einhyrningsins.config.print.DefinitionSettings;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.KeyDifference;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;

/// Rollbacks that programs stay on over a reload that does not name them: their recorded
/// definitions take the place of the file's. The number of workers, and what a program starts
/// after, are the file's all the same.
///
/// @param definitions all that are to be, by program
/// @param rollbacks the rollbacks among them
/// @param notes descriptions of them for the operator
public record KeptRollbacks(
        SequencedMap<String, ProgramSpec> definitions,
        Map<String, OperatorOverride.Rollback> rollbacks,
        Map<String, String> notes) {
    /// No program stays on a rollback.
    public static KeptRollbacks none(SequencedMap<String, ProgramSpec> file) {
        return new KeptRollbacks(file, Map.of(), Map.of());
    }

    /// The definitions of a reload.
    ///
    /// @param named programs that take the file's definition
    public static KeptRollbacks of(
            ProgramTable programTable, SequencedMap<String, ProgramSpec> file, Set<String> named) {
        SequencedMap<String, ProgramSpec> definitions = new LinkedHashMap<>(file);
        Map<String, OperatorOverride.Rollback> rollbacks = new LinkedHashMap<>();
        Map<String, String> notes = new LinkedHashMap<>();
        for (ProgramHost host : programTable.all()) {
            Program program = host.program();
            OperatorOverride.Rollback rollback = program.newestVersion().rollback();
            ProgramSpec its = file.get(host.name());
            if (rollback == null || its == null || named.contains(host.name())) {
                continue;
            }
            ProgramSpec recorded = withFileKeys(program.newest(), its);
            if (!recorded.equals(its)) {
                definitions.put(host.name(), recorded);
                rollbacks.put(host.name(), rollback);
                notes.put(host.name(), note(host.name(), rollback, recorded, its));
            }
        }
        return new KeptRollbacks(definitions, rollbacks, notes);
    }

    /// The same with rollbacks of programs that do not say themselves that they stay on one.
    public KeptRollbacks and(RecordedDefinitions recorded) {
        SequencedMap<String, ProgramSpec> all = new LinkedHashMap<>(definitions);
        Map<String, OperatorOverride.Rollback> more = new LinkedHashMap<>(rollbacks);
        Map<String, String> allNotes = new LinkedHashMap<>(notes);
        recorded.rollbacks()
                .forEach(
                        (name, rollback) -> {
                            ProgramSpec its = definitions.get(name);
                            ProgramSpec then = recorded.programs().get(name);
                            if (its != null && then != null && !rollbacks.containsKey(name)) {
                                all.put(name, then);
                                more.put(name, rollback);
                                allNotes.put(name, note(name, rollback, then, its));
                            }
                        });
        return new KeptRollbacks(all, more, allNotes);
    }

    /// A recorded definition with what is the file's in any case.
    static ProgramSpec withFileKeys(ProgramSpec recorded, ProgramSpec file) {
        return recorded.withWorkers(file.workers()).startingAfter(file.supervision().start());
    }

    private static String note(
            String name,
            OperatorOverride.Rollback rollback,
            ProgramSpec recorded,
            ProgramSpec file) {
        List<String> keys = new ArrayList<>();
        KeyDifference.between(recorded, file, DefinitionSettings::of)
                .forEach(difference -> keys.add(difference.key()));
        return rollback.words(Clock.timeOfDay(rollback.atMillis()))
                + ", and stays so; the file says otherwise ("
                + String.join(", ", keys)
                + "): 'reload "
                + name
                + "' takes the file's";
    }

    /// The names without those that stay on a rollback.
    public Set<String> without(Set<String> names) {
        Set<String> others = new TreeSet<>(names);
        others.removeAll(rollbacks.keySet());
        return others;
    }
}
