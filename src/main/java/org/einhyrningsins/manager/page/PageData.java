// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.page;

import org.einhyrningsins.control.report.StatusReport;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.posix.process.ProcessUsage;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// State of the manager and its programs at one moment, for pages that are rendered on another
/// thread.
///
/// @param status the manager and its programs, as `status` has them
/// @param programs the same in numbers, in the order of the file
/// @param manager its own numbers
public record PageData(StatusReport status, List<Numbers> programs, Manager manager) {
    public PageData {
        programs = List.copyOf(programs);
    }

    /// The numbers of one program.
    ///
    /// @param program its state
    /// @param counters as [org.einhyrningsins.core.metric.ProgramCounters] counts
    /// @param lives the processes of the slots that have one
    /// @param log counters of its output; null if none is kept
    public record Numbers(
            Program program, Map<String, Long> counters, List<Life> lives, @Nullable Log log) {
        public Numbers {
            lives = List.copyOf(lives);
        }
    }

    /// The process that a slot relies on.
    ///
    /// @param bornMillis since 1970
    /// @param usage asks the kernel; null if there is no such process, or it is not known in time
    public record Life(int slot, long bornMillis, Supplier<@Nullable ProcessUsage> usage) {}

    /// Kept output.
    ///
    /// @param bytes in the files that are being written
    public record Log(long bytes, long lostLines, long lostBytes) {
        /// The sum of both; null is nothing.
        public Log plus(@Nullable Log other) {
            return other == null
                    ? this
                    : new Log(
                            bytes + other.bytes,
                            lostLines + other.lostLines,
                            lostBytes + other.lostBytes);
        }
    }

    /// The manager.
    ///
    /// @param startedMillis since 1970
    /// @param mostFiles it may open
    public record Manager(
            long startedMillis, long reexecs, long recoveries, int clients, long mostFiles) {}
}
