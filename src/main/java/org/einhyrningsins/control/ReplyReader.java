// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control;

import org.jspecify.annotations.Nullable;

/// Reads a reply by hand. It is one flat object of which four fields matter; Jackson would take the
/// client a fifth of its time to load.
final class ReplyReader {
    private final String text;
    private int at;
    private @Nullable String id;
    private String message = "";
    private boolean wait;
    private int code;

    ReplyReader(String text) {
        this.text = text;
    }

    Reply read() {
        expect('{');
        if (peek() != '}') {
            readField();
            while (peek() == ',') {
                at++;
                readField();
            }
        }
        expect('}');
        if (peek() != 0) {
            throw unexpected();
        }
        return new Reply(id, message, wait, code, text);
    }

    private void readField() {
        peek();
        String name = string();
        expect(':');
        peek();
        switch (name) {
            case "request_id" -> id = rawId();
            case "message" -> message = string();
            case "wait" -> wait = raw().equals("true");
            case "code" -> code = Integer.parseInt(raw());
            default -> raw();
        }
    }

    private @Nullable String rawId() {
        String json = raw();
        return json.equals("null") ? null : json;
    }

    /// The value at this place as it is written: up to the next comma or brace that is its
    /// parent's.
    private String raw() {
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

    private String string() {
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
        while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\r')) {
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
