// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import java.nio.charset.StandardCharsets;
import java.util.List;

/// Request of an operator.
///
/// @param command its name, not yet known to exist: see [ControlCommand#read]
/// @param waits answer when the outcome is known, not when it has begun
/// @param text lay the answer out for a person
public record ControlRequest(
        JsonId id, String command, List<String> args, boolean waits, boolean text)
        implements ParsedLine {
    public ControlRequest {
        args = List.copyOf(args);
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
        json.append(",\"format\":\"").append(text ? "text" : "json").append("\"}\n");
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }
}
