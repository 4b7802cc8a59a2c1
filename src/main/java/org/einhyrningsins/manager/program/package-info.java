// SPDX-License-Identifier: GPL-3.0-or-later
/// One program at run time: events in, effects carried out.
///
/// [ProgramHost] has a program's core state and steps it; effects (spawn, send a signal, probe,
/// answer, report) are carried out here. [WorkerTable] has its processes, [WorkerMessageHandler]
/// checks what workers say, [ProbeRunner] asks them whether they are ready or healthy.
/// [OrphanReaper], [ProcessGroupWatch] and [DetachedProcesses] look after what a worker started and
/// left. [ProgramTable] has all programs of this manager. [SignalTargets] and [SignalDelivery] are
/// the command `signal`; [ReuseportSteering] keeps new connections away from slots that nobody
/// serves.
@NullMarked
package org.einhyrningsins.manager.program;

import org.jspecify.annotations.NullMarked;
