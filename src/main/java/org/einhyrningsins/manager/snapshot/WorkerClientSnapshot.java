// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

/// Client of a worker socket.
///
/// @param pid pid of the worker that inherited the connection; 0 for a client that connected
/// @param uid the worker's user
/// @param partialLine the bytes of a line that has not ended yet, as ISO-8859-1
public record WorkerClientSnapshot(int fd, int pid, int uid, String partialLine) {}
