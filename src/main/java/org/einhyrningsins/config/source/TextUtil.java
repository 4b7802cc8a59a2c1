// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

/// Small questions about text.
public final class TextUtil {
    private static final int MAX_QUOTED = 60;

    private TextUtil() {}

    public static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    /// True if it consists of ASCII digits, at least one.
    public static boolean areDigits(String text) {
        return !text.isEmpty() && digits(text, 0) == text.length();
    }

    /// Returns the end of the digits that begin there.
    public static int digits(String text, int from) {
        int end = from;
        while (end < text.length() && isDigit(text.charAt(end))) {
            end++;
        }
        return end;
    }

    /// True if it can name a program or a socket: letters, digits, `_`, `-`, `.`, at most 64, a
    /// letter or digit first. So it needs no quoting in a file name, in LISTEN_FDNAMES, in `${…}`.
    public static boolean isName(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || isDigit(c);
            if (!letter && (i == 0 || (c != '_' && c != '-' && c != '.'))) {
                return false;
            }
        }
        return !text.isEmpty() && text.length() <= 64;
    }

    /// Returns a text in quotes for a message, on one line and cut to a short length.
    public static String quoted(String text) {
        return '"' + line(text) + '"';
    }

    /// Returns a text on one line, cut to a short length.
    public static String line(String text) {
        return escaped(cut(text));
    }

    /// Returns a text on one line, of whatever length.
    public static String escaped(String text) {
        return visible(OddCharacters.shown(text))
                .replace("\n", "\\n")
                .replace("\r", "\\r")
                .replace("\t", "\\t");
    }

    public static String cut(String text) {
        if (text.length() <= MAX_QUOTED) {
            return visible(OddCharacters.shown(text));
        }
        // half of a pair is no character
        int end =
                Character.isHighSurrogate(text.charAt(MAX_QUOTED - 1))
                        ? MAX_QUOTED - 1
                        : MAX_QUOTED;
        return visible(OddCharacters.shown(text.substring(0, end))) + "…";
    }

    /// Returns a text without characters that control a terminal or are invisible; tabs and
    /// newlines stay.
    public static String visible(String text) {
        StringBuilder visible = new StringBuilder(text);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean control = Character.isISOControl(c) && c != '\t' && c != '\n' && c != '\r';
            // without a width, a caret below the line would not be where it belongs
            if (control || OddCharacters.isHidden(c)) {
                visible.setCharAt(i, '\uFFFD');
            }
        }
        return visible.toString();
    }
}
