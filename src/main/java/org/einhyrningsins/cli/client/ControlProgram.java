// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.client;

import org.einhyrningsins.cli.terminal.CommandNames;
import org.einhyrningsins.cli.terminal.Interruption;
import org.einhyrningsins.cli.terminal.Invocation;
import org.einhyrningsins.cli.terminal.JsonLine;
import org.einhyrningsins.cli.terminal.LostBytes;
import org.einhyrningsins.cli.terminal.Output;
import org.einhyrningsins.cli.terminal.Screen;
import org.einhyrningsins.cli.terminal.Terminal;
import org.einhyrningsins.control.Client;
import org.einhyrningsins.control.report.LogReport;
import org.einhyrningsins.control.wire.ControlException;
import org.einhyrningsins.control.wire.ControlPath;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.Order;
import org.einhyrningsins.control.wire.Reply;
import org.einhyrningsins.control.wire.UsageException;
import org.einhyrningsins.spec.Release;
import org.jspecify.annotations.Nullable;

import java.io.UncheckedIOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// `einhyrningsinsctl`, from its command line to its exit status.
public final class ControlProgram {
    /// What a shell calls the death by SIGPIPE, which is what a program in C would die of.
    private static final int NOBODY_READS = 141;

    /// What a shell calls the death by SIGINT.
    static final int INTERRUPTED = 130;

    private final Map<String, String> environment;
    private final Output out;
    private final Output err;

    public ControlProgram(Map<String, String> environment, Output out, Output err) {
        this.environment = environment;
        this.out = out;
        this.err = err;
    }

    /// Does what the command line asks for.
    ///
    /// @return the exit status
    public int run(String[] words) {
        String lost = LostBytes.objection(words);
        if (lost != null) {
            err.print(CommandNames.CONTROL + ": " + lost);
            return ExitStatus.USAGE.code();
        }
        try {
            Invocation asked = QuickLine.read(words);
            return asked == null ? runSpecial(words) : ask(asked);
        } catch (UncheckedIOException nobodyReads) {
            return NOBODY_READS;
        } catch (InvalidPathException unnameable) {
            err.print(CommandNames.CONTROL + ": " + LostBytes.unnameable(unnameable));
            return ExitStatus.FAILED.code();
        }
    }

    private int runSpecial(String[] words) {
        return run(ControlModel.read(words), words);
    }

    /// What these words ask for, with their mistakes found before the manager is asked.
    ControlModel.Reading read(String[] words) {
        Invocation quick = QuickLine.read(words);
        ControlModel.Reading reading =
                quick == null ? ControlModel.read(words) : new ControlModel.Run(quick);
        String wrong = reading instanceof ControlModel.Run(Invocation asked) ? wrong(asked) : null;
        return wrong == null ? reading : new ControlModel.Mistake(wrong);
    }

    /// Does what was read from these words.
    int run(ControlModel.Reading reading, String[] words) {
        return switch (reading) {
            case ControlModel.Run(Invocation asked) -> ask(asked);
            case ControlModel.Say(String text) -> {
                out.print(text);
                yield ExitStatus.DONE.code();
            }
            case ControlModel.Line(List<String> options, String line) ->
                    new Shell(this, options, out).line(line);
            case ControlModel.Session(@Nullable String socket) -> shell(socket, List.of(words));
            case ControlModel.Mistake(String message) -> mistake(message);
        };
    }

    private int shell(@Nullable String socket, List<String> options) {
        try {
            return ShellDoor.run(this, environment, options, socket, out, err);
        } catch (ControlException e) {
            err.print(CommandNames.CONTROL + ": " + e.getMessage());
            return e.status().code();
        }
    }

    private int ask(Invocation asked) {
        String wrong = wrong(asked);
        if (wrong != null) {
            return mistake(wrong);
        }
        try {
            return converse(asked);
        } catch (ControlException e) {
            return Thread.interrupted() ? interrupted(asked) : failed(asked, e);
        }
    }

    private static @Nullable String wrong(Invocation asked) {
        try {
            Order.read(asked.command(), asked.args());
            return null;
        } catch (UsageException e) {
            return e.getMessage()
                    + "\nTry '"
                    + CommandNames.CONTROL
                    + " help "
                    + asked.command()
                    + "'.";
        }
    }

    /// The shell interrupts the thread that waits; without the shell the process ends.
    private int interrupted(Invocation asked) {
        if (asked.goesOnWithoutUs()) {
            err.print("\n" + Interruption.message(asked.command(), "status"));
        } else {
            err.print("");
        }
        return INTERRUPTED;
    }

    private int converse(Invocation asked) throws ControlException {
        if (asked.command().equals("logs")) {
            return logs(asked);
        }
        if (asked.command().equals("version") && !asked.json()) {
            out.print(CommandNames.CONTROL + " " + Release.text());
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

    /// The manager says where; the files are read here.
    private int logs(Invocation asked) throws ControlException {
        Reply reply;
        try (Client client = Client.connect(socket(asked), asked.patience())) {
            reply = client.ask(asked.command(), asked.args(), true, false, progress -> true);
        }
        if (reply.code() != ExitStatus.DONE.code()) {
            new Screen(asked, out, err, false).verdict(reply);
            return reply.code();
        }
        return new LogProgram(asked, out, err).run(LogReport.read(reply).places());
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

    private Path socket(Invocation asked) throws ControlException {
        String given = asked.socket();
        return given == null ? ControlPath.forClient(environment) : Path.of(given);
    }

    private int failed(Invocation asked, ControlException e) {
        err.print(CommandNames.CONTROL + ": " + e.getMessage());
        if (asked.json()) {
            out.print(JsonLine.failure(e.status(), String.valueOf(e.getMessage())));
        }
        return e.status().code();
    }

    int mistake(String message) {
        err.print(CommandNames.CONTROL + ": " + message);
        return ExitStatus.USAGE.code();
    }
}
