// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.image;

import org.einhyrningsins.spec.SocketSpec;

/// A bound socket.
///
/// @param owner program and name, if the kernel chose the port; else empty
/// @param fd for a re-exec; else of no meaning
/// @param address as bound
/// @param inode of the socket, unique while it is open
/// @param file inode of the file of a UNIX socket; else 0
public record SocketImage(
        String owner, SocketSpec spec, int fd, String address, long inode, long file) {}
