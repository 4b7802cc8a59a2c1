// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

import org.einhyrningsins.control.Client;
import org.einhyrningsins.control.ControlException;
import org.einhyrningsins.control.ControlPath;
import org.einhyrningsins.control.ExitStatus;
import org.einhyrningsins.control.Order;
import org.einhyrningsins.control.Reply;
import org.einhyrningsins.control.UsageException;
import org.einhyrningsins.spec.Release;
import org.jspecify.annotations.Nullable;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// `einhyrningsinsctl`, from its command line to its exit status.
final class ControlProgram {
    static final String NAME = "einhyrningsinsctl";

    /// What a shell calls the death by SIGPIPE, which is what a program in C would die of.
    private static final int NOBODY_READS = 141;

    private final Map<String, String> environment;
    private final Output out;
    private final Output err;

    ControlProgram(Map<String, String> environment, Output out, Output err) {
        this.environment = environment;
        this.out = out;
        this.err = err;
    }

    /// Does what the command line asks for.
    ///
    /// @return the exit status
    int run(String[] words) {
        try {
            Invocation asked = QuickLine.read(words);
            return asked == null ? runSpecial(words) : run(asked);
        } catch (UncheckedIOException nobodyReads) {
            return NOBODY_READS;
        }
    }

    private int runSpecial(String[] words) {
        return switch (ControlModel.read(words)) {
            case ControlModel.Run(Invocation asked) -> run(asked);
            case ControlModel.Say(String text) -> {
                out.print(text);
                yield ExitStatus.DONE.code();
            }
            case ControlModel.Line(List<String> options, String line) -> runLine(options, line);
            case ControlModel.Mistake(String message) -> mistake(message);
        };
    }

    /// Runs the words of `-e`, with the options that were given before it.
    private int runLine(List<String> options, String line) {
        List<String> words = new ArrayList<>(options);
        try {
            words.addAll(ShellWords.split(line));
        } catch (UsageException e) {
            return mistake(String.valueOf(e.getMessage()));
        }
        return run(words.toArray(new String[0]));
    }

    private int run(Invocation asked) {
        try {
            Order.read(asked.command(), asked.args());
            return ask(asked);
        } catch (UsageException e) {
            String message = String.valueOf(e.getMessage());
            return mistake(message + "\nTry '" + NAME + " help " + asked.command() + "'.");
        } catch (ControlException e) {
            return failed(asked, e);
        }
    }

    private int ask(Invocation asked) throws ControlException {
        if (asked.command().equals("version") && !asked.json()) {
            out.print(NAME + " " + Release.text());
        }
        Interruption interruption =
                asked.goesOnWithoutUs() ? Interruption.during(asked.command(), err) : null;
        Screen screen = new Screen(asked, out, err, !isQuestion(asked) && isTerminal());
        try (Client client = Client.connect(socket(asked), asked.patience())) {
            Reply reply =
                    client.ask(asked.command(), asked.args(), asked.waits(), !asked.json(), screen);
            screen.verdict(reply);
            return reply.code();
        } finally {
            screen.leave();
            over(interruption);
        }
    }

    private static void over(@Nullable Interruption interruption) {
        if (interruption != null) {
            interruption.over();
        }
    }

    /// Questions have no progress to show, so nobody need look for a terminal.
    private static boolean isQuestion(Invocation asked) {
        return !asked.goesOnWithoutUs();
    }

    private boolean isTerminal() {
        return Terminal.showsStderr(environment);
    }

    private Path socket(Invocation asked) {
        String given = asked.socket();
        return given == null ? ControlPath.forClient(environment) : Path.of(given);
    }

    private int failed(Invocation asked, ControlException e) {
        err.print(NAME + ": " + e.getMessage());
        if (asked.json()) {
            out.print(JsonLine.failure(e.status(), String.valueOf(e.getMessage())));
        }
        return e.status().code();
    }

    private int mistake(String message) {
        err.print(NAME + ": " + message);
        return ExitStatus.USAGE.code();
    }
}
