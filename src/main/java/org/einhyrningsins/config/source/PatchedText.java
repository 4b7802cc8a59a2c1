// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/// The text of a file as a parser gets it after it stopped: what it could not read is covered, and
/// all else stays in its line and column. Lines and columns count from 0, columns in UTF-16 units.
public final class PatchedText {
    /// Stands in for a value. It is nothing, so nobody takes it for something.
    private static final char STAND_IN = '~';

    private final List<String> lines;
    private final BitSet isPatched = new BitSet();
    private final int[] left;
    private int changes;

    public PatchedText(String text) {
        this.lines = SourceText.lines(text);
        this.left = new int[lines.size()];
    }

    public String text() {
        return String.join("\n", lines);
    }

    public int size() {
        return lines.size();
    }

    /// Empty beyond the last one.
    public String line(int number) {
        return number < 0 || number >= lines.size() ? "" : lines.get(number);
    }

    /// True if something in these lines was covered.
    public boolean isPatched(int from, int to) {
        int next = isPatched.nextSetBit(Math.max(0, from));
        return next >= 0 && next <= to;
    }

    /// Returns the number of characters taken out at the left of a line.
    public int left(int line) {
        return line < left.length ? left[line] : 0;
    }

    public void touch(int line) {
        isPatched.set(Math.max(0, line));
    }

    /// Returns the number of changes: without a change a parser stops where it stopped before.
    public int changes() {
        return changes;
    }

    /// Covers a value, from a column to before another one.
    public void cover(int line, int from, int to) {
        String old = line(line);
        int end = Math.max(from, Math.min(to, old.length()));
        String cover = STAND_IN + " ".repeat(Math.max(0, end - from - 1));
        set(line, old.substring(0, Math.min(from, old.length())) + cover + old.substring(end));
    }

    /// The line with another text of the same columns.
    public void set(int line, String text) {
        if (line >= 0 && line < lines.size() && !lines.get(line).equals(text)) {
            lines.set(line, text);
            changes++;
        }
        touch(line);
    }

    /// The line with another text, which lacks some characters at its left.
    public void shorten(int line, String text, int lacking) {
        set(line, text);
        left[line] += lacking;
    }

    public void blank(int line) {
        set(line, "");
    }

    /// Blanks a line and those that follow it and are indented as it is, or deeper.
    ///
    /// @return the last one
    public int blankFrom(int line) {
        int indent = indent(line);
        int last = line;
        blank(line);
        for (int next = line + 1;
                next < size() && (isEmpty(next) || indent(next) >= indent);
                next++) {
            if (!isEmpty(next)) {
                blank(next);
                last = next;
            }
        }
        return last;
    }

    /// Blanks what is deeper than a line, after it.
    public void blankBelow(int line, int indent) {
        for (int next = line + 1;
                next < size() && (isEmpty(next) || indent(next) > indent);
                next++) {
            if (!isEmpty(next)) {
                blank(next);
            }
        }
    }

    /// True if the line holds only blanks and perhaps a comment.
    public boolean isEmpty(int line) {
        String text = line(line).strip();
        return text.isEmpty() || text.startsWith("#");
    }

    public int indent(int line) {
        return indent(line(line));
    }

    /// Returns the number of blanks at the beginning of a line.
    public static int indent(String line) {
        int at = 0;
        while (at < line.length() && (line.charAt(at) == ' ' || line.charAt(at) == '\t')) {
            at++;
        }
        return at;
    }

    /// The nearest line before that says something; -1 if there is none.
    public int before(int line) {
        int at = Math.min(line, size()) - 1;
        while (at >= 0 && isEmpty(at)) {
            at--;
        }
        return at;
    }

    /// The indentations that are open before a line, the deepest first.
    public List<Integer> levels(int line) {
        List<Integer> levels = new ArrayList<>();
        int least = Integer.MAX_VALUE;
        for (int at = before(line); at >= 0 && least > 0; at = before(at)) {
            int indent = indent(at);
            if (indent < least) {
                levels.add(indent);
                least = indent;
            }
        }
        return levels;
    }
}
