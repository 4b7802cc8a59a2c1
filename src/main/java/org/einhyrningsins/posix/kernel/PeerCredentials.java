// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

/// Credentials of the process at the other end, as the kernel has them. A process of another pid
/// namespace has pid 0.
public record PeerCredentials(int pid, int uid, int gid) {}
