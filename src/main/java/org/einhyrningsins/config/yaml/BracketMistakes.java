// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.yaml;

import org.einhyrningsins.config.source.PatchedText;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.yaml.YamlMistakes.Mistake;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Names mistakes in lists and maps that are written in brackets and braces.
///
/// @param others names what turns out to be something else
record BracketMistakes(PatchedText text, YamlMistakes others) {
    private static final Pattern QUOTED = Pattern.compile("\"[^\"]*\"|'[^']*'");

    private static final Pattern PLACE =
            Pattern.compile("[^\\s,\\[\\]{}\"']*\\$\\{[^}]*\\}[^\\s,\\[\\]{}]*");

    Mistake unclosed(SyntaxError e) {
        int number = e.contextLine();
        int column = e.contextColumn();
        YamlSourceLine opener = YamlSourceLine.of(text.line(number));
        String open =
                opener.text()
                        .substring(Math.min(column, opener.text().length() - 1))
                        .substring(0, 1);
        String close = open.equals("[") ? "]" : "}";
        int indent = text.indent(number);
        if (e.line() == number) {
            return onOneLine(e, opener, open, close);
        }
        for (int at = number + 1; at <= Math.min(e.line(), text.size() - 1); at++) {
            if (text.line(at).strip().startsWith("//")) {
                return others.noColon(at);
            }
        }
        String there = text.line(e.line()).strip();
        int level = text.indent(e.line());
        boolean inside = text.indent(e.line()) > indent && isClosed(e.line(), indent, close);
        int start = Math.min(column, opener.tokenStart(column));
        text.cover(number, opener.depth(column) > 0 ? column : start, opener.text().length());
        text.blankBelow(number, indent);
        blankCloser(number, indent, close);
        if (inside) {
            return new Mistake(
                    e.line(),
                    level,
                    "a ',' is missing before "
                            + TextUtil.quoted(there)
                            + ", at the end of the line above");
        }
        return new Mistake(number, column, open(opener.text(), open, close));
    }

    /// True if a line that only closes comes before the next one of the opener's own level.
    private boolean isClosed(int from, int indent, String close) {
        for (int line = from; line < text.size(); line++) {
            String there = text.line(line).strip();
            if (there.startsWith(close) || (text.indent(line) > indent && there.endsWith(close))) {
                return true;
            } else if (!text.isEmpty(line) && text.indent(line) <= indent) {
                return false;
            }
        }
        return false;
    }

    private void blankCloser(int number, int indent, String close) {
        int next = number + 1;
        while (next < text.size() && text.isEmpty(next)) {
            next++;
        }
        if (text.indent(next) == indent && text.line(next).strip().startsWith(close)) {
            text.blank(next);
        }
    }

    private Mistake onOneLine(SyntaxError e, YamlSourceLine line, String open, String close) {
        String got = e.problem().substring(e.problem().lastIndexOf(' ') + 1);
        int number = e.line();
        int start = line.tokenStart(Math.max(e.contextColumn() + 1, e.column() - 1));
        String before =
                line.text()
                        .substring(
                                Math.min(start, e.column()),
                                Math.min(e.column(), line.text().length()));
        int blank = before.stripTrailing().lastIndexOf(' ');
        int outer =
                line.depth(e.contextColumn()) > 0
                        ? e.contextColumn()
                        : line.tokenStart(e.contextColumn());
        text.cover(number, outer, line.end());
        if (got.equals(":") && blank >= 0) {
            return new Mistake(
                    number,
                    start + blank + 1,
                    "a ',' is missing before "
                            + TextUtil.quoted(before.substring(blank + 1).strip() + ":"));
        } else if (got.equals(":")) {
            String value =
                    line.text().substring(start, Math.max(start, line.tokenEnd(start))).strip();
            return new Mistake(
                    number,
                    start,
                    "a text that holds \": \" goes in quotes: " + YamlMistakes.inQuotes(value));
        } else if (got.equals("]") || got.equals("}")) {
            return new Mistake(
                    number,
                    e.column(),
                    "expected "
                            + close
                            + ", which closes the "
                            + open
                            + " before it, found "
                            + got);
        } else if (got.contains("scalar")) {
            return new Mistake(
                    number,
                    e.column(),
                    "a ',' is missing before "
                            + TextUtil.quoted(
                                    line.text()
                                            .substring(
                                                    Math.min(e.column(), line.end()), line.end())));
        }
        return new Mistake(number, e.contextColumn(), open(line.text(), open, close));
    }

