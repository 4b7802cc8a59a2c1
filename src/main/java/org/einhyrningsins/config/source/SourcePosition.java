// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

/// Position in a file.
///
/// @param line from 1; 0 for the file as a whole
/// @param column from 1, in code points
/// @param trail the keys that lead there
public record SourcePosition(SourceText source, int line, int column, KeyPath trail) {

    /// A position in a file, and the keys that lead there.
    ///
    /// @param path empty at the top
    public SourcePosition(SourceText source, int line, int column, String path) {
        this(source, line, column, path.isEmpty() ? KeyPath.TOP : KeyPath.TOP.of(path));
    }

    /// The file as a whole.
    public static SourcePosition of(SourceText sourceText) {
        return new SourcePosition(sourceText, 0, 0, KeyPath.TOP);
    }

    /// The same place, of which nothing is shown.
    public SourcePosition unseen() {
        return new SourcePosition(new SourceText(source.file(), ""), line, column, trail);
    }

    ConfigProblem problem(String message) {
        // names of files come from anywhere, and a message is one line
        String text = TextUtil.escaped(message);
        String excerpt = source.line(line);
        // SnakeYAML counts a carriage return at the end of the file as one column more
        int width = excerpt.codePointCount(0, excerpt.length());
        int at = excerpt.isEmpty() ? column : Math.min(column, width + 1);
        return new ConfigProblem(source.file(), line, at, trail.toString(), text, excerpt);
    }

    /// Returns the text there, up to the end of the line.
    public String written() {
        String whole = source.line(line);
        int characters = whole.codePointCount(0, whole.length());
        int from = Math.max(0, Math.min(column - 1, characters));
        return whole.substring(whole.offsetByCodePoints(0, from)).strip();
    }

    /// The same place, said to be of one of its keys.
    public SourcePosition of(String key) {
        return new SourcePosition(source, line, column, trail.of(key));
    }

    /// Returns the position as another problem mentions it: `services.yaml:12`.
    @Override
    public String toString() {
        return source.file() + ":" + line;
    }
}
