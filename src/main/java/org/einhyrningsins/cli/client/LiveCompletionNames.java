// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.client;

import org.einhyrningsins.control.ControlClient;
import org.einhyrningsins.control.report.CompletionNames;
import org.einhyrningsins.control.wire.ControlException;
import org.einhyrningsins.control.wire.ControlReply;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// Asks a manager for the names it knows, for someone who has just pressed Tab: soon or not at all.
public final class LiveCompletionNames {
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final Path socket;

    public LiveCompletionNames(Path socket) {
        this.socket = socket;
    }

    /// Returns the names known now; none if no manager answers.
    public CompletionNames fetch() {
        try (ControlClient controlClient = ControlClient.connect(socket, PATIENCE)) {
            ControlReply controlReply =
                    controlClient.send("status", List.of(), true, false, ignored -> true);
            return CompletionNames.read(controlReply.json());
        } catch (ControlException | IllegalArgumentException noAnswer) {
            return CompletionNames.EMPTY;
        }
    }
}
