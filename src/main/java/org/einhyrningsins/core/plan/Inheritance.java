// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.plan;

import org.einhyrningsins.core.model.DefinitionChange;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;

import java.util.ArrayList;
import java.util.List;

/// Operator overrides of a program that has another name in the new file.
///
/// @param from its name until now
public record Inheritance(String from, OperatorOverride intent) {
    DefinitionChange of(DefinitionChange definitionChange) {
        ProgramSpec after = definitionChange.after();
        int inFile = after == null ? 0 : after.workers();
        DefinitionChange noted = definitionChange.starting(started(inFile) - inFile);
        for (String note : notes(inFile)) {
            noted = noted.withNote(note);
        }
        return noted;
    }

    /// Returns the number of workers to start.
    private int started(int inFile) {
        int count = intent.workers() == null ? inFile : intent.workers();
        long held = intent.held().stream().filter(slot -> slot < count).count();
        return intent.stopped() ? 0 : count - (int) held;
    }

    /// Describes the overrides that stay under the new name.
    private List<String> notes(int inFile) {
        List<String> notes = new ArrayList<>();
        if (intent.stopped()) {
            notes.add("is stopped, as " + from + " was, and stays so");
        }
        if (intent.workers() != null) {
            notes.add(
                    "scaled by hand to "
                            + intent.workers()
                            + ", as "
                            + from
                            + " was, and stays so; the file says "
                            + inFile);
        }
        for (int slot : intent.held()) {
            notes.add("worker " + slot + " is stopped by hand, as of " + from + ", and stays so");
        }
        return notes;
    }
}
