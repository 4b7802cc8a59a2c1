// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.manager.spawn.WorkerSpawner;

/// Services of the manager for the processes of workers.
///
/// @param births spawns them
/// @param prober asks them how they are
/// @param strays ends what they leave
/// @param groups waits for what is left of their process groups
public record WorkerServices(
        WorkerSpawner births, ProbeRunner prober, OrphanReaper strays, ProcessGroupWatch groups) {}
