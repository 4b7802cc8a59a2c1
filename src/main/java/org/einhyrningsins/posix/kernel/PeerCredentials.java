// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

/// Who is at the other end, as the kernel vouches for it. A process of another pid namespace has
/// pid 0.
public record PeerCredentials(int pid, int uid, int gid) {}
