// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.client;

import org.einhyrningsins.cli.terminal.CommandNames;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// Help texts of the client's commands.
final class CommandHelp {
    private static final String[] NONE = {};
    private static final int EXAMPLE_WIDTH = 42;

    /// @param synopsis the command with its arguments
    /// @param summary one line
    record Page(
            String name, String synopsis, String summary, List<String> more, List<String> shown) {
        private Page(String name, String arguments, String summary) {
            this(name, name + arguments, summary, List.of(), List.of());
        }

        private Page detail(String paragraph) {
            return new Page(name, synopsis, summary, with(more, paragraph), shown);
        }

        private Page example(String words, String meaning) {
            String line = "  " + CommandNames.CONTROL + " " + words;
            String padding = " ".repeat(Math.max(1, EXAMPLE_WIDTH - line.length()));
            return new Page(name, synopsis, summary, more, with(shown, line + padding + meaning));
        }

        private static List<String> with(List<String> texts, String text) {
            List<String> longer = new ArrayList<>(texts);
            longer.add(text);
            return List.copyOf(longer);
        }

        /// Paragraphs.
        String[] details() {
            return more.toArray(NONE);
        }

        /// Command lines, each with what it does.
        String[] examples() {
            return shown.toArray(NONE);
        }
    }

    static final String[] ROOT_FOOTER = {
        "",
        "PROGRAM is a name from the configuration. PROGRAM:SLOT is one of its workers",
        "(web:0). Without a name, every program is meant; stop, restart and scale need",
        "the word 'all' for that.",
        "Without a command, a shell starts, with history and completion; 'quit' ends it.",
        "",
        "Exit status: 0 done, 1 failed, 2 usage, 3 configuration invalid, 4 no manager,",
        "5 not allowed, 6 timed out, 70 a bug in einhyrningsins;",
        "of 'plan' also 10: it found something to do.",
        "",
        "Examples:",
        "  einhyrningsinsctl status",
        "  einhyrningsinsctl reload web      roll web, changed or not",
        "  einhyrningsinsctl --json status   for scripts",
    };

    private static final String TARGETS = " [PROGRAM | PROGRAM:SLOT]...";
    private static final String WHOLE = " PROGRAM | all...";
    private static final String NAMED = " PROGRAM | PROGRAM:SLOT | all...";

