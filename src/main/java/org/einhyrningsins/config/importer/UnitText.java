// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.source.Place;
import org.einhyrningsins.config.source.Source;
import org.einhyrningsins.config.source.Texts;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// Reads a unit of systemd, see systemd.syntax(7): sections, comments, lines continued by a
/// backslash. A key may come several times; what that means the key knows.
public final class UnitText {
    private final Source source;
    private final SequencedMap<String, Section> sections;

    private UnitText(Source source, SequencedMap<String, Section> sections) {
        this.source = source;
        this.sections = sections;
    }

    /// Adds what the file says to the sections of its unit.
    public static void read(Source source, SequencedMap<String, Section> into) throws Unimportable {
        new UnitText(source, into).read();
    }

    public static SequencedMap<String, Section> read(Source source) throws Unimportable {
        SequencedMap<String, Section> sections = new LinkedHashMap<>();
        read(source, sections);
        return sections;
    }

    private void read() throws Unimportable {
        Section section = null;
        StringBuilder text = new StringBuilder();
        int begin = 0;
        List<String> lines = source.text().lines().toList();
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
                section = statement(whole, new Place(source, begin, 1, ""), section);
            }
        }
    }

    private static boolean isComment(String line) {
        String text = line.stripLeading();
        return text.startsWith("#") || text.startsWith(";");
    }

    private Section statement(
            String text, Place place, @org.jspecify.annotations.Nullable Section section)
            throws Unimportable {
        if (text.startsWith("[") && text.endsWith("]")) {
            String name = text.substring(1, text.length() - 1);
            return sections.computeIfAbsent(name, n -> new Section(n, place));
        }
        int split = text.indexOf('=');
        if (split <= 0 || section == null) {
            String expected = section == null ? "[SECTION]" : "KEY=VALUE";
            throw new Unimportable(
                    source.file(),
                    place.line(),
                    "expected " + expected + ", found " + Texts.quoted(text));
        }
        String key = text.substring(0, split).strip();
        section.add(new Setting(key, text.substring(split + 1).strip(), place));
        return section;
    }
}
