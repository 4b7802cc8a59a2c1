// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.einhyrningsins.posix.file.AppendFiles;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;

/// A worker's process.
///
/// @param startTicks start time in ticks since boot: with the pid it identifies it for good
/// @param pidfd for a re-exec; else -1
/// @param line the manager's end of its EINHORN_SOCK_FD, for a re-exec; else -1
/// @param uid its user; -1 for the manager's own
/// @param bornMillis wall clock, for people
/// @param log file that it writes to; null if it is none
/// @param logOffset length of that file at its start
/// @param logFile which file that was; null if it is not known, or is written by the manager
/// @param adopted it is no child of the manager's
/// @param words the status that it last sent
/// @param kept other descriptors kept for it
public record WorkerSnapshot(
        WorkerId id,
        int pid,
        long startTicks,
        int pidfd,
        int line,
        int uid,
        long bornMillis,
        @Nullable Path log,
        long logOffset,
        AppendFiles.@Nullable Extent logFile,
        boolean adopted,
        String words,
        List<KeptDescriptor> kept) {
    /// Returns the inode number of the descriptor kept under that name, also where it is gone; 0 if
    /// unknown.
    public long inode(String name) {
        for (KeptDescriptor each : kept) {
            if (each.name().equals(name)) {
                return each.inode();
            }
        }
        return 0;
    }

    /// The descriptor kept under that name; -1 if there is none.
    public int descriptor(String name) {
        for (KeptDescriptor each : kept) {
            if (each.name().equals(name)) {
                return each.fd();
            }
        }
        return -1;
    }
}
