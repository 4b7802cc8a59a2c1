// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

import java.util.ArrayList;
import java.util.List;

/// Splits a command written as one text the way a POSIX shell splits it (XCU 2.2, 2.3): quotes and
/// backslashes, nothing else. What a shell would do more than that (pipes, `$NAME`, wildcards) is
/// an error, never passed on in silence. Places to be filled in, `${…}`, stay as they are, and in
/// one word.
public final class CommandSplitter {
    private static final String ASK_A_SHELL =
            "; no shell reads this command: quote it, or use [sh, -c, \"…\"]";

    private final String text;
    private final List<String> words = new ArrayList<>();
    private final StringBuilder word = new StringBuilder();
    private boolean inWord;
    private int at;

    private CommandSplitter(String text) {
        this.text = text;
    }

    public static List<String> split(String text) throws ValueException {
        CommandSplitter commandSplitter = new CommandSplitter(text.strip());
        while (commandSplitter.at < commandSplitter.text.length()) {
            commandSplitter.next();
        }
        commandSplitter.endWord();
        return commandSplitter.words;
    }

    private void next() throws ValueException {
        char c = text.charAt(at);
        switch (c) {
            case ' ', '\t' -> {
                endWord();
                at++;
            }
            case '\'' -> singleQuoted();
            case '"' -> doubleQuoted();
            case '\\' -> escaped();
            case '$' -> dollar();
            case '|', '&', ';', '<', '>', '(', ')', '`', '*', '?', '[' ->
                    throw c == '(' && word.toString().endsWith("%") ? percent() : shell(c);
            case '\n' -> throw new ValueException("the command has several lines" + ASK_A_SHELL);
            case '~' -> {
                if (!inWord) {
                    throw new ValueException(
                            "~ is not replaced: write the whole path, or ${env.HOME}; './~' is a"
                                    + " file of that name");
                }
                take(c);
            }
            case '#' -> {
                if (!inWord) {
                    throw shell(c);
                }
                take(c);
            }
            default -> take(c);
        }
    }

    /// Returns the error for supervisord's form of variables.
    private static ValueException percent() {
        return new ValueException(
                "%(…)s is not replaced; write ${slot} for the number of the worker, ${env.NAME} for"
                        + " a variable");
    }

    private static ValueException shell(char c) {
        return new ValueException("'" + c + "' means something to a shell" + ASK_A_SHELL);
    }

    private void take(char c) {
        word.append(c);
        inWord = true;
        at++;
    }

    private void endWord() {
        if (inWord) {
            words.add(word.toString());
            word.setLength(0);
            inWord = false;
        }
    }

    private void singleQuoted() throws ValueException {
        int end = text.indexOf('\'', at + 1);
        if (end < 0) {
            throw new ValueException("a single quote is not closed");
        }
        word.append(text, at + 1, end);
        inWord = true;
        at = end + 1;
    }

    private void doubleQuoted() throws ValueException {
        at++;
        inWord = true;
        while (at < text.length() && text.charAt(at) != '"') {
            char c = text.charAt(at);
            char next = at + 1 < text.length() ? text.charAt(at + 1) : ' ';
            if (c == '\\' && next == '\n') {
                at += 2;
            } else if (c == '\\' && "$`\"\\".indexOf(next) >= 0) {
                at++;
                take(next);
            } else if (c == '`') {
                throw shell(c);
            } else if (c == '$') {
                dollar();
            } else {
                take(c);
            }
        }
        if (at == text.length()) {
            throw new ValueException("a double quote is not closed");
        }
        at++;
    }

    private void escaped() throws ValueException {
        if (at + 1 == text.length()) {
            throw new ValueException("there is nothing after the last backslash");
        }
        char next = text.charAt(at + 1);
        at++;
        if (next == '\n') {
            at++;
        } else {
            take(next);
        }
    }

    /// `${…}` and `$${` are for [org.einhyrningsins.config.value.TemplateReader]; a lone dollar
    /// stays; the rest a shell would expand.
    private void dollar() throws ValueException {
        int after = at;
        while (after < text.length() && text.charAt(after) == '$') {
            after++;
        }
        char next = after < text.length() ? text.charAt(after) : ' ';
        if (next == '{') {
            int end = text.indexOf('}', after);
            int to = end < 0 ? text.length() : end + 1;
            word.append(text, at, to);
            inWord = true;
            at = to;
        } else if (after - at > 1 || " \t\n\"".indexOf(next) < 0) {
            throw new ValueException(
                    "'$' means something to a shell; write ${env.NAME} for a variable,"
                            + " single quotes around a dollar sign, or use [sh, -c, \"…\"]");
        } else {
            take('$');
        }
    }
}
