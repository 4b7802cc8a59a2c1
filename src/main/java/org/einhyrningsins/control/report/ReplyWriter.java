// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import com.fasterxml.jackson.core.JsonGenerator;

import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonId;
import org.einhyrningsins.control.wire.MalformedRequest;
import org.einhyrningsins.control.wire.OverridesJson;
import org.einhyrningsins.control.wire.WireJson;
import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/// Writes the manager's replies, each a line with its newline, in the dialect of the request. Data
/// goes only into JSON: requests of the older dialect are answered for people.
public final class ReplyWriter {
    private ReplyWriter() {}

    /// Returns a reply with progress; more replies follow.
    public static byte[] progress(JsonId id, String message) {
        return line(id, message, null, null);
    }

    /// Returns a reply with progress and data; more replies follow.
    public static byte[] progress(JsonId id, String message, ReplyData data) {
        return line(id, message, null, data);
    }

    /// Returns a final reply.
    public static byte[] done(JsonId id, ExitStatus code, String message) {
        return line(id, message, code, null);
    }

    /// Returns a final reply with data.
    public static byte[] done(
            JsonId id, ExitStatus code, String message, @Nullable ReplyData data) {
        return line(id, message, code, data);
    }

    /// Returns the reply to a line that is no request.
    public static byte[] malformed(MalformedRequest line) {
        return done(line.id(), ExitStatus.USAGE, line.message());
    }

    /// Returns the reply to a line longer than the bound.
    public static byte[] tooLong(int bound) {
        return done(
                JsonId.NONE,
                ExitStatus.USAGE,
                "the line is longer than " + bound + " bytes and was ignored");
    }

    private static byte[] line(
            JsonId id, String message, @Nullable ExitStatus code, @Nullable ReplyData data) {
        return switch (id.dialect()) {
            case JSON -> json(id, message, code, data);
            case YAML -> EinhornReplies.line(id, message, code);
        };
    }

