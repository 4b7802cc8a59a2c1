// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Says what somebody did wrong where a parser stopped, and what to write instead, and covers it.
/// SnakeYAML's own words are about its tokens.
final class YamlMistakes {
    /// @param column in the text as it was covered until then
    record Mistake(int line, int column, String message) {}

    private static final Pattern BRACKETED =
            Pattern.compile("\\[[0-9A-Fa-f:.%a-z]*\\]:[0-9]+[^\\s,\\]}]*");
    private static final Pattern NO_SPACE =
            Pattern.compile("\\s*(?:- )?([A-Za-z][\\w.-]*):(\\S.*)");
    private static final Pattern ASSIGNED =
            Pattern.compile("\\s*(?:- )?([A-Za-z][\\w.-]*)\\s*=\\s*(.*)");

    private final PatchedText text;

    YamlMistakes(PatchedText text) {
        this.text = text;
    }

    /// Null if it follows from a mistake that was told already.
    @Nullable Mistake take(SyntaxError e) {
        // a block begins far above, and is not what is wrong
        boolean within =
                !e.context().contains("block mapping") && !e.context().contains("block collection");
        int from = within ? Math.min(e.line(), e.contextLine()) : e.line();
        boolean follows = text.touched(from, Math.min(e.line(), text.size() - 1));
        if (follows) {
            clear(e);
            return null;
        }
        int before = text.changes();
        Mistake mistake = named(e);
        if (text.changes() == before) {
            clear(e);
        }
        return mistake;
    }

    /// Takes out the lines about which a parser complains again.
    private void clear(SyntaxError e) {
        int before = text.changes();
        text.blank(e.line());
        if (text.changes() == before) {
            text.blank(e.contextLine());
        }
        for (int line = text.before(e.line()); line >= 0 && text.changes() == before; line--) {
            text.blank(line);
        }
    }

    private Mistake named(SyntaxError e) {
        if (e.says("\\t(TAB)")) {
            return tab(e);
        } else if (e.says("cannot start any token")) {
            return begins(e.line(), e.column());
        } else if (e.context().contains("an alias")
                || e.context().contains("an anchor")
                || e.context().contains("a tag")) {
            return begins(e.contextLine(), e.contextColumn());
        } else if (e.says("mapping values are not allowed")) {
            return colon(e);
        } else if (e.context().contains("quoted scalar")) {
            return quoted(e);
        } else if (e.context().contains("block scalar")) {
            return begins(e.contextLine(), e.contextColumn());
        } else if (e.says("could not find expected ':'")) {
            return noColon(e.contextLine());
        } else if (e.says("expected ','")) {
            return unclosed(e);
        } else if (e.says("node content")) {
            return content(e);
        } else if (e.says("<block end>")) {
            return blockEnd(e);
        } else if (e.says("not allowed here")) {
            return item(e);
        }
        return unknown(e);
    }

    private Mistake unknown(SyntaxError e) {
        int line = e.line() >= text.size() ? e.contextLine() : e.line();
        int column = line == e.line() ? e.column() : e.contextColumn();
        String context = e.context().isEmpty() ? "" : " (" + e.context() + ")";
        text.blank(line);
        return new Mistake(
                line,
                column,
                "not valid YAML: "
                        + e.problem()
                        + context
                        + "; a text with characters that mean something to YAML goes in quotes");
    }

    // ---- values

