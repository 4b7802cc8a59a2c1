// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.client;

import org.einhyrningsins.cli.terminal.CommandNames;
import org.einhyrningsins.cli.terminal.LineSource;
import org.einhyrningsins.cli.terminal.Output;
import org.einhyrningsins.cli.terminal.Terminal;
import org.einhyrningsins.control.wire.ControlException;
import org.einhyrningsins.control.wire.ControlPath;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.spec.Release;
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
final class ShellDoor {
    private static final int STDIN = 0;
    private static final int STDOUT = 1;

    private final Path socket;
    private final Output err;
    private String seen;

    private ShellDoor(Path socket, Output err) {
        this.socket = socket;
        this.err = err;
        this.seen = identity();
    }

    static int run(
            ControlProgram program,
            Map<String, String> environment,
            List<String> options,
            @Nullable String given,
            Output out,
            Output err)
            throws ControlException {
        Path socket = given == null ? ControlPath.forClient(environment) : Path.of(given);
        boolean usual = given == null && !socket.equals(ControlSpec.CLASSIC);
        String prompt = usual ? "einhyrningsins> " : "einhyrningsins " + socket + "> ";
        ShellDoor door = new ShellDoor(socket, err);
        Shell shell = new Shell(program, options, out);
        try (LineSource lines = lines(environment, socket, prompt, err)) {
            if (lines.isInteractive()) {
                door.greet();
            }
            int status = shell.session(lines, door::look);
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
            Map<String, String> environment, Path socket, String prompt, Output err) {
        InputStream in = new FileInputStream(FileDescriptor.in);
        if (!Terminal.isTerminal(STDIN)) {
            return PlainLines.ofPipe(in, err);
        }
        if (!Terminal.isTerminal(STDOUT) || Terminal.isDumb(environment)) {
            return PlainLines.ofTerminal(in, err, prompt);
        }
        try {
            LiveRoster manager = new LiveRoster(socket);
            return EditedLines.open(
                    prompt,
                    environment.getOrDefault("TERM", ""),
                    ShellHistory.file(environment),
                    new Completion(true, before -> manager.ask()));
        } catch (IOException noStty) {
            return PlainLines.ofTerminal(in, err, prompt);
        }
    }

    private void greet() {
        err.print(
                CommandNames.CONTROL
                        + " "
                        + Release.text()
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

    /// Of the socket's file; empty if there is none. A manager makes its own.
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
