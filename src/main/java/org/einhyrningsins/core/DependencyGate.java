// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.PendingRequest;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.core.model.ProgramPhase;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// The beginning of a program that comes after others: it asks, waits, and is let in. Which others
/// are up is not its business: [org.einhyrningsins.core.plan.DependencyGraph] says so.
final class DependencyGate {
    private DependencyGate() {}

    /// Asks for admission to run, and forgets deaths. A program that runs, or has a worker left,
    /// goes on: only one that begins with nothing waits for others.
    static void requestAdmission(StepContext stepContext) {
        stepContext.deaths = List.of();
        if (!(stepContext.phase instanceof ProgramPhase.Running)) {
            boolean first = stepContext.serving.spec().after().isEmpty() || serves(stepContext);
            stepContext.phase =
                    first
                            ? new ProgramPhase.Running(false)
                            : new ProgramPhase.Waiting(Set.of(), null);
        }
    }

    private static boolean serves(StepContext stepContext) {
        for (Slot slot : stepContext.slots) {
            if (slot.current() != null || slot.successor() != null) {
                return true;
            }
        }
        return false;
    }

    static void admitted(StepContext stepContext, ProgramEvent.Admitted event) {
        if (!(stepContext.phase instanceof ProgramPhase.Waiting)) {
            return;
        }
        stepContext.phase = new ProgramPhase.Running(false);
        if (!event.without().isEmpty()) {
            String names = String.join(", ", new TreeSet<>(event.without()));
            report(
                    stepContext,
                    "starts without "
                            + names
                            + (event.without().size() == 1 ? ", which is" : ", which are")
                            + " stopped");
        }
    }

    static void deferred(StepContext stepContext, ProgramEvent.Deferred event) {
        ProgramPhase.Waiting now = new ProgramPhase.Waiting(event.on(), event.by());
        if (!(stepContext.phase instanceof ProgramPhase.Waiting before) || before.equals(now)) {
            return;
        }
        stepContext.phase = now;
        if (now.by() == null) {
            report(stepContext, now.words());
        } else {
            String next =
                    "; it starts when "
                            + String.join(" and ", now.on())
                            + (now.on().size() == 1 ? " is" : " are")
                            + " up (a job: done)";
            stepContext.report(Severity.WARN, null, now.words() + next);
        }
    }

    /// Writes it to the log and tells those who wait for the program.
    private static void report(StepContext stepContext, String message) {
        stepContext.report(Severity.INFO, null, message);
        for (PendingRequest pendingRequest : stepContext.waits) {
            if (pendingRequest.waitsForStart()
                    || pendingRequest.until() == PendingRequest.Until.ROLLED) {
                stepContext.effects.add(
                        new ProgramEffect.Progress(
                                pendingRequest.ticket(), stepContext.name + ": " + message));
            }
        }
    }

    /// Remembers that every worker was ready: from then on, nobody waits for the program again.
    static void noteUp(StepContext stepContext) {
        if (!(stepContext.phase instanceof ProgramPhase.Running running) || running.up()) {
            return;
        }
        for (Slot slot : stepContext.slots) {
            boolean ready = slot.current() != null && slot.current().ready();
            if (slot.index() < stepContext.count && !slot.held() && !ready && !slot.endedWell()) {
                return;
            }
        }
        stepContext.phase = new ProgramPhase.Running(true);
    }
}
