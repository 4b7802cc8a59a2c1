// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.Effect;
import org.einhyrningsins.core.model.Effect.Severity;
import org.einhyrningsins.core.model.Event;
import org.einhyrningsins.core.model.Phase;
import org.einhyrningsins.core.model.Wait;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// The beginning of a program that comes after others: it asks, waits, and is let in. Which others
/// are up is not its business: [org.einhyrningsins.core.plan.Sequence] says so.
final class Admission {
    private Admission() {}

    /// It is to run, and its deaths are forgotten. One that runs goes on, and so does one with a
    /// worker left: others are waited for only by who begins with nothing.
    static void ask(Draft draft) {
        draft.deaths = List.of();
        if (!(draft.phase instanceof Phase.Running)) {
            boolean first = draft.serving.spec().after().isEmpty() || serves(draft);
            draft.phase = first ? new Phase.Running(false) : new Phase.Waiting(Set.of(), null);
        }
    }

    private static boolean serves(Draft draft) {
        for (Slot slot : draft.slots) {
            if (slot.current() != null || slot.successor() != null) {
                return true;
            }
        }
        return false;
    }

    static void admitted(Draft draft, Event.Admitted event) {
        if (!(draft.phase instanceof Phase.Waiting)) {
            return;
        }
        draft.phase = new Phase.Running(false);
        if (!event.without().isEmpty()) {
            String names = String.join(", ", new TreeSet<>(event.without()));
            tell(
                    draft,
                    "starts without "
                            + names
                            + (event.without().size() == 1 ? ", which is" : ", which are")
                            + " stopped");
        }
    }

    static void deferred(Draft draft, Event.Deferred event) {
        Phase.Waiting now = new Phase.Waiting(event.on(), event.by());
        if (!(draft.phase instanceof Phase.Waiting before) || before.equals(now)) {
            return;
        }
        draft.phase = now;
        if (now.by() == null) {
            tell(draft, now.words());
        } else {
            String next =
                    "; it starts when "
                            + String.join(" and ", now.on())
                            + (now.on().size() == 1 ? " is" : " are")
                            + " up (a job: done)";
            draft.report(Severity.WARN, null, now.words() + next);
        }
    }

    /// Writes it to the log and tells those who wait for the program.
    private static void tell(Draft draft, String message) {
        draft.report(Severity.INFO, null, message);
        for (Wait wait : draft.waits) {
            if (wait.forStart() || wait.until() == Wait.Until.ROLLED) {
                draft.effects.add(new Effect.Progress(wait.ticket(), draft.name + ": " + message));
            }
        }
    }

    /// Remembers that every worker was ready: from then on, nobody waits for the program again.
    static void noteUp(Draft draft) {
        if (!(draft.phase instanceof Phase.Running running) || running.up()) {
            return;
        }
        for (Slot slot : draft.slots) {
            boolean ready = slot.current() != null && slot.current().ready();
            if (slot.index() < draft.count && !slot.held() && !ready && !slot.endedWell()) {
                return;
            }
        }
        draft.phase = new Phase.Running(true);
    }
}
