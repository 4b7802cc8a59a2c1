// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.client;

import org.einhyrningsins.cli.terminal.ClientCommand;
import org.einhyrningsins.cli.terminal.CommandNames;
import org.einhyrningsins.cli.terminal.Timeouts;
import org.einhyrningsins.control.wire.ControlPath;
import org.einhyrningsins.control.wire.UsageException;
import org.einhyrningsins.spec.manager.BuildInfo;
import org.jspecify.annotations.Nullable;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The client's command line as picocli knows it: help, and everything [FastClientArguments] leaves
/// alone.
final class ControlModel {
    private static final String WORDS = "WORD";
    private static final String TRY = "\nTry '" + CommandNames.CONTROL + " help'.";

    private ControlModel() {}

    /// Command line, parsed.
    sealed interface Reading permits Run, Say, Line, Session, Mistake {}

    /// A command to ask the manager for.
    record Run(ClientCommand asked) implements Reading {}

    /// Text to print: help, a version.
    record Say(String text) implements Reading {}

    /// A line to be split and read, with the options given before it.
    record Line(List<String> options, String line) implements Reading {}

    /// Request for the shell: no command was given.
    record Session(@Nullable String socket) implements Reading {}

    /// A mistake, and how it might have been meant.
    record Mistake(String message) implements Reading {}

    static Reading read(String[] words) {
        CommandLine line =
                new CommandLine(root()).setExpandAtFiles(false).setAbbreviatedOptionsAllowed(true);
        try {
            return reading(line, line.parseArgs(words));
        } catch (ParameterException e) {
            return new Mistake(explained(e));
        } catch (UsageException e) {
            return new Mistake(e.getMessage() + TRY);
        }
    }

    private static Reading reading(CommandLine line, ParseResult root) throws UsageException {
        if (root.hasMatchedOption("-V")) {
            return new Say(CommandNames.CONTROL + " " + BuildInfo.text());
        }
        if (root.hasMatchedOption("-e")) {
            return line(root);
        }
        if (!root.hasSubcommand()) {
            return root.hasMatchedOption("-h") ? showText(line) : new Session(socket(root, root));
        }
        ParseResult command = root.subcommand();
        String name = command.commandSpec().name();
        if (command.hasMatchedOption("-h")) {
            return showText(command.commandSpec().commandLine());
        }
        return name.equals("help") ? help(line, words(command)) : run(name, root, command);
    }

    /// The options beside the line are those of each command in it.
    private static Reading line(ParseResult root) throws UsageException {
        if (root.hasSubcommand()) {
            return new Mistake("-e takes one line, in quotes, as in -e 'reload web'" + TRY);
        }
        List<String> options = new ArrayList<>();
        String socket = socket(root, root);
        if (socket != null) {
            options.addAll(List.of("-d", socket));
        }
        for (String flag : List.of("--json", "--no-wait")) {
            if (root.hasMatchedOption(flag)) {
                options.add(flag);
            }
        }
        if (root.hasMatchedOption("--timeout")) {
            options.addAll(List.of("--timeout", root.matchedOptionValue("--timeout", "")));
        }
        return new Line(options, root.matchedOptionValue("-e", ""));
    }

    /// The socket that is named, or that of the manager that is; null for neither.
    private static @Nullable String socket(ParseResult root, ParseResult command)
            throws UsageException {
        String socket = option(root, command, "-d");
        String name = option(root, command, "-c");
        if (socket != null || name == null) {
            return socket;
        }
        Path named = ControlPath.ofName(name);
        if (named == null) {
            throw new UsageException(
                    "-c takes the name that a manager was given by --command-name, as in -c web;"
                            + " the path of a socket is for -d");
        }
        return named.toString();
    }

    private static Reading help(CommandLine line, List<String> topics) {
        if (topics.isEmpty()) {
            return showText(line);
        }
        CommandLine command = line.getSubcommands().get(topics.get(0));
        return command == null
                ? new Mistake("no help on '" + topics.get(0) + "'; 'help' lists the commands")
                : showText(command);
    }