    /// Returns the message for a bracket that is not closed. A `${…}` ends where it begins for
    /// YAML, unless it is in quotes.
    private static String open(String line, String open, String close) {
        Matcher place =
                PLACE.matcher(QUOTED.matcher(line).replaceAll(m -> "x".repeat(m.group().length())));
        return place.find()
                ? "within brackets a text with ${…} goes in quotes: "
                        + YamlMistakes.inQuotes(line.substring(place.start(), place.end()))
                : "the " + open + " that begins here is not closed; write " + close + " at its end";
    }

    /// The file ends within a list or map; it was opened where more brackets are open than closed.
    Mistake atEnd(SyntaxError e) {
        for (int number = text.before(e.line() + 1); number >= 0; number = text.before(number)) {
            YamlSourceLine line = YamlSourceLine.of(text.line(number));
            int column = line.end() - 1;
            while (column >= 0
                    && (line.depth(column) >= line.depth(line.end())
                            || "[{".indexOf(line.text().charAt(column)) < 0)) {
                column--;
            }
            if (line.depth(line.end()) > 0 && column >= 0) {
                String open = line.text().substring(column, column + 1);
                text.cover(number, column, line.end());
                text.blankBelow(number, text.indent(number));
                return new Mistake(
                        number, column, open(line.text(), open, open.equals("[") ? "]" : "}"));
            }
        }
        return others.unknown(e);
    }

    /// Returns the mistake of content where a value should be.
    Mistake content(SyntaxError e) {
        int number = e.line();
        YamlSourceLine line = YamlSourceLine.of(text.line(number));
        Matcher address = YamlMistakes.BRACKETED.matcher(line.text());
        while (address.find()) {
            if (address.start() <= e.column() && e.column() <= address.end()) {
                text.cover(number, address.start(), address.end());
                return new Mistake(
                        number,
                        address.start(),
                        "an address in brackets goes in quotes: "
                                + YamlMistakes.inQuotes(address.group()));
            }
        }
        int start = e.column();
        int end = Math.max(start, line.tokenEnd(start));
        String value =
                line.text()
                        .substring(
                                Math.min(start, line.text().length()),
                                Math.min(end, line.text().length()))
                        .strip();
        char first = start < line.text().length() ? line.text().charAt(start) : ' ';
        if (first == ',') {
            boolean flow =
                    line.depth(start) > 0
                            || line.text().substring(0, start).stripTrailing().endsWith(",");
            text.cover(number, start, flow ? start + 1 : line.end());
            return new Mistake(
                    number,
                    start,
                    flow
                            ? "there is nothing before this ','; remove it, or write \"\" for an"
                                    + " empty text"
                            : "a text that begins with , goes in quotes: "
                                    + YamlMistakes.inQuotes(line.from(start)));
        } else if (first == ']' || first == '}') {
            text.cover(number, start, line.end());
            return new Mistake(
                    number,
                    start,
                    "nothing is open that this " + first + " could close; remove it");
        } else if (value.isEmpty()) {
            return e.contains("<stream end>") ? atEnd(e) : others.unknown(e);
        }
        text.cover(number, start, end);
        return new Mistake(
                number,
                start,
                "a text that begins with "
                        + first
                        + " goes in quotes: "
                        + YamlMistakes.inQuotes(value));
    }
}
