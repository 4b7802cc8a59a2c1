// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import org.jspecify.annotations.Nullable;

import java.util.List;

/// Details of a program that `show` adds to its status.
///
/// @param command the words of its command
/// @param user the user of its workers
/// @param logs files of its output, or the words for where else it goes
/// @param usage what its workers use now; null if they have no process, or it cannot be told now
public record ProgramDetails(
        List<String> command,
        String directory,
        String user,
        List<String> logs,
        @Nullable Usage usage) {
    public ProgramDetails {
        command = List.copyOf(command);
        logs = List.copyOf(logs);
    }

    /// Resources of a program's workers together with their children.
    ///
    /// @param processes number of processes in the process groups of its workers
    /// @param memoryBytes sum of their resident sets: pages that they share count more than once
    /// @param cpuMillis processor time of those that live
    public record Usage(int processes, long memoryBytes, long cpuMillis) {}
}
