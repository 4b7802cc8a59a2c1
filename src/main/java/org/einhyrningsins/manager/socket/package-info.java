// SPDX-License-Identifier: GPL-3.0-or-later
/// Listening sockets: bound, kept, put back, and taken over from whoever has them.
///
/// [SocketTable] owns the listening sockets of all programs, known by address; one may outlive a
/// definition or a program. [SocketBinder] binds them by `posix.socket.ProgramSockets`, which has
/// the options, and `SocketFile`, which has the owner and mode of a socket's file. A [SocketGroup]
/// is what is open at one address: a socket that all workers share, or one for each slot, among
/// which [SlotQueues] steers connections. [UnixSocketFiles] puts back the files of UNIX sockets
/// that somebody removed; [SocketFileWatch] notices it. [BindAdvice] and [PortUsage] say what may
/// help when an address cannot be bound; [SocketProblems] has the words for the status.
///
/// **Where sockets come from after a crash**: any [SocketSource]. [HeldSockets] takes them out of
/// workers or of the [SocketHolder], a small process that has duplicates; [SystemdSockets] takes
/// those that systemd passed to this manager.
@NullMarked
package org.einhyrningsins.manager.socket;

import org.jspecify.annotations.NullMarked;
