// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.manager.spawn.WorkerSpawner;

/// Services of the manager for the processes of workers.
///
/// @param spawner spawns them
/// @param probeRunner asks them how they are
/// @param orphanReaper ends what they leave
/// @param groups waits for what is left of their process groups
public record WorkerServices(
        WorkerSpawner spawner,
        ProbeRunner probeRunner,
        OrphanReaper orphanReaper,
        ProcessGroupWatch groups) {}
