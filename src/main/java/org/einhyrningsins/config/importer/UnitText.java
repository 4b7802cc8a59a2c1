// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.SourceText;
import org.einhyrningsins.config.source.TextUtil;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// Reads a unit of systemd, see systemd.syntax(7): sections, comments, lines continued by a
/// backslash. A key may come several times; what that means the key knows.
public final class UnitText {
    private final SourceText sourceText;
    private final SequencedMap<String, ForeignSection> sections;

    private UnitText(SourceText sourceText, SequencedMap<String, ForeignSection> sections) {
        this.sourceText = sourceText;
        this.sections = sections;
    }

    /// Adds what the file says to the sections of its unit.
    public static void read(SourceText sourceText, SequencedMap<String, ForeignSection> into)
            throws ImportException {
        new UnitText(sourceText, into).read();
    }

    public static SequencedMap<String, ForeignSection> read(SourceText sourceText)
            throws ImportException {
        SequencedMap<String, ForeignSection> sections = new LinkedHashMap<>();
        read(sourceText, sections);
        return sections;
    }

    private void read() throws ImportException {
        ForeignSection foreignSection = null;
        StringBuilder text = new StringBuilder();
        int begin = 0;
        List<String> lines = sourceText.text().lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (isComment(line)) {
                continue;
            }
            begin = text.isEmpty() ? i + 1 : begin;
            if (line.endsWith("\\") && i + 1 < lines.size()) {
                text.append(line, 0, line.length() - 1).append(' ');
                continue;
            }
            String whole = text.append(line).toString().strip();
            text.setLength(0);
            if (!whole.isEmpty()) {
                foreignSection =
                        statement(
                                whole,
                                new SourcePosition(sourceText, begin, 1, ""),
                                foreignSection);
            }
        }
    }

    private static boolean isComment(String line) {
        String text = line.stripLeading();
        return text.startsWith("#") || text.startsWith(";");
    }

    private ForeignSection statement(
            String text,
            SourcePosition sourcePosition,
            @org.jspecify.annotations.Nullable ForeignSection foreignSection)
            throws ImportException {
        if (text.startsWith("[") && text.endsWith("]")) {
            String name = text.substring(1, text.length() - 1);
            return sections.computeIfAbsent(name, n -> new ForeignSection(n, sourcePosition));
        }
        int split = text.indexOf('=');
        if (split <= 0 || foreignSection == null) {
            String expected = foreignSection == null ? "[SECTION]" : "KEY=VALUE";
            throw new ImportException(
                    sourceText.file(),
                    sourcePosition.line(),
                    "expected " + expected + ", found " + TextUtil.quoted(text));
        }
        String key = text.substring(0, split).strip();
        foreignSection.add(
                new ForeignSetting(key, text.substring(split + 1).strip(), sourcePosition));
        return foreignSection;
    }
}
