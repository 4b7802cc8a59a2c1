// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

/// Goes through a line of JSON by hand, for the client, which Jackson would take a fifth of its
/// time to load. It takes what managers write, and more than is JSON.
///
///     for (boolean more = json.opens('{', '}'); more; more = json.more('}')) {
///         String name = json.field();
///         …
///     }
public final class JsonCursor {
    private final String text;
    private int at;

    public JsonCursor(String text) {
        this.text = text;
    }

    /// Enters an object or a list.
    ///
    /// @return whether there is something in it
    public boolean opens(char open, char close) {
        expect(open);
        if (peek() != close) {
            return true;
        }
        at++;
        return false;
    }

    /// Goes on to the next field or item.
    ///
    /// @return whether there is one; else it has left the object or list
    public boolean more(char close) {
        if (peek() == ',') {
            at++;
            return true;
        }
        expect(close);
        return false;
    }

    /// The name of a field; its value is next.
    public String field() {
        String name = string();
        expect(':');
        return name;
    }

    /// @throws IllegalArgumentException if anything is left
    void end() {
        if (peek() != 0) {
            throw unexpected();
        }
    }

    /// The value at this place as it is written: up to the next comma or brace that is its
    /// parent's.
    public String raw() {
        peek();
        int start = at;
        int depth = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '"') {
                string();
                continue;
            }
            if (depth == 0 && (c == ',' || c == '}' || c == ']')) {
                break;
            }
            depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
            at++;
        }
        return text.substring(start, at).strip();
    }

    /// The text at this place, without quotes and escapes.
    public String string() {
        expect('"');
        int end = at;
        while (end < text.length() && text.charAt(end) != '"' && text.charAt(end) != '\\') {
            end++;
        }
        if (end < text.length() && text.charAt(end) == '\\') {
            return escapedString();
        }
        String plain = text.substring(at, end);
        at = end;
        expect('"');
        return plain;
    }

    private String escapedString() {
        StringBuilder value = new StringBuilder(text.length() - at);
        while (at < text.length() && text.charAt(at) != '"') {
            char c = text.charAt(at++);
            value.append(c == '\\' ? escape() : c);
        }
        expect('"');
        return value.toString();
    }

    private char escape() {
        if (at >= text.length()) {
            throw unexpected();
        }
        char c = text.charAt(at++);
        return switch (c) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'u' -> unicode();
            default -> c;
        };
    }

    private char unicode() {
        if (at + 4 > text.length()) {
            throw unexpected();
        }
        at += 4;
        return (char) Integer.parseInt(text, at - 4, at, 16);
    }

    private void expect(char c) {
        if (peek() != c) {
            throw unexpected();
        }
        at++;
    }

    /// The next character that is not blank; 0 at the end.
    private char peek() {
        while (at < text.length() && " \r\n\t".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        return at < text.length() ? text.charAt(at) : 0;
    }

    private IllegalArgumentException unexpected() {
        return new IllegalArgumentException(
                "unexpected "
                        + (at < text.length() ? "'" + text.charAt(at) + "'" : "end")
                        + " at column "
                        + (at + 1));
    }
}
