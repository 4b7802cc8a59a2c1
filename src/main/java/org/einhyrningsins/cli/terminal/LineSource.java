// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.terminal;

import org.jspecify.annotations.Nullable;

import java.io.IOException;

/// Source of the shell's lines: a person at a terminal, or a pipe.
public interface LineSource extends AutoCloseable {
    /// The next line; null after the last. Between two calls, whoever types an interrupt interrupts
    /// the thread that reads, if [#isInteractive()].
    @Nullable String read() throws IOException;

    /// True if a person types.
    boolean isInteractive();

    @Override
    void close();
}
