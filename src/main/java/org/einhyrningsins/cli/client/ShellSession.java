// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.client;

import org.einhyrningsins.cli.terminal.CommandNames;
import org.einhyrningsins.cli.terminal.LineSource;
import org.einhyrningsins.cli.terminal.Terminal;
import org.einhyrningsins.cli.terminal.TextOutput;
import org.einhyrningsins.control.wire.ControlException;
import org.einhyrningsins.control.wire.ControlPath;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.spec.manager.BuildInfo;
import org.einhyrningsins.spec.manager.ControlSpec;
import org.jspecify.annotations.Nullable;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Opens the shell as it suits who asks: with a line editor, without one, or for a pipe.
///
/// Each command has a connection of its own, so that a shell left open costs the manager nothing
/// and a manager that was restarted is simply asked. That it is another one is seen from its
/// socket, and said.
final class ShellSession {
    private static final int STDIN = 0;
    private static final int STDOUT = 1;

    private final Path socket;
    private final TextOutput err;
    private String seen;

    private ShellSession(Path socket, TextOutput err) {
        this.socket = socket;
        this.err = err;
        this.seen = identity();
    }

    static int run(
            ControlProgram program,
            Map<String, String> environment,
            List<String> options,
            @Nullable String given,
            TextOutput out,
            TextOutput err)
            throws ControlException {
        Path socket = given == null ? ControlPath.forClient(environment) : Path.of(given);
        boolean usual = given == null && !socket.equals(ControlSpec.CLASSIC);
        String prompt = usual ? "einhyrningsins> " : "einhyrningsins " + socket + "> ";
        ShellSession door = new ShellSession(socket, err);
        CommandShell commandShell = new CommandShell(program, options, out);
        try (LineSource lines = lines(environment, socket, prompt, err)) {
            if (lines.isInteractive()) {
                door.identify();
            }
            int status = commandShell.session(lines, door::look);
            if (lines.isInteractive()) {
                err.print("");
            }
            return status;
        } catch (IOException e) {
            err.print(CommandNames.CONTROL + ": cannot read commands: " + e.getMessage());
            return ExitStatus.FAILED.code();
        }
    }

    private static LineSource lines(
            Map<String, String> environment, Path socket, String prompt, TextOutput err) {
        InputStream in = new FileInputStream(FileDescriptor.in);
        if (!Terminal.isTerminal(STDIN)) {
            return PlainLineSource.ofPipe(in, err);
        }
        if (!Terminal.isTerminal(STDOUT) || Terminal.isDumb(environment)) {
            return PlainLineSource.ofTerminal(in, err, prompt);
        }
        try {
            LiveCompletionNames manager = new LiveCompletionNames(socket);
            return InteractiveLineSource.open(
                    prompt,
                    environment.getOrDefault("TERM", ""),
                    ShellHistoryFile.file(environment),
                    new Completion(true, before -> manager.fetch()));
        } catch (IOException noStty) {
            return PlainLineSource.ofTerminal(in, err, prompt);
        }
    }

    private void identify() {
        err.print(
                CommandNames.CONTROL
                        + " "
                        + BuildInfo.text()
                        + "; 'help' lists the commands, 'quit' leaves");
        if (seen.isEmpty()) {
            err.print("no manager is at " + socket + " yet");
        }
    }

    /// Says so if the manager is another one than at the last look.
    private void look() {
        String now = identity();
        if (!now.isEmpty() && !now.equals(seen)) {
            err.print(
                    seen.isEmpty()
                            ? "a manager is at " + socket + " now"
                            : "the manager was restarted; this is a new connection");
        }
        seen = now.isEmpty() ? seen : now;
    }

    /// Returns the identity of the socket's file; empty if it does not exist. A manager makes its
    /// own.
    private String identity() {
        try {
            return Files.getAttribute(socket, "unix:ino")
                    + " "
                    + Files.getAttribute(socket, "unix:ctime");
        } catch (IOException | UnsupportedOperationException none) {
            return "";
        }
    }
}
