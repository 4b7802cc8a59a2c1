// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.page;

import org.einhyrningsins.control.report.ProgramStatus;
import org.einhyrningsins.control.report.SocketStatus;
import org.einhyrningsins.control.report.StatusReport;
import org.einhyrningsins.control.report.WorkerStatus;
import org.einhyrningsins.control.wire.PlainText;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

/// The page for people: tables of words and numbers that mean the same without colour, without
/// script, and read aloud.
final class StatusPage {
    private static final String STYLE =
            "body{font-family:sans-serif;margin:1em}table{border-collapse:collapse;margin:.5em 0}"
                    + "th,td{border:1px solid;padding:.2em .5em;text-align:left}";

    private final StringBuilder html = new StringBuilder();

    private StatusPage() {}

    static byte[] of(StatusReport report) {
        StatusPage page = new StatusPage();
        page.write(report);
        return page.html.toString().getBytes(StandardCharsets.UTF_8);
    }

    private void write(StatusReport report) {
        html.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
        html.append("<meta name=\"viewport\" content=\"width=device-width\">");
        html.append("<title>einhyrningsins</title><style>").append(STYLE);
        html.append("</style></head><body>\n<h1>einhyrningsins</h1>\n<p>Version ");
        text(report.version());
        html.append(", pid ").append(report.managerPid()).append(", up ");
        html.append(time(report.uptimeMillis())).append(", ");
        text(report.configFile());
        html.append(". Also: <a href=\"/metrics\">metrics</a>, <a href=\"/status.json\">JSON</a>.");
        html.append("</p>\n");
        programs(report);
        report.programs().forEach(this::workers);
        html.append("</body></html>\n");
    }

    private void programs(StatusReport report) {
        begin("program", "state", "ready", "generation", "last rollout", "note", "sockets");
        for (ProgramStatus program : report.programs()) {
            html.append("<tr><th scope=\"row\">");
            text(program.name());
            html.append("</th>");
            cell(program.state().word());
            cell(program.ready() + " of " + program.wanted());
            cell(Long.toString(program.generation()));
            cell(program.rollout());
            cell(program.note());
            cell(sockets(program));
            html.append("</tr>\n");
        }
        html.append("</table>\n");
    }

    private static String sockets(ProgramStatus program) {
        StringBuilder list = new StringBuilder();
        for (SocketStatus socket : program.sockets()) {
            list.append(list.isEmpty() ? "" : ", ");
            list.append(socket.name()).append(' ').append(socket.place());
        }
        return list.toString();
    }

    private void workers(ProgramStatus program) {
        html.append("<h2>");
        text(program.name());
        html.append("</h2>\n");
        begin("slot", "pid", "state", "generation", "age", "restarts", "note");
        for (WorkerStatus worker : program.workers()) {
            html.append("<tr>");
            cell(Integer.toString(worker.slot()));
            cell(worker.pid() == 0 ? "" : Integer.toString(worker.pid()));
            cell(worker.state());
            cell(Long.toString(worker.generation()));
            cell(worker.pid() == 0 ? "" : time(worker.ageMillis()));
            cell(Long.toString(worker.restarts()));
            cell(worker.note());
            html.append("</tr>\n");
        }
        html.append("</table>\n");
    }

    private void begin(String... columns) {
        html.append("<table><tr>");
        for (String column : columns) {
            html.append("<th scope=\"col\">").append(column).append("</th>");
        }
        html.append("</tr>\n");
    }

    private void cell(String value) {
        html.append("<td>");
        text(value);
        html.append("</td>");
    }

    private static String time(long millis) {
        Duration time = Duration.ofMillis(Math.max(0, millis));
        if (time.toDays() > 0) {
            return time.toDays() + "d " + time.toHoursPart() + "h";
        }
        return time.toHours() > 0
                ? time.toHours() + "h " + time.toMinutesPart() + "m"
                : time.toMinutes() > 0
                        ? time.toMinutes() + "m " + time.toSecondsPart() + "s"
                        : time.toSeconds() + "s";
    }

    /// Appends escaped text: texts of workers and operators may hold anything.
    private void text(String given) {
        String raw = PlainText.lines(given);
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            switch (c) {
                case '&' -> html.append("&amp;");
                case '<' -> html.append("&lt;");
                case '>' -> html.append("&gt;");
                case '"' -> html.append("&quot;");
                case '\'' -> html.append("&#39;");
                case '\n' -> html.append("<br>");
                default -> html.append(c);
            }
        }
    }
}
