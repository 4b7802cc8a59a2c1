// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

import java.nio.file.Path;

/// Problem in a file, with its position.
///
/// @param file as the user named it
/// @param line from 1; 0 if the problem is the file as a whole
/// @param column from 1, counted in code points; 0 if the problem is the file as a whole
/// @param path the keys that lead there, as in `programs.web.bind[0]`; empty at the top
/// @param message the mistake, and the value expected
/// @param excerpt the line; empty if there is none, or if it is too long to be read
public record ConfigProblem(
        Path file, int line, int column, String path, String message, String excerpt) {

    /// Returns the message for a person: `services.yaml:12:14: programs.web.workers: expected …`,
    /// then the line, then a caret below the column. Without a newline at the end.
    public String render() {
        StringBuilder text = new StringBuilder(TextUtil.escaped(file.toString()));
        if (line > 0) {
            text.append(':').append(line).append(':').append(column);
        }
        text.append(": ");
        if (!path.isEmpty()) {
            text.append(path).append(": ");
        }
        text.append(message);
        if (!excerpt.isEmpty()) {
            text.append('\n').append(excerpt).append('\n').append(indent()).append('^');
        }
        return text.toString();
    }

    /// Returns blanks as wide as the text before the column: tabs stay tabs.
    private String indent() {
        StringBuilder indent = new StringBuilder();
        int at = 0;
        for (int i = 1; i < column; i++) {
            int c = at < excerpt.length() ? excerpt.codePointAt(at) : ' ';
            indent.append(c == '\t' ? '\t' : ' ');
            at += Character.charCount(c);
        }
        return indent.toString();
    }
}
