// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import java.util.List;
import java.util.Map;

/// Status of the manager and its programs: the answer to `status` and `show`.
///
/// @param version of the manager
/// @param uptimeMillis since the manager started, in milliseconds
/// @param configFile the file the programs come from
/// @param confirmMillis milliseconds until the last reload is rolled back unless it is confirmed;
///   -1 if it is not
/// @param head where the manager runs
/// @param details by program, for `show`; empty for `status`
public record StatusReport(
        String version,
        long managerPid,
        long uptimeMillis,
        String configFile,
        long confirmMillis,
        List<ProgramStatus> programs,
        ManagerHead head,
        Map<String, ProgramDetails> details)
        implements ReplyData {
    public StatusReport {
        programs = List.copyOf(programs);
        details = Map.copyOf(details);
    }

    /// Makes a status without a head line and details.
    public StatusReport(
            String version,
            long managerPid,
            long uptimeMillis,
            String configFile,
            long confirmMillis,
            List<ProgramStatus> programs) {
        this(
                version,
                managerPid,
                uptimeMillis,
                configFile,
                confirmMillis,
                programs,
                ManagerHead.NONE,
                Map.of());
    }

    /// The same with details.
    public StatusReport with(Map<String, ProgramDetails> more) {
        return new StatusReport(
                version, managerPid, uptimeMillis, configFile, confirmMillis, programs, head, more);
    }
}
