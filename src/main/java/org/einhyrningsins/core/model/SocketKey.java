// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.model;

import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketSpec;

/// Identity of a socket: its address or, where the kernel chooses the port, its name.
///
/// @param owner `program/socket` where the kernel chooses the port, else empty
public record SocketKey(SocketSpec.Address address, String owner) {
    /// The key of a program's socket.
    public static SocketKey of(ProgramSpec program, SocketSpec socket) {
        boolean chosen =
                switch (socket.address()) {
                    case SocketSpec.Tcp tcp -> tcp.port() == 0;
                    case SocketSpec.Udp udp -> udp.port() == 0;
                    case SocketSpec.UnixPath ignored -> false;
                    case SocketSpec.UnixAbstract ignored -> false;
                };
        return new SocketKey(socket.address(), chosen ? program.name() + "/" + socket.name() : "");
    }

    /// True if the kernel chooses its port.
    public boolean chosen() {
        return !owner.isEmpty();
    }
}
