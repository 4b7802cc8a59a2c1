// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.launch;

import org.einhyrningsins.cli.client.Completion;
import org.einhyrningsins.cli.terminal.CommandNames;
import org.einhyrningsins.config.source.ImportFormat;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.manager.runtime.ConfigOrigin;
import org.einhyrningsins.manager.runtime.LaunchOptions;
import org.einhyrningsins.spec.manager.BuildInfo;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The manager's command line as picocli knows it: help, the subcommands, and mistakes.
public final class LaunchModel {
    private static final String NOTHING =
            "nothing to run: einhyrningsins -c FILE, or einhyrningsins -b ADDR:PORT PROGRAM";

    private static final String FROM = "--from";

    private static final String TRY = "\nTry '" + CommandNames.MANAGER + " help'.";

    private static final String[] FOOTER = {
        "",
        "Signals: HUP reloads the configuration, INT and TERM stop all programs.",
        "Exit status: 0 stopped as asked, 1 failed, 2 usage, 3 configuration invalid,",
        "70 a bug in einhyrningsins.",
        "",
        "Examples:",
        "  einhyrningsins -c services.yaml      run a file, in the foreground",
        "  einhyrningsins -n 4 -b :80,r ./web   run one program, without a file",
        "  einhyrningsins print -- -n 4 ./web   print that command line as a file",
        "  einhyrningsins check services.yaml   print every problem with its line",
        "  einhyrningsins import compose.yaml   translate a file of another manager",
        "  einhyrningsinsctl status             ask a running manager",
    };

    private LaunchModel() {}

    /// Command line, parsed.
    public sealed interface Reading
            permits Run, Check, Print, PrintLine, Import, Init, Say, Mistake {}

    /// Run the manager.
    public record Run(LaunchOptions options) implements Reading {}

    /// Say whether a file is valid.
    ///
    /// @param strict whether a warning makes it invalid
    public record Check(Path file, boolean json, boolean strict) implements Reading {}

    /// Show what a file means.
    ///
    /// @param origins whether each key shall tell where it was given
    public record Print(Path file, boolean origins) implements Reading {}

    /// Show what a classic command line means.
    ///
    /// @param more a comment on what it says and no file could; empty for nothing
    public record PrintLine(ServicesSpec services, String more) implements Reading {}

    /// Show files of another process manager as one of ours.
    ///
    /// @param format null to tell it by the files
    public record Import(List<Path> files, @Nullable ImportFormat format) implements Reading {}

    /// Write a first file.
    ///
    /// @param file path; `-` for stdout
    public record Init(String file) implements Reading {}

    /// Text to print: help, a version.
    public record Say(String text) implements Reading {}

    /// A mistake.
    public record Mistake(String message) implements Reading {}

    public static Reading read(String[] words) {
        CommandLine line = new CommandLine(root());
        try {
            if (words.length == 0 || !line.getSubcommands().containsKey(words[0])) {
                return plainLine(line, words);
            }
            return printsLine(words)
                    ? printLine(read(Arrays.copyOfRange(words, 2, words.length)))
                    : subcommand(line, line.parseArgs(words).subcommand());
        } catch (ParameterException e) {
            return new Mistake(e.getMessage() + TRY);
        }
    }

    private static boolean printsLine(String[] words) {
        return words.length > 1 && words[0].equals("print") && words[1].equals("--");
    }

    private static Reading printLine(Reading classic) {
        return classic instanceof Run(LaunchOptions options)
                        && options.definition() instanceof ConfigOrigin.CommandLine line
                ? new PrintLine(line.services(), ClassicCommandLine.beyondAFile(options))
                : classic instanceof Run
                        ? new Mistake("'print --' is for a line without -c; write 'print FILE'")
                        : classic;
    }

