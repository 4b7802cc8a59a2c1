// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

import org.einhyrningsins.manager.LaunchOptions;
import org.einhyrningsins.spec.Release;
import org.jspecify.annotations.Nullable;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The manager's command line as picocli knows it: help, the subcommands, and mistakes.
final class LaunchModel {
    private static final String CLASSIC =
            "a configuration is needed: einhyrningsins -c FILE"
                    + " ('einhyrningsins -b ADDR PROGRAM', without a file, is not there yet)";

    private static final String TRY = "\nTry '" + Main.NAME + " help'.";

    private static final String[] FOOTER = {
        "",
        "Signals: HUP reloads the file, INT and TERM stop everything gracefully.",
        "Exit status: 0 after an asked-for stop, 1 failed, 2 usage, 3 configuration",
        "invalid, 70 our own bug.",
        "",
        "Examples:",
        "  einhyrningsins -c services.yaml      run it, in the foreground",
        "  einhyrningsins check services.yaml   every problem it has, by line",
        "  einhyrningsinsctl status             ask a running manager",
    };

    private LaunchModel() {}

    /// What a command line turned out to be.
    sealed interface Reading permits Run, Check, Print, Say, Mistake {}

    /// Run the manager.
    record Run(LaunchOptions options) implements Reading {}

    /// Say whether a file is valid.
    record Check(Path file, boolean json) implements Reading {}

    /// Show what a file means.
    record Print(Path file) implements Reading {}

    /// Something to print: help, a version.
    record Say(String text) implements Reading {}

    /// A mistake.
    record Mistake(String message) implements Reading {}

    static Reading read(String[] words) {
        CommandLine line = new CommandLine(root());
        try {
            return reading(line, line.parseArgs(words));
        } catch (CommandLine.UnmatchedArgumentException e) {
            return new Mistake("unknown word '" + e.getUnmatched().get(0) + "'; " + CLASSIC + TRY);
        } catch (ParameterException e) {
            return new Mistake(e.getMessage() + TRY);
        }
    }

    private static Reading reading(CommandLine line, ParseResult root) {
        if (root.hasMatchedOption("-h")) {
            return say(line);
        }
        if (root.hasMatchedOption("-V")) {
            return version();
        }
        if (root.hasSubcommand()) {
            return subcommand(line, root.subcommand());
        }
        Path config = path(root, "-c");
        return config == null
                ? new Mistake(CLASSIC + TRY)
                : new Run(
                        new LaunchOptions(
                                config,
                                path(root, "-d"),
                                path(root, "--pidfile"),
                                root.hasMatchedOption("-v")));
    }

    private static Reading subcommand(CommandLine line, ParseResult command) {
        String name = command.commandSpec().name();
        if (command.hasMatchedOption("-h")) {
            return say(command.commandSpec().commandLine());
        }
        if (name.equals("version")) {
            return version();
        }
        if (name.equals("help")) {
            return say(line);
        }
        String file = command.matchedPositionalValue(0, "");
        if (file.isEmpty()) {
            return new Mistake("'" + name + "' needs a file, as in '" + name + " services.yaml'");
        }
        return name.equals("check")
                ? new Check(Path.of(file), command.hasMatchedOption("--json"))
                : new Print(Path.of(file));
    }

    private static @Nullable Path path(ParseResult line, String option) {
        String text = line.matchedOptionValue(option, "");
        return text.isEmpty() ? null : Path.of(text);
    }

    /// What may stand where somebody types `start`, but for files, which shells know best.
    static List<Completion.Choice> choices(List<String> before, String start) {
        CommandSpec root = root();
        List<Completion.Choice> choices = new ArrayList<>();
        if (before.isEmpty()) {
            root.subcommands()
                    .forEach((name, command) -> choices.add(choice(name, command.getHelp())));
        }
        CommandLine command = before.isEmpty() ? null : root.subcommands().get(before.get(0));
        CommandSpec spec = command == null ? root : command.getCommandSpec();
        for (OptionSpec option : spec.options()) {
            if (start.startsWith("-")) {
                choices.add(
                        new Completion.Choice(
                                option.longestName(), String.join(" ", option.description())));
            }
        }
        choices.removeIf(choice -> !choice.word().startsWith(start));
        return choices;
    }

    private static Completion.Choice choice(String name, CommandLine.Help help) {
        return new Completion.Choice(
                name, String.join(" ", help.commandSpec().usageMessage().header()));
    }

    private static CommandSpec root() {
        CommandSpec root = CommandSpec.create().name(Main.NAME);
        root.usageMessage()
                .header(
                        "Runs the programs of a file, holds their sockets and replaces their"
                                + " workers.")
                .customSynopsis(
                        Main.NAME + " -c FILE [-d PATH] [--pidfile FILE] [-v]",
                        "       " + Main.NAME + " check FILE | print FILE | version | help")
                .optionListHeading("%nOptions:%n")
                .commandListHeading("%nCommands:%n")
                .footer(FOOTER);
        root.addOption(file("the configuration, in YAML", "FILE", "-c", "--config"));
        root.addOption(
                file(
                        "the control socket; wins over control.socket",
                        "PATH",
                        "-d",
                        "--socket-path"));
        root.addOption(file("where to write the manager's process id", "FILE", "--pidfile"));
        root.addOption(flag("log at level debug", "-v", "--verbose"));
        root.addOption(help());
        root.addOption(flag("version", "-V", "--version"));
        CommandSpec check = command("check", "Says whether a file is valid, or all its problems.");
        root.addSubcommand("check", check.addOption(flag("problems as JSON", "--json")));
        root.addSubcommand(
                "print", command("print", "Shows what a file means, defaults filled in."));
        root.addSubcommand("version", plain("version", "Prints the version."));
        root.addSubcommand("help", plain("help", "Prints this."));
        return root;
    }

    private static CommandSpec command(String name, String summary) {
        CommandSpec command = plain(name, summary);
        command.addPositional(
                PositionalParamSpec.builder()
                        .type(String.class)
                        .arity("0..1")
                        .index("0")
                        .paramLabel("FILE")
                        .description("a configuration")
                        .build());
        return command;
    }

    private static CommandSpec plain(String name, String summary) {
        CommandSpec command = CommandSpec.create().name(name);
        command.usageMessage().header(summary);
        return command.addOption(help());
    }

    private static OptionSpec help() {
        return flag("this help", "-h", "--help");
    }

    private static OptionSpec file(String description, String label, String... names) {
        return OptionSpec.builder(names)
                .type(String.class)
                .paramLabel(label)
                .description(description)
                .build();
    }

    private static OptionSpec flag(String description, String... names) {
        return OptionSpec.builder(names).type(boolean.class).description(description).build();
    }

    private static Reading version() {
        return new Say(Main.NAME + " " + Release.text());
    }

    private static Reading say(CommandLine line) {
        return new Say(line.getUsageMessage(CommandLine.Help.Ansi.OFF));
    }
}
