// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import org.einhyrningsins.control.wire.PlainText;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// The status as a person reads it. Rendered by the manager, so that the client has only to print.
public final class StatusText {
    private static final long SECOND = 1_000;
    private static final long MINUTE = 60 * SECOND;
    private static final long HOUR = 60 * MINUTE;
    private static final long DAY = 24 * HOUR;
    private static final long MIB = 1024 * 1024;
    private static final int DETAIL = 11;
    private static final String NOTHING = "-";

    private StatusText() {}

    /// A line for each program: what `status` says.
    public static String programs(StatusReport report) {
        if (report.programs().isEmpty()) {
            return head(report) + "no programs\n" + awaited(report);
        }
        boolean releases = hasReleases(report);
        TextTable textTable =
                table(releases, "NAME", "STATE", "READY", "GEN", "UP", "RESTARTS", "NOTE");
        for (ProgramStatus program : report.programs()) {
            row(
                    textTable,
                    releases ? program.version() : null,
                    program.name(),
                    program.state().word(),
                    readyOf(program),
                    Long.toString(program.generation()),
                    up(program),
                    Long.toString(restarts(program)),
                    note(program));
        }
        return head(report) + print(textTable) + awaited(report);
    }

    /// The line above the table; empty if nothing is known of the manager.
    private static String head(StatusReport report) {
        ManagerHead head = report.head();
        if (head.equals(ManagerHead.NONE)) {
            return "";
        }
        String changed =
                head.fileChanged()
                        ? "The file was changed since it was read: 'einhyrningsinsctl plan' shows"
                                + " what differs from what runs\n"
                        : "";
        return "einhyrningsins "
                + report.version()
                + (head.host().isEmpty() ? "" : " on " + oneLine(head.host()))
                + ", up since "
                + head.startedAt()
                + ", "
                + oneLine(report.configFile())
                + "\n"
                + changed;
    }

    /// Describes a reload that waits to be confirmed; empty if none does.
    private static String awaited(StatusReport report) {
        return report.confirmMillis() < 0
                ? ""
                : "\nThe last reload goes back in "
                        + duration(report.confirmMillis())
                        + " unless it is confirmed: einhyrningsinsctl confirm\n";
    }

    /// A line for each program and, indented, for each of its workers; then the sockets: what
    /// `show` says.
    public static String workers(StatusReport report) {
        if (report.programs().isEmpty()) {
            return "no programs\n" + awaited(report);
        }
        boolean releases = hasReleases(report);
        TextTable textTable =
                table(releases, "NAME", "STATE", "READY", "PID", "GEN", "UP", "RESTARTS", "NOTE");
        for (ProgramStatus program : report.programs()) {
            addWithWorkers(textTable, program, releases);
        }
        return print(textTable) + sockets(report) + details(report) + awaited(report);
    }

    /// True if a program runs from a release; else the column would be empty.
    private static boolean hasReleases(StatusReport report) {
        for (ProgramStatus program : report.programs()) {
            if (!program.version().release().isEmpty()) {
                return true;
            }
        }
        return false;
    }

    private static TextTable table(boolean releases, String... titles) {
        return new TextTable(releases ? withRelease("RELEASE", titles) : titles);
    }

    /// @param version the version whose release is shown; null where none is
    private static void row(TextTable textTable, @Nullable VersionStatus version, String... cells) {
        String release =
                version == null || version.release().isEmpty()
                        ? NOTHING
                        : oneLine(version.release());
        textTable.row(version == null ? cells : withRelease(release, cells));
    }

    /// The release stands behind the generation, before the last three columns.
    private static String[] withRelease(String release, String[] cells) {
        List<String> all = new ArrayList<>(List.of(cells));
        all.add(cells.length - 3, release);
        return all.toArray(String[]::new);
    }

    private static void addWithWorkers(
            TextTable textTable, ProgramStatus program, boolean releases) {
        row(
                textTable,
                releases ? program.version() : null,
                program.name(),
                program.state().word(),
                readyOf(program),
                NOTHING,
                Long.toString(program.generation()),
                up(program),
                Long.toString(restarts(program)),
                note(program));
        for (WorkerStatus worker : program.workers()) {
            row(
                    textTable,
                    releases ? worker.version() : null,
                    "  " + program.name() + ":" + worker.slot(),
                    worker.state(),
                    NOTHING,
                    worker.pid() == 0 ? NOTHING : Integer.toString(worker.pid()),
                    Long.toString(worker.generation()),
                    worker.pid() == 0 ? NOTHING : duration(worker.ageMillis()),
                    Long.toString(worker.restarts()),
                    oneLine(worker.note()));
        }
    }

