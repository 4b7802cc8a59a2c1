// SPDX-License-Identifier: GPL-3.0-or-later
/// The manager process: its start, its loop, its end. [Manager] wires the rooms below it and runs
/// the one platform thread that owns everything.
///
/// **The way of an event.** `runtime.EventLoop` waits for the kernel (deaths, signals, connections,
/// datagrams, deadlines). Whoever watches the descriptor turns it into an event of one program
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
///   sockets: bound, kept, given back                socket
///   who may do what at the control socket           control
///   what a command does, what plan and status say   operate
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