    /// A plain text begins with a character that means something else there.
    private Mistake begins(int number, int column) {
        YamlLine line = YamlLine.of(text.line(number));
        int start =
                line.depth(column) > 0
                        ? column
                        : Math.max(line.tokenStart(column), Math.min(column, line.valueStart()));
        String value =
                line.from(start).isEmpty()
                        ? ""
                        : line.text()
                                .substring(start, Math.max(start, line.tokenEnd(start)))
                                .strip();
        boolean template = line.text().startsWith("{%", Math.max(0, column - 1));
        boolean whole = value.isEmpty() || start <= line.keyStart();
        String first = value.isEmpty() ? "" : value.substring(0, 1);
        if (template) {
            for (int at = number; at < text.size(); at++) {
                if (text.line(at).contains("{%")) {
                    text.blank(at);
                }
            }
        } else if (whole) {
            text.blank(number);
        } else {
            text.cover(number, start, line.tokenEnd(start));
        }
        if (template) {
            return new Mistake(
                    number,
                    column,
                    "{% %} is of a template language; run the template first, and give its output"
                            + " to einhyrningsins");
        } else if (value.isEmpty()) {
            return new Mistake(
                    number,
                    column,
                    "expected KEY: VALUE, found " + Texts.quoted(line.text().strip()));
        }
        return new Mistake(
                number,
                start,
                "a text that begins with " + first + " goes in quotes: " + inQuotes(value));
    }

    /// Double ones, unless what it holds would mean something there.
    static String inQuotes(String value) {
        if (value.length() > 60) {
            return value.contains("\"") || value.contains("\\") ? "'…'" : "\"…\"";
        }
        boolean plain = value.indexOf('"') < 0 && value.indexOf('\\') < 0;
        return plain ? '"' + value + '"' : "'" + value.replace("'", "''") + "'";
    }

    /// A quoted text that is never closed, or holds an escape that is none.
    private Mistake quoted(SyntaxError e) {
        int number = e.contextLine();
        int column = e.contextColumn();
        YamlLine line = YamlLine.of(text.line(number));
        String quote = line.text().substring(column, Math.min(line.text().length(), column + 1));
        if (e.says("escape")) {
            String wrong = text.line(e.line());
            int at = Math.max(0, Math.min(e.column(), wrong.length()) - 1);
            String escape = wrong.substring(at, Math.min(wrong.length(), at + 2));
            int end =
                    line.text()
                            .indexOf(
                                    '"',
                                    e.line() == number
                                            ? Math.min(e.column(), line.text().length())
                                            : column + 1);
            text.cover(number, column, end < 0 ? line.text().length() : end + 1);
            return new Mistake(
                    e.line(),
                    at,
                    escape
                            + " is no escape of YAML; in double quotes write \\"
                            + escape
                            + ", or use single quotes, in which a backslash is itself");
        }
        return unclosedQuote(number, column, quote);
    }

    private Mistake unclosedQuote(int number, int column, String quote) {
        YamlLine line = YamlLine.of(text.line(number));
        int indent = text.indent(number);
        if (column <= line.keyStart()) {
            text.blank(number);
            text.blankBelow(number, indent);
        } else {
            text.cover(number, column, line.text().length());
        }
        return new Mistake(
                number,
                column,
                "the quote that begins here is not closed; write " + quote + " at its end");
    }

    // ---- colons

    /// A colon where none can be: within a text, or in the line after one that has no colon, or
    /// that is complete.
    private Mistake colon(SyntaxError e) {
        YamlLine line = YamlLine.of(text.line(e.line()));
        if (line.hasKey() && e.column() >= line.valueStart()) {
            int start = line.valueStart();
            String value = line.from(start);
            text.cover(e.line(), start, line.end());
            return new Mistake(
                    e.line(),
                    start,
                    "a text that holds \": \" goes in quotes: "
                            + line.key()
                            + ": "
                            + inQuotes(value));
        }
        int number = text.before(e.line());
        YamlLine before = YamlLine.of(text.line(number));
        if (number < 0 || before.hasKey() || before.keyStart() > text.indent(number)) {
            return indentation(e.line());
        }
        return withoutColon(number, before, text.indent(e.line()) > text.indent(number));
    }

    private Mistake withoutColon(int number, YamlLine line, boolean opens) {
        String all = line.from(line.keyStart());
        if (isForeignComment(all)) {
            text.blank(number);
            return new Mistake(
                    number, line.keyStart(), "a comment begins with #, found " + Texts.quoted(all));
        }
        int blank = all.indexOf(' ');
        String meant =
                blank < 0 || opens
                        ? all + ":"
                        : all.substring(0, blank) + ":" + all.substring(blank);
        if (opens && blank < 0) {
            text.set(number, line.text().substring(0, line.end()) + ":");
        } else {
            text.blank(number);
            text.blankBelow(number, PatchedText.indent(line.text()));
        }
        return new Mistake(
                number,
                line.keyStart(),
                "a ':' is missing; expected KEY: VALUE, as in " + Texts.quoted(meant));
    }