    static final List<Page> ALL =
            List.of(
                    new Page("status", " [--exit-code]" + TARGETS, "show one line for each program")
                            .detail(
                                    "With --exit-code, the exit status is 1 if a program is not as"
                                            + " wanted. As wanted is a program that runs the"
                                            + " version of the file with all its workers, is done,"
                                            + " or was stopped by hand.")
                            .example("status", "every program")
                            .example("status web api", "web and api"),
                    new Page(
                                    "show",
                                    " [--graph]" + TARGETS,
                                    "show the status with each worker and socket")
                            .example("show web", "web, its workers and sockets")
                            .example("show web:0", "one worker")
                            .example("show --graph", "the order of start"),
                    new Page(
                                    "explain",
                                    TARGETS,
                                    "explain the state of programs, and what comes next")
                            .example("explain web", "cause, history, last lines, next step")
                            .example("explain web:0", "one worker"),
                    new Page(
                                    "plan",
                                    " [PROGRAM]...",
                                    "show what a reload would do, without doing it")
                            .detail(
                                    "Values of env are hidden. Exit status: 0 nothing to do, 10"
                                            + " something to do, 1 a reload would be refused, 3 the"
                                            + " configuration is invalid.")
                            .example("plan", "the effect of all changes")
                            .example("--json plan web", "for scripts, of web alone"),
                    new Page(
                                    "reload",
                                    " [--reset] [--confirm TIME] [PROGRAM]...",
                                    "read the configuration again, apply what changed")
                            .detail(
                                    "Programs that are named are rolled, changed or not. If the new"
                                            + " workers do not get ready, the old ones stay and the"
                                            + " exit status is 1. If the configuration is invalid,"
                                            + " nothing is changed and the exit status is 3.")
                            .detail(
                                    "What was stopped or scaled by hand stays so, unless --reset is"
                                            + " given.")
                            .example("reload", "apply all changes")
                            .example("reload web", "roll web, changed or not")
                            .example("reload --confirm 1m", "go back, unless 'confirm' comes"),
                    new Page("confirm", "", "keep what 'reload --confirm' changed"),
                    new Page(
                                    "upgrade",
                                    " [--fleet]" + TARGETS,
                                    "replace workers, with the same definition")
                            .example("upgrade web", "one worker after the other")
                            .example("upgrade --fleet web", "all new workers first"),
                    new Page(
                                    "rollback",
                                    " PROGRAM... [GENERATION]",
                                    "replace workers, with the definition of an earlier generation")
                            .detail(
                                    "Without GENERATION, the last good one of another definition"
                                            + " before the one that serves. It is a rollout like"
                                            + " any other, and stays until 'reload PROGRAM' or"
                                            + " 'reload --reset' takes the file's definition.")
                            .detail(
                                    "The number of workers stays as it is. What is gone (a release,"
                                            + " the program file) is said before anything is"
                                            + " started.")
                            .example("rollback web", "to the last good generation")
                            .example("rollback web 3", "to generation 3, see 'history web'"),
                    new Page(
                                    "history",
                                    " [PROGRAM]...",
                                    "show the latest generations, who asked for them, and their"
                                            + " verdicts")
                            .detail(
                                    "Newest first; '*' marks the one that serves. It survives the"
                                            + " manager, also of programs that were removed.")
                            .example("history web", "the generations of web")
                            .example("--json history", "for scripts, of every program"),
                    new Page("promote", WHOLE, "let a rollout go on from its canary")
                            .detail(
                                    "The canary is no longer watched. The exit status is that of"
                                            + " the rollout.")
                            .example("promote web", "roll the other workers of web"),
                    new Page("abort", WHOLE, "end a rollout and bring the old version back")
                            .detail(
                                    "No new worker is stopped before an old one is ready in its"
                                            + " place. Commands that wait for the rollout fail.")
                            .example("abort web", "bring back the old version of web"),
                    new Page("start", TARGETS, "start what is stopped or has failed")
                            .detail(
                                    "For a job (kind: job, or restart: never without sockets), the"
                                            + " command waits until it has ended.")
                            .example("start web", "start web")
                            .example("start migrate --no-wait", "start a job, do not wait"),
                    new Page("stop", NAMED, "stop gracefully; the program stays stopped")
                            .example("stop web", "stop web; its sockets stay bound")
                            .example("stop all", "stop every program; the manager stays"),
                    new Page("restart", NAMED, "stop, then start; 'upgrade' does it without a gap")
                            .example("restart web:2", "one worker"),
                    new Page("inc", " [PROGRAM]... [N]", "run N more workers (default 1)")
                            .example("inc web 2", "two more workers of web"),
                    new Page("dec", " [PROGRAM]... [N]", "run N fewer workers (default 1)")
                            .example("dec web", "one worker of web fewer"),
                    new Page("scale", WHOLE + " N", "run N workers")
                            .detail(
                                    "The number wins over the file, until the next scale or reload"
                                            + " --reset.")
                            .example("scale web 8", "eight workers of web"),
                    new Page("signal", " SIGNAL..." + TARGETS, "send signals to workers")
                            .example("signal HUP web", "all workers of web")
                            .example("signal KILL web:0", "workers of slot 0, stopping ones too")
                            .example("signal KILL web:pid/1234", "the worker with that pid")
                            .example("signal USR1", "every worker"),
                    new Page(
                                    "events",
                                    " [--manager] [--since TIME] [-f] [-n COUNT] [PROGRAM]...",
                                    "print what happens, until interrupted")
                            .detail(
                                    "With --since, prints what happened since then, with times and"
                                            + " types: 30s, 5m, 1h, 2d ago, 14:00, 2026-11-30 or"
                                            + " 2026-11-30T14:00:00Z; -f goes on from there."
                                            + " --manager prints the last lines of the manager's"
                                            + " own log instead.")
                            .example("events --since 1h web", "the last hour of web")
                            .example("events --manager", "the manager's last 1000 lines")
                            .example("events web", "what happens to web")
                            .example("events -n 1", "wait for the next event"),
                    new Page(
                                    "wait",
                                    " [--for STATE] [PROGRAM]...",
                                    "wait until programs are ready, stopped, done or rolled")
                            .detail(
                                    "Exit status: 0 they are, 1 they cannot be unless somebody"
                                            + " acts, 6 they were not within --timeout.")
                            .example("wait web --timeout 30s", "until every worker is ready")
                            .example("wait --for done migrate", "until the job has ended"),
                    new Page(
                                    "logs",
                                    " [-f] [-n N] [PROGRAM | PROGRAM:SLOT]...",
                                    "show what the workers wrote to files")
                            .detail(
                                    "Shows the last N lines (default 10), also those of rotated"
                                        + " files; -f goes on with new lines. With several files,"
                                        + " the name of the program stands before each line.")
                            .example("logs web", "the last ten lines of web")
                            .example("logs -f -n 100 web:0", "follow one worker"),
                    new Page("quieter", "", "make the manager log less, until the next reload"),
                    new Page("louder", "", "make the manager log more, until the next reload"),
                    new Page("die", " [SIGNAL]", "stop all programs and end the manager")
                            .detail("A signal replaces the first signal of each program's 'stop'.")
                            .example("die", "the same as SIGINT to the manager"),
                    new Page("reexec", "", "replace the manager by its newest version")
                            .detail(
                                    "The new version is checked first. Workers and sockets stay,"
                                            + " and what is under way goes on.")
                            .example("reexec", "after an upgrade of einhyrningsins or the JVM"),
                    new Page("version", "", "print the versions of client and manager"),
                    new Page("ehlo", "", "print which manager this is"),
                    new Page(
                            "state", "", "print the whole state in YAML, in the format of einhorn"),
                    new Page(
                                    "set_workers",
                                    " [PROGRAM]... N",
                                    "'scale', as einhorn calls it; N is from 1")
                            .example("set_workers 4", "four workers of every program"),
                    new Page("upgrade_fleet", TARGETS, "'upgrade --fleet', as einhorn calls it"),
                    new Page("help", " [COMMAND]", "print this help, or that of a command")
                            .example("help reload", "the help of reload"));

    private CommandHelp() {}

    /// The page of a command; null if there is no such command.
    static @Nullable Page of(String command) {
        for (Page page : ALL) {
            if (page.name().equals(command)) {
                return page;
            }
        }
        return null;
    }
}
