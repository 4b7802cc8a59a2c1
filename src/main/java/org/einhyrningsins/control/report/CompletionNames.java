// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import org.einhyrningsins.control.wire.JsonObject;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The names that a manager knows at a moment: its programs in their order, and the slots of each.
/// For those who help with typing.
///
/// @param slots by program; a slot with an old and a new worker is there once
/// @param groups names of groups of programs
public record CompletionNames(Map<String, List<Integer>> slots, List<String> groups) {
    /// Empty set of names.
    public static final CompletionNames EMPTY = new CompletionNames(Map.of(), List.of());

    /// Reads it from the line with which a manager answers `status` in JSON. What it does not know
    /// it passes over: a manager of another version may say more.
    ///
    /// @throws IllegalArgumentException if the line is no JSON
    public static CompletionNames read(String json) {
        Map<String, List<Integer>> slots = new LinkedHashMap<>();
        JsonObject data = JsonObject.read(json).object("data");
        for (JsonObject program : data == null ? List.<JsonObject>of() : data.objects("programs")) {
            slots.put(program.text("name", ""), slots(program));
        }
        JsonObject groups = data == null ? null : data.object("groups");
        return new CompletionNames(
                slots, groups == null ? List.of() : List.copyOf(groups.fields().keySet()));
    }

    private static List<Integer> slots(JsonObject program) {
        Set<Integer> slots = new LinkedHashSet<>();
        for (JsonObject worker : program.objects("workers")) {
            slots.add(worker.number("slot", 0));
        }
        return List.copyOf(slots);
    }
}
