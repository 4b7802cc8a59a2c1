// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;

/// Reply of the manager, one line.
///
/// @param id of the request it answers, as JSON; null if the manager could not tell
/// @param more more replies follow
/// @param code an [ExitStatus] by its number; 0 while more follow
/// @param json the line as it came
public record ControlReply(
        @Nullable String id, String message, boolean more, int code, String json) {
    /// Reads a line.
    ///
    /// @throws IllegalArgumentException if it is not what a manager writes
    public static ControlReply read(byte[] line) {
        String text = new String(line, StandardCharsets.UTF_8);
        JsonObject json = JsonObject.read(text);
        return new ControlReply(
                id(json.fields().get("request_id")),
                json.text("message", ""),
                json.flag("wait"),
                json.number("code", 0),
                text);
    }

    private static @Nullable String id(@Nullable Object id) {
        if (id instanceof String text) {
            return JsonId.of(text).json();
        }
        return id == null ? null : id.toString();
    }
}
