// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.supervisord;

import org.einhyrningsins.config.source.TemplateTextBuilder;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.UnsplitCommandLine;
import org.einhyrningsins.config.source.ValueException;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Replaces what supervisord replaces in a value: `%(NAME)s`, and `%%`.
///
/// @param names what is settled when the file is read
/// @param number the number of the process; null if it is that of the slot
/// @param environment what `%(ENV_NAME)s` is, where our language has no place for it
/// @param own variables of the program itself, which win over others
record SupervisordVariables(
        Map<String, String> names,
        @Nullable Integer number,
        Map<String, String> environment,
        Map<String, String> own) {
    /// Stands for the number of the process where a text cannot hold it.
    private static final char NUMBER = '\uE000';

    /// A text of our language, in a key that takes places.
    String withPlaces(String text) throws ValueException {
        return replaced(text, true);
    }

    /// A text to the letter, for a key that takes no places.
    String expanded(String text) throws ValueException {
        return withoutNumber(replaced(text, false));
    }

    /// The path of a file for each worker.
    String perSlot(String text) throws ValueException {
        return replaced(text, false).replace(String.valueOf(NUMBER), "%s");
    }

    /// A command line, which is split into words when all is filled in.
    UnsplitCommandLine command(String text) throws ValueException {
        UnsplitCommandLine line = new UnsplitCommandLine();
        for (Piece piece : pieces(text)) {
            String variable = piece.variable();
            if (piece.place().isEmpty() || own.containsKey(variable)) {
                line.literal(piece.place().isEmpty() ? piece.literal() : value(piece));
            } else if (isNumber(piece)) {
                line.place("slot");
            } else if (variable.isEmpty()) {
                line.literal(value(piece));
            } else if (environment.containsKey(variable)) {
                line.variable(variable);
            } else {
                line.workerVariable(variable);
            }
        }
        return line;
    }

    /// The variables that a text names and nobody has set.
    List<String> unset(String text) throws ValueException {
        List<String> unset = new ArrayList<>();
        for (Piece piece : pieces(text)) {
            String variable = piece.variable();
            boolean known = own.containsKey(variable) || environment.containsKey(variable);
            if (!variable.isEmpty() && !known) {
                unset.add(variable);
            }
        }
        return unset;
    }

    /// A stretch of a text.
    ///
    /// @param literal if it is no place
    /// @param place the name in `%(NAME)s`; empty for none
    /// @param format the text behind the parenthesis
    private record Piece(String literal, String place, String format) {
        /// The name of a variable; empty if it is none.
        String variable() {
            return place.startsWith("ENV_") ? place.substring(4) : "";
        }
    }

    private static List<Piece> pieces(String text) throws ValueException {
        List<Piece> pieces = new ArrayList<>();
        StringBuilder literal = new StringBuilder();
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c != '%' || text.startsWith("%%", at)) {
                literal.append(c);
                at += c == '%' ? 2 : 1;
                continue;
            }
            pieces.add(new Piece(literal.toString(), "", ""));
            literal.setLength(0);
            int close = text.indexOf(')', at);
            if (!text.startsWith("%(", at) || close < 0) {
                throw new ValueException("a % that is not %% or %(NAME)s");
            }
            int end = close + 1;
            while (end < text.length() && "-+ #.0123456789".indexOf(text.charAt(end)) >= 0) {
                end++;
            }
            if (end == text.length() || "sdi".indexOf(text.charAt(end)) < 0) {
                throw new ValueException("a %(NAME) without s or d behind it");
            }
            pieces.add(
                    new Piece(
                            "", text.substring(at + 2, close), text.substring(close + 1, end + 1)));
            at = end + 1;
        }
        pieces.add(new Piece(literal.toString(), "", ""));
        return pieces;
    }

    private boolean isNumber(Piece piece) {
        return piece.place().equals("process_num") && number == null;
    }

    private String replaced(String text, boolean places) throws ValueException {
        TemplateTextBuilder out = new TemplateTextBuilder();
        StringBuilder plain = new StringBuilder();
        for (Piece piece : pieces(text)) {
            String variable = piece.variable();
            if (piece.place().isEmpty()) {
                put(piece.literal(), out, plain);
            } else if (isNumber(piece)) {
                out.place("slot");
                plain.append(NUMBER);
            } else if (!variable.isEmpty()
                    && places
                    && !own.containsKey(variable)
                    && environment.containsKey(variable)) {
                out.place("env." + variable);
            } else {
                put(value(piece), out, plain);
            }
        }
        return places ? out.toString() : plain.toString();
    }

    private static void put(String text, TemplateTextBuilder out, StringBuilder plain) {
        out.literal(text);
        plain.append(text);
    }

    private String value(Piece piece) throws ValueException {
        return formatted(value(piece.place()), piece.format());
    }

    private String value(String name) throws ValueException {
        String variable = name.startsWith("ENV_") ? name.substring(4) : "";
        String settled =
                variable.isEmpty()
                        ? names.get(name)
                        : own.getOrDefault(variable, environment.get(variable));
        if (name.equals("process_num")) {
            return String.valueOf(number);
        } else if (settled == null) {
            String why = variable.isEmpty() ? "is not known" : "is not set where this was imported";
            throw new ValueException("%(" + name + ") " + why);
        }
        return settled;
    }

    private static String formatted(String value, String format) throws ValueException {
        if (format.equals("s")) {
            return value;
        }
        try {
            return format.endsWith("s")
                    ? String.format("%" + format, value)
                    : String.format("%" + format.replace('i', 'd'), Long.valueOf(value));
        } catch (IllegalArgumentException _) {
            throw new ValueException("%" + format + " does not fit " + TextUtil.quoted(value));
        }
    }

    /// Returns a name without the number and what joins it to the rest.
    private static String withoutNumber(String text) {
        return text.replaceAll("[-_.]?" + NUMBER, "");
    }

    /// True if a text needs the number in a way that `${slot}` cannot express.
    static boolean needsNumber(String text) {
        return text.replace("%(process_num)d", "")
                .replace("%(process_num)s", "")
                .contains("%(process_num)");
    }

    /// True if a text has the number at all.
    static boolean hasNumber(String text) {
        return text.contains("%(process_num)");
    }
}
