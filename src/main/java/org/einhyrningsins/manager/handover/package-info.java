// SPDX-License-Identifier: GPL-3.0-or-later
/// From one manager to the next: after a kill -9, and in a re-exec.
///
/// **Snapshots.** [SnapshotBuilder] makes them of the manager's parts, for both ways.
///
/// **Killed.** [StateRecorder] has what changed written a moment later, by [SnapshotWriter];
/// `snapshot.StateJournal` has what cannot wait. The next manager recovers it ([CrashRecovery]):
/// [StateReader] reads both, [WorkerRecovery] finds the processes that live, [SocketRecovery] takes
/// the sockets out of them, and `core.Recovery` says what becomes of each program. Where nothing is
/// written, [WorkerAdoption] makes programs of [SurvivingWorker]s by the variables they carry.
///
/// **By hand.** [OperatorOverrides] keeps what operators set, for the next start of any kind.
///
/// **Re-exec.** [ReexecRequest] is the command; [Reexec] starts the new program as a check, hands
/// over a snapshot and the descriptors, and executes it in the same process.
@NullMarked
package org.einhyrningsins.manager.handover;

import org.jspecify.annotations.NullMarked;
