// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.plan;

import org.einhyrningsins.core.model.SocketKey;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketSpec;
import org.jspecify.annotations.Nullable;

/// Change of one socket when other definitions take over.
///
/// @param from its current owner and settings; null for a socket to be bound
/// @param to its next owner and settings; null for a socket to be closed
public record SocketMove(@Nullable Place from, @Nullable Place to) {
    /// A socket, and the program that names it.
    public record Place(String program, SocketSpec socket, SocketKey key) {
        static Place of(ProgramSpec program, SocketSpec socket) {
            return new Place(program.name(), socket, SocketKey.of(program, socket));
        }

        /// Returns the name as in `web/http`.
        @Override
        public String toString() {
            return program + "/" + socket.name();
        }
    }

    /// Kind of change of a socket.
    public enum Kind {
        /// Stays open, under any name.
        KEPT,
        OPENED,
        CLOSED
    }

    public Kind kind() {
        return from == null ? Kind.OPENED : to == null ? Kind.CLOSED : Kind.KEPT;
    }

    /// Returns the address that it is bound to.
    public SocketSpec.Address address() {
        Place place = to == null ? from : to;
        if (place == null) {
            throw new IllegalStateException("a socket that neither was nor will be");
        }
        return place.socket().address();
    }

    /// Describes what differs from the new definition while the socket stays open; null for
    /// nothing.
    public @Nullable String remark() {
        return from == null
                        || to == null
                        || from.socket().reuseAddress() == to.socket().reuseAddress()
                ? null
                : "socket '"
                        + to.socket().name()
                        + "' stays open, and its reuse-address as it is until it is bound anew";
    }

    /// True if it stays under another name, or with another program.
    public boolean renamed() {
        return from != null && to != null && !from.toString().equals(to.toString());
    }
}
