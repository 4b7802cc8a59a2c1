// SPDX-License-Identifier: GPL-3.0-or-later
/// Starts children by lists of system calls; see `org.einhyrningsins.posix` for why.
///
/// A [SpawnRequest] says what is wanted; [Spawner] writes a [ChildProgram] (the list) and starts
/// it. A [PendingChild] has not executed its program yet. Steps that take something from the child
/// are in [ConfinementSteps] and [SchedulingSteps]; [Landlock] makes rulesets. A step that fails
/// comes back with its name and errno as a [SpawnException].
@NullMarked
package org.einhyrningsins.posix.spawn;

import org.jspecify.annotations.NullMarked;
