// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import java.util.ArrayList;
import java.util.List;

/// Text in columns, two blanks between them; the last column is not padded.
final class TextTable {
    private static final String GAP = "  ";

    private final List<String[]> rows = new ArrayList<>();
    private final int[] widths;

    TextTable(String... header) {
        widths = new int[header.length];
        row(header);
    }

    void row(String... cells) {
        for (int i = 0; i < cells.length; i++) {
            widths[i] = Math.max(widths[i], cells[i].length());
        }
        rows.add(cells);
    }

    /// Prints all rows, each with its newline.
    void print(StringBuilder text) {
        for (String[] row : rows) {
            print(text, row);
        }
    }

    private void print(StringBuilder text, String[] row) {
        for (int i = 0; i < row.length; i++) {
            text.append(i == 0 ? "" : GAP).append(row[i]);
            text.repeat(' ', widths[i] - row[i].length());
        }
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == ' ') {
            end--;
        }
        text.setLength(end);
        text.append('\n');
    }
}
