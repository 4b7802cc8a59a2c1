// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.yaml;

import org.einhyrningsins.config.source.PatchedText;
import org.einhyrningsins.config.source.TextUtil;
import org.jspecify.annotations.Nullable;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Says what somebody did wrong where a parser stopped, and what to write instead, and covers it.
/// SnakeYAML's own words are about its tokens.
public final class YamlMistakes {
    private static final Pattern OPTION = Pattern.compile("--?[A-Za-z][A-Za-z0-9-]*([ =].*)?");

    /// @param column in the text as it was covered until then
    record Mistake(int line, int column, String message) {}

    static final Pattern BRACKETED = Pattern.compile("\\[[0-9A-Fa-f:.%a-z]*\\]:[0-9]+[^\\s,\\]}]*");
    private static final Pattern NO_SPACE =
            Pattern.compile("\\s*(?:- )?([A-Za-z][\\w.-]*):(\\S.*)");
    private static final Pattern ASSIGNED =
            Pattern.compile("\\s*(?:- )?([A-Za-z][\\w.-]*)\\s*=\\s*(.*)");

    private final PatchedText text;
    private final BracketMistakes brackets;
    private final IndentationMistakes levels;
    private final TextMistakes texts;

    YamlMistakes(PatchedText text) {
        this.text = text;
        this.brackets = new BracketMistakes(text, this);
        this.levels = new IndentationMistakes(text, this);
        this.texts = new TextMistakes(text);
    }

    /// Returns the mistake; null if it follows from one that was reported already.
    @Nullable Mistake take(SyntaxError e) {
        // a block begins far above, and is not what is wrong
        boolean within =
                !e.context().contains("block mapping") && !e.context().contains("block collection");
        int from = within ? Math.min(e.line(), e.contextLine()) : e.line();
        boolean follows = text.isPatched(from, Math.min(e.line(), text.size() - 1));
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
        if (e.contains("\\t(TAB)")) {
            return levels.tab(e);
        } else if (e.contains("cannot start any token")) {
            return begins(e.line(), e.column());
        } else if (e.context().contains("an alias")
                || e.context().contains("an anchor")
                || e.context().contains("a tag")) {
            return begins(e.contextLine(), e.contextColumn());
        } else if (e.contains("mapping values are not allowed")) {
            return colon(e);
        } else if (e.context().contains("quoted scalar")) {
            return quoted(e);
        } else if (e.context().contains("block scalar")) {
            return begins(e.contextLine(), e.contextColumn());
        } else if (e.contains("could not find expected ':'")) {
            return noColon(e.contextLine());
        } else if (e.contains("expected ','")) {
            return brackets.unclosed(e);
        } else if (e.contains("node content")) {
            return brackets.content(e);
        } else if (e.contains("<block end>")) {
            return levels.blockEnd(e);
        } else if (e.contains("not allowed here")) {
            return levels.item(e);
        }
        Mistake document = e.contains("document start") ? document(e.line()) : null;
        return document == null ? unknown(e) : document;
    }

    Mistake unknown(SyntaxError e) {
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

    /// Returns the mistake of content after a directive without `---`, or after the end of the
    /// document; null for none.
    private @Nullable Mistake document(int before) {
        for (int at = Math.min(before, text.size()) - 1; at >= 0; at--) {
            String line = text.line(at).stripTrailing();
            if (line.startsWith("%")) {
                text.blank(at);
                return new Mistake(
                        at,
                        0,
                        "a line that begins with % is for the parser, and --- comes below it;"
                                + " remove the line, or write --- in the next one");
            } else if (line.equals("...") || line.startsWith("... ")) {
                text.blank(at);
                return new Mistake(
                        at, 0, "... ends the file, and more comes after it; remove this line");
            }
        }
        return null;
    }

    // ---- values

    /// A plain text begins with a character that means something else there.
    private Mistake begins(int number, int column) {
        YamlSourceLine line = YamlSourceLine.of(text.line(number));
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
            return new Mistake(number, column, TextMistakes.ofTemplate("{%"));
        } else if (value.isEmpty()) {
            return new Mistake(
                    number,
                    column,
                    "expected KEY: VALUE, found " + TextUtil.quoted(line.text().strip()));
        }
        return new Mistake(
                number,
                start,
                "a text that begins with " + first + " goes in quotes: " + inQuotes(value));
    }

