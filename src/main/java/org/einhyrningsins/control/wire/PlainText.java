// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

/// Text that others wrote, made safe to be shown: without what commands a terminal, and without
/// what is not seen but changes how the rest looks (directions of writing, tags, line separators).
public final class PlainText {
    private static final int NON_JOINER = 0x200C; // Persian cannot be written without,
    private static final int JOINER = 0x200D; // nor can many emoji

    private PlainText() {}

    /// True if a character is not to be shown as it is; so are `\n` and `\t`.
    public static boolean isUnsafe(int point) {
        if (point < 0x7f) {
            return point < ' ';
        }
        return switch (Character.getType(point)) {
            case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            case Character.FORMAT -> point != NON_JOINER && point != JOINER;
            default -> false;
        };
    }

    /// Returns a text on one line: a blank in place of each unsafe character.
    public static String line(String text) {
        return firstUnsafe(text, false) < 0 ? text : replaced(text, false, ' ');
    }

    /// Returns a text with its lines and tabs: U+FFFD in place of each other unsafe character.
    public static String lines(String text) {
        return firstUnsafe(text, true) < 0 ? text : replaced(text, true, '\uFFFD');
    }

    private static int firstUnsafe(String text, boolean layout) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            // of two halves nobody knows before both are looked at
            if (Character.isSurrogate(c) ? isUnsafe(text.codePointAt(i)) : isUnsafe(c, layout)) {
                return i;
            }
        }
        return -1;
    }

    private static boolean isUnsafe(int point, boolean layout) {
        return isUnsafe(point) && !(layout && (point == '\n' || point == '\t'));
    }

    private static String replaced(String text, boolean layout, char instead) {
        StringBuilder plain = new StringBuilder(text.length());
        text.codePoints()
                .map(point -> isUnsafe(point, layout) ? instead : point)
                .forEach(plain::appendCodePoint);
        return plain.toString();
    }
}
