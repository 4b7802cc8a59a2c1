// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.einhyrningsins.control.wire.JsonId;

import java.util.List;

/// A request that is being carried out.
///
/// @param client descriptor of who asked
/// @param waits the client wants progress and the outcome
/// @param open number of answers still to come
/// @param failed one of those that came was no success
/// @param outcomes the answers that came
/// @param tickets by which programs answer
public record PendingCommandSnapshot(
        int client,
        JsonId id,
        boolean waits,
        int open,
        boolean failed,
        List<String> outcomes,
        List<Long> tickets,
        About about) {
    public PendingCommandSnapshot {
        outcomes = List.copyOf(outcomes);
        tickets = List.copyOf(tickets);
    }

    /// Subject of the command.
    public enum About {
        /// Programs, which answer by the tickets.
        PROGRAMS,
        /// The end of the manager.
        END,
        /// Replacement by another program.
        REPLACEMENT
    }
}
