// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.terminal;

import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonId;

/// Messages of the client itself to a script that asked for JSON: shaped like a reply.
public final class JsonMessage {
    private JsonMessage() {}

    public static String failure(ExitStatus status, String message) {
        return "{\"message\":" + JsonId.of(message).json() + ",\"code\":" + status.code() + "}";
    }
}
