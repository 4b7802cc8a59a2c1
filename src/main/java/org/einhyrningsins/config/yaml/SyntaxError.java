// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.yaml;

import org.einhyrningsins.config.source.PatchedText;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/// Position and message of an error of SnakeYAML. Lines and columns count from 0, columns in UTF-16
/// units.
///
/// @param contextLine line where the structure that was being read began; the same as `line` if
///   unknown
record SyntaxError(
        String problem, int line, int column, String context, int contextLine, int contextColumn) {

    static SyntaxError of(MarkedYAMLException e, PatchedText text) {
        Mark at = e.getProblemMark() == null ? e.getContextMark() : e.getProblemMark();
        Mark from = e.getContextMark() == null ? at : e.getContextMark();
        return new SyntaxError(
                String.valueOf(e.getProblem()),
                at.getLine(),
                column(at, text),
                e.getContext() == null ? "" : e.getContext(),
                from.getLine(),
                column(from, text));
    }

    private static int column(Mark mark, PatchedText text) {
        String line = text.line(mark.getLine());
        int most = line.codePointCount(0, line.length());
        return line.offsetByCodePoints(0, Math.min(mark.getColumn(), most));
    }

    boolean contains(String words) {
        return problem.contains(words);
    }
}
