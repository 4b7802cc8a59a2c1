// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.client;

import org.einhyrningsins.control.report.CompletionNames;
import org.einhyrningsins.control.wire.CommandTarget;
import org.einhyrningsins.spec.Signal;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// Completion of what is typed: commands, options, programs, slots, signals. One answer for our own
/// shell and for bash, zsh and fish, which ask with `einhyrningsinsctl complete`. It comes from the
/// pages of the help, so it cannot say anything else than they do.
public final class Completion {
    /// Word that completes what is typed.
    ///
    /// @param meaning for people; may be empty
    public record Choice(String word, String meaning) {}

    private static final List<String> WITH_VALUE =
            List.of(
                    "-d",
                    "--socket",
                    "--socket-path",
                    "-c",
                    "--command-name",
                    "--timeout",
                    "--confirm",
                    "--for",
                    "--since",
                    "-e",
                    "--execute",
                    "-n",
                    "--lines");

    private final boolean inShell;
    private final Function<List<String>, CompletionNames> manager;

    /// Completes with the names that `manager` gives, which is asked only if they are wanted.
    ///
    /// @param inShell our own shell's commands are commands too
    /// @param manager asked, with the words before, only when a name is wanted
    public Completion(boolean inShell, Function<List<String>, CompletionNames> manager) {
        this.inShell = inShell;
        this.manager = manager;
    }

    /// Returns the words that begin with `start` and may follow the words before, in the order to
    /// be shown.
    public List<Choice> choices(List<String> before, String start) {
        List<Choice> all = all(before, start);
        all.removeIf(choice -> !choice.word().startsWith(start));
        return all;
    }

    private List<Choice> all(List<String> before, String start) {
        if (!before.isEmpty() && WITH_VALUE.contains(before.get(before.size() - 1))) {
            return new ArrayList<>();
        }
        List<String> plain = plain(before);
        if (start.startsWith("-")) {
            return ControlModel.options(plain.isEmpty() ? "" : plain.get(0));
        }
        if (plain.isEmpty()) {
            return commands();
        }
        CommandHelp.Page page = CommandHelp.of(plain.get(0).equals("?") ? "help" : plain.get(0));
        return page == null ? new ArrayList<>() : arguments(page, plain.size() == 1, before, start);
    }

    /// Returns the words without options and their values.
    private static List<String> plain(List<String> words) {
        List<String> plain = new ArrayList<>();
        for (int i = 0; i < words.size(); i++) {
            if (WITH_VALUE.contains(words.get(i))) {
                i++;
            } else if (!words.get(i).startsWith("-")) {
                plain.add(words.get(i));
            }
        }
        return plain;
    }

    private List<Choice> commands() {
        List<Choice> commands = new ArrayList<>();
        for (CommandHelp.Page page : CommandHelp.ALL) {
            commands.add(new Choice(page.name(), page.summary()));
        }
        if (inShell) {
            commands.add(new Choice("quit", "leave the shell"));
            commands.add(new Choice("exit", "leave the shell"));
        }
        return commands;
    }

    private List<Choice> arguments(
            CommandHelp.Page page, boolean first, List<String> before, String start) {
        String synopsis = page.synopsis();
        if (synopsis.contains("[COMMAND]")) {
            return first ? commands() : new ArrayList<>();
        }
        if (synopsis.contains("SIGNAL") && first) {
            return signals();
        }
        return synopsis.contains("PROGRAM") ? targets(synopsis, before, start) : new ArrayList<>();
    }

    private static List<Choice> signals() {
        List<Choice> signals = new ArrayList<>();
        for (Signal signal : Signal.values()) {
            signals.add(new Choice(signal.name(), ""));
        }
        return signals;
    }

    /// Slots only once their program is typed: there may be thousands.
    private List<Choice> targets(String synopsis, List<String> before, String start) {
        List<Choice> targets = new ArrayList<>();
        CompletionNames completionNames = manager.apply(before);
        boolean slots = start.indexOf(':') >= 0 && synopsis.contains("PROGRAM:SLOT");
        completionNames
                .slots()
                .forEach(
                        (program, numbers) -> {
                            targets.add(new Choice(program, ""));
                            if (slots) {
                                numbers.forEach(n -> targets.add(slot(program, n)));
                            }
                        });
        completionNames.groups().forEach(group -> targets.add(new Choice(group, "group")));
        if (synopsis.contains("| " + CommandTarget.ALL)) {
            targets.add(new Choice(CommandTarget.ALL, "every program"));
        }
        return targets;
    }

    private static Choice slot(String program, int number) {
        return new Choice(program + ":" + number, "");
    }
}
