// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// Change of one program when another definition takes over.
///
/// @param before its newest definition; null for a new program
/// @param after its definition from then on; null for one that goes
/// @param roll true if it was asked for by name, and rolls whether it changed or not
/// @param more number of additional workers wanted then, of a program that runs; negative for
///   fewer; of a new one, the number started beyond the definition's because of operator overrides
/// @param differences the keys in which the definitions differ
/// @param notes further notes for the operator: overrides that differ from the file
public record DefinitionChange(
        String program,
        Kind kind,
        @Nullable ProgramSpec before,
        @Nullable ProgramSpec after,
        boolean roll,
        int more,
        List<KeyDifference> differences,
        List<String> notes) {
    public DefinitionChange {
        differences = List.copyOf(differences);
        notes = List.copyOf(notes);
    }

    /// The same with one more note.
    public DefinitionChange withNote(String note) {
        List<String> longer = new ArrayList<>(notes);
        longer.add(note);
        return new DefinitionChange(program, kind, before, after, roll, more, differences, longer);
    }

    /// The same of a new one of which that many more are started than its definition says.
    public DefinitionChange starting(int other) {
        return new DefinitionChange(program, kind, before, after, roll, other, differences, notes);
    }

    /// True if it is rolled only because it was named.
    public boolean onlyOnRequest() {
        return kind == Kind.ROLLED && roll && differences.isEmpty();
    }

    /// True if it is of a task of another program, which is no matter of a reload.
    public boolean isOfTask() {
        ProgramSpec spec = after == null ? before : after;
        return spec != null && spec.isTask();
    }

    /// The one word for it.
    public enum Kind {
        /// New: the program is started.
        ADDED,
        /// Gone: the program is stopped.
        REMOVED,
        /// No change.
        UNCHANGED,
        /// Taken over without effect: the program is stopped, or waits for others.
        NOTED,
        /// Workers stay; counts and policies change.
        IN_PLACE,
        /// The definition that serves is asked for again, while a rollout is on its way to another
        /// or being taken back: that is aborted, and only what it moved is replaced.
        BACK,
        /// Workers are replaced in one rollout.
        ROLLED,
        /// It failed and has not changed since: not tried again, what serves stays.
        REFUSED
    }

    /// Returns the command to give to the program; null for none.
    ///
    /// @param rollback the rollback that it stays on; null for the file's definition
    public @Nullable ProgramCommand command(OperatorOverride.@Nullable Rollback rollback) {
        return switch (kind) {
            case ADDED ->
                    after != null && after.startedByHand()
                            ? new ProgramCommand.Stop(null, null)
                            : new ProgramCommand.Start(null);
            case REMOVED -> new ProgramCommand.Stop(null, null);
            case UNCHANGED, REFUSED -> null;
            case NOTED, IN_PLACE, BACK, ROLLED ->
                    after == null ? null : new ProgramCommand.Apply(after, roll, rollback);
        };
    }
}
