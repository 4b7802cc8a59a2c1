// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import java.util.List;

/// How things are: what `status` and `show` answer.
///
/// @param version of the manager
/// @param uptimeMillis since the manager started, in milliseconds
/// @param configFile the file the programs come from
/// @param confirmMillis in how many milliseconds the last reload goes back unless it is confirmed;
///   -1 if it does not
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
