// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Transition;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramFact;
import org.einhyrningsins.core.observe.ProgramFacts;
import org.jspecify.annotations.Nullable;

/// Passes on the facts of a program's steps. A bug in that does not keep the step from being
/// carried out.
final class StepFacts {
    private StepFacts() {}

    static void report(
            ProgramHost host,
            ProgramListener listener,
            Program before,
            @Nullable ProgramEvent event,
            Transition transition) {
        try {
            for (ProgramFact fact : ProgramFacts.of(before, event, transition)) {
                listener.fact(host, fact);
            }
        } catch (RuntimeException e) {
            listener.internalError(host, e);
        }
    }
}
