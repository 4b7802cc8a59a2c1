// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

/// Where metrics and the status page are had: for reading only, and for whoever can connect.
///
/// @param socket a TCP or UNIX listener of the manager's own, non-blocking; no worker gets it
public record HttpSpec(SocketSpec socket) {
    /// What the socket is called in messages.
    public static final String NAME = "http";

    /// Length of its accept queue.
    public static final int BACKLOG = 128;
}
