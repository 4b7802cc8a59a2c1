// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;

/// A process of ours: the manager's side of a worker.
///
/// @param pid also the number of its process group
/// @param pidfd readable when it is dead
/// @param line our end of its EINHORN_SOCK_FD; -1 if it has none
/// @param bornMillis wall clock, for people
/// @param log what it writes to, if that is a file; else null
/// @param logOffset how long that file was when it was born
/// @param pipe how what it writes gets there, if we bring it; else null
record WorkerProcess(
        WorkerId id,
        int pid,
        int pidfd,
        int line,
        int uid,
        long bornMillis,
        @Nullable Path log,
        long logOffset,
        @Nullable LogPipe pipe) {}
