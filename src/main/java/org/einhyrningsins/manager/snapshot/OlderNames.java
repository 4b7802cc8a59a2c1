// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringTokenizer;

/// Names of an older format for those of the present one.
final class OlderNames {
    /// The present format.
    static final OlderNames NONE = new OlderNames(List.of());

    /// Changes from each format to the next, from the first on.
    private static final List<String> CHANGES = List.of(Format1Names.TEXT);

    /// The newest change first: each tells what the format before it called a name.
    private final List<Map<String, Map<String, String>>> changes;

    private OlderNames(List<Map<String, Map<String, String>>> changes) {
        this.changes = changes;
    }

    /// @param format one that can be read
    static OlderNames of(long format) {
        if (format == SnapshotLanguage.NUMBER) {
            return NONE;
        }
        List<Map<String, Map<String, String>>> changes = new ArrayList<>();
        for (String text : CHANGES.subList((int) format - 1, CHANGES.size()).reversed()) {
            changes.add(parse(text));
        }
        return new OlderNames(changes);
    }

    /// The type's name is under the empty word.
    private static Map<String, Map<String, String>> parse(String text) {
        Map<String, Map<String, String>> types = new HashMap<>();
        for (Map.Entry<String, String> line : FormatNames.lines(text).entrySet()) {
            Map<String, String> parts = new HashMap<>();
            StringTokenizer words = new StringTokenizer(line.getValue());
            while (words.hasMoreTokens()) {
                String word = words.nextToken();
                int equals = word.indexOf('=');
                parts.put(word.substring(0, equals), word.substring(equals + 1));
            }
            types.put(line.getKey(), parts);
        }
        return types;
    }

    /// The older name of a type.
    String type(String type) {
        String name = type;
        for (Map<String, Map<String, String>> change : changes) {
            name = change.getOrDefault(name, Map.of()).getOrDefault("", name);
        }
        return name;
    }

    /// The older name of a component or constant.
    String part(String type, String part) {
        String its = type;
        String name = part;
        for (Map<String, Map<String, String>> change : changes) {
            Map<String, String> names = change.getOrDefault(its, Map.of());
            name = names.getOrDefault(name, name);
            its = names.getOrDefault("", its);
        }
        return name;
    }
}
