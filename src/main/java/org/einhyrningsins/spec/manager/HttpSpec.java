// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec.manager;

import org.einhyrningsins.spec.SocketSpec;

import java.util.List;

/// HTTP listener for metrics and the status page: read-only, for everyone who can connect.
///
/// @param socket a TCP or UNIX listener of the manager's own, non-blocking; no worker gets it
/// @param hosts names of this machine that a request over TCP may have as its Host, besides those
///   that are always known; [#ANY] stands for all
public record HttpSpec(SocketSpec socket, List<String> hosts) {
    /// Entry of [#hosts] that allows any name.
    public static final String ANY = "*";

    /// Name of the socket in messages.
    public static final String NAME = "http";

    /// Length of its accept queue.
    public static final int BACKLOG = 128;
}
