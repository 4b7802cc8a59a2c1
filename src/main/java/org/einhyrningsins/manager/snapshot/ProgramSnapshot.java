// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.einhyrningsins.core.Program;

import java.util.List;
import java.util.Map;

/// Snapshot of one program with its processes.
///
/// @param retiring true if the file no longer has it, and its last workers are leaving
/// @param counters its counters
/// @param kept other descriptors kept for it
public record ProgramSnapshot(
        Program program,
        boolean retiring,
        List<WorkerSnapshot> workers,
        List<WorkerSocketsSnapshot> workerSockets,
        Map<String, Long> counters,
        List<KeptDescriptor> kept) {
    /// The same of the program in another state.
    public ProgramSnapshot of(Program other) {
        return new ProgramSnapshot(other, retiring, workers, workerSockets, counters, kept);
    }
}
