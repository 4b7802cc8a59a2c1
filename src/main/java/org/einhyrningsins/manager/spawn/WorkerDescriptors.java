// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.posix.kernel.BoundSocket;

import java.util.List;

/// Descriptors of the manager that a worker is started with.
///
/// @param sockets its sockets, in the definition's order
/// @param out becomes its 1
/// @param err becomes its 2
/// @param ackSocket becomes its EINHORN_SOCK_FD; -1 for none
/// @param ack becomes its EINHORN_ACK_FD; -1 for none
record WorkerDescriptors(List<BoundSocket> sockets, int out, int err, int ackSocket, int ack) {}
