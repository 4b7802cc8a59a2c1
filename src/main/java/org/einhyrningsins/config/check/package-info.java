// SPDX-License-Identifier: GPL-3.0-or-later
/// Checks of definitions beyond their values: that two sockets do not claim one address
/// ([BindConflicts]), that `after` has no circle ([DependencyCheck]), and what the machine has
/// ([ExecutableLookup], [LogPathCheck]), and what links point at ([ReleaseLookup]). [ProgramCheck]
/// warns of what a program's definition names.
@NullMarked
package org.einhyrningsins.config.check;

import org.jspecify.annotations.NullMarked;
