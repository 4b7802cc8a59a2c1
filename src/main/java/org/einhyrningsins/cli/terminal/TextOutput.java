// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.terminal;

import org.einhyrningsins.control.wire.PlainText;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/// Output stream for a person or a script: UTF-8 whatever the locale says, written at once.
public final class TextOutput {
    private final OutputStream stream;

    public TextOutput(OutputStream stream) {
        this.stream = stream;
    }

    /// Prints lines; a newline is added if the last one lacks it.
    ///
    /// @throws UncheckedIOException if nobody reads any more
    public void print(String text) {
        write(text.endsWith("\n") ? text : text + "\n");
    }

    /// Prints as it is, but for what would command a terminal or change how the rest looks:
    /// messages may quote what a worker wrote.
    public void write(String text) {
        try {
            stream.write(PlainText.lines(text).getBytes(StandardCharsets.UTF_8));
            stream.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Prints bytes as they are: for those who read a file through us.
    public void copy(byte[] bytes) {
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
