// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.terminal;

import org.einhyrningsins.control.wire.CommandKind;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.List;

/// Command line of the client, parsed.
///
/// @param socket the path given; null for the default
/// @param json true to print the manager's messages as they are
/// @param waits true to stay until the outcome is known
/// @param timeout the time limit given; null for the command's own
/// @param count maximum number of events, or number of lines of a log; -1 if not given
/// @param follows true to go on with new events or lines
public record ClientCommand(
        @Nullable String socket,
        boolean json,
        boolean waits,
        @Nullable Duration timeout,
        int count,
        boolean follows,
        String command,
        List<String> args) {
    private static final Duration QUESTION = Duration.ofSeconds(10);
    private static final Duration OPERATION = Duration.ofHours(1);
    private static final Duration FOREVER = Duration.ofDays(3650);

    /// Returns the time limit of the whole command.
    public Duration timeLimit() {
        if (timeout != null) {
            return timeout;
        }
        return switch (kind()) {
            case QUESTION -> follows ? FOREVER : QUESTION;
            case STREAM -> FOREVER;
            case CHANGE -> QUESTION;
            case OPERATION -> waits ? OPERATION : QUESTION;
        };
    }

    /// True if something goes on in the manager when the client is gone.
    public boolean outlivesClient() {
        return kind() == CommandKind.OPERATION;
    }

    private CommandKind kind() {
        CommandKind kind = CommandKind.of(command);
        // the manager says that there is no such command
        return kind == null ? CommandKind.QUESTION : kind;
    }
}
