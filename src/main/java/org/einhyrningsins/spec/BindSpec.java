// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Set;

/// Sockets of a program, and how its workers learn of them.
///
/// @param sockets in the order in which workers get them, from descriptor 3 up
/// @param stdin the name of the socket that is also descriptor 0; null for /dev/null
/// @param protocols socket protocols on request, beyond the ones that are always there
public record BindSpec(
        List<SocketSpec> sockets, @Nullable String stdin, Set<SocketProtocol> protocols) {
    /// No sockets.
    public static final BindSpec NONE = new BindSpec(List.of(), null, Set.of());

    public BindSpec {
        sockets = List.copyOf(sockets);
        protocols = Set.copyOf(protocols);
    }

    /// Other sockets, of which workers learn in the same way.
    public BindSpec withSockets(List<SocketSpec> others) {
        return new BindSpec(others, stdin, protocols);
    }

    /// Returns the part that a running worker cannot change: see [SocketSpec#asInherited()].
    BindSpec fixed() {
        return withSockets(sockets.stream().map(SocketSpec::asInherited).toList());
    }
}