    private static boolean isForeignComment(String text) {
        return text.startsWith("//")
                || text.startsWith("/*")
                || text.startsWith(";")
                || text.startsWith("--");
    }

    /// A line without a colon where a key should be.
    private Mistake noColon(int number) {
        YamlLine line = YamlLine.of(text.line(number));
        String all = line.from(line.keyStart());
        int indent = text.indent(number);
        text.blank(number);
        Matcher tight = NO_SPACE.matcher(all);
        Matcher assigned = ASSIGNED.matcher(all);
        if (isForeignComment(all)) {
            return new Mistake(
                    number, line.keyStart(), "a comment begins with #, found " + Texts.quoted(all));
        } else if (tight.matches()) {
            text.blankBelow(number, indent);
            String meant = tight.group(1) + ": " + tight.group(2);
            return new Mistake(
                    number,
                    line.keyStart(),
                    "a space is missing after ':'; write " + Texts.quoted(meant));
        } else if (assigned.matches()) {
            text.blankBelow(number, indent);
            String meant = assigned.group(1) + ": " + assigned.group(2);
            return new Mistake(
                    number,
                    line.keyStart(),
                    "expected KEY: VALUE, found '='; write " + Texts.quoted(meant));
        }
        return withoutColon(number, line, false);
    }

    // ---- brackets

