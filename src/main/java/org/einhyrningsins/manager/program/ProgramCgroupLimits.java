// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.core.model.ProgramEffect.Severity;
import org.einhyrningsins.manager.spawn.WorkerCgroups;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.util.function.BiConsumer;

/// Has the control group of a program's workers limited as its newest definition wants it
/// (`cgroup.program`). Workers that run are under a new limit at once.
final class ProgramCgroupLimits {
    private final WorkerCgroups cgroups;
    private final ProgramContext context;
    private @Nullable ProgramSpec seen;

    /// @param context learns of what cannot be done
    ProgramCgroupLimits(OrphanReaper orphanReaper, ProgramContext context) {
        this.cgroups = orphanReaper.cgroups();
        this.context = context;
    }

    /// Has the limits of that definition, which counts from now on, put into force.
    ///
    /// Asked at each step, so it looks whether it is the same object: an equal one is limited once
    /// more, which changes nothing.
    @SuppressWarnings("ReferenceEquality")
    void follow(ProgramSpec newest) {
        if (newest != seen) {
            seen = newest;
            BiConsumer<Severity, String> report =
                    (severity, why) -> context.report(severity, null, why);
            boolean settled = cgroups.limit(newest.name(), newest.monitoring().together(), report);
            if (!settled) {
                seen = null; // once more at the next step
            }
        }
    }

    /// Forgets the limits of a program that is no more.
    void end(String program) {
        cgroups.forget(program);
    }
}
