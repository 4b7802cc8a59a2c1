// SPDX-License-Identifier: GPL-3.0-or-later
/// The one platform thread that owns everything. One loop waits for the kernel (deaths, signals,
/// connections, datagrams, deadlines), turns what happened into an event of one program, asks the
/// core what follows, and carries it out.
///
/// Nothing here decides what becomes of a worker; that is the core's. What is decided here is what
/// the core cannot see: which descriptor is whose, which pid a message may speak for, which program
/// a command is about.
///
/// **Who owns what.** [Manager] owns the loop and the parts.
/// [org.einhyrningsins.manager.program.ProgramHost] owns one program: its core state, its workers'
/// pids, its worker sockets. [org.einhyrningsins.manager.socket.SocketTable] owns the listening
/// sockets of all programs, since one may outlive a definition or a program.
/// [org.einhyrningsins.manager.operate.Operator] owns what was asked and is not answered yet.
/// Everything is on the loop's thread; no class here has a lock.
@NullMarked
package org.einhyrningsins.manager;

import org.jspecify.annotations.NullMarked;
