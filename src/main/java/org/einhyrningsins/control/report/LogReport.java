// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import com.fasterxml.jackson.core.JsonGenerator;

import org.einhyrningsins.control.wire.CommandTarget;
import org.einhyrningsins.control.wire.ControlReply;
import org.einhyrningsins.control.wire.JsonObject;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Locations of output: the answer to `logs`.
public record LogReport(List<LogPlace> places) implements ReplyData {
    public LogReport {
        places = List.copyOf(places);
    }

    static void write(JsonGenerator json, LogReport report) throws IOException {
        json.writeStartObject();
        json.writeArrayFieldStart("logs");
        for (LogPlace place : report.places()) {
            write(json, place);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, LogPlace place) throws IOException {
        json.writeStartObject();
        json.writeStringField("program", place.program());
        json.writeFieldName("slot");
        if (place.slot() == CommandTarget.WHOLE) {
            json.writeNull();
        } else {
            json.writeNumber(place.slot());
        }
        json.writeFieldName("file");
        json.writeString(place.file() == null ? null : ReplyWriter.wellFormed(place.file()));
        json.writeArrayFieldStart("prefix");
        for (String word : place.prefix()) {
            json.writeString(word);
        }
        json.writeEndArray();
        json.writeBooleanField("shared", place.shared());
        json.writeArrayFieldStart("others");
        for (String other : place.others()) {
            json.writeString(other);
        }
        json.writeEndArray();
        json.writeStringField("why", ReplyWriter.wellFormed(place.why()));
        json.writeEndObject();
    }

    /// The places that a reply to `logs` tells of.
    ///
    /// @throws IllegalArgumentException if it tells of none
    public static LogReport read(ControlReply controlReply) {
        JsonObject data = JsonObject.read(controlReply.json()).object("data");
        if (data == null || !data.fields().containsKey("logs")) {
            throw new IllegalArgumentException("no logs in it");
        }
        List<LogPlace> places = new ArrayList<>();
        for (JsonObject place : data.objects("logs")) {
            places.add(place(place));
        }
        return new LogReport(places);
    }

    private static LogPlace place(JsonObject json) {
        return new LogPlace(
                json.text("program", ""),
                json.number("slot", CommandTarget.WHOLE),
                json.text("file"),
                json.texts("prefix"),
                json.flag("shared"),
                json.texts("others"),
                json.text("why", ""));
    }
}
