// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/// Splits a command as Python's `shlex.split` and Ruby's `Shellwords` do, by which supervisord,
/// circus and einhorn run theirs: quotes and backslashes, and nothing that only a shell would do is
/// an error.
public final class ShlexSplitter {
    private final String text;
    private final List<String> words = new ArrayList<>();
    private final StringBuilder word = new StringBuilder();
    private final char first;
    private final BitSet bare;
    private boolean inWord;
    private int at;

    private ShlexSplitter(String text, char first, BitSet bare) {
        this.text = text;
        this.first = first;
        this.bare = bare;
    }

    /// The words of a text.
    ///
    /// @throws Misread if a quote is not closed, or nothing follows a backslash
    public static List<String> split(String text) throws ValueException {
        return split(text, Character.MAX_VALUE, new BitSet());
    }

    /// The words of a text in which characters of private use stand for something.
    ///
    /// @param first of those characters
    /// @param bare is told which of them stand outside of quotes
    static List<String> split(String text, char first, BitSet bare) throws ValueException {
        ShlexSplitter words = new ShlexSplitter(text, first, bare);
        while (words.at < text.length()) {
            words.next();
        }
        words.end();
        return words.words;
    }

    private void next() throws ValueException {
        char c = text.charAt(at++);
        if (Character.isWhitespace(c)) {
            end();
            return;
        }
        inWord = true;
        switch (c) {
            case '\'', '"' -> quoted(c);
            case '\\' -> word.append(afterBackslash());
            default -> {
                if (c >= first && c <= '\uF8FF') {
                    bare.set(c - first);
                }
                word.append(c);
            }
        }
    }

    private char afterBackslash() throws ValueException {
        if (at == text.length()) {
            throw new ValueException("nothing comes after its last backslash");
        }
        return text.charAt(at++);
    }

    private void quoted(char quote) throws ValueException {
        while (at < text.length() && text.charAt(at) != quote) {
            char c = text.charAt(at++);
            boolean escape = c == '\\' && quote == '"' && at < text.length();
            if (escape && (text.charAt(at) == '"' || text.charAt(at) == '\\')) {
                word.append(text.charAt(at++));
            } else {
                word.append(c);
            }
        }
        if (at == text.length()) {
            throw new ValueException("a quote is not closed");
        }
        at++;
    }

    private void end() {
        if (inWord) {
            words.add(word.toString());
            word.setLength(0);
            inWord = false;
        }
    }
}
