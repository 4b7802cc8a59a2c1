// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.yaml;

import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.PatchedText;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.yaml.YamlMistakes.Mistake;
import org.jspecify.annotations.Nullable;

import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Names mistakes of texts that go on over lines, of keys that share a line, and of lines that are
/// of another language.
public final class TextMistakes {
    private static final Pattern INNER = Pattern.compile("([a-z][a-z-]*): +(\\S.*)");
    private static final Pattern OPENER = Pattern.compile(".*[:-] +([|>])[-+0-9]*");
    private static final Pattern TEMPLATE = Pattern.compile("(<%|\\{%|\\{\\{|\\$\\{\\{).*");

    /// Keys that have a text, in which a colon is one of the text.
    private static final Set<String> OF_TEXT =
            Set.of(
                    "command",
                    "directory",
                    "user",
                    "group",
                    "stdin",
                    "env-file",
                    "match",
                    "exec",
                    "name",
                    "owner",
                    "state-dir",
                    "socket");

    private static final Pattern NEXT =
            Pattern.compile("([A-Za-z0-9._/%-]{1,40}),? +([a-z][a-z-]*): +(.+)");

    private final PatchedText text;

    TextMistakes(PatchedText text) {
        this.text = text;
    }

    /// Returns advice on a value that holds a colon: it is a text, or a key of the map that the
    /// line begins.
    String colon(String key, String value) {
        String behind = keyBehindValue(key, value);
        if (behind != null) {
            return behind;
        }
        Matcher inner = INNER.matcher(value);
        if (!inner.matches() || OF_TEXT.contains(key) || !isKey(inner.group(1))) {
            return "a text that holds \": \" goes in quotes: "
                    + key
                    + ": "
                    + YamlMistakes.inQuotes(value);
        }
        boolean simple =
                value.matches("[^\\[\\]{},#'\"]{1,60}") && inner.group(2).indexOf(": ") < 0;
        return "two keys cannot share a line: write "
                + inner.group(1)
                + ": below "
                + key
                + ":, indented further"
                + (simple ? ", or " + key + ": { " + value + " }" : "");
    }

    /// Returns advice on a number or word with another key behind it; null if it is none.
    private static @Nullable String keyBehindValue(String key, String value) {
        Matcher next = NEXT.matcher(value);
        if (!next.matches() || OF_TEXT.contains(key) || !isKey(next.group(2))) {
            return null;
        }
        return "two keys cannot share a line: write "
                + key
                + ": "
                + next.group(1)
                + ", and "
                + next.group(2)
                + ": "
                + TextUtil.cut(next.group(3))
                + " in a line of its own";
    }

    private static boolean isKey(String key) {
        return ConfigShape.ALL.stream().anyMatch(configShape -> configShape.has(key));
    }

    /// A line where a key should be that is no key at all; null if it may have been meant as one.
    @Nullable Mistake withoutKey(int number, YamlSourceLine line) {
        String all = line.from(line.keyStart());
        int opener = opener(number);
        if (opener >= 0) {
            return outside(number, opener);
        } else if (TEMPLATE.matcher(all).matches()) {
            return template(number, all);
        } else if (YamlMistakes.isForeignComment(all)) {
            text.blank(number);
            return new Mistake(
                    number,
                    line.keyStart(),
                    "a comment begins with #, found " + TextUtil.quoted(all));
        }
        YamlSourceLine before = YamlSourceLine.of(text.line(text.before(number)));
        if (all.startsWith("-") && !all.startsWith("- ") && before.hasValue()) {
            text.blank(number);
            return new Mistake(
                    number,
                    line.keyStart(),
                    "the text of "
                            + before.key()
                            + " goes on in lines that are indented further: write "
                            + spaces(before.keyStart() + 2)
                            + " before "
                            + TextUtil.quoted(all));
        }
        return null;
    }

    /// The line above whose `|` or `>` begins a text that this line does not belong to, since it is
    /// not indented further; -1 if there is none.
    private int opener(int number) {
        int indent = text.indent(number);
        int line = text.before(number);
        while (line >= 0 && text.indent(line) > indent) {
            line = text.before(line);
        }
        boolean opens = line >= 0 && OPENER.matcher(text.line(line).stripTrailing()).matches();
        return opens && text.indent(line) == indent ? line : -1;
    }

    private Mistake outside(int number, int opener) {
        Matcher sign = OPENER.matcher(text.line(opener).stripTrailing());
        String begun = sign.matches() ? sign.group(1) : "|";
        YamlSourceLine key = YamlSourceLine.of(text.line(opener));
        int first = number - 1 > opener ? text.indent(opener + 1) : key.keyStart() + 2;
        int column = text.indent(number);
        int last = number;
        while (last < text.size()
                && (text.isEmpty(last)
                        || (text.indent(last) == column
                                && !YamlSourceLine.of(text.line(last)).hasKey()))) {
            text.blank(last);
            last++;
        }
        text.touch(opener);
        return new Mistake(
                number,
                column,
                "the text of "
                        + key.key()
                        + ": "
                        + begun
                        + " is indented further than its key: write "
                        + spaces(Math.max(first, column + 2)));
    }

    private Mistake template(int number, String all) {
        String sign = all.startsWith("<%") ? "<%" : all.startsWith("{%") ? "{%" : "{{";
        for (int line = number; line < text.size(); line++) {
            if (text.line(line).strip().startsWith(sign)) {
                text.blank(line);
            }
        }
        return new Mistake(number, text.indent(number), ofTemplate(sign));
    }

    /// Returns advice on a text with signs of a template language in it.
    public static String ofTemplate(String text) {
        String signs = text.contains("<%") ? "<% %>" : text.contains("{%") ? "{% %}" : "{{ }}";
        return signs
                + " is of a template language; run the template first, and give its output to"
                + " einhyrningsins";
    }

    /// True if the line continues a bare text that a line above it begins.
    boolean isContinued(int number) {
        int indent = text.indent(number);
        int above = text.before(number);
        while (above >= 0
                && text.indent(above) >= indent
                && !YamlSourceLine.of(text.line(above)).hasKey()) {
            above = text.before(above);
        }
        YamlSourceLine begin = YamlSourceLine.of(text.line(above));
        return above >= 0
                && !YamlSourceLine.of(text.line(number)).hasKey()
                && text.indent(above) < indent
                && begin.hasValue()
                && "[{|>\"'".indexOf(begin.from(begin.valueStart()).charAt(0)) < 0;
    }

    /// A colon in a line that goes on with a bare text.
    Mistake colonBelow(int number) {
        int indent = text.indent(number);
        int above = text.before(number);
        while (above >= 0 && !YamlSourceLine.of(text.line(above)).hasKey()) {
            above = text.before(above);
        }
        String key = YamlSourceLine.of(text.line(above)).key();
        text.blank(number);
        return new Mistake(
                number,
                indent,
                "the line goes on with the text of "
                        + key
                        + ", which holds \": \" only in quotes; put them around the whole text, or"
                        + " indent the line by "
                        + spaces(text.indent(above))
                        + " if it is a key");
    }

    private static String spaces(int count) {
        return count == 1 ? "1 space" : count + " spaces";
    }
}
