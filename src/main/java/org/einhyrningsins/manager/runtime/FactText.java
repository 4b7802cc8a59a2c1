// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import org.einhyrningsins.control.wire.JsonObject;
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
        JsonObject json = JsonObject.read(line);
        if (!(json.fields().get("at_ms") instanceof Long at)) {
            return null;
        }
        FactKind kind = FactKind.of(json.text("type", ""));
        Map<String, String> details = new HashMap<>();
        JsonObject given = json.object("details");
        if (given != null) {
            for (String name : given.fields().keySet()) {
                details.put(name, given.text(name, ""));
            }
        }
        return new Fact(
                at,
                json.text("program", ""),
                json.number("slot", -1),
                json.number("pid", 0),
                kind == null ? FactKind.NOTE : kind,
                json.text("message", ""),
                details);
    }
}
