// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads JSON into maps, lists, texts, numbers (Long, or Double if it has a point or an exponent,
/// or does not fit), Boolean and null: replies in the client, and what the manager finds in its
/// state directory. Of our own, because Jackson takes longer to load than all the rest of a command
/// or of a recovery. What strangers send is read by [RequestReader], with Jackson.
public final class JsonReader {
    private static final int MAX_DEPTH = 64;

    private final String text;
    private int at;

    private JsonReader(String text) {
        this.text = text;
    }

    /// Reads a text.
    ///
    /// @throws IllegalArgumentException if it is no JSON; says where, and what is expected there
    public static @Nullable Object read(String text) {
        JsonReader reader = new JsonReader(text);
        Object value = reader.value(0);
        reader.space();
        if (reader.at < text.length()) {
            throw reader.broken("the end");
        }
        return value;
    }

    private @Nullable Object value(int depth) {
        if (depth > MAX_DEPTH) {
            throw broken("less nesting");
        }
        space();
        return switch (peek()) {
            case '{' -> object(depth);
            case '[' -> list(depth);
            case '"' -> string();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private Map<String, @Nullable Object> object(int depth) {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        at++;
        space();
        while (peek() != '}') {
            space();
            String key = string();
            space();
            expect(':');
            if (object.containsKey(key)) {
                throw broken("'" + key + "' once");
            }
            object.put(key, value(depth + 1));
            separator('}');
        }
        at++;
        return object;
    }

    private List<@Nullable Object> list(int depth) {
        List<@Nullable Object> list = new ArrayList<>();
        at++;
        space();
        while (peek() != ']') {
            list.add(value(depth + 1));
            separator(']');
        }
        at++;
        return list;
    }

    /// A comma that something follows, or nothing before the end.
    private void separator(char end) {
        space();
        if (peek() == ',') {
            at++;
            space();
            if (peek() == end) {
                throw broken("a value");
            }
        } else if (peek() != end) {
            throw broken("',' or '" + end + "'");
        }
    }

    private String string() {
        expect('"');
        StringBuilder string = new StringBuilder();
        while (peek() != '"') {
            char c = peek();
            if (c < ' ') {
                throw broken("the end of a text");
            }
            at++;
            string.append(c == '\\' ? escaped() : c);
        }
        at++;
        return string.toString();
    }

    private char escaped() {
        char c = peek();
        at++;
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'u' -> hex();
            default -> throw broken("an escape");
        };
    }

    private char hex() {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            int digit = Character.digit(peek(), 16);
            if (digit < 0) {
                throw broken("4 hexadecimal digits");
            }
            at++;
            value = value * 16 + digit;
        }
        return (char) value;
    }

    private @Nullable Object word(String word, @Nullable Object value) {
        if (!text.startsWith(word, at)) {
            if (word.startsWith(text.substring(at))) {
                at = text.length(); // torn in the middle of the word
            }
            throw broken("a value");
        }
        at += word.length();
        return value;
    }

    private Object number() {
        int start = at;
        boolean whole = true;
        while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) {
            whole &= "+.eE".indexOf(text.charAt(at)) < 0;
            at++;
        }
        String digits = text.substring(start, at);
        try {
            return whole ? wholeOrLarge(digits) : finite(digits);
        } catch (NumberFormatException e) {
            throw broken("a value");
        }
    }

    private static Number wholeOrLarge(String digits) {
        try {
            return Long.valueOf(digits);
        } catch (NumberFormatException noLong) {
            return finite(digits);
        }
    }

    /// Parses a number; refuses one that is too large, since it would be written as a word.
    private static Double finite(String digits) {
        Double number = Double.valueOf(digits);
        if (number.isInfinite()) {
            throw new NumberFormatException(digits);
        }
        return number;
    }

    private void space() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    /// The next character; a NUL at the end, which nothing expects.
    private char peek() {
        return at < text.length() ? text.charAt(at) : '\0';
    }

    private void expect(char c) {
        if (peek() != c) {
            throw broken("'" + c + "'");
        }
        at++;
    }

    private IllegalArgumentException broken(String expected) {
        String what = at < text.length() ? "at character " + at : "at its end, as if cut off";
        return new IllegalArgumentException("no JSON " + what + ": expected " + expected);
    }
}
