// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

import org.einhyrningsins.control.Client;
import org.einhyrningsins.control.ControlException;
import org.einhyrningsins.control.Reply;
import org.einhyrningsins.control.Roster;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// Asks a manager for the names it knows, for someone who has just pressed Tab: soon or not at all.
final class LiveRoster {
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final Path socket;

    LiveRoster(Path socket) {
        this.socket = socket;
    }

    /// What is known now; nothing if no manager answers.
    Roster ask() {
        try (Client client = Client.connect(socket, PATIENCE)) {
            Reply reply = client.ask("status", List.of(), true, false, ignored -> true);
            return Roster.read(reply.json());
        } catch (ControlException | IllegalArgumentException noAnswer) {
            return Roster.EMPTY;
        }
    }
}
