// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import java.util.List;

/// Status of the manager and its programs: the answer to `status` and `show`.
///
/// @param version of the manager
/// @param uptimeMillis since the manager started, in milliseconds
/// @param configFile the file the programs come from
/// @param confirmMillis milliseconds until the last reload is rolled back unless it is confirmed;
///   -1 if it is not
public record StatusReport(
        String version,
        long managerPid,
        long uptimeMillis,
        String configFile,
        long confirmMillis,
        List<ProgramStatus> programs)
        implements ReplyData {
    public StatusReport {
        programs = List.copyOf(programs);
    }
}
