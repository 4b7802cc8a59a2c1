// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import com.fasterxml.jackson.core.JsonGenerator;

import org.einhyrningsins.control.wire.PlainText;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// The histories of programs, as data and as a text for people.
public record HistoryReport(List<ProgramReport> programs) implements ReplyData {
    private static final String NOTHING = "-";

    /// The history of one program.
    ///
    /// @param there the manager has a program of that name
    /// @param stays the rollback that it stays on, in words; empty for none
    /// @param generations newest first
    /// @param note what could not be found out, in words; empty for nothing
    public record ProgramReport(
            String name,
            boolean there,
            String stays,
            List<GenerationStatus> generations,
            String note) {
        public ProgramReport {
            generations = List.copyOf(generations);
        }
    }

    public HistoryReport {
        programs = List.copyOf(programs);
    }

    // ---- for people

    /// A table for each program.
    public String text() {
        StringBuilder text = new StringBuilder(4096);
        for (ProgramReport program : programs) {
            text.append(text.isEmpty() ? "" : "\n");
            text.append(program.name()).append(program.there() ? "" : " (removed)");
            text.append(program.stays().isEmpty() ? "" : ": " + program.stays()).append('\n');
            if (program.generations().isEmpty()) {
                text.append("no history\n");
                continue;
            }
            table(program.generations()).print(text);
            text.append(program.note().isEmpty() ? "" : program.note() + "\n");
        }
        return text.isEmpty() ? "no programs\n" : text.toString();
    }

    private static TextTable table(List<GenerationStatus> generations) {
        TextTable table =
                new TextTable(
                        "GEN",
                        "RELEASE",
                        "SINCE",
                        "MADE BY",
                        "VERDICT",
                        "TOOK",
                        "LIVED",
                        "ASKED BY",
                        "CHANGED");
        for (GenerationStatus each : generations) {
            table.row(
                    each.generation() + (each.serves() ? " *" : ""),
                    or(each.release()),
                    each.source().since(),
                    each.source().made()
                            + (each.source().repeats() > 0 ? " to " + each.source().repeats() : ""),
                    each.outcome().verdict(),
                    took(each.outcome().tookMillis()),
                    each.outcome().livedMillis() < 0
                            ? NOTHING
                            : StatusText.duration(each.outcome().livedMillis()),
                    or(each.source().by()),
                    last(each));
        }
        return table;
    }

    /// Most rollouts take seconds, and one wants to know whether it was one or nine.
    private static String took(long millis) {
        if (millis < 0) {
            return NOTHING;
        }
        return millis < 10_000
                ? millis / 1000 + "." + millis % 1000 / 100 + "s"
                : StatusText.duration(millis);
    }

    private static String or(String text) {
        return text.isEmpty() ? NOTHING : PlainText.line(text);
    }

    /// Puts text without a bound of its own into the last column.
    private static String last(GenerationStatus each) {
        List<String> words = new ArrayList<>();
        words.add(each.changed().isEmpty() ? NOTHING : String.join(", ", each.changed()));
        if (!each.outcome().why().isEmpty()) {
            words.add(each.outcome().why());
        }
        if (!each.recorded()) {
            words.add("definition not kept: cannot be rolled back to");
        }
        List<String> gone = each.files().gone();
        if (!gone.isEmpty()) {
            words.add(
                    String.join(", ", gone)
                            + (gone.size() == 1 ? " is" : " are")
                            + " gone: cannot be rolled back to");
        }
        if (!each.files().overwritten().isEmpty()) {
            words.add(
                    String.join(", ", each.files().overwritten())
                            + (each.files().overwritten().size() == 1 ? " was" : " were")
                            + " changed since");
        }
        return PlainText.line(String.join("; ", words));
    }

    // ---- as data

    static void write(JsonGenerator json, HistoryReport report) throws IOException {
        json.writeStartObject();
        json.writeArrayFieldStart("programs");
        for (ProgramReport program : report.programs()) {
            json.writeStartObject();
            json.writeStringField("name", program.name());
            json.writeBooleanField("removed", !program.there());
            json.writeStringField("stays", ReplyWriter.wellFormed(program.stays()));
            json.writeStringField("note", ReplyWriter.wellFormed(program.note()));
            json.writeArrayFieldStart("generations");
            for (GenerationStatus each : program.generations()) {
                write(json, each);
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, GenerationStatus each) throws IOException {
        json.writeStartObject();
        json.writeNumberField("generation", each.generation());
        json.writeBooleanField("serves", each.serves());
        json.writeStringField("release", ReplyWriter.wellFormed(each.release()));
        json.writeStringField("since", each.source().at());
        json.writeStringField("made_by", each.source().made());
        if (each.source().repeats() > 0) {
            json.writeNumberField("repeats", each.source().repeats());
        }
        json.writeStringField("asked_by", ReplyWriter.wellFormed(each.source().by()));
        texts(json, "changed", each.changed());
        json.writeStringField("verdict", each.outcome().verdict());
        json.writeStringField("why", ReplyWriter.wellFormed(each.outcome().why()));
        if (each.outcome().tookMillis() >= 0) {
            json.writeNumberField("took_ms", each.outcome().tookMillis());
        }
        if (each.outcome().livedMillis() >= 0) {
            json.writeNumberField("lived_ms", each.outcome().livedMillis());
        }
        json.writeBooleanField("recorded", each.recorded());
        texts(json, "gone", each.files().gone());
        texts(json, "overwritten", each.files().overwritten());
        json.writeEndObject();
    }

    private static void texts(JsonGenerator json, String name, List<String> texts)
            throws IOException {
        json.writeArrayFieldStart(name);
        for (String text : texts) {
            json.writeString(ReplyWriter.wellFormed(text));
        }
        json.writeEndArray();
    }
}
