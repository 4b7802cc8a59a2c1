// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.spec.WorkerId;

/// Names of the environment variables by which a worker, and what it started, is known to a later
/// manager.
public final class WorkerTag {
    /// `PROGRAM:SLOT:INCARNATION`, see [#of].
    public static final String VARIABLE = "EINHYRNINGSINS_WORKER";

    /// `GENERATION:SUM`, where SUM is that of [org.einhyrningsins.spec.ProgramSpec.SpawnSettings].
    public static final String DEFINITION = "EINHYRNINGSINS_DEFINITION";

    /// The worker's own pid. A process that merely inherited the others has another.
    public static final String OWN_PID = "EINHYRNINGSINS_PID";

    private WorkerTag() {}

    /// The value of [#VARIABLE] for one worker.
    public static String of(String program, WorkerId id) {
        return program + ":" + id.slot() + ":" + id.incarnation();
    }
}
