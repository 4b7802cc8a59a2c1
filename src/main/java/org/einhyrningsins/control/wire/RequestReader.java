// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamReadException;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Reads one line from a client, in either dialect. Never throws: what cannot be read is
/// [MalformedRequest].
public final class RequestReader {
    private final List<String> args = new ArrayList<>();
    private JsonId id = JsonId.NONE;
    private JsonId work = JsonId.NONE;
    private @Nullable String command;
    private @Nullable String problem;
    private boolean wait = true;
    private boolean text;
    private @Nullable String claim;
    private int pid;

    private RequestReader() {}

    /// Parses a line; never throws.
    ///
    /// @param line without its newline
    public static ParsedLine parse(byte[] line) {
        if (EinhornDialect.speaks(line)) {
            return EinhornDialect.parse(line);
        }
        return new RequestReader().read(line);
    }

    private ParsedLine read(byte[] line) {
        try (JsonParser json = WireJson.JSON.createParser(line)) {
            readObject(json);
        } catch (StreamReadException e) {
            return malformed(notJson(e));
        } catch (IOException e) {
            return malformed("not a JSON object: " + e.getMessage());
        }
        return problem == null ? message() : malformed(problem);
    }

    private void readObject(JsonParser json) throws IOException {
        if (json.nextToken() != JsonToken.START_OBJECT) {
            refuse("expected a JSON object, as in {\"id\":1,\"command\":\"status\"}");
            return;
        }
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            json.nextToken();
            readField(name, json);
        }
        if (json.nextToken() != null) {
            refuse("expected one JSON object a line, found something after it");
        }
    }

    private void readField(String name, JsonParser json) throws IOException {
        switch (name) {
            case "id" -> id = readId(name, json);
            case "request_id" -> work = readId(name, json);
            // so it is spelled in the Go client that stripe once published
            case "command", "comand" -> command = readText(name, json);
            case "args" -> readArgs(json);
            case "wait" -> wait = readFlag(name, json);
            case "format" -> text = readFormat(json);
            case "sudo_user" -> claim = readText(name, json);
            case "pid", "Pid" -> pid = readPid(json);
            default -> json.skipChildren();
        }
    }

    private JsonId readId(String name, JsonParser json) throws IOException {
        JsonToken token = json.currentToken();
        if (token == JsonToken.VALUE_STRING) {
            return JsonId.of(json.getText());
        }
        if (token.isNumeric()) {
            return new JsonId(json.getText());
        }
        return token == JsonToken.VALUE_NULL
                ? JsonId.NONE
                : wrong(name, "a number or a string", json, JsonId.NONE);
    }

    private @Nullable String readText(String name, JsonParser json) throws IOException {
        return json.currentToken() == JsonToken.VALUE_STRING
                ? json.getText()
                : wrong(name, "a string", json, "");
    }

    private void readArgs(JsonParser json) throws IOException {
        args.clear();
        if (json.currentToken() != JsonToken.START_ARRAY) {
            wrong("args", "a list of strings", json, args);
            return;
        }
        while (json.nextToken() != JsonToken.END_ARRAY) {
            if (json.currentToken().isNumeric() || json.currentToken() == JsonToken.VALUE_STRING) {
                args.add(json.getText());
            } else {
                wrong("args", "a list of strings", json, args);
            }
        }
    }

    private boolean readFlag(String name, JsonParser json) throws IOException {
        return json.currentToken().isBoolean()
                ? json.getBooleanValue()
                : wrong(name, "true or false", json, false);
    }

    private boolean readFormat(JsonParser json) throws IOException {
        String format = json.currentToken() == JsonToken.VALUE_STRING ? json.getText() : "";
        if (!format.equals("text") && !format.equals("json")) {
            wrong("format", "\"text\" or \"json\"", json, format);
        }
        return format.equals("text");
    }

    private int readPid(JsonParser json) throws IOException {
        int value = json.getValueAsInt(0);
        return value > 0 ? value : wrong("pid", "a process id", json, 0);
    }

    private ParsedLine message() {
        if (command == null || command.isEmpty()) {
            return malformed("no command; expected as in {\"id\":1,\"command\":\"status\"}");
        }
        return workerMessage(command, pid, id, work, request());
    }

    private ControlRequest request() {
        return new ControlRequest(id, command == null ? "" : command, args, wait, text, claim);
    }

    /// The worker's message of that name; what it is otherwise, if the name is none of a worker's.
    static ParsedLine workerMessage(
            String command, int pid, JsonId id, JsonId work, ParsedLine otherwise) {
        if (!command.equals("worker:ack") && !command.equals("worker:ping")) {
            return otherwise;
        }
        if (pid <= 0) {
            return new MalformedRequest(
                    id, command + " needs the worker's process id, as in \"pid\":123");
        }
        return command.equals("worker:ack")
                ? new WorkerMessage.Ack(pid, orNull(id))
                : new WorkerMessage.Ping(pid, orNull(id), orNull(work));
    }

    private static @Nullable JsonId orNull(JsonId id) {
        return id.none() ? null : id;
    }

    private <T> T wrong(String name, String expected, JsonParser json, T instead)
            throws IOException {
        refuse("field '" + name + "': expected " + expected);
        json.skipChildren();
        return instead;
    }

    /// The first problem is the one that is told.
    private void refuse(String message) {
        if (problem == null) {
            problem = message;
        }
    }

    private MalformedRequest malformed(String message) {
        return new MalformedRequest(id, message);
    }

    /// Jackson's words without its note on where an object began, which is where the line does.
    private static String notJson(StreamReadException e) {
        String what = e.getOriginalMessage();
        int note = what.indexOf(" (start marker");
        String words = note < 0 ? what : what.substring(0, note);
        return "not a JSON object: " + words + " at column " + e.getLocation().getColumnNr();
    }
}