    private Mistake unclosed(SyntaxError e) {
        int number = e.contextLine();
        int column = e.contextColumn();
        YamlLine opener = YamlLine.of(text.line(number));
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
                return noColon(at);
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
                            + Texts.quoted(there)
                            + ", at the end of the line above");
        }
        return new Mistake(
                number,
                column,
                "the " + open + " that begins here is not closed; write " + close + " at its end");
    }

    /// Whether a line that only closes comes before the next one of the opener's own level.
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

    private Mistake onOneLine(SyntaxError e, YamlLine line, String open, String close) {
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
                            + Texts.quoted(before.substring(blank + 1).strip() + ":"));
        } else if (got.equals(":")) {
            String value =
                    line.text().substring(start, Math.max(start, line.tokenEnd(start))).strip();
            return new Mistake(
                    number, start, "a text that holds \": \" goes in quotes: " + inQuotes(value));
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
                            + Texts.quoted(
                                    line.text()
                                            .substring(
                                                    Math.min(e.column(), line.end()), line.end())));
        }
        return new Mistake(
                number,
                e.contextColumn(),
                "the " + open + " that begins here is not closed; write " + close + " at its end");
    }

    /// The file ends within a list or map; it was opened where more brackets are open than closed.
    private Mistake atEnd(SyntaxError e) {
        for (int number = text.before(e.line() + 1); number >= 0; number = text.before(number)) {
            YamlLine line = YamlLine.of(text.line(number));
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
                        number,
                        column,
                        "the "
                                + open
                                + " that begins here is not closed; write "
                                + (open.equals("[") ? "]" : "}")
                                + " at its end");
            }
        }
        return unknown(e);
    }

    /// Something stands where a value should.
    private Mistake content(SyntaxError e) {
        int number = e.line();
        YamlLine line = YamlLine.of(text.line(number));
        Matcher address = BRACKETED.matcher(line.text());
        while (address.find()) {
            if (address.start() <= e.column() && e.column() <= address.end()) {
                text.cover(number, address.start(), address.end());
                return new Mistake(
                        number,
                        address.start(),
                        "an address in brackets goes in quotes: " + inQuotes(address.group()));
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
            boolean flow = line.depth(start) > 0;
            text.cover(number, start, flow ? start + 1 : line.end());
            return new Mistake(
                    number,
                    start,
                    flow
                            ? "there is nothing before this ','; remove it, or write \"\" for an"
                                    + " empty text"
                            : "a text that begins with , goes in quotes: "
                                    + inQuotes(line.from(start)));
        } else if (first == ']' || first == '}') {
            text.cover(number, start, line.end());
            return new Mistake(
                    number,
                    start,
                    "nothing is open that this " + first + " could close; remove it");
        } else if (value.isEmpty()) {
            return e.says("<stream end>") ? atEnd(e) : unknown(e);
        }
        text.cover(number, start, end);
        return new Mistake(
                number,
                start,
                "a text that begins with " + first + " goes in quotes: " + inQuotes(value));
    }

    // ---- levels

    private Mistake tab(SyntaxError e) {
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
        YamlLine line = YamlLine.of(text.line(before));
        return text.indent(before) + (before >= 0 && line.hasKey() && !line.hasValue() ? 2 : 0);
    }

    private static String spaces(int number) {
        return number == 0 ? "none" : number == 1 ? "1 space" : number + " spaces";
    }

    /// A block goes on with something that does not belong to it.
    private Mistake blockEnd(SyntaxError e) {
        int number = e.line();
        YamlLine line = YamlLine.of(text.line(number));
        int indent = text.indent(number);
        if (e.column() > indent && !line.text().substring(indent, e.column()).matches("(- +)*")) {
            return trailing(e, line);
        }
        int quote = openQuote(number);
        return quote >= 0
                ? unclosedQuote(
                        quote,
                        YamlLine.of(text.line(quote)).valueStart(),
                        text.line(quote)
                                .substring(YamlLine.of(text.line(quote)).valueStart())
                                .substring(0, 1))
                : indentation(number);
    }

    /// Text after a quote or bracket that is closed already.
    private Mistake trailing(SyntaxError e, YamlLine line) {
        int quote = openQuote(e.line());
        if (quote >= 0) {
            YamlLine opener = YamlLine.of(text.line(quote));
            return unclosedQuote(
                    quote,
                    opener.valueStart(),
                    opener.text().substring(opener.valueStart()).substring(0, 1));
        }
        int start = line.valueStart();
        String value = line.from(start);
        String rest = line.from(e.column());
        Matcher address = BRACKETED.matcher(line.text());
        if (isForeignComment(rest)) {
            text.set(e.line(), line.text().substring(0, e.column()));
            return new Mistake(
                    e.line(), e.column(), "a comment begins with #, found " + Texts.quoted(rest));
        }
        text.cover(e.line(), start, line.end());
        if (address.find() && address.start() == start) {
            return new Mistake(
                    e.line(), start, "an address in brackets goes in quotes: " + inQuotes(value));
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
                            + Texts.quoted(rest)
                            + " comes after it; put quotes around the whole text, and write one"
                            + " within it as "
                            + inside);
        }
        return new Mistake(
                e.line(),
                e.column(),
                Texts.quoted(rest)
                        + " comes after the end of the value; put the whole text in quotes, "
                        + inQuotes(value));
    }

    /// The line above, of the nearest few, in which a quote begins that is not closed there; -1 if
    /// there is none.
    private int openQuote(int number) {
        int line = text.before(number);
        for (int i = 0; i < 30 && line >= 0; i++, line = text.before(line)) {
            YamlLine parts = YamlLine.of(text.line(line));
            String value = parts.from(parts.valueStart());
            boolean begins = parts.hasValue() && (value.startsWith("\"") || value.startsWith("'"));
            if (begins && value.indexOf(value.charAt(0), 1) < 0) {
                return line;
            }
        }
        return -1;
    }

    private Mistake indentation(int number) {
        int indent = text.indent(number);
        List<Integer> levels = text.levels(number);
        int before = text.before(number);
        YamlLine above = YamlLine.of(text.line(before));
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
    private Mistake item(SyntaxError e) {
        YamlLine line = YamlLine.of(text.line(e.line()));
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
                        + inQuotes(all)
                        + list);
    }
}
