// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.control.report.LastExit;
import org.einhyrningsins.control.report.OutcomeReport.Failure;
import org.einhyrningsins.control.report.OutcomeReport.Generations;
import org.einhyrningsins.control.report.OutcomeReport.Outcome;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.model.PreviousExit;
import org.einhyrningsins.core.model.ProgramEffect;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.runtime.FactTimes;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

/// Outcome of a command for a program, as data.
final class ProgramOutcomes {
    private ProgramOutcomes() {}

    /// @param lastWords the last lines of the worker to blame, below a line that says where they
    ///   are
    static Outcome of(ProgramHost host, ProgramEffect.Answer answer, String lastWords) {
        Program program = host.program();
        return new Outcome(
                host.name(),
                answer.done(),
                answer.message(),
                FactTimes.rfc3339(),
                new Generations(null, program.serving().generation()),
                answer.done() ? null : failure(program, answer.blame(), lastWords),
                -1);
    }

    /// @param host null if the program is not there, or not any more
    static Outcome of(String name, @Nullable ProgramHost host, boolean done, String message) {
        return new Outcome(
                name,
                done,
                message,
                FactTimes.rfc3339(),
                host == null ? null : new Generations(null, host.program().serving().generation()),
                null,
                -1);
    }

    private static @Nullable Failure failure(
            Program program, @Nullable WorkerId blame, String lastWords) {
        if (blame == null) {
            return null;
        }
        String lines = lastWords.strip();
        int header = lines.indexOf('\n');
        return new Failure(
                blame.slot(),
                exit(program, blame),
                header < 0 ? "" : lines.substring(header + 1).stripIndent().strip());
    }

    private static @Nullable LastExit exit(Program program, WorkerId blame) {
        if (blame.slot() >= program.slots().size()) {
            return null;
        }
        Slot slot = program.slots().get(blame.slot());
        PreviousExit last = slot.past().last();
        return last != null && last.worker().equals(blame) ? new TroubleReports().exit(slot) : null;
    }
}
