// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.launch;

import org.einhyrningsins.config.read.ClassicReader;
import org.einhyrningsins.config.source.ShlexSplitter;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.manager.runtime.ConfigOrigin;
import org.einhyrningsins.manager.runtime.LaunchOptions;
import org.einhyrningsins.manager.runtime.StartDirectory;
import org.einhyrningsins.spec.manager.LogSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// The classic command line of einhyrningsins(1), with what einhorn(1) has besides.
final class ClassicCommandLine {
    /// Options that say what to run: with a file, the file says that.
    private static final List<OptionSpec> DEFINING =
            List.of(
                    value("number of workers (default 1)", "COUNT", "-n", "--number"),
                    values(
                            "socket that all workers share; repeated",
                            "ADDR:PORT[,r][,n]",
                            "-b",
                            "--bind"),
                    flag("host names and :PORT stand for IPv4 addresses", "-4", "--ipv4-only"),
                    flag("the same for IPv6; sockets take IPv6 alone", "-6", "--ipv6-only"),
                    value("length of the accept queues", "N", "-l", "--backlog"),
                    flag("a worker is ready when it gives its ack", "-m", "--manual"),
                    value("'manual', or ready after so many seconds", "MODE", "--ack-mode"),
                    value("failed starts after which a rollout fails", "COUNT", "-r", "--retries"),
                    value("delay after a failed start", "SECONDS", "-s", "--seconds"),
                    value(
                            "time from the first signal to KILL",
                            "SECONDS",
                            "-t",
                            "--signal-timeout"),
                    value("new workers starting at once in a rollout", "N", "--max-unacked"),
                    value("additional workers in a rollout", "N", "--max-upgrade-additional"),
                    values("variable not inherited by workers; repeated", "VAR", "--drop-env-var"),
                    value("nice value of manager and workers", "N[:N]", "--nice"),
                    value("name of the program", "NAME", "--command-name"),
                    flag("also pass a descriptor for the ack", "-g", "--command-socket-as-fd"),
                    flag("stop workers when the manager dies", "-k", "--kill-children-on-exit"),
                    flag("send warnings to syslog, too", "--syslog"));

    /// Options of einhorn(1) that are refused here, with reasons.
    private static final List<Refusal> REFUSED =
            List.of(
                    new Refusal(
                            value("not here: workers are executed", "PATH", "-p", "--preload"),
                            "code is not loaded before the fork here: each worker is executed, in"
                                    + " whatever language; leave it out"),
                    new Refusal(
                            flag("not here: there is no Ruby to collect", "--gc-before-fork"),
                            "the manager forks nothing that Ruby's collector could tidy; leave it"
                                    + " out"));

    private record Refusal(OptionSpec option, String why) {}

    private ClassicCommandLine() {}

    static void addTo(CommandSpec root) {
        DEFINING.forEach(option -> root.addOption(copy(option)));
        REFUSED.forEach(refusal -> root.addOption(copy(refusal.option())));
    }

    /// An option remembers what was parsed, so each model has its own.
    private static OptionSpec copy(OptionSpec option) {
        return OptionSpec.builder(option).build();
    }

    /// Describes why a file cannot be given with these options; null if it can.
    static @Nullable String objectionToFile(ParseResult line) {
        for (OptionSpec option : DEFINING) {
            if (line.hasMatchedOption(option.longestName())) {
                return "-c FILE says all of it: "
                        + option.longestName()
                        + " is for a line without a file (einhorn's -c NAME is --command-name"
                        + " here)";
            }
        }
        return objection(line);
    }

    private static @Nullable String objection(ParseResult line) {
        for (Refusal refusal : REFUSED) {
            if (line.hasMatchedOption(refusal.option().longestName())) {
                return refusal.option().longestName() + ": " + refusal.why();
            }
        }
        return null;
    }