    private static byte[] json(
            JsonId id, String message, @Nullable ExitStatus code, @Nullable ReplyData data) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(message.length() + 64);
        try (JsonGenerator json = WireJson.JSON.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeFieldName("request_id");
            json.writeRawValue(id.json());
            json.writeStringField("message", wellFormed(message));
            writeEnd(json, code, data);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot happen: writing to memory", e);
        }
        bytes.write('\n');
        return bytes.toByteArray();
    }

    private static void writeEnd(
            JsonGenerator json, @Nullable ExitStatus code, @Nullable ReplyData data)
            throws IOException {
        if (code == null) {
            json.writeBooleanField("wait", true);
        } else {
            json.writeNumberField("code", code.code());
        }
        if (data != null) {
            json.writeFieldName("data");
            switch (data) {
                case StatusReport status -> write(json, status);
                case PlanReport plan -> PlanJson.write(json, plan);
                case EventReport events -> EventReport.write(json, events);
                case ExplainReport explain -> ExplainReport.write(json, explain);
                case LogReport logs -> LogReport.write(json, logs);
                case HistoryReport history -> HistoryReport.write(json, history);
                case OutcomeReport outcomes -> OutcomeReport.write(json, outcomes);
            }
        }
    }

    private static void write(JsonGenerator json, StatusReport report) throws IOException {
        json.writeStartObject();
        json.writeStringField("version", report.version());
        json.writeNumberField("manager_pid", report.managerPid());
        json.writeNumberField("uptime_ms", report.uptimeMillis());
        json.writeStringField("config_file", wellFormed(report.configFile()));
        if (!report.head().equals(ManagerHead.NONE)) {
            json.writeStringField("host", wellFormed(report.head().host()));
            json.writeStringField("started_at", report.head().startedAt());
            json.writeBooleanField("config_changed", report.head().fileChanged());
            writeGroups(json, report.head().groups());
        }
        if (report.confirmMillis() >= 0) {
            json.writeNumberField("confirm_ms", report.confirmMillis());
        }
        json.writeArrayFieldStart("programs");
        for (ProgramStatus program : report.programs()) {
            write(json, program, report.details().get(program.name()));
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void writeGroups(JsonGenerator json, Map<String, List<String>> groups)
            throws IOException {
        if (groups.isEmpty()) {
            return;
        }
        json.writeObjectFieldStart("groups");
        for (Map.Entry<String, List<String>> group : groups.entrySet()) {
            json.writeArrayFieldStart(group.getKey());
            for (String program : group.getValue()) {
                json.writeString(program);
            }
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    private static void write(
            JsonGenerator json, ProgramStatus program, @Nullable ProgramDetails details)
            throws IOException {
        json.writeStartObject();
        json.writeStringField("name", program.name());
        json.writeStringField("state", program.state().word());
        json.writeNumberField("ready", program.ready());
        json.writeNumberField("wanted", program.wanted());
        write(json, program.version());
        json.writeStringField("rollout", wellFormed(program.rollout()));
        json.writeStringField("note", wellFormed(program.note()));
        write(json, program.failures());
        writeSettings(json, program);
        if (details != null) {
            write(json, details);
        }
        json.writeArrayFieldStart("workers");
        for (WorkerStatus worker : program.workers()) {
            write(json, worker);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("sockets");
        for (SocketStatus socket : program.sockets()) {
            write(json, socket);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, VersionStatus version) throws IOException {
        json.writeNumberField("generation", version.generation());
        if (!version.release().isEmpty()) {
            json.writeStringField("release", wellFormed(version.release()));
            json.writeStringField("release_path", wellFormed(version.path()));
        }
    }

    private static void write(JsonGenerator json, ProgramDetails details) throws IOException {
        write(json, "command", details.command());
        json.writeStringField("directory", wellFormed(details.directory()));
        json.writeStringField("user", wellFormed(details.user()));
        write(json, "logs", details.logs());
        ProgramDetails.Usage usage = details.usage();
        if (usage != null) {
            json.writeNumberField("processes", usage.processes());
            json.writeNumberField("memory_bytes", usage.memoryBytes());
            json.writeNumberField("cpu_ms", usage.cpuMillis());
        }
    }

    private static void write(JsonGenerator json, String name, List<String> texts)
            throws IOException {
        json.writeArrayFieldStart(name);
        for (String text : texts) {
            json.writeString(wellFormed(text));
        }
        json.writeEndArray();
    }

    /// Writes settings that exist: most programs have no dependencies and no overrides.
    private static void writeSettings(JsonGenerator json, ProgramStatus program)
            throws IOException {
        if (!program.after().isEmpty()) {
            json.writeArrayFieldStart("after");
            for (String name : program.after()) {
                json.writeString(name);
            }
            json.writeEndArray();
        }
        if (!program.intent().none()) {
            json.writeFieldName("intent");
            OverridesJson.write(json, program.intent());
        }
    }

    private static void write(JsonGenerator json, WorkerStatus worker) throws IOException {
        json.writeStartObject();
        json.writeNumberField("slot", worker.slot());
        json.writeNumberField("incarnation", worker.incarnation());
        json.writeNumberField("pid", worker.pid());
        json.writeStringField("state", worker.state());
        write(json, worker.version());
        json.writeNumberField("age_ms", worker.ageMillis());
        json.writeNumberField("restarts", worker.restarts());
        json.writeStringField("note", wellFormed(worker.note()));
        write(json, worker.failures());
        json.writeEndObject();
    }

    /// Writes failures that exist.
    private static void write(JsonGenerator json, FailureStatus failureStatus) throws IOException {
        if (failureStatus.inARow() > 0) {
            json.writeNumberField("failures", failureStatus.inARow());
        }
        if (!failureStatus.since().isEmpty()) {
            json.writeStringField("failing_since", failureStatus.since());
        }
        if (failureStatus.lastExit() != null) {
            json.writeFieldName("last_exit");
            write(json, failureStatus.lastExit());
        }
        if (!failureStatus.nextTryAt().isEmpty()) {
            json.writeStringField("next_try_at", failureStatus.nextTryAt());
        }
    }

    static void write(JsonGenerator json, LastExit exit) throws IOException {
        json.writeStartObject();
        LastExit.Status status = exit.status();
        json.writeFieldName("code");
        if (status.code() == null) {
            json.writeNull();
        } else {
            json.writeNumber(status.code());
        }
        json.writeStringField("signal", status.signal());
        json.writeBooleanField("core", status.core());
        json.writeBooleanField("oom", status.oom());
        json.writeStringField("at", exit.at());
        json.writeNumberField("lived_ms", exit.livedMillis());
        json.writeNumberField("slot", exit.worker().slot());
        json.writeNumberField("incarnation", exit.worker().incarnation());
        json.writeStringField("text", wellFormed(exit.text()));
        if (status.shared()) {
            json.writeStringField("oom_limit", "program");
        }
        if (status.left() > 0) {
            json.writeNumberField("left_behind", status.left());
        }
        if (!exit.why().isEmpty()) {
            json.writeStringField("why", wellFormed(exit.why()));
        }
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, SocketStatus socket) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", socket.name());
        json.writeStringField("address", wellFormed(socket.address()));
        if (socket.perWorker()) {
            json.writeBooleanField("per_worker", true);
        }
        json.writeEndObject();
    }

    /// Messages quote what workers wrote, and a quote cut short may end in half a character, which
    /// Jackson refuses to write.
    public static String wellFormed(String text) {
        StringBuilder repaired = null;
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i)) && !inPair(text, i)) {
                repaired = repaired == null ? new StringBuilder(text) : repaired;
                repaired.setCharAt(i, '\uFFFD');
            }
        }
        return repaired == null ? text : repaired.toString();
    }

    private static boolean inPair(String text, int at) {
        return Character.isHighSurrogate(text.charAt(at))
                ? at + 1 < text.length() && Character.isLowSurrogate(text.charAt(at + 1))
                : at > 0 && Character.isHighSurrogate(text.charAt(at - 1));
    }
}
