// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Transition;
import org.einhyrningsins.core.model.ProgramEffect;

/// Says what is different of a program after a step.
final class ProgramChanges {
    private ProgramChanges() {}

    /// True if something changed of its versions, or of whether the one that serves is well. Looks
    /// at identities, since most steps leave all of that as it is.
    @SuppressWarnings("ReferenceEquality") // most steps leave them as they are
    static boolean hasDeveloped(Program before, Program now) {
        return before.serving() != now.serving()
                || before.rollout() != now.rollout()
                || before.setback() != now.setback()
                || before.phase() != now.phase()
                || before.outcome() != now.outcome();
    }

    /// True if a slot is finished that was not.
    static boolean hasFinished(Program before, Program now) {
        return Slot.newlyFinished(before.slots(), now.slots());
    }

    /// True if workers are started.
    static boolean hasSpawn(Transition transition) {
        return transition.effects().stream().anyMatch(ProgramEffect.Spawn.class::isInstance);
    }
}