    private static Reading run(String name, ParseResult root, ParseResult command)
            throws UsageException {
        String timeout = option(root, command, "--timeout");
        Duration bound = timeout == null ? null : Timeouts.read(timeout);
        if (timeout != null && bound == null) {
            return new Mistake("--timeout " + timeout + ": " + Timeouts.EXPECTED);
        }
        List<String> args = words(command);
        for (String option : List.of("--fleet", "--graph", "--reset", "--exit-code", "--manager")) {
            if (command.hasMatchedOption(option)) {
                args.add(0, option);
            }
        }
        if (command.hasMatchedOption("--confirm")) {
            args.addAll(0, List.of("--confirm", command.matchedOptionValue("--confirm", "")));
        }
        if (command.hasMatchedOption("--for")) {
            args.addAll(0, List.of("--for", command.matchedOptionValue("--for", "")));
        }
        if (name.equals("events") && command.hasMatchedOption("--since")) {
            if (command.hasMatchedOption("-f")) {
                args.add(0, "-f");
            }
            args.addAll(0, List.of("--since", command.matchedOptionValue("--since", "")));
        }
        int count = counts(name) ? command.matchedOptionValue("-n", -1) : -1;
        boolean follows = name.equals("logs") && command.hasMatchedOption("-f");
        return counts(name) && command.hasMatchedOption("-n") && count < 0
                ? new Mistake("-n " + count + ": expected how many, from 0")
                : new Run(
                        new ClientCommand(
                                socket(root, command),
                                isGiven(root, command, "--json"),
                                !isGiven(root, command, "--no-wait"),
                                bound,
                                count,
                                follows,
                                name,
                                args));
    }

    private static boolean counts(String command) {
        return command.equals("events") || command.equals("logs");
    }

    private static List<String> words(ParseResult command) {
        return new ArrayList<>(Arrays.asList(command.matchedPositionalValue(0, new String[0])));
    }

    private static boolean isGiven(ParseResult root, ParseResult command, String option) {
        return root.hasMatchedOption(option) || command.hasMatchedOption(option);
    }

    private static @Nullable String option(ParseResult root, ParseResult command, String name) {
        return command.hasMatchedOption(name)
                ? command.matchedOptionValue(name, "")
                : root.hasMatchedOption(name) ? root.matchedOptionValue(name, "") : null;
    }

    /// The options that may be given to a command, or without one: each by its longest name.
    static List<Completion.Choice> options(String command) {
        CommandSpec root = root();
        CommandLine line = root.subcommands().get(command);
        CommandSpec spec = line == null ? root : line.getCommandSpec();
        List<Completion.Choice> options = new ArrayList<>();
        for (OptionSpec option : spec.options()) {
            String meaning = option.description().length == 0 ? "" : option.description()[0];
            options.add(new Completion.Choice(option.longestName(), meaning));
        }
        return options;
    }

    private static CommandSpec root() {
        CommandSpec root = CommandSpec.create().name(CommandNames.CONTROL);
        root.usageMessage()
                .header("Ask the einhyrningsins manager what runs, and tell it what to do.")
                .customSynopsis(
                        CommandNames.CONTROL
                                + " [OPTIONS] [COMMAND [PROGRAM | PROGRAM:SLOT | all]...]")
                .optionListHeading("%nOptions, before or after the command:%n")
                .commandListHeading("%nCommands ('help COMMAND' says more):%n")
                .footer(CommandHelp.ROOT_FOOTER);
        // -e status
        root.parser().allowSubcommandsAsOptionParameters(true);
        addOptions(root);
        for (CommandHelp.Page page : CommandHelp.ALL) {
            root.addSubcommand(page.name(), command(page));
        }
        return root;
    }

    private static void addOptions(CommandSpec root) {
        root.addOption(
                text("-d", "--socket", "--socket-path")
                        .paramLabel("PATH")
                        .scopeType(ScopeType.INHERIT)
                        .description(
                                "the control socket of the manager; default:"
                                        + " $EINHYRNINGSINS_SOCKET, else the default of a manager"
                                        + " of the same user")
                        .build());
        root.addOption(
                text("-c", "--command-name")
                        .paramLabel("NAME")
                        .scopeType(ScopeType.INHERIT)
                        .description("the manager with that --command-name: /tmp/einhorn-NAME.sock")
                        .build());
        root.addOption(
                flag("--json")
                        .scopeType(ScopeType.INHERIT)
                        .description("print replies as JSON, one object a line")
                        .build());
        root.addOption(
                flag("--no-wait")
                        .scopeType(ScopeType.INHERIT)
                        .description("return once the operation has begun")
                        .build());
        root.addOption(
                text("--timeout")
                        .paramLabel("TIME")
                        .scopeType(ScopeType.INHERIT)
                        .description(
                                "the longest time to wait (30s, 5m); default: 10s for questions,"
                                        + " 1h for operations")
                        .build());
        root.addOption(
                text("-e", "--execute")
                        .paramLabel("LINE")
                        .description("run one line, as in -e 'stop web; start web'")
                        .build());
        root.addOption(
                flag("-h", "--help")
                        .scopeType(ScopeType.INHERIT)
                        .description("help, also on a command")
                        .build());
        root.addOption(flag("-V", "--version").description("version of this client").build());
    }

