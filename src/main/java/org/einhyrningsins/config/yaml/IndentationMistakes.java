// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.yaml;

import org.einhyrningsins.config.source.PatchedText;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.yaml.YamlMistakes.Mistake;

import java.util.List;
import java.util.regex.Matcher;

/// Names mistakes in the indentation, and what stands behind a value that is complete.
///
/// @param others names what turns out to be something else
record IndentationMistakes(PatchedText text, YamlMistakes others) {
    Mistake tab(SyntaxError e) {
        int number = e.line();
        String line = text.line(number);
        if (!line.substring(0, Math.min(e.column(), line.length())).isBlank()) {
            text.set(number, line.replace('\t', ' '));
            return new Mistake(
                    number, e.column(), "a tab stands where YAML takes only spaces; write a space");
        }
        int last = number;
        int wanted = wantedIndent(number);
        while (text.line(last + 1).stripTrailing().length() > 0
                && text.line(last + 1).substring(0, text.indent(last + 1)).indexOf('\t') >= 0) {
            last++;
        }
        for (int at = number; at <= last; at++) {
            text.blank(at);
        }
        String more = last == number ? "" : " (so do the lines up to " + (last + 1) + ")";
        return new Mistake(
                number,
                e.column(),
                "the line is indented with a tab"
                        + more
                        + "; YAML takes only spaces: write "
                        + spaces(wanted));
    }

    private int wantedIndent(int number) {
        int before = text.before(number);
        YamlSourceLine line = YamlSourceLine.of(text.line(before));
        return text.indent(before) + (before >= 0 && line.hasKey() && !line.hasValue() ? 2 : 0);
    }

    private static String spaces(int number) {
        return number == 0 ? "none" : number == 1 ? "1 space" : number + " spaces";
    }

    /// A block goes on with something that does not belong to it.
    Mistake blockEnd(SyntaxError e) {
        int number = e.line();
        YamlSourceLine line = YamlSourceLine.of(text.line(number));
        int indent = text.indent(number);
        if (e.column() > indent && !line.text().substring(indent, e.column()).matches("(- +)*")) {
            return trailing(e, line);
        }
        int quote = openQuote(number);
        return quote >= 0
                ? others.unclosedQuote(
                        quote,
                        YamlSourceLine.of(text.line(quote)).valueStart(),
                        text.line(quote)
                                .substring(YamlSourceLine.of(text.line(quote)).valueStart())
                                .substring(0, 1))
                : indentation(number);
    }

    /// Text after a quote or bracket that is closed already.
    private Mistake trailing(SyntaxError e, YamlSourceLine line) {
        int quote = openQuote(e.line());
        if (quote >= 0) {
            YamlSourceLine opener = YamlSourceLine.of(text.line(quote));
            return others.unclosedQuote(
                    quote,
                    opener.valueStart(),
                    opener.text().substring(opener.valueStart()).substring(0, 1));
        }
        int start = line.valueStart();
        String value = line.from(start);
        String rest = line.from(e.column());
        Matcher address = YamlMistakes.BRACKETED.matcher(line.text());
        if (YamlMistakes.isForeignComment(rest)) {
            text.set(e.line(), line.text().substring(0, e.column()));
            return new Mistake(
                    e.line(),
                    e.column(),
                    "a comment begins with #, found " + TextUtil.quoted(rest));
        }
        text.cover(e.line(), start, line.end());
        if (address.find() && address.start() == start) {
            return new Mistake(
                    e.line(),
                    start,
                    "an address in brackets goes in quotes: " + YamlMistakes.inQuotes(value));
        } else if (rest.equals(",") || rest.equals(";")) {
            return new Mistake(
                    e.line(),
                    e.column(),
                    "expected the end of the line, found " + rest + "; remove it");
        } else if (value.startsWith("'") || value.startsWith("\"")) {
            boolean single = value.startsWith("'");
            String inside = single ? "''" : "\\\"";
            return new Mistake(
                    e.line(),
                    e.column(),
                    "the quote before it is closed already, and "
                            + TextUtil.quoted(rest)
                            + " comes after it; put quotes around the whole text, and write one"
                            + " within it as "
                            + inside);
        }
        return new Mistake(
                e.line(),
                e.column(),
                TextUtil.quoted(rest)
                        + " comes after the end of the value; put the whole text in quotes, "
                        + YamlMistakes.inQuotes(value));
    }

    /// The line above, of the nearest few, in which a quote begins that is not closed there; -1 if
    /// there is none.
    private int openQuote(int number) {
        int line = text.before(number);
        for (int i = 0; i < 30 && line >= 0; i++, line = text.before(line)) {
            YamlSourceLine parts = YamlSourceLine.of(text.line(line));
            String value = parts.from(parts.valueStart());
            boolean begins = parts.hasValue() && (value.startsWith("\"") || value.startsWith("'"));
            if (begins && value.indexOf(value.charAt(0), 1) < 0) {
                return line;
            }
        }
        return -1;
    }

    Mistake indentation(int number) {
        int indent = text.indent(number);
        List<Integer> levels = text.levels(number);
        int before = text.before(number);
        YamlSourceLine above = YamlSourceLine.of(text.line(before));
        boolean item = text.line(number).strip().startsWith("- ");
        int wanted = levels.isEmpty() ? 0 : levels.getFirst();
        for (int level : levels) {
            wanted = Math.abs(level - indent) < Math.abs(wanted - indent) ? level : wanted;
        }
        boolean same = wanted == indent;
        text.blankFrom(number);
        if (same) {
            String kind =
                    item
                            ? "an item of a list stands among keys"
                            : "a key stands among the items of a list";
            String how =
                    item
                            ? "; indent the list below its key"
                            : "; write \"- \" before it, or indent it as what it belongs to";
            return new Mistake(number, indent, kind + how);
        }
        int sample = before;
        while (sample > 0 && text.indent(sample) != wanted) {
            sample = text.before(sample);
        }
        String complete =
                before >= 0 && indent > text.indent(before) && above.hasValue()
                        ? above.key() + " has a value already; "
                        : "";
        return new Mistake(
                number,
                indent,
                complete
                        + "the line is indented by "
                        + spaces(indent)
                        + ", as nothing above it is; write "
                        + spaces(wanted)
                        + ", as in line "
                        + (sample + 1));
    }

    /// An item or a key stands where none can.
    Mistake item(SyntaxError e) {
        YamlSourceLine line = YamlSourceLine.of(text.line(e.line()));
        boolean value = line.hasKey() && e.column() >= line.valueStart();
        if (!value) {
            return indentation(e.line());
        }
        String all = line.from(line.valueStart());
        text.cover(e.line(), line.valueStart(), line.end());
        String list =
                all.startsWith("- ")
                        ? "; a list on the line of its key is written ["
                                + all.substring(2).strip()
                                + "]"
                        : "";
        return new Mistake(
                e.line(),
                line.valueStart(),
                "a text that begins with "
                        + all.charAt(0)
                        + " goes in quotes: "
                        + YamlMistakes.inQuotes(all)
                        + list);
    }
}
