// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import com.fasterxml.jackson.core.JsonGenerator;

import org.einhyrningsins.control.wire.PlainText;

import java.io.IOException;
import java.util.List;

/// Explanations of why programs are as they are: the answer to `explain`.
public record ExplainReport(List<Explanation> programs) implements ReplyData {
    private static final int WIDTH = 8;

    public ExplainReport {
        programs = List.copyOf(programs);
    }

    /// Explanation of one program, or of one of its slots.
    ///
    /// @param subject `web` or `web:0`
    /// @param state its state in words
    /// @param before what happened before it became so: operators' commands, changes of the file,
    ///   rollouts, the oldest first
    /// @param lines the last lines of output of the worker that the cause is about; empty for none
    /// @param hint advice; empty for none
    public record Explanation(
            String subject,
            String state,
            Cause cause,
            List<EventReport.Entry> before,
            String lines,
            Next next,
            String hint) {
        public Explanation {
            before = List.copyOf(before);
        }
    }

    /// Reason of a state.
    ///
    /// @param situation the kind of reason, one word, as in `crash-loop`
    /// @param why in words
    /// @param since time when it began, as RFC 3339 has it; empty if it is not known
    /// @param count number of failures in a row; 0 if there are none
    public record Cause(String situation, String why, String since, int count) {}

    /// Next action of the manager by itself.
    ///
    /// @param words in words
    /// @param at time of that, as RFC 3339 has it; empty if time alone does not bring it
    public record Next(String words, String at) {}

    /// For people.
    public String text() {
        StringBuilder text = new StringBuilder(1024);
        for (Explanation each : programs) {
            text.append(text.isEmpty() ? "" : "\n");
            append(text, each);
        }
        return text.toString();
    }

    private static void append(StringBuilder text, Explanation each) {
        text.append(each.subject()).append(": ").append(each.state()).append('\n');
        Cause cause = each.cause();
        line(text, "why", cause.why());
        String often = cause.count() > 1 ? ", " + cause.count() + " failures in a row" : "";
        line(text, "since", cause.since() + (cause.since().isEmpty() ? "" : often));
        String name = "before";
        for (EventReport.Entry entry : each.before()) {
            StringBuilder event = new StringBuilder();
            EventReport.append(event, entry);
            line(text, name, event.toString());
            name = "";
        }
        if (!each.lines().isEmpty()) {
            text.append(PlainText.lines(each.lines().strip()).indent(2));
        }
        line(text, "next", each.next().words());
        line(text, "hint", each.hint());
    }

    private static void line(StringBuilder text, String name, String value) {
        if (!value.isEmpty()) {
            text.append("  ").append(name).repeat(' ', WIDTH - name.length());
            text.append(PlainText.line(value)).append('\n');
        }
    }

    static void write(JsonGenerator json, ExplainReport report) throws IOException {
        json.writeStartObject();
        json.writeArrayFieldStart("explanations");
        for (Explanation each : report.programs()) {
            write(json, each);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, Explanation each) throws IOException {
        json.writeStartObject();
        write(json, "subject", each.subject());
        write(json, "state", each.state());
        write(json, "situation", each.cause().situation());
        write(json, "why", each.cause().why());
        write(json, "since", each.cause().since());
        json.writeNumberField("failures", each.cause().count());
        json.writeArrayFieldStart("before");
        for (EventReport.Entry entry : each.before()) {
            EventReport.write(json, entry);
        }
        json.writeEndArray();
        write(json, "last_lines", each.lines());
        write(json, "next", each.next().words());
        write(json, "next_at", each.next().at());
        write(json, "hint", each.hint());
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, String name, String text) throws IOException {
        json.writeStringField(name, ReplyWriter.wellFormed(text));
    }
}