    private static CommandSpec command(CommandHelp.Page page) {
        CommandSpec command = CommandSpec.create().name(page.name());
        command.usageMessage()
                .header(page.summary())
                .customSynopsis(CommandNames.CONTROL + " " + page.synopsis())
                .description(page.details())
                .optionListHeading("%nOptions:%n")
                .footerHeading(page.examples().length == 0 ? "" : "%nExamples:%n")
                .footer(page.examples());
        if (page.name().equals("upgrade")) {
            command.addOption(
                    flag("--fleet")
                            .description("all new workers are ready before any old one is stopped")
                            .build());
        }
        if (page.name().equals("show")) {
            command.addOption(
                    flag("--graph")
                            .description("show the order of start instead, as a tree")
                            .build());
        }
        if (page.name().equals("status")) {
            command.addOption(
                    flag("--exit-code")
                            .description("exit status 1 if a program is not as wanted")
                            .build());
        }
        if (page.name().equals("wait")) {
            command.addOption(
                    text("--for")
                            .paramLabel("STATE")
                            .description("ready (the default), stopped, done or rolled")
                            .build());
        }
        if (page.name().equals("reload")) {
            command.addOption(
                    flag("--reset")
                            .description("forget what was stopped or scaled by hand")
                            .build());
            command.addOption(
                    text("--confirm")
                            .paramLabel("TIME")
                            .description("go back, unless 'confirm' comes within that time")
                            .build());
        }
        if (page.name().equals("events")) {
            command.addOption(
                    text("--since")
                            .paramLabel("TIME")
                            .description("what happened since then, with times and types")
                            .build());
            command.addOption(
                    flag("-f", "--follow").description("with --since: go on from there").build());
            command.addOption(
                    flag("--manager").description("the last lines of the manager's log").build());
            command.addOption(
                    OptionSpec.builder("-n")
                            .type(int.class)
                            .paramLabel("COUNT")
                            .description("end after that many events")
                            .build());
        }
        if (page.name().equals("logs")) {
            command.addOption(flag("-f", "--follow").description("go on with new lines").build());
            command.addOption(
                    OptionSpec.builder("-n", "--lines")
                            .type(int.class)
                            .paramLabel("N")
                            .description("show the last N lines (default 10)")
                            .build());
        }
        return command.addPositional(
                PositionalParamSpec.builder()
                        .type(String[].class)
                        .arity("0..*")
                        .paramLabel(WORDS)
                        .hidden(true)
                        .build());
    }

    private static OptionSpec.Builder text(String... names) {
        return OptionSpec.builder(names).type(String.class);
    }

    private static OptionSpec.Builder flag(String... names) {
        return OptionSpec.builder(names).type(boolean.class);
    }

    private static Reading showText(CommandLine line) {
        return new Say(usage(line));
    }

    private static String usage(CommandLine line) {
        return line.getUsageMessage(CommandLine.Help.Ansi.OFF);
    }

    private static String explained(ParameterException e) {
        if (!(e instanceof CommandLine.UnmatchedArgumentException unmatched)) {
            return e.getMessage() + TRY;
        }
        String word = unmatched.getUnmatched().get(0);
        StringBuilder message = new StringBuilder("unknown ");
        message.append(word.startsWith("-") ? "option" : "command");
        message.append(" '").append(word).append('\'');
        for (String suggestion : unmatched.getSuggestions()) {
            message.append("\nDid you mean '").append(suggestion).append("'?");
        }
        return message.append(TRY).toString();
    }
}