    private static String sockets(StatusReport report) {
        TextTable textTable = new TextTable("SOCKET", "ADDRESS");
        boolean some = false;
        for (ProgramStatus program : report.programs()) {
            for (SocketStatus socket : program.sockets()) {
                textTable.row(program.name() + "/" + socket.name(), oneLine(socket.place()));
                some = true;
            }
        }
        return some ? "\n" + print(textTable) : "";
    }

    private static String details(StatusReport report) {
        StringBuilder text = new StringBuilder();
        for (ProgramStatus program : report.programs()) {
            ProgramDetails details = report.details().get(program.name());
            if (details != null) {
                text.append('\n').append(program.name()).append('\n');
                details(text, program, details);
            }
        }
        return text.toString();
    }

    private static void details(StringBuilder text, ProgramStatus program, ProgramDetails details) {
        detail(text, "command", String.join(" ", details.command()));
        detail(text, "directory", details.directory());
        if (!program.version().path().isEmpty()) {
            detail(text, "release", program.version().path());
        }
        detail(text, "user", details.user());
        details.logs().forEach(log -> detail(text, "log", log));
        ProgramDetails.Usage usage = details.usage();
        if (usage != null) {
            String processes =
                    usage.processes() == 1 ? "1 process" : usage.processes() + " processes";
            detail(text, "memory", usage.memoryBytes() / MIB + "MiB in " + processes);
            detail(
                    text,
                    "cpu",
                    usage.cpuMillis() / SECOND + "." + usage.cpuMillis() % SECOND / 100 + "s");
        }
        FailureStatus failures = program.failures();
        LastExit last = failures.lastExit();
        if (last != null) {
            String slot = "worker " + last.worker().slot() + ": ";
            String lived = " after " + duration(last.livedMillis());
            detail(text, "last exit", last.at() + " " + slot + last.text() + lived);
        }
        if (!failures.nextTryAt().isEmpty()) {
            detail(text, "next try", failures.nextTryAt());
        }
    }

    private static void detail(StringBuilder text, String name, String value) {
        text.append("  ").append(name).repeat(' ', DETAIL - name.length());
        text.append(oneLine(value)).append('\n');
    }

    private static String readyOf(ProgramStatus program) {
        return program.ready() + "/" + program.wanted();
    }

    /// Returns the time for which the program has had a process: the age of its oldest.
    private static String up(ProgramStatus program) {
        long oldest = -1;
        for (WorkerStatus worker : program.workers()) {
            oldest = worker.pid() == 0 ? oldest : Math.max(oldest, worker.ageMillis());
        }
        return oldest < 0 ? NOTHING : duration(oldest);
    }

    /// A slot may have two workers at a time; both know of the slot's restarts.
    private static long restarts(ProgramStatus program) {
        long sum = 0;
        int slot = -1;
        for (WorkerStatus worker : program.workers()) {
            sum += worker.slot() == slot ? 0 : worker.restarts();
            slot = worker.slot();
        }
        return sum;
    }

    private static String note(ProgramStatus program) {
        if (program.rollout().isEmpty() || program.note().isEmpty()) {
            return oneLine(program.rollout() + program.note());
        }
        return oneLine(program.rollout() + "; " + program.note());
    }

    /// The two largest units, as in `2d3h`.
    public static String duration(long millis) {
        if (millis < MINUTE) {
            return Math.max(0, millis / SECOND) + "s";
        }
        if (millis < HOUR) {
            return millis / MINUTE + "m" + millis % MINUTE / SECOND + "s";
        }
        if (millis < DAY) {
            return millis / HOUR + "h" + millis % HOUR / MINUTE + "m";
        }
        return millis / DAY + "d" + millis % DAY / HOUR + "h";
    }

    /// Notes may quote what a worker wrote: no line breaks in a table.
    static String oneLine(String text) {
        return PlainText.line(text);
    }

    private static String print(TextTable textTable) {
        StringBuilder text = new StringBuilder(4096);
        textTable.print(text);
        return text.toString();
    }
}
