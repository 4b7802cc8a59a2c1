// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.control.report.ProgramStatus;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.ProgramPhase;

/// Rule of `status --exit-code`: the programs that are as the file, and operators, want them.
final class WantedState {
    private WantedState() {}

    /// True if a program runs its newest definition with every worker ready, is done, or was
    /// stopped by hand. A rollout under way is no trouble as long as enough workers serve; one that
    /// failed is, until another definition is wanted.
    static boolean holds(Program program, ProgramStatus.State state) {
        if (program.setback() != null || program.remembersFailure()) {
            return false;
        }
        return switch (state) {
            case RUNNING, DONE -> true;
            case ROLLING -> program.ready() >= program.count();
            case STOPPED, STOPPING ->
                    program.phase() instanceof ProgramPhase.Stopped
                            || !program.intent().held().isEmpty();
            case STARTING, WAITING, FAILED, DEGRADED, BACKING_OFF, CRASH_LOOP -> false;
        };
    }
}
