// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.yaml;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.KeyPath;
import org.einhyrningsins.config.source.PatchedText;
import org.einhyrningsins.config.source.ProblemCollector;
import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.SourceText;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.reader.ReaderException;

/// Reads a file at which the parser stopped: names the mistake, covers it, and reads again, until
/// the rest can be read or nothing more can be done. So one look at a file tells of all its
/// mistakes, and of what else is wrong in the parts that are sound. Of a line that was covered
/// nothing more is said, since what a parser makes of it is not what its writer meant.
final class YamlRecovery {
    private static final int MAX_ATTEMPTS = 50;

    /// Maximum number of characters of all attempts together, so that a large file with many
    /// mistakes does not take long.
    private static final long MAX_CHARACTERS = 8L << 20;

    private final SourceText sourceText;
    private final ProblemCollector problemCollector;
    private final PatchedText text;
    private final YamlMistakes mistakes;
    private int reported;

    YamlRecovery(SourceText sourceText, ProblemCollector problemCollector) {
        this.sourceText = sourceText;
        this.problemCollector = problemCollector;
        this.text = new PatchedText(sourceText.text());
        this.mistakes = new YamlMistakes(text);
    }

    /// The document without what could not be read; null if too little is left.
    @Nullable ConfigNode read() {
        OddCharacterLines lines = new OddCharacterLines(text);
        for (int line = 0; line < text.size(); line++) {
            YamlMistakes.Mistake odd = lines.mistake(line);
            if (odd != null) {
                reported++;
                problemCollector.report(written(odd.line(), odd.column()), odd.message());
            }
        }
        int attempts =
                (int)
                        Math.min(
                                MAX_ATTEMPTS,
                                1 + MAX_CHARACTERS / (1L + sourceText.text().length()));
        for (int i = 0; i < attempts; i++) {
            ProblemCollector found = new ProblemCollector();
            int before = text.changes();
            try {
                ConfigNode root = YamlTree.read(sourceText, text, found);
                skipTouched();
                problemCollector.add(found);
                return root;
            } catch (MarkedYAMLException e) {
                report(mistakes.take(SyntaxError.of(e, text)));
            } catch (ReaderException e) {
                report(character(e));
            } catch (YAMLException e) {
                return cannotRecover("not valid YAML: " + e.getMessage());
            } catch (YamlTree.Unusable e) {
                if (reported == 0) {
                    problemCollector.report(e.place, e.reason);
                }
                return null;
            }
            if (text.changes() == before) {
                break;
            }
        }
        return reported == 0 ? cannotRecover("not valid YAML") : null;
    }

    private @Nullable ConfigNode cannotRecover(String message) {
        problemCollector.report(SourcePosition.of(sourceText), message);
        return null;
    }

    private void report(YamlMistakes.@Nullable Mistake mistake) {
        if (mistake != null) {
            reported++;
            problemCollector.report(place(mistake.line(), mistake.column()), mistake.message());
        }
    }

    private SourcePosition place(int line, int column) {
        return written(line, column + text.left(line));
    }

    /// Returns the position of a column of the file itself.
    private SourcePosition written(int line, int column) {
        String written = sourceText.line(line + 1);
        int at = Math.min(column, written.length());
        return new SourcePosition(
                sourceText, line + 1, written.codePointCount(0, at) + 1, KeyPath.TOP);
    }

    private void skipTouched() {
        for (int line = 0; line < text.size(); line++) {
            if (text.isPatched(line, line)) {
                problemCollector.skip(new SourcePosition(sourceText, line + 1, 1, KeyPath.TOP));
            }
        }
    }

    /// SnakeYAML knows only how many code points come before the character.
    private YamlMistakes.Mistake character(ReaderException e) {
        SourcePosition sourcePosition =
                new SourceText(sourceText.file(), text.text()).place(e.getPosition());
        int line = sourcePosition.line() - 1;
        String old = text.line(line);
        int column = old.offsetByCodePoints(0, sourcePosition.column() - 1);
        String code = String.format("U+%04X", e.getCodePoint());
        text.set(
                line,
                old.substring(0, column)
                        + " "
                        + old.substring(column + Character.charCount(e.getCodePoint())));
        return new YamlMistakes.Mistake(
                line,
                column,
                "not valid YAML: the control character "
                        + code
                        + " cannot stand in a file; remove it, or write it as an escape in double"
                        + " quotes");
    }
}
