// SPDX-License-Identifier: GPL-3.0-or-later
/// The manager process: its start, its loop, its end. [Manager] is its entrance and runs the one
/// platform thread that owns everything; [ManagerParts] wires the rooms below.
///
/// **Start.** [ManagerStart] reads the file and opens the control socket. [FreshStart] then binds
/// the sockets and starts the programs, or [CrashStart] takes over those of a manager that was
/// killed. [ReexecStart] goes on in the process of the manager before.
///
/// **Loop.** Each turn, [Manager] tells programs the time, [ChildReaper] reaps orphans, and
/// [SocketUpkeep] closes what no program needs. [ProgramEvents] passes on what programs report,
/// [ManagerCommands] and [SignalReader] what is asked of the manager itself, [ReloadHosting] what a
/// reload changes. [ManagerState] is what snapshots have of all that.
///
/// **End.** [Shutdown] stops everything; the loop ends when the last worker has gone.
///
/// **The way of an event.** `runtime.EventLoop` waits for the kernel (deaths, signals, connections,
/// datagrams, deadlines). The owner of the descriptor turns it into an event of one program
/// (`program.ProgramHost`), the core says what follows, and the effects are carried out. Nothing in
/// these rooms decides what becomes of a worker; that is the core's. They decide what the core
/// cannot see: which descriptor is whose, which pid a message may speak for, which program a
/// command is about.
///
/// **Where to change what.**
///
/// ```
///   what a worker is started with, and how         spawn
///   what workers write, rotation, journal           output
///   what workers say: ack, ping, sd_notify          channel
///   sockets: bound, kept, given back                socket  (options: posix.socket.ProgramSockets)
///   who may do what at the control socket           control
///   what a command does, what plan and status say   operate  (their layout: control.report)
///   one program at run time                         program
///   kill -9, re-exec                                handover, snapshot
///   metrics, status page                            http, page
///   loop, clock, log, paths, files of our own       runtime
/// ```
///
/// A room may use those that stand before it in `Walls.FLOORS`, and no other; there are no circles.
/// Everything is on the loop's thread unless a class says otherwise; no class here has a lock.
@NullMarked
package org.einhyrningsins.manager;

import org.jspecify.annotations.NullMarked;
