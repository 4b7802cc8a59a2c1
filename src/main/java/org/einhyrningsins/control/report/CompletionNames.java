// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import org.einhyrningsins.control.wire.JsonCursor;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The names that a manager knows at a moment: its programs in their order, and the slots of each.
/// For those who help with typing.
///
/// @param slots by program; a slot with an old and a new worker is there once
public record CompletionNames(Map<String, List<Integer>> slots) {
    /// Empty set of names.
    public static final CompletionNames EMPTY = new CompletionNames(Map.of());

    /// Reads it from the line with which a manager answers `status` in JSON. What it does not know
    /// it passes over: a manager of another version may say more.
    ///
    /// @throws IllegalArgumentException if the line is no JSON
    public static CompletionNames read(String json) {
        CompletionNames completionNames = new CompletionNames(new LinkedHashMap<>());
        completionNames.addAll(new JsonCursor(json), "");
        return completionNames;
    }

    /// Looks for `programs` in `data`.
    private void addAll(JsonCursor json, String where) {
        for (boolean more = json.opens('{', '}'); more; more = json.more('}')) {
            String name = json.field();
            if (where.isEmpty() && name.equals("data")) {
                addAll(json, name);
            } else if (where.equals("data") && name.equals("programs")) {
                addPrograms(json);
            } else {
                json.raw();
            }
        }
    }

    private void addPrograms(JsonCursor json) {
        for (boolean more = json.opens('[', ']'); more; more = json.more(']')) {
            addProgram(json);
        }
    }

    private void addProgram(JsonCursor json) {
        String name = "";
        List<Integer> numbers = new ArrayList<>();
        for (boolean more = json.opens('{', '}'); more; more = json.more('}')) {
            switch (json.field()) {
                case "name" -> name = json.string();
                case "workers" -> addWorkers(json, numbers);
                default -> json.raw();
            }
        }
        slots.put(name, numbers);
    }

    private static void addWorkers(JsonCursor json, List<Integer> numbers) {
        for (boolean more = json.opens('[', ']'); more; more = json.more(']')) {
            addWorker(json, numbers);
        }
    }

    private static void addWorker(JsonCursor json, List<Integer> numbers) {
        for (boolean more = json.opens('{', '}'); more; more = json.more('}')) {
            boolean slot = json.field().equals("slot");
            String value = json.raw();
            if (slot && !numbers.contains(Integer.valueOf(value))) {
                numbers.add(Integer.valueOf(value));
            }
        }
    }
}
