// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.List;

/// Request of an operator.
///
/// @param command its name, not yet known to exist: see [ControlCommand#read]
/// @param waits answer when the outcome is known, not when it has begun
/// @param text lay the answer out for a person
/// @param claim user who asks by sudo(8), as the client says; null if it says nothing. Nobody
///   checks it
public record ControlRequest(
        JsonId id,
        String command,
        List<String> args,
        boolean waits,
        boolean text,
        @Nullable String claim)
        implements ParsedLine {
    /// Longest name of a user that is taken, in characters.
    private static final int MAX_CLAIM = 32;

    public ControlRequest {
        args = List.copyOf(args);
        claim = claim == null || isUser(claim) ? claim : null;
    }

    /// Makes a request that says nothing of sudo(8).
    public ControlRequest(
            JsonId id, String command, List<String> args, boolean waits, boolean text) {
        this(id, command, args, waits, text, null);
    }

    /// True if it can be the name of a user, so that it is safe to show.
    private static boolean isUser(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (!Character.isLetterOrDigit(c) && "._-@$".indexOf(c) < 0) {
                return false;
            }
        }
        return !name.isEmpty() && name.length() <= MAX_CLAIM;
    }

    /// The request as it goes over the wire, with its newline.
    public byte[] line() {
        StringBuilder json = new StringBuilder(128);
        json.append("{\"id\":").append(id.json()).append(",\"command\":");
        JsonText.quote(json, command);
        json.append(",\"args\":[");
        for (int i = 0; i < args.size(); i++) {
            json.append(i == 0 ? "" : ",");
            JsonText.quote(json, args.get(i));
        }
        json.append("],\"wait\":").append(waits);
        json.append(",\"format\":\"").append(text ? "text" : "json").append('"');
        if (claim != null) {
            json.append(",\"sudo_user\":");
            JsonText.quote(json, claim);
        }
        json.append("}\n");
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }
}