    /// Double ones, unless what it holds would mean something there.
    public static String inQuotes(String value) {
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
        YamlSourceLine line = YamlSourceLine.of(text.line(number));
        String quote = line.text().substring(column, Math.min(line.text().length(), column + 1));
        if (e.contains("escape")) {
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

    Mistake unclosedQuote(int number, int column, String quote) {
        YamlSourceLine line = YamlSourceLine.of(text.line(number));
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
        YamlSourceLine line = YamlSourceLine.of(text.line(e.line()));
        if (line.hasKey() && e.column() >= line.valueStart()) {
            int start = line.valueStart();
            String value = line.from(start);
            text.cover(e.line(), start, line.end());
            return new Mistake(e.line(), start, texts.colon(line.key(), value));
        }
        int number = text.before(e.line());
        if (texts.isContinued(number)) {
            return texts.colonBelow(e.line());
        }
        YamlSourceLine before = YamlSourceLine.of(text.line(number));
        if (number < 0 || before.hasKey() || before.keyStart() > text.indent(number)) {
            return levels.indentation(e.line());
        }
        return withoutColon(number, before, text.indent(e.line()) > text.indent(number));
    }

    private Mistake withoutColon(int number, YamlSourceLine line, boolean opens) {
        String all = line.from(line.keyStart());
        Mistake text = texts.withoutKey(number, line);
        if (text != null) {
            return text;
        }
        return noKey(number, line, opens, all);
    }

    private Mistake noKey(int number, YamlSourceLine line, boolean opens, String all) {
        int blank = all.indexOf(' ');
        if (OPTION.matcher(all).matches() && isBelowItem(number, line)) {
            text.blank(number);
            return new Mistake(
                    number,
                    line.keyStart(),
                    "an item of a list begins with a dash and a space: write \"- "
                            + all.replaceFirst("[ =].*", "")
                            + "\", each word in a line of its own");
        }
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
        YamlSourceLine above = YamlSourceLine.of(text.line(text.before(number)));
        boolean goesOn = !opens && above.hasValue() && above.keyStart() == line.keyStart();
        return new Mistake(
                number,
                line.keyStart(),
                "a ':' is missing; expected KEY: VALUE, as in "
                        + TextUtil.quoted(meant)
                        + (goesOn
                                ? "; indent it further if it goes on with the text of "
                                        + above.key()
                                : ""));
    }

    /// True if the line above is an item of a list.
    private boolean isBelowItem(int number, YamlSourceLine line) {
        String above = text.line(text.before(number)).stripLeading();
        return line.keyStart() == PatchedText.indent(line.text()) && above.startsWith("- ");
    }

    static boolean isForeignComment(String text) {
        return text.startsWith("//")
                || text.startsWith("/*")
                || text.startsWith(";")
                || text.equals("--")
                || text.startsWith("-- ");
    }

    /// A line without a colon where a key should be.
    Mistake noColon(int number) {
        YamlSourceLine line = YamlSourceLine.of(text.line(number));
        String all = line.from(line.keyStart());
        int indent = text.indent(number);
        Mistake found = texts.withoutKey(number, line);
        if (found != null) {
            return found;
        }
        text.blank(number);
        Matcher tight = NO_SPACE.matcher(all);
        Matcher assigned = ASSIGNED.matcher(all);
        if (tight.matches()) {
            text.blankBelow(number, indent);
            String meant = tight.group(1) + ": " + tight.group(2);
            return new Mistake(
                    number,
                    line.keyStart(),
                    "a space is missing after ':'; write " + TextUtil.quoted(meant));
        } else if (assigned.matches()) {
            text.blankBelow(number, indent);
            String meant = assigned.group(1) + ": " + assigned.group(2);
            return new Mistake(
                    number,
                    line.keyStart(),
                    "expected KEY: VALUE, found '='; write " + TextUtil.quoted(meant));
        }
        return withoutColon(number, line, false);
    }
}
