// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import com.fasterxml.jackson.core.JsonGenerator;

import org.einhyrningsins.control.wire.PlainText;
import org.einhyrningsins.spec.fact.Fact;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/// Facts, the oldest first: the answer to `events --since`.
public record EventReport(List<Entry> entries) implements ReplyData {
    private static final int KIND_WIDTH = 15;

    /// A fact with its time.
    ///
    /// @param at time as RFC 3339 has it
    public record Entry(String at, Fact fact) {}

    public EventReport {
        entries = List.copyOf(entries);
    }

    /// A line for each, for people.
    public String text() {
        StringBuilder text = new StringBuilder(entries.size() * 100);
        for (Entry entry : entries) {
            text.append(text.isEmpty() ? "" : "\n");
            append(text, entry);
        }
        return text.toString();
    }

    /// Appends `2026-11-23T07:15:02.123Z exited web:0 pid 4711: exit status 3`.
    static void append(StringBuilder text, Entry entry) {
        Fact fact = entry.fact();
        String kind = fact.kind().word();
        text.append(entry.at()).append("  ").append(kind);
        text.repeat(' ', Math.max(1, KIND_WIDTH - kind.length()));
        if (!fact.subject().isEmpty()) {
            text.append(fact.subject());
            text.append(fact.pid() == 0 ? "" : " pid " + fact.pid()).append(": ");
        }
        text.append(PlainText.line(fact.message()));
    }

    static void write(JsonGenerator json, EventReport report) throws IOException {
        json.writeStartObject();
        json.writeArrayFieldStart("events");
        for (Entry entry : report.entries()) {
            write(json, entry);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    static void write(JsonGenerator json, Entry entry) throws IOException {
        Fact fact = entry.fact();
        json.writeStartObject();
        json.writeStringField("at", entry.at());
        json.writeStringField("type", fact.kind().word());
        json.writeStringField("program", fact.program());
        if (fact.slot() >= 0) {
            json.writeNumberField("slot", fact.slot());
        }
        if (fact.pid() > 0) {
            json.writeNumberField("pid", fact.pid());
        }
        json.writeStringField("message", ReplyWriter.wellFormed(fact.message()));
        json.writeObjectFieldStart("details");
        for (Map.Entry<String, String> detail : fact.details().entrySet()) {
            json.writeStringField(detail.getKey(), ReplyWriter.wellFormed(detail.getValue()));
        }
        json.writeEndObject();
        json.writeEndObject();
    }
}
