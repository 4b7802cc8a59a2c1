// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import com.fasterxml.jackson.core.JsonGenerator;

import org.jspecify.annotations.Nullable;

import java.io.IOException;

/// Writes a plan for programs to read.
final class PlanJson {
    private PlanJson() {}

    static void write(JsonGenerator json, PlanReport report) throws IOException {
        json.writeStartObject();
        json.writeStringField("config_file", ReplyWriter.wellFormed(report.definition()));
        json.writeBooleanField("changes", !report.isEmpty());
        json.writeArrayFieldStart("settings");
        for (PlanReport.SettingPlan setting : report.settings()) {
            write(json, setting);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("programs");
        for (PlanReport.ProgramPlan program : report.programs()) {
            write(json, program);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("sockets");
        for (PlanReport.SocketPlan socket : report.sockets()) {
            write(json, socket);
        }
        json.writeEndArray();
        write(json, "objections", report.objections());
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, PlanReport.SettingPlan setting)
            throws IOException {
        json.writeStartObject();
        json.writeStringField("key", setting.key());
        write(json, "before", setting.before());
        write(json, "after", setting.after());
        json.writeBooleanField("at_start", setting.atStart());
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, PlanReport.ProgramPlan program)
            throws IOException {
        json.writeStartObject();
        json.writeStringField("name", program.name());
        json.writeStringField("change", program.change().word());
        json.writeNumberField("workers", program.workers());
        if (program.more() != 0) {
            json.writeNumberField("workers_more", program.more());
        }
        json.writeArrayFieldStart("keys");
        for (PlanReport.KeyPlan key : program.keys()) {
            json.writeStartObject();
            json.writeStringField("key", ReplyWriter.wellFormed(key.key()));
            write(json, "before", key.before());
            write(json, "after", key.after());
            json.writeBooleanField("hidden", key.hidden());
            json.writeBooleanField("rolls", key.rolls());
            json.writeEndObject();
        }
        json.writeEndArray();
        write(json, "notes", program.notes());
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, PlanReport.SocketPlan socket) throws IOException {
        json.writeStartObject();
        json.writeStringField("address", ReplyWriter.wellFormed(socket.address()));
        json.writeStringField("change", socket.change().word());
        write(json, "from", socket.from());
        write(json, "to", socket.to());
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, String name, Iterable<String> texts)
            throws IOException {
        json.writeArrayFieldStart(name);
        for (String text : texts) {
            json.writeString(ReplyWriter.wellFormed(text));
        }
        json.writeEndArray();
    }

    private static void write(JsonGenerator json, String name, @Nullable String text)
            throws IOException {
        json.writeStringField(name, text == null ? null : ReplyWriter.wellFormed(text));
    }
}
