// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.einhyrningsins.posix.file.AppendFiles;
import org.einhyrningsins.posix.kernel.BootId;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;

/// A worker's process.
///
/// @param process its main process
/// @param ackSocket the manager's end of its EINHORN_SOCK_FD, for a re-exec; else -1
/// @param log where it writes
/// @param statusText the status that it last sent
/// @param kept other descriptors kept for it
public record WorkerSnapshot(
        WorkerId id,
        ProcessState process,
        int ackSocket,
        Log log,
        String statusText,
        List<KeptDescriptor> kept) {
    /// Main process of a worker.
    ///
    /// @param bornTicks when it was spawned, in ticks since boot ([BootId#ticks]): with the pid it
    ///   identifies it for good
    /// @param pidfd for a re-exec; else -1
    /// @param uid its user; -1 for the manager's own
    /// @param bornMillis wall clock, for people
    /// @param adopted it is no child of the manager's
    public record ProcessState(
            int pid, long bornTicks, int pidfd, int uid, long bornMillis, boolean adopted) {}

    /// File that a worker writes to.
    ///
    /// @param path its path; null if it is none
    /// @param offset its length at the worker's start
    /// @param file which file that was; null if it is not known, or is written by the manager
    public record Log(@Nullable Path path, long offset, AppendFiles.@Nullable Extent file) {}

    /// The same worker, found by a manager whose child it is not.
    ///
    /// @param pidfd of its process
    /// @param left what is left of the descriptors kept for it
    public WorkerSnapshot adopted(int pidfd, List<KeptDescriptor> left) {
        ProcessState found =
                new ProcessState(
                        process.pid,
                        process.bornTicks,
                        pidfd,
                        process.uid,
                        process.bornMillis,
                        true);
        return new WorkerSnapshot(id, found, -1, log, statusText, left);
    }

    /// See [ProcessState#pid()].
    public int pid() {
        return process.pid;
    }

    /// See [ProcessState#bornTicks()].
    public long bornTicks() {
        return process.bornTicks;
    }

    /// See [ProcessState#pidfd()].
    public int pidfd() {
        return process.pidfd;
    }

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
