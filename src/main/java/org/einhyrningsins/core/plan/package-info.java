// SPDX-License-Identifier: GPL-3.0-or-later
/// Plan of a reload, computed from two configurations and nothing else, so that `plan` and `reload`
/// cannot differ.
///
/// [ReloadPlan] has a [org.einhyrningsins.core.model.DefinitionChange] for each program and a
/// [SocketMove] for each socket ([SocketPlan]). [SocketHandoverPlan] finds programs that give up
/// sockets, or their name, to others; [SocketHandoverOrder] says whose turn it is.
/// [SharedAddresses] finds what two programs serve at once; [DefinitionsInUse] are those whose
/// sockets stay open. [DependencyGraph] is the order in which programs start, and the other way
/// round stop.
@NullMarked
package org.einhyrningsins.core.plan;

import org.jspecify.annotations.NullMarked;
