// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.plan;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Rollout;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.model.DefinitionChange;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.spec.ProgramSpec;

import java.util.ArrayList;
import java.util.List;

/// Works out what the keys of a change do not show: operator overrides that differ from the file,
/// and what happens on the way.
final class ChangeNotes {
    private ChangeNotes() {}

    /// A count that the operator chose stays.
    static int more(Program program, ProgramSpec next) {
        boolean runs = program.phase() instanceof ProgramPhase.Running;
        return runs && program.operatorOverride().workers() == null
                ? next.workers() - program.count()
                : 0;
    }

    /// Notes operator overrides that differ from the file, and effects on the way that the keys do
    /// not show.
    static List<String> of(Program program, ProgramSpec next, boolean roll) {
        List<String> notes = new ArrayList<>();
        Integer byHand = program.operatorOverride().workers();
        if (program.phase() instanceof ProgramPhase.Stopped) {
            notes.add("is stopped, and stays so");
        }
        if (program.phase() instanceof ProgramPhase.Waiting waiting) {
            notes.add(waiting.words());
        }
        if (byHand != null && byHand != next.workers()) {
            notes.add(
                    "scaled by hand to "
                            + byHand
                            + ", and stays so; the file says "
                            + next.workers());
        }
        for (Slot slot : program.slots()) {
            if (slot.held() && slot.index() < program.count()) {
                notes.add("worker " + slot.index() + " is stopped by hand, and stays so");
            }
        }
        boolean same = program.newest().equals(next);
        if (roll && same) {
            notes.add("is rolled as asked");
        }
        if (!roll && same && program.takeover(next, false) == DefinitionChange.Kind.ROLLED) {
            notes.add("workers run that are of another definition");
        }
        Rollout rollout = program.rollout();
        boolean goesOn =
                program.isFirstRollout()
                        && program.takeover(next, roll) == DefinitionChange.Kind.IN_PLACE;
        if (rollout != null && !rollout.draining() && !goesOn && (roll || !same)) {
            notes.add("the rollout under way is given up for it");
        }
        return notes;
    }
}
