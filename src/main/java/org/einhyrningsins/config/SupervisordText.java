// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.jspecify.annotations.Nullable;

import java.util.Map;

/// Replaces what supervisord replaces in a value: `%(NAME)s`, and `%%`.
///
/// @param names what is settled when the file is read
/// @param number the number of the process; null if it is that of the slot
/// @param environment what `%(ENV_NAME)s` is, where our language has no place for it
/// @param own variables of the program itself, which win over others
record SupervisordText(
        Map<String, String> names,
        @Nullable Integer number,
        Map<String, String> environment,
        Map<String, String> own) {
    /// Stands for the number of the process where a text cannot hold it.
    private static final char NUMBER = '\uE000';

    /// A text of our language, in a key that takes places.
    String withPlaces(String text) throws Misread {
        return replaced(text, true);
    }

    /// A text to the letter, for a key that takes no places.
    String settled(String text) throws Misread {
        return replaced(text, false);
    }

    private String replaced(String text, boolean places) throws Misread {
        DraftText out = new DraftText();
        StringBuilder plain = new StringBuilder();
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c != '%') {
                put(String.valueOf(c), out, plain);
                at++;
            } else if (text.startsWith("%%", at)) {
                put("%", out, plain);
                at += 2;
            } else {
                at = place(text, at, places, out, plain);
            }
        }
        return places ? out.toString() : withoutNumber(plain.toString());
    }

    private static void put(String text, DraftText out, StringBuilder plain) {
        out.literal(text);
        plain.append(text);
    }

    private int place(String text, int from, boolean places, DraftText out, StringBuilder plain)
            throws Misread {
        int close = text.indexOf(')', from);
        if (!text.startsWith("%(", from) || close < 0) {
            throw new Misread("a % that is not %% or %(NAME)s");
        }
        int end = close + 1;
        while (end < text.length() && "-+ #.0123456789".indexOf(text.charAt(end)) >= 0) {
            end++;
        }
        if (end == text.length() || "sdi".indexOf(text.charAt(end)) < 0) {
            throw new Misread("a %(NAME) without s or d behind it");
        }
        String name = text.substring(from + 2, close);
        String format = text.substring(close + 1, end + 1);
        if (name.equals("process_num") && number == null) {
            out.place("slot");
            plain.append(NUMBER);
        } else if (name.startsWith("ENV_") && places && !own.containsKey(name.substring(4))) {
            out.place("env." + name.substring(4));
        } else {
            put(formatted(value(name), format), out, plain);
        }
        return end + 1;
    }

    private String value(String name) throws Misread {
        String variable = name.startsWith("ENV_") ? name.substring(4) : "";
        String settled =
                variable.isEmpty()
                        ? names.get(name)
                        : own.getOrDefault(variable, environment.get(variable));
        if (name.equals("process_num")) {
            return String.valueOf(number);
        } else if (settled == null) {
            String why = variable.isEmpty() ? "is not known" : "is not set where this was imported";
            throw new Misread("%(" + name + ") " + why);
        }
        return settled;
    }

    private static String formatted(String value, String format) throws Misread {
        if (format.equals("s")) {
            return value;
        }
        try {
            return format.endsWith("s")
                    ? String.format("%" + format, value)
                    : String.format("%" + format.replace('i', 'd'), Long.valueOf(value));
        } catch (IllegalArgumentException _) {
            throw new Misread("%" + format + " does not fit " + Texts.quoted(value));
        }
    }

    /// With what joins it to the rest of the name.
    private static String withoutNumber(String text) {
        return text.replaceAll("[-_.]?" + NUMBER, "");
    }

    /// Whether a text needs the number in a way that our `${slot}` cannot say.
    static boolean needsNumber(String text) {
        return text.replace("%(process_num)d", "")
                .replace("%(process_num)s", "")
                .contains("%(process_num)");
    }

    /// Whether a text has the number at all.
    static boolean hasNumber(String text) {
        return text.contains("%(process_num)");
    }
}
