// SPDX-License-Identifier: GPL-3.0-or-later
/// The whole manager in a simulated machine. [Redirection] loads the shipped classes, and leads the
/// few calls by which they reach the machine (one native function, `java.nio.file.Files`, the
/// clock, the environment) to a simulated one: [Kernel] with processes, descriptors, sockets,
/// pipes, epoll, signals; [Disk]; virtual time. Nothing of the manager is replaced, so nothing of
/// it is left out, and it has no seam of its own that would cost a start or a respawn anything.
///
/// A [World] follows from a seed: its programs, what their workers do, what an operator asks for,
/// which calls fail, at which calls the manager is killed. After each change of the machine its
/// [Promises] are looked after; a broken one names the seed, which is the bug report.
@NullMarked
package org.einhyrningsins.simulation;

import org.jspecify.annotations.NullMarked;
