// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.yaml;

import org.einhyrningsins.config.source.PatchedText;

/// The parts of a line of YAML as its writer saw them, whatever a parser makes of it.
///
/// @param key without quotes, empty if there is none
/// @param keyStart column of the key, or of the text if there is none, behind the dashes of a list
/// @param valueStart column of the value; of the key if there is none
/// @param end end of the content, before a comment and the blanks at the end
record YamlSourceLine(String text, String key, int keyStart, int valueStart, int end) {

    static YamlSourceLine of(String text) {
        int start = PatchedText.indent(text);
        while (text.startsWith("- ", start)) {
            start = afterBlanks(text, start + 1);
        }
        int end = end(text);
        int colon = colon(text, start, end);
        if (colon < 0) {
            return new YamlSourceLine(text, "", start, start, end);
        }
        String key = text.substring(start, colon).strip();
        boolean quoted = key.length() > 1 && "\"'".indexOf(key.charAt(0)) >= 0;
        return new YamlSourceLine(
                text,
                quoted ? key.substring(1, key.length() - 1) : key,
                start,
                Math.min(Math.max(end, colon + 1), afterBlanks(text, colon + 1)),
                end);
    }

    private static int afterBlanks(String text, int from) {
        int at = from;
        while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
            at++;
        }
        return at;
    }

    /// Returns the end of the content before a comment; a `#` in quotes begins none.
    private static int end(String text) {
        char quote = 0;
        int end = text.length();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean apart = i == 0 || " \t[{,:".indexOf(text.charAt(i - 1)) >= 0;
            if (quote != 0) {
                quote = c == quote ? 0 : quote;
            } else if ((c == '"' || c == '\'') && apart) {
                quote = c;
            } else if (c == '#' && (i == 0 || " \t".indexOf(text.charAt(i - 1)) >= 0)) {
                end = i;
                break;
            }
        }
        while (end > 0 && " \t".indexOf(text.charAt(end - 1)) >= 0) {
            end--;
        }
        return end;
    }

    /// The colon that ends the key, or -1.
    private static int colon(String text, int start, int end) {
        if (start >= end || "[{#|>".indexOf(text.charAt(start)) >= 0) {
            return -1;
        }
        char quote = "\"'".indexOf(text.charAt(start)) >= 0 ? text.charAt(start) : 0;
        int from = quote == 0 ? start : text.indexOf(quote, start + 1);
        for (int i = Math.max(from, start); from >= 0 && i < end; i++) {
            boolean last = i + 1 == end || " \t".indexOf(text.charAt(i + 1)) >= 0;
            if (text.charAt(i) == ':' && last) {
                return i;
            }
        }
        return -1;
    }

    boolean hasKey() {
        return !key.isEmpty();
    }

    boolean hasValue() {
        return hasKey() && valueStart < end;
    }

    /// Returns the text from there, up to a comment.
    String from(int column) {
        return column >= end ? "" : text.substring(column, end).strip();
    }

    /// Returns the number of open brackets and braces before a column.
    int depth(int column) {
        int depth = 0;
        char quote = 0;
        for (int i = 0; i < Math.min(column, end); i++) {
            char c = text.charAt(i);
            if (quote != 0) {
                quote = c == quote ? 0 : quote;
            } else if (c == '"' || c == '\'') {
                quote = i == 0 || " [{,:".indexOf(text.charAt(i - 1)) >= 0 ? c : 0;
            } else if (c == '[' || c == '{') {
                depth++;
            } else if (c == ']' || c == '}') {
                depth--;
            }
        }
        return depth;
    }

    /// Returns the column where the value begins that a column is in.
    int tokenStart(int column) {
        if (depth(column) <= 0) {
            return Math.min(column, valueStart);
        }
        int at = column;
        while (at > keyStart
                && "[{,".indexOf(text.charAt(at - 1)) < 0
                && !text.startsWith(": ", at - 2)) {
            at--;
        }
        return Math.min(column, afterBlanks(text, at));
    }

    /// Returns the column where the value ends that begins there.
    int tokenEnd(int start) {
        if (depth(start) <= 0) {
            return Math.max(start, end);
        }
        int at = start;
        while (at < end && ",]}".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        return at;
    }
}
