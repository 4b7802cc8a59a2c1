// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;

import org.einhyrningsins.spec.OperatorOverride;
import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeSet;

/// Format of the file with operator overrides that outlives the manager:
/// `{"format":1,"config":"/etc/services.yaml","programs":{"web":{"stopped":true}}}`.
public final class OverridesJson {
    private static final int FORMAT = 1;

    private OverridesJson() {}

    /// Content of such a file.
    ///
    /// @param config configuration file of the programs; overrides for another file's programs are
    ///   ignored
    public record Content(String config, SequencedMap<String, OperatorOverride> programs) {}

    /// The text of a file.
    public static byte[] write(Content content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        try (JsonGenerator json = WireJson.JSON.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeNumberField("format", FORMAT);
            json.writeStringField("config", content.config());
            json.writeObjectFieldStart("programs");
            for (Map.Entry<String, OperatorOverride> program : content.programs().entrySet()) {
                json.writeFieldName(program.getKey());
                write(json, program.getValue());
            }
            json.writeEndObject();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot happen: writing to memory", e);
        }
        bytes.write('\n');
        return bytes.toByteArray();
    }

    public static void write(JsonGenerator json, OperatorOverride operatorOverride)
            throws IOException {
        json.writeStartObject();
        if (operatorOverride.stopped()) {
            json.writeBooleanField("stopped", true);
        }
        if (operatorOverride.workers() != null) {
            json.writeNumberField("workers", operatorOverride.workers());
        }
        if (!operatorOverride.held().isEmpty()) {
            json.writeArrayFieldStart("held");
            for (int slot : operatorOverride.held()) {
                json.writeNumber(slot);
            }
            json.writeEndArray();
        }
        json.writeEndObject();
    }

    /// Reads a file.
    ///
    /// @throws IOException if it is none of ours, or not the whole of one; says what is wrong
    public static Content read(byte[] text) throws IOException {
        try (JsonParser json = WireJson.JSON.createParser(text)) {
            Content content = read(json);
            if (json.nextToken() != null) {
                throw new IOException("something follows its end");
            }
            return content;
        }
    }

    private static Content read(JsonParser json) throws IOException {
        expect(json.nextToken(), JsonToken.START_OBJECT);
        int format = 0;
        String config = null;
        SequencedMap<String, OperatorOverride> programs = null;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String field = json.currentName();
            JsonToken value = json.nextToken();
            switch (field) {
                case "format" -> format = number(json, value);
                case "config" -> {
                    expect(value, JsonToken.VALUE_STRING);
                    config = json.getText();
                }
                case "programs" -> programs = programs(json, value);
                default -> json.skipChildren();
            }
        }
        if (format != FORMAT || config == null || programs == null) {
            throw new IOException("expected format, config and programs of format " + FORMAT);
        }
        return new Content(config, programs);
    }

    private static SequencedMap<String, OperatorOverride> programs(JsonParser json, JsonToken first)
            throws IOException {
        SequencedMap<String, OperatorOverride> programs = new LinkedHashMap<>();
        expect(first, JsonToken.START_OBJECT);
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            programs.put(name, intent(json));
        }
        return programs;
    }

    private static OperatorOverride intent(JsonParser json) throws IOException {
        expect(json.nextToken(), JsonToken.START_OBJECT);
        boolean stopped = false;
        Integer workers = null;
        List<Integer> held = List.of();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String field = json.currentName();
            JsonToken value = json.nextToken();
            switch (field) {
                case "stopped" -> stopped = flag(json, value);
                case "workers" -> workers = number(json, value);
                case "held" -> held = numbers(json, value);
                default -> json.skipChildren();
            }
        }
        return new OperatorOverride(stopped, workers, held);
    }

    private static List<Integer> numbers(JsonParser json, JsonToken first) throws IOException {
        TreeSet<Integer> numbers = new TreeSet<>();
        expect(first, JsonToken.START_ARRAY);
        for (JsonToken next = json.nextToken();
                next != JsonToken.END_ARRAY;
                next = json.nextToken()) {
            numbers.add(number(json, next));
        }
        return new ArrayList<>(numbers);
    }

    private static boolean flag(JsonParser json, JsonToken value) throws IOException {
        if (!value.isBoolean()) {
            throw new IOException("expected true or false, found " + value);
        }
        return json.getBooleanValue();
    }

    private static int number(JsonParser json, @Nullable JsonToken value) throws IOException {
        expect(value, JsonToken.VALUE_NUMBER_INT);
        int number = json.getIntValue();
        if (number < 0 || number > ControlCommand.MOST_WORKERS) {
            throw new IOException("expected a number from 0 to 10000, found " + number);
        }
        return number;
    }

    private static void expect(@Nullable JsonToken found, JsonToken expected) throws IOException {
        if (found != expected) {
            throw new IOException(
                    "expected " + expected + ", found " + (found == null ? "its end" : found));
        }
    }
}
