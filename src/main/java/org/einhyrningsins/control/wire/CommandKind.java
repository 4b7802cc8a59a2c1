// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import org.jspecify.annotations.Nullable;

/// The kinds of commands, by the rights that they need and by how long an answer may take: the one
/// table of both. Arguments are in [ControlCommand], help is in the client's pages; a test holds
/// them, the manuals and the manager's rights against this.
public enum CommandKind {
    /// A question. Readers may ask it, and its answer comes at once.
    QUESTION,

    /// A stream or wait, until the client leaves or its condition holds. Readers may ask for it.
    STREAM,

    /// A change that is done when it is answered, at once.
    CHANGE,

    /// A change whose outcome is waited for, and that goes on without the client.
    OPERATION;

    /// True if it changes nothing, so that readers may use it.
    public boolean looks() {
        return this == QUESTION || this == STREAM;
    }

    /// The kind of a command; null if there is no such command.
    public static @Nullable CommandKind of(String command) {
        return switch (command) {
            case "status", "show", "explain", "plan", "history", "logs" -> QUESTION;
            case "version", "state", "ehlo", "help" -> QUESTION;
            case "events", "wait" -> STREAM;
            case "confirm", "signal", "quieter", "louder" -> CHANGE;
            case "reload", "upgrade", "upgrade_fleet", "rollback", "promote", "abort" -> OPERATION;
            case "start", "stop", "restart" -> OPERATION;
            case "inc", "dec", "scale", "set_workers" -> OPERATION;
            case "die", "reexec" -> OPERATION;
            default -> null;
        };
    }
}
