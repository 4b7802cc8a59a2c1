// SPDX-License-Identifier: GPL-3.0-or-later
/// Values that a program's state is made of: what can happen to it ([ProgramEvent],
/// [ProgramCommand]), what it orders ([ProgramEffect]), and facts about versions, workers and
/// rollouts. No decision is made here; those are in `core`.
///
/// [Moment] is time for all of the core: only differences mean anything. [WorkerExit] is how a
/// worker ended; [DefinitionChange] is what becomes of a program when another definition takes
/// over.
@NullMarked
package org.einhyrningsins.core.model;

import org.jspecify.annotations.NullMarked;
