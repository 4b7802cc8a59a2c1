// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.terminal;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.List;

/// What the command line of the client asks for.
///
/// @param socket the path given; null for the default
/// @param json print what the manager says as it says it
/// @param waits stay until the outcome is known
/// @param timeout the bound given; null for the command's own
/// @param count end after that many events; that many lines of a log; -1 if not given
/// @param follows go on with what comes
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

    /// How long the whole of it may take.
    public Duration patience() {
        if (timeout != null) {
            return timeout;
        }
        return switch (command) {
            case "status", "show", "plan", "confirm" -> QUESTION;
            case "version", "signal", "state", "ehlo", "quieter", "louder" -> QUESTION;
            case "events" -> FOREVER;
            case "logs" -> follows ? FOREVER : QUESTION;
            default -> waits ? OPERATION : QUESTION;
        };
    }

    /// Whether something goes on in the manager if the client goes away meanwhile.
    public boolean goesOnWithoutUs() {
        return switch (command) {
            case "status", "show", "plan", "confirm", "version", "signal", "events", "logs" ->
                    false;
            case "state", "ehlo", "quieter", "louder" -> false;
            default -> true;
        };
    }
}
