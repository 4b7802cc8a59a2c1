// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.manager.spawn.WorkerProcess;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.kernel.ProcessExit;
import org.einhyrningsins.posix.process.Children;
import org.jspecify.annotations.Nullable;

/// Reads the exit status of a worker's process, and reaps it.
///
/// A worker that was adopted is no child of the manager's and is reaped by others. One that died
/// while the launcher ran between two managers was perhaps reaped by the launcher's shell, which
/// waits for any child.
final class WorkerReaper {
    private WorkerReaper() {}

    /// Exit of a worker's process, which stays a zombie; null if it has not ended yet.
    static @Nullable WorkerExit peek(WorkerProcess process) {
        try {
            return exit(Children.peek(process.pidfd()));
        } catch (PosixException e) {
            if (e.errno() != Errno.ECHILD) {
                throw e;
            }
            WorkerExit workerExit = exit(Children.exitOfStranger(process.pidfd()));
            return workerExit == null ? WorkerExit.UNKNOWN : workerExit;
        }
    }

    private static @Nullable WorkerExit exit(@Nullable ProcessExit exit) {
        return exit == null
                ? null
                : new WorkerExit(exit.code(), exit.signal(), exit.core(), 0, false, false);
    }

    /// Ends the zombie, if it is our child.
    static void reap(WorkerProcess process) {
        try {
            Children.reap(process.pidfd());
        } catch (PosixException e) {
            if (e.errno() != Errno.ECHILD) { // others reap it
                throw e;
            }
        }
    }
}
