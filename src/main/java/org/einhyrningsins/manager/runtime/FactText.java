// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.control.wire.JsonCursor;
import org.einhyrningsins.control.wire.JsonText;
import org.einhyrningsins.spec.fact.Fact;
import org.einhyrningsins.spec.fact.FactKind;
import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.Map;

/// Facts as lines of JSON, in the state directory. Written and read by hand: thousands are read at
/// a start.
final class FactText {
    private FactText() {}

    /// Appends a fact with its newline.
    static void append(StringBuilder text, Fact fact) {
        text.append("{\"at\":\"");
        Timestamp.append(text, fact.atMillis());
        text.append("\",\"at_ms\":").append(fact.atMillis()).append(",\"program\":");
        JsonText.quote(text, fact.program());
        text.append(",\"slot\":").append(fact.slot()).append(",\"pid\":").append(fact.pid());
        text.append(",\"type\":\"").append(fact.kind().word()).append("\",\"message\":");
        JsonText.quote(text, fact.message());
        text.append(",\"details\":{");
        String comma = "";
        for (Map.Entry<String, String> detail : fact.details().entrySet()) {
            text.append(comma);
            JsonText.quote(text, detail.getKey());
            text.append(':');
            JsonText.quote(text, detail.getValue());
            comma = ",";
        }
        text.append("}}\n");
    }

    /// Reads a line; null if it is none of ours, such as one that was cut short.
    static @Nullable Fact read(String line) {
        try {
            return readWhole(line);
        } catch (IllegalArgumentException torn) {
            return null;
        }
    }

    private static @Nullable Fact readWhole(String line) {
        if (!line.endsWith("}}")) {
            return null;
        }
        JsonCursor json = new JsonCursor(line);
        long at = -1;
        String program = "";
        int slot = -1;
        int pid = 0;
        FactKind kind = FactKind.NOTE;
        String message = "";
        Map<String, String> details = new HashMap<>();
        for (boolean more = json.opens('{', '}'); more; more = json.more('}')) {
            switch (json.field()) {
                case "at_ms" -> at = Long.parseLong(json.raw());
                case "program" -> program = json.string();
                case "slot" -> slot = Integer.parseInt(json.raw());
                case "pid" -> pid = Integer.parseInt(json.raw());
                case "type" -> {
                    FactKind known = FactKind.of(json.string());
                    kind = known == null ? FactKind.NOTE : known;
                }
                case "message" -> message = json.string();
                case "details" -> {
                    for (boolean one = json.opens('{', '}'); one; one = json.more('}')) {
                        String name = json.field();
                        details.put(name, json.string());
                    }
                }
                default -> json.raw();
            }
        }
        return at < 0 ? null : new Fact(at, program, slot, pid, kind, message, details);
    }
}
