// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Transition;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.plan.DefinitionsInUse;

/// Says what is different of a program after a step.
final class ProgramChanges {
    private ProgramChanges() {}

    /// True if sockets of other definitions than before stay open.
    static boolean hasOtherDefinitions(Program before, Program after) {
        return !DefinitionsInUse.all(before).equals(DefinitionsInUse.all(after));
    }

    /// True if it has fewer slots, or those of a version that may come back are served no more:
    /// then some of its sockets may be closed, or rest.
    static boolean needsFewerSockets(Program before, Program after) {
        return before.slots().size() > after.slots().size()
                || (after.fallback() != null
                        && !DefinitionsInUse.served(before).equals(DefinitionsInUse.served(after)));
    }

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
