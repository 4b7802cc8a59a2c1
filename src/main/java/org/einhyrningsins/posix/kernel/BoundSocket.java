// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

/// A bound socket.
///
/// @param address as bound, with the port the kernel chose: `127.0.0.1:43211`, `[::1]:80`,
///   `unix:/run/x.sock`, `unix:@name`
/// @param inode number that /proc/PID/fd shows in `socket:[inode]`; unique while it is open
public record BoundSocket(int fd, String address, long inode) {}
