// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.explain;

import org.einhyrningsins.control.report.ExplainReport.Next;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.ProgramPhase;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.FactTimes;

/// What becomes of a program that is explained, if nobody does anything.
final class NextStep {
    private NextStep() {}

    static Next of(Explainer.Case known) {
        Program program = known.program();
        String name = program.name();
        String at = known.status().failures().nextTryAt();
        if (!at.isEmpty()) {
            return new Next("tries again at " + at, at);
        }
        long due = FactTimes.nextRunMillis(program.newest());
        if (due > 0 && program.hasNoProcess()) {
            String words = "runs at " + Clock.timeOfDay(due) + ", by its schedule";
            return new Next(words, FactTimes.rfc3339(due));
        }
        return switch (known.status().state()) {
            case STOPPED -> new Next("nothing, until 'start " + name + "'", "");
            case STOPPING -> new Next("waits until its processes have ended, then sends KILL", "");
            case FAILED -> new Next("nothing, until " + triesAgain(program), "");
            case DONE -> new Next("nothing, until 'start " + name + "'", "");
            case WAITING -> new Next(waitsFor(program), "");
            case ROLLING -> new Next(FailureHints.rolls(program), "");
            case STARTING, BACKING_OFF, CRASH_LOOP -> new Next(FailureHints.awaited(program), "");
            case RUNNING, DEGRADED -> new Next("", "");
        };
    }

    /// Describes what starts a program that has failed. A changed definition starts no job.
    private static String triesAgain(Program program) {
        String owner = program.newest().taskOwner();
        if (owner != null) {
            return "a rollout of " + owner + " runs it";
        }
        String start = "'start " + program.name() + "'";
        return program.newest().job() == null ? start + " or a reload that changes it" : start;
    }

    private static String waitsFor(Program program) {
        if (program.phase() instanceof ProgramPhase.Waiting waiting) {
            String others = String.join(" and ", waiting.on());
            return waiting.by() == null
                    ? "starts as soon as " + others + " is up (a job: done)"
                    : "starts once " + others + " is up, for which somebody has to act";
        }
        return "";
    }
}