    /// Options, and a program if it is a classic line. A subcommand comes first or not at all: what
    /// comes later is the name of a program.
    private static Reading plainLine(CommandLine line, String[] typed) {
        // without the subcommands, which would be found in the options' values; what is given twice
        // is had by the last, as with einhorn(1)
        CommandLine options =
                new CommandLine(options())
                        .setExpandAtFiles(false)
                        .setOverwrittenOptionsAllowed(true);
        try {
            ClassicWordSplitter.Parted parted =
                    ClassicWordSplitter.part(options.getCommandSpec(), typed);
            String[] words = parted.options().toArray(new String[0]);
            return reading(line, options.parseArgs(words), parted.program());
        } catch (ValueException e) {
            return new Mistake(e.reason() + TRY);
        }
    }

    private static Reading reading(CommandLine line, ParseResult root, List<String> program)
            throws ValueException {
        if (root.hasMatchedOption("-h")) {
            return showText(line);
        }
        if (root.hasMatchedOption("-V")) {
            return version();
        }
        Path config = path(root, "-c");
        if (config == null) {
            if (root.hasMatchedOption("--reset")) {
                return new Mistake("--reset goes back to what a file says, and needs it: -c" + TRY);
            }
            return program.isEmpty()
                    ? new Mistake(NOTHING + TRY)
                    : ClassicCommandLine.read(root, program);
        }
        String objection = ClassicCommandLine.objectionToFile(root);
        if (root.matchedOption("-c").originalStringValues().size() > 1) {
            objection = "-c is given twice, and one manager has one file; 'include' names more";
        }
        if (!program.isEmpty()) {
            objection =
                    "-c FILE says what to run, and so does '"
                            + program.getFirst()
                            + "'; einhorn's -c NAME is --command-name here";
        }
        return objection == null
                ? new Run(
                        new LaunchOptions(
                                new ConfigOrigin.File(config),
                                path(root, "-d"),
                                path(root, "--pidfile"),
                                path(root, "--lockfile"),
                                null,
                                ClassicCommandLine.level(root),
                                ClassicCommandLine.reexecAs(root),
                                root.hasMatchedOption("--reset")))
                : new Mistake(objection + TRY);
    }

    private static Reading subcommand(CommandLine line, ParseResult command) {
        String name = command.commandSpec().name();
        if (command.hasMatchedOption("-h")) {
            return showText(command.commandSpec().commandLine());
        }
        if (name.equals("version")) {
            return version();
        }
        if (name.equals("help")) {
            return showText(line);
        }
        if (name.equals("import")) {
            return importing(command);
        }
        String file = command.matchedPositionalValue(0, "");
        if (name.equals("init")) {
            return new Init(file.isEmpty() ? StarterFile.USUAL : file);
        }
        if (file.isEmpty()) {
            return new Mistake("'" + name + "' needs a file, as in '" + name + " services.yaml'");
        }
        return name.equals("check")
                ? new Check(
                        Path.of(file),
                        command.hasMatchedOption("--json"),
                        command.hasMatchedOption("--strict"))
                : new Print(Path.of(file), command.hasMatchedOption("--origins"));
    }

    private static Reading importing(ParseResult command) {
        List<Path> files = new ArrayList<>();
        for (String file : command.matchedPositionalValue(0, List.<String>of())) {
            files.add(Path.of(file));
        }
        String from = command.matchedOptionValue(FROM, "");
        ImportFormat format = ImportFormat.of(from);
        if (files.isEmpty()) {
            return new Mistake("'import' needs a file, as in 'import supervisord.conf'" + TRY);
        } else if (format == null && !from.isEmpty()) {
            String words = String.join(", ", ImportFormat.words());
            return new Mistake("'" + from + "' cannot be imported; there are " + words + TRY);
        }
        return new Import(files, format);
    }

    static @Nullable Path path(ParseResult line, String option) {
        String text = line.matchedOptionValue(option, "");
        return text.isEmpty() ? null : Path.of(text);
    }

