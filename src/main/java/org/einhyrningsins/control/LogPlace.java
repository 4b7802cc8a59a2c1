// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Where the output of a program's workers is, for a client that reads it there itself.
///
/// @param slot whose; [Target#WHOLE] for the whole program's
/// @param file an absolute path; null if it goes to none
/// @param prefix the words before each line: `time`, `slot`, `pid`
/// @param shared whether other slots' lines are in the file too
/// @param why why there is no file, and where to look instead; else empty
public record LogPlace(
        String program,
        int slot,
        @Nullable String file,
        List<String> prefix,
        boolean shared,
        String why) {
    public LogPlace {
        prefix = List.copyOf(prefix);
    }

    /// Whose it is, as in `web:0`.
    public String label() {
        return new Target(program, slot).toString();
    }

    /// The places that a reply to `logs` tells of.
    ///
    /// @throws IllegalArgumentException if it tells of none
    public static List<LogPlace> read(Reply reply) {
        try (JsonParser json = Wire.JSON.createParser(reply.json())) {
            while (json.nextToken() != null) {
                if (json.currentToken() == JsonToken.FIELD_NAME
                        && json.currentName().equals("logs")) {
                    json.nextToken();
                    return places(json);
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
        int slot = Target.WHOLE;
        String file = null;
        List<String> prefix = new ArrayList<>();
        boolean shared = false;
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
                case "why" -> why = json.getText();
                default -> json.skipChildren();
            }
        }
        return new LogPlace(program, slot, file, prefix, shared, why);
    }
}
