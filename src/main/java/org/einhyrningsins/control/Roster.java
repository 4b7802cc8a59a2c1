// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The names that a manager knows at a moment: its programs in their order, and the slots of each.
/// For those who help with typing.
///
/// @param slots by program; a slot with an old and a new worker is there once
public record Roster(Map<String, List<Integer>> slots) {
    /// Nothing is known.
    public static final Roster EMPTY = new Roster(Map.of());

    /// Reads it from the line with which a manager answers `status` in JSON. What it does not know
    /// it passes over: a manager of another version may say more.
    ///
    /// @throws IOException if the line is no JSON
    public static Roster read(String json) throws IOException {
        Map<String, List<Integer>> slots = new LinkedHashMap<>();
        List<Integer> current = new ArrayList<>();
        try (JsonParser parser = Wire.JSON.createParser(json)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.VALUE_STRING && isField(parser, "programs", "name")) {
                    current = slots.computeIfAbsent(parser.getText(), name -> new ArrayList<>());
                } else if (token == JsonToken.VALUE_NUMBER_INT
                        && isField(parser, "workers", "slot")
                        && !current.contains(parser.getIntValue())) {
                    current.add(parser.getIntValue());
                }
            }
        }
        return new Roster(slots);
    }

    /// Whether the value is that field of an object in that list.
    private static boolean isField(JsonParser parser, String list, String field)
            throws IOException {
        if (!field.equals(parser.currentName())) {
            return false;
        }
        JsonStreamContext array = parser.getParsingContext().getParent();
        return array != null && array.inArray() && list.equals(array.getParent().getCurrentName());
    }
}
