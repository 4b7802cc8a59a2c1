// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.source.TemplateTextBuilder;
import org.einhyrningsins.config.source.UnsplitCommandLine;
import org.einhyrningsins.config.source.ValueException;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Fills in `$NAME` and `${NAME:-text}` of a compose file. What the environment sets keeps its
/// place, as `${env.NAME}`; what the `.env` beside the file sets is written down, since nobody
/// reads that here. Source: docs.docker.com, "Interpolation".
///
/// @param environment where the import runs
/// @param beside of the `.env`
public record ComposeVariables(Map<String, String> environment, Map<String, String> beside) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    /// A stretch of a text.
    ///
    /// @param literal null if it is a variable
    /// @param variable with a default behind `:-`, if it may be missing
    private record Piece(@Nullable String literal, String variable) {}

    /// A text of our language.
    public String withPlaces(String text) throws ValueException {
        TemplateTextBuilder out = new TemplateTextBuilder();
        for (Piece piece : pieces(text)) {
            if (piece.literal() == null) {
                out.place("env." + piece.variable());
            } else {
                out.literal(piece.literal());
            }
        }
        return out.toString();
    }

    /// Adds a text to a command line that is split when all is filled in.
    ///
    /// @param quoted whether it stands between double quotes
    public void add(String text, UnsplitCommandLine line, boolean quoted) throws ValueException {
        for (Piece piece : pieces(text)) {
            String literal = piece.literal();
            if (literal == null) {
                line.variable(piece.variable());
            } else {
                line.literal(quoted ? literal.replaceAll("([\\\\\"])", "\\\\$1") : literal);
            }
        }
    }

    /// A text to the letter, as it is here and now.
    public String expanded(String text) throws ValueException {
        StringBuilder out = new StringBuilder();
        for (Piece piece : pieces(text)) {
            String[] parts = piece.variable().split(":-", 2);
            String value = environment.getOrDefault(parts[0], "");
            boolean empty = value.isEmpty() && parts.length == 2;
            out.append(piece.literal() != null ? piece.literal() : empty ? parts[1] : value);
        }
        return out.toString();
    }

    private List<Piece> pieces(String text) throws ValueException {
        List<Piece> pieces = new ArrayList<>();
        StringBuilder literal = new StringBuilder();
        int at = 0;
        while (at < text.length()) {
            Matcher name =
                    NAME.matcher(text).region(Math.min(at + 1, text.length()), text.length());
            if (text.startsWith("$$", at)) {
                literal.append('$');
                at += 2;
            } else if (text.startsWith("${", at)) {
                int end = end(text, at + 2);
                pieces.add(new Piece(literal.toString(), ""));
                literal.setLength(0);
                pieces.addAll(braces(text.substring(at + 2, end)));
                at = end + 1;
            } else if (text.charAt(at) == '$' && name.lookingAt()) {
                pieces.add(new Piece(literal.toString(), ""));
                literal.setLength(0);
                pieces.addAll(variable(name.group(), "", ""));
                at = name.end();
            } else {
                literal.append(text.charAt(at++));
            }
        }
        pieces.add(new Piece(literal.toString(), ""));
        return pieces;
    }

    /// Returns the index of the closing brace; defaults may hold further ones.
    private static int end(String text, int from) throws ValueException {
        int open = 1;
        for (int i = from; i < text.length(); i++) {
            open += text.startsWith("${", i) ? 1 : text.charAt(i) == '}' ? -1 : 0;
            if (open == 0) {
                return i;
            }
        }
        throw new ValueException("a ${ is not closed");
    }

    private List<Piece> braces(String inner) throws ValueException {
        Matcher name = NAME.matcher(inner);
        if (!name.lookingAt()) {
            throw new ValueException("${" + inner + "} names no variable");
        }
        String rest = inner.substring(name.end());
        Matcher operator = Pattern.compile(":?[-?+]").matcher(rest);
        if (rest.isEmpty()) {
            return variable(name.group(), "", "");
        } else if (!operator.lookingAt()) {
            throw new ValueException("${" + inner + "} is no way to name a variable");
        }
        return variable(name.group(), operator.group(), rest.substring(operator.end()));
    }

    private List<Piece> variable(String name, String operator, String word) throws ValueException {
        boolean set = environment.containsKey(name);
        @Nullable String value = set ? environment.get(name) : beside.get(name);
        boolean empty = value == null || (operator.startsWith(":") && value.isEmpty());
        if (operator.endsWith("+")) {
            return empty ? List.of() : pieces(word);
        } else if (operator.endsWith("?") && empty) {
            throw new ValueException(name + " is not set where this was imported: " + word);
        } else if (!set && value != null && !empty) {
            return List.of(new Piece(value, ""));
        } else if (!operator.endsWith("-")) {
            return List.of(new Piece(null, operator.isEmpty() ? name + ":-" : name));
        } else if (word.matches("[^$}\\\\\"`]*") && (value == null || operator.startsWith(":"))) {
            return List.of(new Piece(null, name + ":-" + word));
        }
        return empty ? pieces(word) : List.of(new Piece(null, name));
    }
}
