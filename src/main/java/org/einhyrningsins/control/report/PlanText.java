// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import org.jspecify.annotations.Nullable;

import java.util.List;

/// A plan as a person reads it: what changes, not what does not.
///
/// ```
/// ~ log.level: info -> debug
/// + api   new: 2 workers are started
/// - old   gone from the file: is stopped
/// ~ db    changes in place, no worker is touched
///       workers: 2 -> 4
/// * web   is rolled: its workers are replaced
///       command: [./server] -> [./server, --verbose]
///       env.TOKEN: (hidden) -> (hidden)
/// ```
public final class PlanText {
    /// Words for a setting that no running manager can change.
    public static final String AT_START =
            "takes effect when the manager is stopped and started again, not by a reexec";

    private static final String ABSENT = "(not set)";
    private final StringBuilder out = new StringBuilder(1024);

    private PlanText() {}

    /// The text of it, with its newline.
    public static String of(PlanReport report) {
        PlanText text = new PlanText();
        text.settings(report.settings());
        text.programs(report.programs());
        text.sockets(report.sockets());
        text.objections(report.objections());
        text.summary(report);
        return text.out.toString();
    }

    private void settings(List<PlanReport.SettingPlan> settings) {
        for (PlanReport.SettingPlan setting : settings) {
            out.append(setting.atStart() ? "  " : "~ ").append(setting.key()).append(": ");
            out.append(value(setting.before())).append(" -> ").append(value(setting.after()));
            out.append(setting.atStart() ? "\n    (" + AT_START + ")\n" : "\n");
        }
    }

    private void programs(List<PlanReport.ProgramPlan> programs) {
        for (PlanReport.ProgramPlan program : programs) {
            if (program.change() != PlanReport.Word.UNCHANGED || !program.notes().isEmpty()) {
                program(program);
            }
        }
    }

    private void program(PlanReport.ProgramPlan program) {
        out.append(symbol(program.change())).append(' ').append(program.name()).append(": ");
        out.append(words(program)).append('\n');
        for (PlanReport.KeyPlan key : program.keys()) {
            out.append("    ").append(key.key()).append(": ");
            out.append(value(key.before())).append(" -> ").append(value(key.after())).append('\n');
        }
        for (String note : program.notes()) {
            out.append("    (").append(note).append(")\n");
        }
    }

    private static char symbol(PlanReport.Word word) {
        return switch (word) {
            case ADDED, OPENED -> '+';
            case REMOVED, CLOSED -> '-';
            case UNCHANGED, KEPT -> ' ';
            case NOTED, IN_PLACE, BACK -> '~';
            case ROLLED -> '*';
            case REFUSED -> '!';
        };
    }

    private static String words(PlanReport.ProgramPlan program) {
        String others = count(program);
        return switch (program.change()) {
            case ADDED -> "new, " + workers(program.workers() + program.more()) + " started";
            case REMOVED -> "no longer in the file, is stopped";
            case NOTED -> "changes; it is stopped";
            case IN_PLACE ->
                    others.isEmpty()
                            ? "changes in place, no worker is replaced"
                            : "changes in place, " + others + ", none is replaced";
            case BACK -> "goes back, its rollout is given up and only what that moved is replaced";
            case ROLLED ->
                    others.isEmpty()
                            ? "is rolled, all its workers are replaced"
                            : "is rolled, all its workers are replaced, then " + others;
            case REFUSED -> "failed before and is not tried again";
            case UNCHANGED, KEPT, OPENED, CLOSED -> program.change().word();
        };
    }

    /// `2 workers are stopped`; empty if as many are wanted as before.
    private static String count(PlanReport.ProgramPlan program) {
        int more = program.more();
        return more == 0 ? "" : workers(Math.abs(more)) + (more < 0 ? " stopped" : " started");
    }

    private static String workers(int count) {
        return count == 1 ? "1 worker is" : count + " workers are";
    }

    private static String value(@Nullable String value) {
        return value == null ? ABSENT : value;
    }

    private void sockets(List<PlanReport.SocketPlan> sockets) {
        for (PlanReport.SocketPlan socket : sockets) {
            String from = socket.from();
            String to = socket.to();
            if (from != null && from.equals(to)) {
                continue;
            }
            out.append(symbol(socket.change())).append(" socket ").append(socket.address());
            out.append(' ').append(socket.change().word()).append(": ");
            out.append(from == null ? "" : from);
            out.append(from == null || to == null ? "" : " -> ");
            out.append(to == null ? "" : to).append('\n');
        }
    }

    private void objections(List<String> objections) {
        for (String objection : objections) {
            out.append("! ").append(objection).append('\n');
        }
    }

    private void summary(PlanReport report) {
        out.append(out.isEmpty() ? "" : "\n");
        if (!report.objections().isEmpty()) {
            out.append("a reload would be refused, and change nothing\n");
        } else if (report.isEmpty()) {
            out.append("nothing to do: ").append(report.programs().size()).append(" unchanged\n");
        } else {
            counts(report);
        }
    }

    private void counts(PlanReport report) {
        String between = "";
        for (PlanReport.Word word : PlanReport.Word.values()) {
            int count = report.count(word);
            boolean socket = ofSockets(word);
            if (count > 0) {
                String noun = !socket ? "" : count == 1 ? " socket" : " sockets";
                out.append(between).append(count).append(noun).append(' ').append(word.word());
                between = ", ";
            }
        }
        int settings = report.changedSettings();
        if (settings > 0) {
            out.append(between).append(settings);
            out.append(settings == 1 ? " setting changed" : " settings changed");
        }
        out.append('\n');
    }

    private static boolean ofSockets(PlanReport.Word word) {
        return switch (word) {
            case KEPT, OPENED, CLOSED -> true;
            case ADDED, REMOVED, UNCHANGED, NOTED, IN_PLACE, BACK, ROLLED, REFUSED -> false;
        };
    }
}