    /// Returns the words that may stand where `start` is typed, except files, which shells know
    /// best.
    public static List<Completion.Choice> choices(List<String> before, String start) {
        CommandSpec root = root();
        List<Completion.Choice> choices = new ArrayList<>();
        if (before.isEmpty()) {
            root.subcommands()
                    .forEach((name, command) -> choices.add(choice(name, command.getHelp())));
        }
        if (before.size() > 1
                && before.getFirst().equals("import")
                && before.getLast().equals(FROM)) {
            ImportFormat.words().forEach(word -> choices.add(new Completion.Choice(word, "")));
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
        CommandSpec root = options();
        CommandSpec check = command("check", "Check a file, and print every problem.");
        check.addOption(flag("print the problems as JSON", "--json"));
        check.addOption(flag("exit status 3 also for warnings", "--strict"));
        root.addSubcommand("check", check);
        CommandSpec print = command("print", "Print a file with all defaults.");
        print.addOption(flag("add the file and line of each key", "--origins"));
        root.addSubcommand("print", print);
        CommandSpec foreign = plain("import", "Translate files of another process manager.");
        foreign.addOption(file(String.join(", ", ImportFormat.words()), "WHAT", FROM))
                .addPositional(files());
        root.addSubcommand("import", foreign);
        root.addSubcommand(
                "init", command("init", "Write a first file, " + StarterFile.USUAL + "."));
        root.addSubcommand("version", plain("version", "Print the version."));
        root.addSubcommand("help", plain("help", "Print this help."));
        return root;
    }

    private static CommandSpec options() {
        CommandSpec root = CommandSpec.create().name(CommandNames.MANAGER);
        root.usageMessage()
                .header("Run programs, hold their sockets, replace their workers.")
                .customSynopsis(
                        CommandNames.MANAGER
                                + " -c FILE [-d PATH] [-e FILE] [-f FILE] [-v | -q] [--reset]",
                        "       "
                                + CommandNames.MANAGER
                                + " [OPTION]... [--] PROGRAM [ARGUMENT]...",
                        "       "
                                + CommandNames.MANAGER
                                + " check FILE | print FILE | version | help",
                        "       "
                                + CommandNames.MANAGER
                                + " import [--from WHAT] FILE... | init [FILE]",
                        "       "
                                + CommandNames.MANAGER
                                + " print -- [OPTION]... [--] PROGRAM [ARGUMENT]...")
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
        root.addOption(
                file(
                        "write the process id of the manager to this file",
                        "FILE",
                        "-e",
                        "--pidfile"));
        root.addOption(file("lock this file while the manager runs", "FILE", "-f", "--lockfile"));
        root.addOption(
                OptionSpec.builder("--reexec-as")
                        .type(String.class)
                        .paramLabel("COMMAND")
                        .description("the command that replaces the manager")
                        .build());
        root.addOption(flags("log at level debug", "-v", "--verbose"));
        root.addOption(flags("log at level warn; twice: error", "-q", "--quiet"));
        root.addOption(flag("forget what was stopped or scaled by hand", "--reset"));
        ClassicCommandLine.addTo(root);
        root.addOption(help());
        root.addOption(flag("print the version", "-V", "--version"));
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

    private static PositionalParamSpec files() {
        return PositionalParamSpec.builder()
                .type(List.class)
                .auxiliaryTypes(String.class)
                .arity("0..*")
                .index("0..*")
                .paramLabel("FILE")
                .description("files of another process manager")
                .build();
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

    /// A flag that may be repeated, each time for more.
    private static OptionSpec flags(String description, String... names) {
        return OptionSpec.builder(names)
                .type(boolean[].class)
                .arity("0")
                .description(description)
                .build();
    }

    private static OptionSpec flag(String description, String... names) {
        return OptionSpec.builder(names).type(boolean.class).description(description).build();
    }

    private static Reading version() {
        return new Say(CommandNames.MANAGER + " " + BuildInfo.text());
    }

    private static Reading showText(CommandLine line) {
        return new Say(line.getUsageMessage(CommandLine.Help.Ansi.OFF));
    }
}
