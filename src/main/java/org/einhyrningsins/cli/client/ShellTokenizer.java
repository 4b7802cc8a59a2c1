// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.client;

import org.einhyrningsins.control.wire.UsageException;

import java.util.ArrayList;
import java.util.List;

/// Splits a line into commands and words as a shell would: `;` between commands, blanks between
/// words, quotes and backslashes to keep either in a word, `#` before a remark.
final class ShellTokenizer {
    private final String line;
    private final List<List<String>> commands = new ArrayList<>();
    private final StringBuilder word = new StringBuilder();
    private List<String> words = new ArrayList<>();
    private boolean inWord;

    private ShellTokenizer(String line) {
        this.line = line;
    }

    /// The commands of a line, none of them without words.
    static List<List<String>> commands(String line) throws UsageException {
        ShellTokenizer words = new ShellTokenizer(line);
        int at = 0;
        while (at < line.length()) {
            at = words.take(at);
        }
        words.endCommand();
        return words.commands;
    }

    /// @return the index to go on at
    private int take(int at) throws UsageException {
        char c = line.charAt(at);
        if (c == '\'' || c == '"') {
            return takeQuoted(at, c);
        }
        if (c == ';') {
            endCommand();
            return at + 1;
        }
        if (c == '#' && !inWord) {
            return line.length();
        }
        if (Character.isWhitespace(c)) {
            endWord();
            return at + 1;
        }
        inWord = true;
        boolean escapes = c == '\\' && at + 1 < line.length();
        word.append(escapes ? line.charAt(at + 1) : c);
        return escapes ? at + 2 : at + 1;
    }

    private int takeQuoted(int at, char quote) throws UsageException {
        int end = line.indexOf(quote, at + 1);
        if (end < 0) {
            throw new UsageException("a quote is not closed in: " + line);
        }
        inWord = true;
        word.append(line, at + 1, end);
        return end + 1;
    }

    private void endCommand() {
        endWord();
        if (!words.isEmpty()) {
            commands.add(words);
            words = new ArrayList<>();
        }
    }

    private void endWord() {
        if (inWord) {
            words.add(word.toString());
            word.setLength(0);
            inWord = false;
        }
    }
}
