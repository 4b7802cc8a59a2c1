// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.client;

import org.einhyrningsins.cli.terminal.ClientCommand;
import org.einhyrningsins.cli.terminal.CommandNames;
import org.einhyrningsins.cli.terminal.InterruptMessage;
import org.einhyrningsins.cli.terminal.JsonMessage;
import org.einhyrningsins.cli.terminal.ReplyPrinter;
import org.einhyrningsins.cli.terminal.Terminal;
import org.einhyrningsins.cli.terminal.TextOutput;
import org.einhyrningsins.cli.terminal.UndecodableArguments;
import org.einhyrningsins.control.ControlClient;
import org.einhyrningsins.control.report.LogReport;
import org.einhyrningsins.control.wire.ControlCommand;
import org.einhyrningsins.control.wire.ControlException;
import org.einhyrningsins.control.wire.ControlPath;
import org.einhyrningsins.control.wire.ControlReply;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.UsageException;
import org.einhyrningsins.spec.manager.BuildInfo;
import org.jspecify.annotations.Nullable;

import java.io.UncheckedIOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// `einhyrningsinsctl`, from its command line to its exit status.
public final class ControlProgram {
    /// Exit status after SIGPIPE by the convention of shells, of which a program in C would die.
    private static final int NOBODY_READS = 141;

    /// Exit status after SIGINT by the convention of shells.
    static final int INTERRUPTED = 130;

    private static final int STDOUT = 1;

    private final Map<String, String> environment;
    private final TextOutput out;
    private final TextOutput err;

    public ControlProgram(Map<String, String> environment, TextOutput out, TextOutput err) {
        this.environment = environment;
        this.out = out;
        this.err = err;
    }

    /// Does what the command line asks for.
    ///
    /// @return the exit status
    public int run(String[] words) {
        String lost = UndecodableArguments.objection(words);
        if (lost != null) {
            err.print(CommandNames.CONTROL + ": " + lost);
            return ExitStatus.USAGE.code();
        }
        try {
            ClientCommand asked = FastClientArguments.read(words);
            return asked == null ? runSpecial(words) : sendAndPrint(asked);
        } catch (UncheckedIOException nobodyReads) {
            return NOBODY_READS;
        } catch (InvalidPathException unnameable) {
            err.print(CommandNames.CONTROL + ": " + UndecodableArguments.unnameable(unnameable));
            return ExitStatus.FAILED.code();
        }
    }

    private int runSpecial(String[] words) {
        return run(ControlModel.read(words), words);
    }

    /// Parses these words, and finds their mistakes before the manager is asked.
    ControlModel.Reading read(String[] words) {
        ClientCommand quick = FastClientArguments.read(words);
        ControlModel.Reading reading =
                quick == null ? ControlModel.read(words) : new ControlModel.Run(quick);
        String wrong =
                reading instanceof ControlModel.Run(ClientCommand asked) ? wrong(asked) : null;
        return wrong == null ? reading : new ControlModel.Mistake(wrong);
    }

    /// Does what was read from these words.
    int run(ControlModel.Reading reading, String[] words) {
        return switch (reading) {
            case ControlModel.Run(ClientCommand asked) -> sendAndPrint(asked);
            case ControlModel.Say(String text) -> {
                out.print(text);
                yield ExitStatus.DONE.code();
            }
            case ControlModel.Line(List<String> options, String line) ->
                    new CommandShell(this, options, out).line(line);
            case ControlModel.Session(@Nullable String socket) -> shell(socket, List.of(words));
            case ControlModel.Mistake(String message) -> mistake(message);
        };
    }

    private int shell(@Nullable String socket, List<String> options) {
        try {
            return ShellSession.run(this, environment, options, socket, out, err);
        } catch (ControlException e) {
            err.print(CommandNames.CONTROL + ": " + e.getMessage());
            return e.status().code();
        }
    }

    private int sendAndPrint(ClientCommand asked) {
        String wrong = wrong(asked);
        if (wrong != null) {
            return mistake(wrong);
        }
        try {
            return exchange(asked);
        } catch (ControlException e) {
            return Thread.interrupted() ? interrupted(asked) : failed(asked, e);
        }
    }

    private static @Nullable String wrong(ClientCommand asked) {
        try {
            ControlCommand.read(asked.command(), asked.args());
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
    private int interrupted(ClientCommand asked) {
        if (asked.outlivesClient()) {
            err.print("\n" + InterruptMessage.message(asked.command(), "status"));
        } else {
            err.print("");
        }
        return INTERRUPTED;
    }

    private int exchange(ClientCommand asked) throws ControlException {
        if (asked.command().equals("logs")) {
            return logs(asked);
        }
        if (asked.command().equals("version") && !asked.json()) {
            out.print(CommandNames.CONTROL + " " + BuildInfo.text());
        }
        InterruptMessage interruptMessage =
                asked.outlivesClient() ? InterruptMessage.during(asked.command(), err) : null;
        ReplyPrinter replyPrinter =
                new ReplyPrinter(asked, out, err, !isQuestion(asked) && isTerminal(), this::width);
        try (ControlClient controlClient =
                ControlClient.connect(socket(asked), asked.timeLimit())) {
            ControlReply controlReply =
                    controlClient.send(
                            asked.command(),
                            asked.args(),
                            asked.waits(),
                            !asked.json(),
                            replyPrinter);
            replyPrinter.verdict(controlReply);
            return controlReply.code();
        } finally {
            replyPrinter.endLine();
            over(interruptMessage);
        }
    }

    /// The manager says where; the files are read here.
    private int logs(ClientCommand asked) throws ControlException {
        ControlReply controlReply;
        try (ControlClient controlClient =
                ControlClient.connect(socket(asked), asked.timeLimit())) {
            controlReply =
                    controlClient.send(
                            asked.command(), asked.args(), true, false, progress -> true);
        }
        if (controlReply.code() != ExitStatus.DONE.code()) {
            new ReplyPrinter(asked, out, err, false).verdict(controlReply);
            return controlReply.code();
        }
        return new LogProgram(asked, out, err).run(LogReport.read(controlReply).places());
    }

    private static void over(@Nullable InterruptMessage interruptMessage) {
        if (interruptMessage != null) {
            interruptMessage.over();
        }
    }

    /// Questions have no progress to show, so nobody need look for a terminal.
    private static boolean isQuestion(ClientCommand asked) {
        return !asked.outlivesClient();
    }

    /// Width of the terminal at stdout; 0 if it is none: a pipe gets whole lines.
    private int width() {
        return Terminal.isTerminal(STDOUT) ? Terminal.width(environment) : 0;
    }

    private boolean isTerminal() {
        return Terminal.showsStderr(environment);
    }

    private Path socket(ClientCommand asked) throws ControlException {
        String given = asked.socket();
        return given == null ? ControlPath.forClient(environment) : Path.of(given);
    }

    private int failed(ClientCommand asked, ControlException e) {
        boolean late = e.status() == ExitStatus.TIMED_OUT && asked.command().equals("wait");
        String why = late ? "it did not come to that in time" : String.valueOf(e.getMessage());
        err.print(CommandNames.CONTROL + ": " + why);
        if (asked.json()) {
            out.print(JsonMessage.failure(e.status(), why));
        }
        return e.status().code();
    }

    int mistake(String message) {
        err.print(CommandNames.CONTROL + ": " + message);
        return ExitStatus.USAGE.code();
    }
}
