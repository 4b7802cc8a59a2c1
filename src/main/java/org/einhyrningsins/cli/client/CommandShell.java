// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.client;

import org.einhyrningsins.cli.terminal.LineSource;
import org.einhyrningsins.cli.terminal.TextOutput;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.UsageException;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Runs lines: those of `-e`, of a pipe, of a person. A line is commands with `;` between them. If
/// one of them makes no sense none is run; else all are, whatever becomes of each, and the status
/// is that of the first that failed.
final class CommandShell {
    private static final String QUIT = "quit";
    private static final String HELP = "help";

    private final ControlProgram program;
    private final List<String> options;
    private final TextOutput out;
    private boolean over;

    /// @param options given before the lines, and in force for each command
    CommandShell(ControlProgram program, List<String> options, TextOutput out) {
        this.program = program;
        this.options = List.copyOf(options);
        this.out = out;
    }

    /// Runs lines until there are no more, or one says so.
    ///
    /// @param beforeLine is told before each line that it is to be run
    int session(LineSource lines, Runnable beforeLine) throws IOException {
        int status = ExitStatus.DONE.code();
        String line = lines.read();
        while (line != null) {
            if (!line.isBlank()) {
                beforeLine.run();
                status = firstFailure(status, line(line));
            }
            Thread.interrupted();
            line = over ? null : lines.read();
        }
        return lines.isInteractive() ? ExitStatus.DONE.code() : status;
    }

    /// Runs a line.
    ///
    /// @return its exit status
    int line(String line) {
        List<Step> steps = new ArrayList<>();
        try {
            for (List<String> command : ShellTokenizer.commands(line)) {
                steps.add(step(command));
            }
        } catch (UsageException e) {
            return program.mistake(String.valueOf(e.getMessage()));
        }
        int status = ExitStatus.DONE.code();
        for (Step step : steps) {
            status = over ? status : firstFailure(status, run(step));
            if (status == ControlProgram.INTERRUPTED) {
                return status;
            }
        }
        return status;
    }

    private static int firstFailure(int before, int now) {
        return before == ExitStatus.DONE.code() || now == ControlProgram.INTERRUPTED ? now : before;
    }

    /// A command that makes sense.
    ///
    /// @param reading null if it is one of the shell's own
    private record Step(List<String> words, ControlModel.@Nullable Reading reading) {}

    private Step step(List<String> command) throws UsageException {
        String first = meant(command.get(0));
        List<String> words = new ArrayList<>(options);
        words.add(first);
        words.addAll(command.subList(1, command.size()));
        boolean own = command.size() == 1 && (first.equals(HELP) || first.equals(QUIT));
        return new Step(words, own ? null : sensible(program.read(array(words))));
    }

    private static String[] array(List<String> words) {
        return words.toArray(new String[0]);
    }

    private static String meant(String word) {
        return switch (word) {
            case "?" -> HELP;
            case "exit" -> QUIT;
            default -> word;
        };
    }

    private static ControlModel.Reading sensible(ControlModel.Reading reading)
            throws UsageException {
        return switch (reading) {
            case ControlModel.Run run -> run;
            case ControlModel.Say say -> say;
            case ControlModel.Line ignored ->
                    throw new UsageException("-e makes no sense in a line");
            case ControlModel.Session ignored ->
                    throw new UsageException("options need a command, as in '--json status'");
            case ControlModel.Mistake(String message) -> throw new UsageException(message);
        };
    }

    private int run(Step step) {
        ControlModel.Reading reading = step.reading();
        if (reading != null) {
            return program.run(reading, array(step.words()));
        }
        return step.words().contains(QUIT) ? quit() : help();
    }

    private int quit() {
        over = true;
        return ExitStatus.DONE.code();
    }

    private int help() {
        StringBuilder help = new StringBuilder();
        for (CommandHelp.Page page : CommandHelp.ALL) {
            add(help, page.name(), page.summary());
        }
        add(help, QUIT, "leave; so do exit and Ctrl-D");
        help.append(
                """

                'help COMMAND' or '? COMMAND' says more. Several commands go on one line with ';'
                between them; Tab completes commands, programs and slots; Ctrl-C ends a wait.
                """);
        out.print(help.toString());
        return ExitStatus.DONE.code();
    }

    private static void add(StringBuilder help, String name, String meaning) {
        help.append("  ").append(name).append(" ".repeat(Math.max(1, 9 - name.length())));
        help.append(meaning).append('\n');
    }
}
