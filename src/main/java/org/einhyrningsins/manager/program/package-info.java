// SPDX-License-Identifier: GPL-3.0-or-later
/// One program at run time: events in, effects carried out.
///
/// [ProgramHost] has a program's event queue and core state, and steps it. [ProgramWorkers] wires
/// the classes that act for its workers, which see the program as a [ProgramContext]:
/// [EffectRunner] carries out effects (spawn, send a signal, probe, answer, report);
/// [WorkerStarter] spawns, by [SpawnTemplates]; [WorkerLifecycle] follows a worker's processes to
/// the end of the last of them; [WorkerProbes] checks whether workers are ready or healthy.
/// [ProgramWorkerSockets] and [AckListeners] are what workers speak by, [WorkerMessageHandler]
/// checks what they say, [WorkerTable] has their processes. [WorkerReaper] reads how they ended;
/// [OrphanReaper], [ProcessGroupWatch] and [DetachedProcesses] look after what they started and
/// left. [ProgramTable] has all programs of this manager. [SignalTargets] and [SignalDelivery] are
/// the command `signal`; [ReuseportSteering] keeps new connections away from slots that nobody
/// serves.
@NullMarked
package org.einhyrningsins.manager.program;

import org.jspecify.annotations.NullMarked;
