// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import com.fasterxml.jackson.core.JsonGenerator;

import org.einhyrningsins.spec.OperatorOverride;
import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
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
        OperatorOverride.Rollback rollback = operatorOverride.rollback();
        if (rollback != null) {
            json.writeObjectFieldStart("rollback");
            json.writeNumberField("generation", rollback.generation());
            json.writeStringField("by", rollback.by());
            json.writeNumberField("at", rollback.atMillis());
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    /// Reads a file.
    ///
    /// @throws IOException if it is none of ours, or not the whole of one; says what is wrong
    public static Content read(byte[] text) throws IOException {
        try {
            return content(JsonObject.read(decoded(text)));
        } catch (CharacterCodingException e) {
            throw new IOException("it is not UTF-8", e);
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static String decoded(byte[] text) throws CharacterCodingException {
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString();
    }

    private static Content content(JsonObject json) throws IOException {
        String config = json.text("config");
        JsonObject programs = json.object("programs");
        if (json.number("format", 0) != FORMAT || config == null || programs == null) {
            throw new IOException("expected format, config and programs of format " + FORMAT);
        }
        SequencedMap<String, OperatorOverride> overrides = new LinkedHashMap<>();
        for (String name : programs.fields().keySet()) {
            JsonObject program = programs.object(name);
            if (program == null) {
                throw new IOException("expected an object as " + name);
            }
            overrides.put(name, override(program));
        }
        return new Content(config, overrides);
    }

    private static OperatorOverride override(JsonObject json) throws IOException {
        Integer workers = json.fields().get("workers") == null ? null : json.number("workers", 0);
        TreeSet<Integer> held = new TreeSet<>(json.numbers("held"));
        for (Integer number : held) {
            check(number);
        }
        if (workers != null) {
            check(workers);
        }
        return new OperatorOverride(
                json.flag("stopped"),
                workers,
                List.copyOf(held),
                rollback(json.object("rollback")));
    }

    private static OperatorOverride.@Nullable Rollback rollback(@Nullable JsonObject json)
            throws IOException {
        if (json == null) {
            return null;
        }
        int generation = json.number("generation", 0);
        if (generation < 1) {
            throw new IOException("expected a generation from 1, found " + generation);
        }
        long at = json.fields().get("at") instanceof Number millis ? millis.longValue() : 0;
        return new OperatorOverride.Rollback(generation, json.text("by", ""), at);
    }

    private static void check(int number) throws IOException {
        if (number < 0 || number > ControlCommand.MAX_WORKERS) {
            throw new IOException("expected a number from 0 to 10000, found " + number);
        }
    }
}
