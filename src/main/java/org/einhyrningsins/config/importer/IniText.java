// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.source.Place;
import org.einhyrningsins.config.source.Source;
import org.einhyrningsins.config.source.Texts;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;

/// Reads INI files as Python's configparser does in the two ways that supervisord and circus set it
/// up. Sections of one name are one section, over several files too.
public final class IniText {
    /// Which way.
    ///
    /// @param comments what begins a comment behind a blank, and at the start of a line
    /// @param lowerCase whether keys are
    /// @param lastWins which of two settings of a key counts; the other one is left with a mark
    private record Manner(String comments, boolean lowerCase, boolean lastWins) {}

    private static final Manner SUPERVISORD = new Manner(";#", true, true);
    private static final Manner CIRCUS = new Manner(";", false, false);

    /// Stands before the key of a setting that does not count.
    private static final String OVERRULED = "(overruled) ";

    /// Why such a setting needs nothing.
    static final String ELSEWHERE = "the same key is given elsewhere, and that counts";

    private final Manner manner;
    private final SequencedMap<String, Section> sections = new LinkedHashMap<>();

    private IniText(Manner manner) {
        this.manner = manner;
    }

    public static IniText ofSupervisord() {
        return new IniText(SUPERVISORD);
    }

    public static IniText ofCircus() {
        return new IniText(CIRCUS);
    }

    public SequencedMap<String, Section> sections() {
        return sections;
    }

    /// Whether another setting of the same key counts.
    static boolean isOverruled(Setting setting) {
        return setting.key().startsWith(OVERRULED);
    }

    /// The setting as it was written.
    static Setting plain(Setting overruled) {
        String key = overruled.key().substring(OVERRULED.length());
        return new Setting(key, overruled.value(), overruled.place());
    }

    /// Adds what one more file says.
    public void read(Source source) throws Unimportable {
        new Reading(source).read();
    }

    /// One file being read.
    private final class Reading {
        private final Source source;
        private @Nullable Section section;
        private @Nullable Setting open;

        Reading(Source source) {
            this.source = source;
        }

        void read() throws Unimportable {
            List<String> lines = source.text().lines().toList();
            for (int i = 0; i < lines.size(); i++) {
                line(lines.get(i), new Place(source, i + 1, 1, ""));
            }
            close();
        }

        private void line(String line, Place place) throws Unimportable {
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
                header(text, place);
            } else {
                close();
                setting(text, place);
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

        private void header(String text, Place place) throws Unimportable {
            int end = text.indexOf(']');
            if (end < 0) {
                throw unimportable(place, "the name of the section is not closed by ]");
            }
            String name = text.substring(1, end);
            section = sections.computeIfAbsent(name, n -> new Section(n, place));
        }

        private void setting(String text, Place place) throws Unimportable {
            if (section == null) {
                throw unimportable(place, "expected [SECTION], found " + Texts.quoted(text));
            }
            int split = 0;
            while (split < text.length()
                    && text.charAt(split) != '='
                    && text.charAt(split) != ':') {
                split++;
            }
            if (split == 0 || split == text.length()) {
                throw unimportable(place, "expected KEY = VALUE, found " + Texts.quoted(text));
            }
            String key = text.substring(0, split).strip();
            String value = text.substring(split + 1).strip();
            String cased = manner.lowerCase() ? key.toLowerCase(Locale.ROOT) : key;
            open = new Setting(cased, value, place);
        }

        /// The setting that was read last is complete.
        private void close() {
            Setting setting = open;
            open = null;
            if (setting == null || section == null) {
                return;
            }
            Setting first = manner.lastWins() ? section.take(setting.key()) : null;
            if (first != null) {
                section.add(overruled(first));
            }
            section.add(section.has(setting.key()) ? overruled(setting) : setting);
        }

        private static Setting overruled(Setting setting) {
            return new Setting(OVERRULED + setting.key(), setting.value(), setting.place());
        }

        private Unimportable unimportable(Place place, String message) {
            return new Unimportable(source.file(), place.line(), message);
        }
    }
}
