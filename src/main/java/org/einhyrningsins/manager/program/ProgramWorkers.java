// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.manager.spawn.DelayedSpawns;

/// The classes that act for one program's workers, wired to each other.
///
/// @param table the workers' processes
/// @param messages takes what workers say
/// @param sockets the sockets where they say it
/// @param templates what workers of a version have in common
/// @param probes checks of readiness, health and memory
/// @param lifecycle follows the processes to their end
/// @param starter starts workers
/// @param effects carries out what the core decides
record ProgramWorkers(
        WorkerTable table,
        WorkerMessageHandler messages,
        ProgramWorkerSockets sockets,
        SpawnTemplates templates,
        WorkerProbes probes,
        WorkerLifecycle lifecycle,
        WorkerStarter starter,
        EffectRunner effects) {

    static ProgramWorkers of(ProgramContext context, ProgramHost.Surface surface) {
        WorkerTable table = new WorkerTable();
        DelayedSpawns delayedSpawns = new DelayedSpawns();
        WorkerMessageHandler messages = new WorkerMessageHandler(context, table);
        ProgramWorkerSockets sockets = new ProgramWorkerSockets(surface.doors(), messages);
        SpawnTemplates templates =
                new SpawnTemplates(surface.workers().spawner(), sockets, surface.control());
        WorkerProbes probes = new WorkerProbes(context, surface, table, templates);
        DetachedProcesses detached =
                new DetachedProcesses(surface.workers().orphanReaper(), context);
        WorkerLifecycle lifecycle =
                new WorkerLifecycle(
                        context,
                        surface,
                        table,
                        sockets,
                        templates,
                        delayedSpawns,
                        probes,
                        detached);
        WorkerStarter starter =
                new WorkerStarter(
                        context, surface.workers().spawner(), templates, delayedSpawns, lifecycle);
        EffectRunner effects =
                new EffectRunner(
                        context,
                        table,
                        starter,
                        probes,
                        detached,
                        surface.workers().spawner().writerThreads());
        return new ProgramWorkers(
                table, messages, sockets, templates, probes, lifecycle, starter, effects);
    }
}
