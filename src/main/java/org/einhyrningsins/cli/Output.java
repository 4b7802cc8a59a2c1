// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/// One of the two streams a person or a script reads: UTF-8 whatever the locale says, written at
/// once.
final class Output {
    private final OutputStream stream;

    Output(OutputStream stream) {
        this.stream = stream;
    }

    /// Prints lines; a newline is added if the last one lacks it.
    ///
    /// @throws UncheckedIOException if nobody reads any more
    void print(String text) {
        write(text.endsWith("\n") ? text : text + "\n");
    }

    /// Prints as it is.
    void write(String text) {
        try {
            stream.write(harmless(text).getBytes(StandardCharsets.UTF_8));
            stream.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Messages may quote what a worker wrote. What would command a terminal is replaced: escape
    /// sequences can hide text, or type it.
    private static String harmless(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (commandsATerminal(text.charAt(i))) {
                return replaced(text);
            }
        }
        return text;
    }

    private static String replaced(String text) {
        StringBuilder harmless = new StringBuilder(text);
        for (int i = 0; i < harmless.length(); i++) {
            if (commandsATerminal(harmless.charAt(i))) {
                harmless.setCharAt(i, '\uFFFD');
            }
        }
        return harmless.toString();
    }

    private static boolean commandsATerminal(char c) {
        return (c < ' ' && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0);
    }

    /// Prints bytes as they are: for those who read a file through us.
    void copy(byte[] bytes) {
        try {
            stream.write(bytes);
            stream.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Prints what we ourselves want a terminal to do.
    void command(String sequence) {
        try {
            stream.write(sequence.getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
