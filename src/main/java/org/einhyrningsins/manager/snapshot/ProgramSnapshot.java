// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.einhyrningsins.core.Program;

import java.util.List;
import java.util.Map;

/// One program with its processes.
///
/// @param retiring the file has it no more, and its last workers are leaving
/// @param tally how often what happened to it
/// @param kept what else is kept for it
public record ProgramSnapshot(
        Program program,
        boolean retiring,
        List<WorkerSnapshot> workers,
        List<WorkerSocketsSnapshot> doors,
        Map<String, Long> tally,
        List<KeptDescriptor> kept) {}
