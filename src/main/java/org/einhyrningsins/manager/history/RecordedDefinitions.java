// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.history;

import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.snapshot.GenerationRecord;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;

/// Definitions for a manager that starts, where operators rolled programs back under the one
/// before: the recorded ones in place of the file's.
///
/// @param programs all definitions, by program
/// @param rollbacks the rollbacks among them
public record RecordedDefinitions(
        SequencedMap<String, ProgramSpec> programs,
        Map<String, OperatorOverride.Rollback> rollbacks) {
    /// The definitions of the file.
    public static RecordedDefinitions none(SequencedMap<String, ProgramSpec> file) {
        return new RecordedDefinitions(file, Map.of());
    }

    /// Finds the definitions. A program whose definition is not recorded, or that is in the way of
    /// others, starts as the file says, and that is said.
    ///
    /// @param byHand what operators set, by program
    /// @param objections the reasons why programs cannot be started side by side
    public static RecordedDefinitions of(
            SequencedMap<String, ProgramSpec> file,
            Map<String, OperatorOverride> byHand,
            HistoryStore history,
            Function<SequencedMap<String, ProgramSpec>, List<String>> objections,
            ManagerLog managerLog) {
        SequencedMap<String, ProgramSpec> programs = new LinkedHashMap<>(file);
        Map<String, OperatorOverride.Rollback> rollbacks = new LinkedHashMap<>();
        byHand.forEach(
                (name, override) -> {
                    OperatorOverride.Rollback rollback = override.rollback();
                    ProgramSpec its = file.get(name);
                    if (rollback == null || its == null) {
                        return;
                    }
                    ProgramSpec recorded = recorded(history, name, rollback);
                    if (recorded == null) {
                        managerLog.warn(
                                name,
                                "starts as the file says: it was "
                                        + rollback.words("")
                                        + ", and that definition is not recorded");
                        return;
                    }
                    ProgramSpec then = KeptRollbacks.withFileKeys(recorded, its);
                    SequencedMap<String, ProgramSpec> with = new LinkedHashMap<>(programs);
                    with.put(name, then);
                    List<String> why = objections.apply(with);
                    if (!why.isEmpty()) {
                        managerLog.error(
                                name,
                                "starts as the file says: it was "
                                        + rollback.words("")
                                        + ", and cannot be now: "
                                        + String.join("; ", why));
                    } else if (!then.equals(its)) {
                        programs.put(name, then);
                        rollbacks.put(name, rollback);
                    }
                });
        return new RecordedDefinitions(programs, rollbacks);
    }

    /// The definition of a rollback: of the generation that it became, or else of the one that it
    /// went back to; null if neither is kept.
    private static @Nullable ProgramSpec recorded(
            HistoryStore history, String name, OperatorOverride.Rollback rollback) {
        GenerationRecord found = null;
        for (GenerationRecord record : history.of(name).generations()) {
            boolean its = rollback.equals(record.origin().rollback());
            if (record.version() != null && (its || record.number() == rollback.generation())) {
                found = record;
            }
        }
        ProgramVersion version = found == null ? null : found.version();
        return version == null ? null : version.spec();
    }

    /// Returns the operator overrides of a program, with its rollback only if it starts with that.
    public OperatorOverride withEffectiveRollback(String program, OperatorOverride byHand) {
        return rollbacks.containsKey(program) ? byHand : byHand.withoutRollback();
    }
}
