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
        "PROGRAM is a name from the configuration, PROGRAM:SLOT one of its workers",
        "(web:0). Without a name every program is meant; stop, restart and scale need",
        "'all' for it.",
        "Without a command: a shell, with history and completion; 'quit' leaves it.",
        "",
        "Exit status: 0 done, 1 failed, 2 usage, 3 configuration invalid,",
        "4 no manager there, 5 not allowed, 6 timed out, 70 our own bug;",
        "of 'plan' also 10: there is something to do.",
        "",
        "Examples:",
        "  einhyrningsinsctl status",
        "  einhyrningsinsctl reload web      roll one program onto its newest definition",
        "  einhyrningsinsctl --json status   for scripts",
    };

    private static final String TARGETS = " [PROGRAM | PROGRAM:SLOT]...";
    private static final String WHOLE = " PROGRAM | all...";
    private static final String NAMED = " PROGRAM | PROGRAM:SLOT | all...";

    static final List<Page> ALL =
            List.of(
                    new Page(
                                    "status",
                                    " [--exit-code]" + TARGETS,
                                    "how the programs are, a line for each")
                            .detail(
                                    "With --exit-code the exit status is 1 unless each program runs"
                                            + " its newest definition with every worker, is done,"
                                            + " or was stopped by hand.")
                            .example("status", "every program")
                            .example("status web api", "these two"),
                    new Page("show", " [--graph]" + TARGETS, "the same with each worker and socket")
                            .example("show web", "web, its workers and sockets")
                            .example("show web:0", "one worker")
                            .example("show --graph", "which programs start after which"),
                    new Page(
                                    "explain",
                                    TARGETS,
                                    "why programs are as they are, and what comes next")
                            .example("explain web", "cause, history, last lines, next step")
                            .example("explain web:0", "of one worker"),
                    new Page("plan", " [PROGRAM]...", "what reload would do; changes nothing")
                            .detail(
                                    "Values of env are hidden. Exit status: 0 nothing to do, 10"
                                            + " something to do, 1 a reload would be refused, 3 the"
                                            + " file is invalid.")
                            .example("plan", "what all changes of the file come to")
                            .example("--json plan web", "for scripts; of web alone"),
                    new Page(
                                    "reload",
                                    " [--reset] [--confirm TIME] [PROGRAM]...",
                                    "read the file again and roll what changed")
                            .detail(
                                    "Programs that are named roll whether they changed or not. If"
                                        + " the new workers do not come up, the old ones stay and"
                                        + " the exit status is 1. If the file is invalid, nothing"
                                        + " happens and it is 3.")
                            .detail(
                                    "What was stopped or scaled by hand stays so, unless --reset is"
                                            + " given.")
                            .example("reload", "take over all changes of the file")
                            .example("reload web", "roll web onto its newest definition")
                            .example("reload --confirm 1m", "and back, unless 'confirm' comes"),
                    new Page("confirm", "", "stay with what 'reload --confirm' brought"),
                    new Page(
                                    "upgrade",
                                    " [--fleet]" + TARGETS,
                                    "roll onto new workers, definition as it is")
                            .example("upgrade web", "one after the other")
                            .example("upgrade --fleet web", "all new ones first"),
                    new Page(
                                    "promote",
                                    WHOLE,
                                    "let a rollout go on from its canary, which is watched no more")
                            .detail("The exit status is that of the rollout.")
                            .example("promote web", "the others follow now"),
                    new Page("abort", WHOLE, "end a rollout and bring the old version back")
                            .detail(
                                    "No new worker goes before an old one is up in its place. The"
                                            + " rollout ends as failed for whoever waits for it.")
                            .example("abort web", "back, and wait until it is"),
                    new Page("start", TARGETS, "start what is stopped or has failed")
                            .detail(
                                    "A job (restart: never, without sockets) is waited for until it"
                                            + " has ended.")
                            .example("start web", "start web")
                            .example("start migrate --no-wait", "a job, not waited for"),
                    new Page("stop", NAMED, "stop gracefully, and keep stopped")
                            .example("stop web", "stop web; its sockets stay bound")
                            .example("stop all", "stop every program; the manager stays"),
                    new Page("restart", NAMED, "stop, then start; 'upgrade' does it without a gap")
                            .example("restart web:2", "one worker"),
                    new Page("inc", " [PROGRAM]... [N]", "run N workers more (default 1)")
                            .example("inc web 2", "two more"),
                    new Page("dec", " [PROGRAM]... [N]", "run N workers fewer (default 1)")
                            .example("dec web", "one fewer"),
                    new Page("scale", WHOLE + " N", "run N workers")
                            .detail(
                                    "Until it is scaled again, whatever the file says meanwhile; a"
                                            + " reload with --reset goes back to the file's"
                                            + " number.")
                            .example("scale web 8", "eight workers of web"),
                    new Page("signal", " SIGNAL..." + TARGETS, "send signals to workers")
                            .example("signal HUP web", "to all workers of web")
                            .example("signal KILL web:0", "to those of slot 0, stopping ones too")
                            .example("signal KILL web:pid/1234", "to that worker alone")
                            .example("signal USR1", "to every worker"),
                    new Page(
                                    "events",
                                    " [--manager] [--since TIME] [-f] [-n COUNT] [PROGRAM]...",
                                    "tell what happens, until interrupted")
                            .detail(
                                    "With --since, what happened since then, with times and types:"
                                            + " 30s, 5m, 1h, 2d ago, 14:00, 2026-11-30 or"
                                            + " 2026-11-30T14:00:00Z; -f goes on from there."
                                            + " --manager shows the last lines of the manager's"
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
                                    "Exit status: 0 it is so, 1 it cannot be so any more unless"
                                            + " somebody acts, 6 it was not within --timeout.")
                            .example("wait web --timeout 30s", "until every worker is ready")
                            .example("wait --for done migrate", "until the job has ended"),
                    new Page(
                                    "logs",
                                    " [-f] [-n N] [PROGRAM | PROGRAM:SLOT]...",
                                    "what the workers wrote, if it goes to files")
                            .detail(
                                    "The last N lines (10), also of files that were put aside; with"
                                            + " -f, what comes after them. Of several files, each"
                                            + " line is preceded by its worker's name.")
                            .example("logs web", "the last ten lines of web")
                            .example("logs -f -n 100 web:0", "follow one worker"),
                    new Page("quieter", "", "log less, until the next reload"),
                    new Page("louder", "", "log more, until the next reload"),
                    new Page("die", " [SIGNAL]", "stop everything; the manager exits")
                            .detail(
                                    "A signal is sent instead of the first one of each program's"
                                            + " own steps.")
                            .example("die", "the same as SIGINT to the manager"),
                    new Page("reexec", "", "replace the manager by its newest version")
                            .detail(
                                    "The new program is checked first; workers and sockets stay,"
                                            + " and what is under way goes on.")
                            .example("reexec", "after an upgrade of einhyrningsins or the JVM"),
                    new Page("version", "", "versions of this client and of the manager"),
                    new Page("ehlo", "", "which manager this is"),
                    new Page("state", "", "everything, in YAML, in the shape einhorn gave it"),
                    new Page(
                                    "set_workers",
                                    " [PROGRAM]... N",
                                    "'scale', as einhorn calls it; N is from 1")
                            .example("set_workers 4", "four workers of every program"),
                    new Page("upgrade_fleet", TARGETS, "'upgrade --fleet', as einhorn calls it"),
                    new Page("help", " [COMMAND]", "this, or more on a command")
                            .example("help reload", "all about reload"));

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
