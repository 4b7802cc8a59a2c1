// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.client;

import org.einhyrningsins.cli.terminal.LineSource;
import org.einhyrningsins.cli.terminal.TextOutput;
import org.jline.utils.Signals;
import org.jspecify.annotations.Nullable;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/// Lines as they come, from a pipe or from a terminal that can do nothing.
final class PlainLineSource implements LineSource {
    /// Maximum length of a line, in characters; the manager takes no more in one request.
    private static final int LINE_BOUND = 64 * 1024;

    private final BufferedReader in;
    private final TextOutput err;
    private final @Nullable String prompt;
    private volatile boolean reading;

    private PlainLineSource(InputStream in, TextOutput err, @Nullable String prompt) {
        this.in = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        this.err = err;
        this.prompt = prompt;
    }

    /// Makes a source without a prompt; an interrupt ends the whole program.
    static PlainLineSource ofPipe(InputStream in, TextOutput err) {
        return new PlainLineSource(in, err, null);
    }

    /// Makes a source with a prompt. To be closed by the thread that opened it.
    static PlainLineSource ofTerminal(InputStream in, TextOutput err, String prompt) {
        PlainLineSource lines = new PlainLineSource(in, err, prompt);
        Thread shell = Thread.currentThread();
        Signals.register("INT", () -> lines.interrupt(shell));
        return lines;
    }

    private void interrupt(Thread shell) {
        if (reading) {
            // the terminal has thrown away what was typed
            err.write("\n" + prompt);
        } else {
            shell.interrupt();
        }
    }

    @Override
    public @Nullable String read() throws IOException {
        reading = true;
        if (prompt != null) {
            err.write(prompt);
        }
        String line = next();
        reading = false;
        return line;
    }

    private @Nullable String next() throws IOException {
        StringBuilder line = new StringBuilder();
        int c = in.read();
        if (c < 0) {
            return null;
        }
        for (; c >= 0 && c != '\n'; c = in.read()) {
            if (line.length() == LINE_BOUND) {
                throw new IOException("a line has more than " + LINE_BOUND + " characters");
            }
            line.append((char) c);
        }
        return line.toString();
    }

    @Override
    public boolean isInteractive() {
        return prompt != null;
    }

    @Override
    public void close() {
        if (prompt != null) {
            Signals.registerDefault("INT");
        }
    }
}
