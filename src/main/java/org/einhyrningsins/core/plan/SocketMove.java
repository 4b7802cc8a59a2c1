// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core.plan;

import org.einhyrningsins.core.model.SocketKey;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketSpec;
import org.jspecify.annotations.Nullable;

/// What becomes of one socket when other definitions take over.
///
/// @param from as it is held now; null for one that is to be bound
/// @param to as it will be used; null for one that will be closed
public record SocketMove(@Nullable Place from, @Nullable Place to) {
    /// A socket, and the program that names it.
    public record Place(String program, SocketSpec socket, SocketKey key) {
        static Place of(ProgramSpec program, SocketSpec socket) {
            return new Place(program.name(), socket, SocketKey.of(program, socket));
        }

        /// As in `web/http`.
        @Override
        public String toString() {
            return program + "/" + socket.name();
        }
    }

    /// What it comes to.
    public enum Kind {
        /// It stays open, by whatever name.
        KEPT,
        OPENED,
        CLOSED
    }

    public Kind kind() {
        return from == null ? Kind.OPENED : to == null ? Kind.CLOSED : Kind.KEPT;
    }

    /// Where it is bound.
    public SocketSpec.Address address() {
        Place place = to == null ? from : to;
        if (place == null) {
            throw new IllegalStateException("a socket that neither was nor will be");
        }
        return place.socket().address();
    }

    /// What of it is not as the new definition has it while it stays open; null for nothing.
    public @Nullable String remark() {
        return from == null
                        || to == null
                        || from.socket().reuseAddress() == to.socket().reuseAddress()
                ? null
                : "socket '"
                        + to.socket().name()
                        + "' stays open, and its reuse-address as it is until it is bound anew";
    }

    /// Whether it stays under another name, or with another program.
    public boolean renamed() {
        return from != null && to != null && !from.toString().equals(to.toString());
    }
}
