// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

import org.einhyrningsins.cli.client.ControlProgram;
import org.einhyrningsins.cli.terminal.CommandNames;
import org.einhyrningsins.cli.terminal.TextOutput;
import org.einhyrningsins.control.wire.ExitStatus;

import java.io.FileDescriptor;
import java.io.FileOutputStream;

/// Entry point of `einhyrningsinsctl`.
public final class ControlMain {
    private ControlMain() {}

    public static void main(String[] words) {
        System.exit(run(words));
    }

    private static int run(String[] words) {
        TextOutput out = new TextOutput(new FileOutputStream(FileDescriptor.out));
        TextOutput err = new TextOutput(new FileOutputStream(FileDescriptor.err));
        try {
            if (words.length > 0 && words[0].equals(CompletionProgram.COMMAND)) {
                return new CompletionProgram(System.getenv(), out).run(words);
            }
            return new ControlProgram(System.getenv(), out, err).run(words);
        } catch (RuntimeException ourBug) {
            err.print(CommandNames.CONTROL + ": this is a bug in the client: " + ourBug);
            ourBug.printStackTrace();
            return ExitStatus.BUG.code();
        }
    }
}
