// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

import org.einhyrningsins.control.ExitStatus;
import org.einhyrningsins.control.JsonId;

/// What the client says by itself to a script that asked for JSON: shaped like a reply.
final class JsonLine {
    private JsonLine() {}

    static String failure(ExitStatus status, String message) {
        return "{\"message\":" + JsonId.of(message).json() + ",\"code\":" + status.code() + "}";
    }
}
