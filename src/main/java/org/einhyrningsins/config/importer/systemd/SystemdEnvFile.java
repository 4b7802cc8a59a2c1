// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.source.ProblemCollector;
import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.SourceText;
import org.einhyrningsins.config.value.EnvFile;
import org.einhyrningsins.spec.TextTemplate;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/// Reads a file of variables as systemd does. A comment is a whole line that begins with `#` or
/// `;`. A value is bare, or begins with quotes, which may span lines; a backslash at the end of a
/// line goes on in the next one. A line that is no assignment is ignored, and so is a variable with
/// a name that cannot be. Source: systemd.exec(5), EnvironmentFile=.
public final class SystemdEnvFile {
    private static final String ESCAPED_IN_QUOTES = "\"\\`$";

    private final SourceText sourceText;
    private final String text;
    private final SequencedMap<String, ForeignSetting> variables = new LinkedHashMap<>();
    private int at;
    private int line = 1;

    private SystemdEnvFile(SourceText sourceText) {
        this.sourceText = sourceText;
        this.text = sourceText.text().replace("\r\n", "\n").replace('\r', '\n');
    }

    /// Reads the variables of a file; a later one wins.
    public static SequencedMap<String, ForeignSetting> read(SourceText sourceText) {
        SystemdEnvFile file = new SystemdEnvFile(sourceText);
        while (file.hasMore()) {
            file.line();
        }
        return file.variables;
    }

    /// True if an `env-file` has the same variables, and no problem.
    static boolean isReadAlike(SourceText sourceText, Map<String, ForeignSetting> variables) {
        ProblemCollector problemCollector = new ProblemCollector();
        Map<String, TextTemplate> ours = new HashMap<>();
        EnvFile.read(sourceText, ours, problemCollector);
        boolean same = problemCollector.none() && ours.size() == variables.size();
        for (ForeignSetting foreignSetting : variables.values()) {
            same &= TextTemplate.of(foreignSetting.value()).equals(ours.get(foreignSetting.key()));
        }
        return same;
    }

    private boolean hasMore() {
        return at < text.length();
    }

    private char next() {
        char c = text.charAt(at++);
        line += c == '\n' ? 1 : 0;
        return c;
    }

    private void line() {
        int start = line;
        blanks();
        if (hasMore() && (text.charAt(at) == '#' || text.charAt(at) == ';')) {
            restOfLine();
            return;
        }
        int equals = text.indexOf('=', at);
        int end = text.indexOf('\n', at);
        if (equals < 0 || (end >= 0 && end < equals)) {
            restOfLine();
            return;
        }
        String name = text.substring(at, equals).strip();
        at = equals + 1;
        String value = value();
        if (EnvFile.isVariable(name)) {
            variables.putLast(
                    name,
                    new ForeignSetting(name, value, new SourcePosition(sourceText, start, 1, "")));
        }
    }

    private void blanks() {
        while (hasMore() && " \t".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private void restOfLine() {
        int end = text.indexOf('\n', at);
        at = end < 0 ? text.length() : end + 1;
        line++;
    }

    /// Quoted parts, and what is bare behind them, to the end of the line.
    private String value() {
        StringBuilder value = new StringBuilder();
        blanks();
        while (hasMore() && (text.charAt(at) == '"' || text.charAt(at) == '\'')) {
            quoted(next(), value);
            blanks();
        }
        return value.append(bare()).toString();
    }

    private void quoted(char quote, StringBuilder value) {
        while (hasMore()) {
            char c = next();
            if (c == quote) {
                return;
            } else if (c == '\\' && quote == '"' && hasMore()) {
                char escaped = next();
                boolean plain = ESCAPED_IN_QUOTES.indexOf(escaped) >= 0;
                value.append(plain ? "" : "\\").append(escaped);
                if (escaped == '\n') {
                    value.setLength(value.length() - 2);
                }
            } else {
                value.append(c);
            }
        }
    }

    /// Blanks at its end count where they are escaped.
    private String bare() {
        StringBuilder value = new StringBuilder();
        int kept = 0;
        while (hasMore()) {
            char c = next();
            if (c == '\n') {
                break;
            } else if (c == '\\') {
                char escaped = hasMore() ? next() : '\n';
                value.append(escaped == '\n' ? "" : String.valueOf(escaped));
                kept = value.length();
            } else {
                value.append(c);
                kept = c == ' ' || c == '\t' ? kept : value.length();
            }
        }
        return value.substring(0, kept);
    }
}
