// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

/// Who is connected to a worker socket.
///
/// @param pid the worker whose line it is; 0 for one who came in
/// @param uid the worker's
/// @param begun the bytes of a line that has not ended yet, as ISO-8859-1
public record WorkerClientSnapshot(int fd, int pid, int uid, String begun) {}
