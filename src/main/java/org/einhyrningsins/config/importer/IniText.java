// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.SourceText;
import org.einhyrningsins.config.source.TextUtil;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;

/// Reads INI files as Python's configparser does in the two ways that supervisord and circus set it
/// up. Sections of one name are one section, over several files too.
public final class IniText {
    /// Variant of the format.
    ///
    /// @param comments characters that begin a comment behind a blank, and at the start of a line
    /// @param lowerCase true if keys are turned into lower case
    /// @param lastWins true if the last of two settings of a key counts; the other one is left with
    ///   a mark
    private record Manner(String comments, boolean lowerCase, boolean lastWins) {}

    private static final Manner SUPERVISORD = new Manner(";#", true, true);
    private static final Manner CIRCUS = new Manner(";", false, false);

    /// Stands before the key of a setting that does not count.
    private static final String OVERRULED = "(overruled) ";

    /// Words for such a setting that needs nothing.
    static final String ELSEWHERE = "the same key is given elsewhere, and that counts";

    private final Manner manner;
    private final SequencedMap<String, ForeignSection> sections = new LinkedHashMap<>();

    private IniText(Manner manner) {
        this.manner = manner;
    }

    public static IniText ofSupervisord() {
        return new IniText(SUPERVISORD);
    }

    public static IniText ofCircus() {
        return new IniText(CIRCUS);
    }

    public SequencedMap<String, ForeignSection> sections() {
        return sections;
    }

    /// True if another setting of the same key counts.
    static boolean isOverruled(ForeignSetting foreignSetting) {
        return foreignSetting.key().startsWith(OVERRULED);
    }

    /// The setting as it was written.
    static ForeignSetting plain(ForeignSetting overruled) {
        String key = overruled.key().substring(OVERRULED.length());
        return new ForeignSetting(key, overruled.value(), overruled.place());
    }

    /// Adds what one more file says.
    public void read(SourceText sourceText) throws ImportException {
        new Reading(sourceText).read();
    }

    /// State of the reading of one file.
    private final class Reading {
        private final SourceText sourceText;
        private @Nullable ForeignSection foreignSection;
        private @Nullable ForeignSetting open;

        Reading(SourceText sourceText) {
            this.sourceText = sourceText;
        }

        void read() throws ImportException {
            List<String> lines = sourceText.text().lines().toList();
            for (int i = 0; i < lines.size(); i++) {
                line(lines.get(i), new SourcePosition(sourceText, i + 1, 1, ""));
            }
            close();
        }

        private void line(String line, SourcePosition sourcePosition) throws ImportException {
            if (isComment(line)) {
                return;
            }
            String text = withoutComment(line).strip();
            if (text.isEmpty()) {
                return;
            }
            if (open != null && Character.isWhitespace(line.charAt(0))) {
                String before = open.value();
                open = open.withValue(before.isEmpty() ? text : before + "\n" + text);
            } else if (text.startsWith("[")) {
                close();
                header(text, sourcePosition);
            } else {
                close();
                setting(text, sourcePosition);
            }
        }

        private boolean isComment(String line) {
            String text = manner.equals(CIRCUS) ? line : line.stripLeading();
            return text.startsWith("#") || text.startsWith(";");
        }

        private String withoutComment(String line) {
            for (int i = 1; i < line.length(); i++) {
                if (manner.comments().indexOf(line.charAt(i)) >= 0
                        && Character.isWhitespace(line.charAt(i - 1))) {
                    return line.substring(0, i);
                }
            }
            return line;
        }

        private void header(String text, SourcePosition sourcePosition) throws ImportException {
            int end = text.indexOf(']');
            if (end < 0) {
                throw unimportable(sourcePosition, "the name of the section is not closed by ]");
            }
            String name = text.substring(1, end);
            foreignSection =
                    sections.computeIfAbsent(name, n -> new ForeignSection(n, sourcePosition));
        }

        private void setting(String text, SourcePosition sourcePosition) throws ImportException {
            if (foreignSection == null) {
                throw unimportable(
                        sourcePosition, "expected [SECTION], found " + TextUtil.quoted(text));
            }
            int split = 0;
            while (split < text.length()
                    && text.charAt(split) != '='
                    && text.charAt(split) != ':') {
                split++;
            }
            if (split == 0 || split == text.length()) {
                throw unimportable(
                        sourcePosition, "expected KEY = VALUE, found " + TextUtil.quoted(text));
            }
            String key = text.substring(0, split).strip();
            String value = text.substring(split + 1).strip();
            String cased = manner.lowerCase() ? key.toLowerCase(Locale.ROOT) : key;
            open = new ForeignSetting(cased, value, sourcePosition);
        }

        /// The setting that was read last is complete.
        private void close() {
            ForeignSetting foreignSetting = open;
            open = null;
            if (foreignSetting == null || foreignSection == null) {
                return;
            }
            ForeignSetting first =
                    manner.lastWins() ? foreignSection.take(foreignSetting.key()) : null;
            if (first != null) {
                foreignSection.add(overruled(first));
            }
            foreignSection.add(
                    foreignSection.has(foreignSetting.key())
                            ? overruled(foreignSetting)
                            : foreignSetting);
        }

        private static ForeignSetting overruled(ForeignSetting foreignSetting) {
            return new ForeignSetting(
                    OVERRULED + foreignSetting.key(),
                    foreignSetting.value(),
                    foreignSetting.place());
        }

        private ImportException unimportable(SourcePosition sourcePosition, String message) {
            return new ImportException(sourceText.file(), sourcePosition.line(), message);
        }
    }
}
