// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.terminal;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Breaks the last column of tables at the width of a terminal, so that the columns before it stay
/// columns. Nothing is lost by it, and no other line is touched.
public final class TableWrap {
    private static final Pattern TITLES =
            Pattern.compile("[A-Z]+( [A-Z]+)?( {2,}[A-Z]+( [A-Z]+)?)+");
    private static final Pattern EVENT =
            Pattern.compile("\\d{4}-\\d\\d-\\d\\dT\\S+Z {2}[a-z-]+ +(?=\\S)");

    /// The last column is not made narrower; where there is not even room for this, the terminal
    /// wraps.
    private static final int MIN_LAST = 16;

    private TableWrap() {}

    /// Returns a text with the last column of its tables wrapped.
    ///
    /// @param width in columns; 0 for no bound
    public static String of(String text, int width) {
        if (width <= 0) {
            return text;
        }
        StringBuilder wrapped = new StringBuilder(text.length() + 64);
        int column = -1;
        String[] lines = text.split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i];
            if (TITLES.matcher(line).matches()) {
                column = line.lastIndexOf("  ") + 2;
            } else if (line.isEmpty()) {
                column = -1;
            }
            wrapped.append(i == 0 ? "" : "\n");
            append(wrapped, line, column >= 0 ? column : ofEvent(line), width);
        }
        return wrapped.toString();
    }

    private static int ofEvent(String line) {
        Matcher matcher = EVENT.matcher(line);
        return matcher.lookingAt() ? matcher.end() : -1;
    }

    /// @param column where the last one begins; -1 outside of a table
    private static void append(StringBuilder text, String line, int column, int width) {
        boolean row =
                column > 0
                        && column < line.length()
                        && line.charAt(column - 1) == ' '
                        && width - column >= MIN_LAST;
        String rest = line;
        int room = width;
        while (row && rest.length() > room) {
            int end = end(rest, room, rest.length() == line.length() ? column : 0);
            text.append(rest.substring(0, end).stripTrailing()).append('\n').repeat(' ', column);
            rest = rest.substring(end).stripLeading();
            room = width - column;
        }
        text.append(rest);
    }

    /// Where to break: behind the last blank that fits; in a word only if it fills the line.
    ///
    /// @param from what is before this is not broken
    private static int end(String text, int room, int from) {
        int blank = text.lastIndexOf(' ', room);
        if (blank > from) {
            return blank;
        }
        return Character.isHighSurrogate(text.charAt(room - 1)) ? room - 1 : room;
    }
}
