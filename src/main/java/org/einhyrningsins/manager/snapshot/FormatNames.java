// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringTokenizer;

/// Names of one type in the format, as in [FormatTable].
///
/// @param type name of the type itself
/// @param parts names of its components or constants, by their names in Java
/// @param flat names of the components of its flat components, by the names of these in Java
record FormatNames(String type, Map<String, String> parts, Map<String, FormatNames> flat) {
    private static final Map<String, String> LINES = lines(FormatTable.TEXT);

    static FormatNames of(Class<?> type) {
        StringTokenizer words = new StringTokenizer(line(type), " ()", true);
        return read(words.nextToken(), words);
    }

    /// Reads words up to the end of a flat component, or of the line.
    private static FormatNames read(String type, StringTokenizer words) {
        FormatNames names = new FormatNames(type, new LinkedHashMap<>(), new LinkedHashMap<>());
        String last = "";
        while (words.hasMoreTokens()) {
            String word = words.nextToken();
            switch (word) {
                case " " -> {}
                case "(" -> {
                    names.parts.remove(last);
                    names.flat.put(last, read(type, words));
                }
                case ")" -> {
                    return names;
                }
                default -> {
                    int equals = word.indexOf('=');
                    last = equals < 0 ? word : word.substring(0, equals);
                    names.parts.put(last, word.substring(equals + 1));
                }
            }
        }
        return names;
    }

    /// Returns the name of a type in the format. In that of a subtype, the part behind the dot
    /// tells it from the others.
    static String type(Class<?> type) {
        String line = line(type);
        int end = line.indexOf(' ');
        return end < 0 ? line : line.substring(0, end);
    }

    /// Returns the part of the name that tells a type from the others of its sealed type.
    static String kind(String type) {
        return type.substring(type.lastIndexOf('.') + 1);
    }

    String part(String java) {
        String name = parts.get(java);
        if (name == null) {
            throw new IllegalStateException("FormatTable has no name for " + java + " of " + type);
        }
        return name;
    }

    private static String line(Class<?> type) {
        String line = LINES.get(javaName(type));
        if (line == null) {
            throw new IllegalStateException("FormatTable has no name for " + javaName(type));
        }
        return line;
    }

    /// Returns the name with its enclosing types, without the package.
    static String javaName(Class<?> type) {
        String name = type.getName();
        return name.substring(name.lastIndexOf('.') + 1).replace('$', '.');
    }

    /// Splits a table into the first word of each line and the rest; indented lines belong to the
    /// one before.
    static Map<String, String> lines(String table) {
        Map<String, String> lines = new HashMap<>(512);
        for (int start = 0, end; start < table.length(); start = end + 1) {
            end = table.indexOf('\n', start);
            while (end + 1 < table.length() && table.charAt(end + 1) == ' ') {
                end = table.indexOf('\n', end + 1);
            }
            int space = table.indexOf(' ', start);
            String line = table.substring(space + 1, end).replace('\n', ' ');
            lines.put(table.substring(start, space), line);
        }
        return lines;
    }
}
