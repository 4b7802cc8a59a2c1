// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.client;

import org.einhyrningsins.control.Client;
import org.einhyrningsins.control.report.Roster;
import org.einhyrningsins.control.wire.ControlException;
import org.einhyrningsins.control.wire.Reply;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// Asks a manager for the names it knows, for someone who has just pressed Tab: soon or not at all.
public final class LiveRoster {
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final Path socket;

    public LiveRoster(Path socket) {
        this.socket = socket;
    }

    /// What is known now; nothing if no manager answers.
    public Roster ask() {
        try (Client client = Client.connect(socket, PATIENCE)) {
            Reply reply = client.ask("status", List.of(), true, false, ignored -> true);
            return Roster.read(reply.json());
        } catch (ControlException | IllegalArgumentException noAnswer) {
            return Roster.EMPTY;
        }
    }
}
