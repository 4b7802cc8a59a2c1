// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import org.einhyrningsins.core.model.ProgramEffect;

import java.util.List;

/// Result of a step: the program from now on, and the effects, in order.
public record Transition(Program program, List<ProgramEffect> effects) {
    public Transition {
        effects = List.copyOf(effects);
    }

    /// True if a rollout that was under way before the step is so after it.
    public boolean goesOn(Rollout rollout) {
        Rollout now = program.rollout();
        return now != null && now.target().generation() == rollout.target().generation();
    }

    /// Returns the result of a rollout that ended with the step: `succeeded`, `failed`, `aborted`.
    public String result(Rollout ended) {
        for (ProgramEffect effect : effects) {
            if (effect instanceof ProgramEffect.Report report
                    && report.severity() == ProgramEffect.Severity.ERROR
                    && report.message().equals(program.verdict())) {
                return "failed";
            }
        }
        int serving = program.serving().generation();
        boolean succeeded = ended.draining() || serving == ended.target().generation();
        return succeeded ? "succeeded" : "aborted";
    }
}
