// SPDX-License-Identifier: GPL-3.0-or-later
/// Spawning of workers: everything between the order "spawn" and a process that executes its
/// program.
///
/// [WorkerSpawner] does it, in this order: what must be there (directories, secrets, log, sockets
/// that were at rest), a [SpawnTemplate] (argv, environment and descriptors of one version,
/// computed once), what differs for this worker, then `posix.spawn.Spawner`. [WorkerEnvironment]
/// has the variables that are inherited and those that tell of sockets; the template adds those of
/// `env` and of acks, notifications and the watchdog. [WorkerOutput] opens its output,
/// [WorkerCgroups] its control group, [WorkerCredentials] its secrets, [WorkerConfinement] and
/// [SandboxRuleset] what is taken from it. A child that the kernel holds up longer than the loop
/// waits is kept in [DelayedSpawns]. [WorkerTag] is how a worker, and all that it starts, is known
/// to a later manager.
@NullMarked
package org.einhyrningsins.manager.spawn;

import org.jspecify.annotations.NullMarked;