    /// Reads a command line.
    static LaunchModel.Reading read(ParseResult line, List<String> program) {
        String objection = objection(line);
        if (objection != null) {
            return new LaunchModel.Mistake(objection);
        }
        Given given = new Given(line);
        try {
            Path here = StartDirectory.path();
            ServicesSpec services = ClassicReader.read(given, program, here);
            return new LaunchModel.Run(
                    new LaunchOptions(
                            new ConfigOrigin.CommandLine(services),
                            null,
                            LaunchModel.path(line, "--pidfile"),
                            LaunchModel.path(line, "--lockfile"),
                            ClassicReader.managerNice(given),
                            null,
                            reexecAs(line)));
        } catch (ValueException e) {
            return new LaunchModel.Mistake(e.reason());
        }
    }

    /// The level of the log that `-v` and `-q` ask for; null for neither.
    static LogSpec.@Nullable Level level(ParseResult line) {
        return ClassicReader.level(new Given(line));
    }

    /// The words of `--reexec-as`, which is split as einhorn(1) splits it; empty without it.
    static List<String> reexecAs(ParseResult line) throws ValueException {
        String text = line.matchedOptionValue("--reexec-as", (String) null);
        if (text == null) {
            return List.of();
        }
        try {
            List<String> command = ShlexSplitter.split(text);
            if (command.isEmpty()) {
                throw new ValueException("expected a command, found nothing");
            }
            return command;
        } catch (ValueException e) {
            throw new ValueException("--reexec-as: " + e.reason());
        }
    }

    /// Describes the options that are the manager's business and not in a file: a comment for the
    /// file's head.
    static String beyondAFile(LaunchOptions options) {
        StringBuilder comment = new StringBuilder();
        if (options.pidFile() != null) {
            comment.append(" --pidfile ").append(options.pidFile());
        }
        if (options.lockFile() != null) {
            comment.append(" --lockfile ").append(options.lockFile());
        }
        if (!options.reexecAs().isEmpty()) {
            comment.append(" --reexec-as ").append(quoted(options.reexecAs()));
        }
        String with = comment.isEmpty() ? "" : "# Run it with" + comment + ".\n";
        return options.nice() == null
                ? with
                : with + "# Run it under 'nice -n " + options.nice() + "'.\n";
    }

    /// Words as one word of a shell that [ShlexSplitter] splits into them again.
    private static String quoted(List<String> words) {
        StringBuilder text = new StringBuilder();
        for (String word : words) {
            boolean plain =
                    !word.isEmpty() && word.chars().noneMatch(c -> " \t\n'\"\\".indexOf(c) >= 0);
            String inside = word.replace("\\", "\\\\").replace("\"", "\\\"");
            text.append(text.isEmpty() ? "" : " ").append(plain ? word : '"' + inside + '"');
        }
        return "'" + text.toString().replace("'", "'\\''") + "'";
    }

    /// Options that picocli found, by name.
    private record Given(ParseResult line) implements ClassicReader.Given {
        @Override
        public boolean has(String option) {
            return line.hasMatchedOption(option);
        }

        @Override
        public List<String> values(String option) {
            OptionSpec matched = line.matchedOption(option);
            if (matched == null) {
                return List.of();
            }
            return matched.getValue() instanceof boolean[] times
                    ? Collections.nCopies(times.length, "")
                    : new ArrayList<>(matched.originalStringValues());
        }
    }

    private static OptionSpec values(String description, String label, String... names) {
        return OptionSpec.builder(names)
                .type(List.class)
                .auxiliaryTypes(String.class)
                .paramLabel(label)
                .arity("1")
                .description(description)
                .build();
    }

    private static OptionSpec value(String description, String label, String... names) {
        return OptionSpec.builder(names)
                .type(String.class)
                .paramLabel(label)
                .description(description)
                .build();
    }

    private static OptionSpec flag(String description, String... names) {
        return OptionSpec.builder(names).type(boolean.class).description(description).build();
    }
}
