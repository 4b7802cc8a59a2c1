// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;

import org.einhyrningsins.control.wire.CommandTarget;
import org.einhyrningsins.control.wire.ControlReply;
import org.einhyrningsins.control.wire.WireJson;

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
        try (JsonParser json = WireJson.JSON.createParser(controlReply.json())) {
            while (json.nextToken() != null) {
                if (json.currentToken() == JsonToken.FIELD_NAME
                        && json.currentName().equals("logs")) {
                    json.nextToken();
                    return new LogReport(places(json));
                }
            }
        } catch (IOException e) {
            throw new IllegalArgumentException(e);
        }
        throw new IllegalArgumentException("no logs in it");
    }

    private static List<LogPlace> places(JsonParser json) throws IOException {
        List<LogPlace> places = new ArrayList<>();
        while (json.nextToken() == JsonToken.START_OBJECT) {
            places.add(place(json));
        }
        return places;
    }

    private static LogPlace place(JsonParser json) throws IOException {
        String program = "";
        int slot = CommandTarget.WHOLE;
        String file = null;
        List<String> prefix = new ArrayList<>();
        boolean shared = false;
        List<String> others = new ArrayList<>();
        String why = "";
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            JsonToken value = json.nextToken();
            switch (name) {
                case "program" -> program = json.getText();
                case "slot" -> slot = value == JsonToken.VALUE_NULL ? slot : json.getIntValue();
                case "file" -> file = value == JsonToken.VALUE_NULL ? null : json.getText();
                case "prefix" -> {
                    while (json.nextToken() == JsonToken.VALUE_STRING) {
                        prefix.add(json.getText());
                    }
                }
                case "shared" -> shared = json.getBooleanValue();
                case "others" -> {
                    while (json.nextToken() == JsonToken.VALUE_STRING) {
                        others.add(json.getText());
                    }
                }
                case "why" -> why = json.getText();
                default -> json.skipChildren();
            }
        }
        return new LogPlace(program, slot, file, prefix, shared, others, why);
    }
}
