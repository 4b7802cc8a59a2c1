// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.ConfigLimits;
import org.einhyrningsins.config.source.KeyPath;
import org.einhyrningsins.config.source.ProblemCollector;
import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.SourceText;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.spec.TextTemplate;

import java.util.Map;

/// Reads a file of variables in the customary form: `NAME=value` lines, `#` comments, an optional
/// `export`, values bare, in single quotes (as they are) or in double quotes (with \n, \r, \t, \",
/// \\ and \$). Quoted values may span lines. Nothing is expanded: a `$` is a `$`.
public final class EnvFile {
    private final SourceText sourceText;
    private final String text;
    private final ProblemCollector problemCollector;
    private int at;
    private int line = 1;

    private EnvFile(SourceText sourceText, ProblemCollector problemCollector) {
        this.sourceText = sourceText;
        this.text = sourceText.text().replace("\r\n", "\n");
        this.problemCollector = problemCollector;
    }

    /// Puts the variables into the map; a later one wins.
    public static void read(
            SourceText sourceText,
            Map<String, TextTemplate> into,
            ProblemCollector problemCollector) {
        EnvFile file = new EnvFile(sourceText, problemCollector);
        while (file.at < file.text.length()) {
            if (into.size() >= ConfigLimits.MAX_VARIABLES) {
                file.report(file.line, "there are more than 10,000 variables");
                return;
            }
            file.assignment(into);
        }
    }

    private void assignment(Map<String, TextTemplate> into) {
        int lineEnd = lineEnd(at);
        String rest = text.substring(at, lineEnd);
        int start = line;
        if (!rest.isBlank() && !rest.stripLeading().startsWith("#")) {
            int equals = rest.indexOf('=');
            String name = equals < 0 ? "" : name(rest.substring(0, equals));
            if (isVariable(name)) {
                at += equals + 1;
                value(name, start, into);
            } else {
                report(start, "expected NAME=value");
            }
        }
        at = lineEnd(at) + 1;
        line++;
    }

    private static String name(String left) {
        String name = left.strip();
        boolean export = name.startsWith("export ") || name.startsWith("export\t");
        return export ? name.substring(7).strip() : name;
    }

    private void value(String name, int start, Map<String, TextTemplate> into) {
        while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
            at++;
        }
        char first = at < text.length() ? text.charAt(at) : '\n';
        String value = first == '"' || first == '\'' ? quoted(first, start) : bare();
        if (value.indexOf('\0') >= 0) {
            report(start, "a variable cannot hold the character NUL");
        } else if (value.length() > ConfigLimits.MAX_TEXT) {
            report(start, "a variable for the kernel has at most 131,071 characters");
        }
        into.put(name, TextTemplate.of(value));
    }

    /// Reads an unquoted value to the end of the line, or to a comment.
    private String bare() {
        String rest = text.substring(at, lineEnd(at));
        at += rest.length();
        for (int i = 0; i < rest.length(); i++) {
            boolean apart = i == 0 || rest.charAt(i - 1) == ' ' || rest.charAt(i - 1) == '\t';
            if (rest.charAt(i) == '#' && apart) {
                return rest.substring(0, i).strip();
            }
        }
        return rest.strip();
    }

    private String quoted(char quote, int start) {
        StringBuilder value = new StringBuilder();
        at++;
        while (at < text.length() && text.charAt(at) != quote) {
            char c = text.charAt(at++);
            line += c == '\n' ? 1 : 0;
            boolean escape = c == '\\' && quote == '"' && at < text.length();
            value.append(escape ? unescaped(text.charAt(at++), value) : c);
        }
        if (at >= text.length()) {
            report(start, "the quote is not closed");
            return "";
        }
        at++;
        String rest = text.substring(at, lineEnd(at)).strip();
        if (!rest.isEmpty() && !rest.startsWith("#")) {
            report(line, "expected nothing after the quote");
        }
        return value.toString();
    }

    private static char unescaped(char c, StringBuilder value) {
        return switch (c) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case '"', '\\', '$' -> c;
            default -> {
                value.append('\\');
                yield c;
            }
        };
    }

    private int lineEnd(int from) {
        int end = text.indexOf('\n', Math.min(from, text.length()));
        return end < 0 ? text.length() : end;
    }

    /// The line is not shown: it may hold a secret, and the message is read in logs and by all who
    /// may ask for a plan.
    private void report(int where, String message) {
        problemCollector.report(
                new SourcePosition(sourceText, where, 1, KeyPath.TOP).unseen(), message);
    }

    /// True if it can name a variable in such a file.
    public static boolean isVariable(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
            if (!letter && (i == 0 || !TextUtil.isDigit(c))) {
                return false;
            }
        }
        return !name.isEmpty();
    }
}
