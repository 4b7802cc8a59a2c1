// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import org.einhyrningsins.control.report.ReplyWriter;
import org.einhyrningsins.fuzz.Frugal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Bytes at the control socket, in either dialect. However they are cut, they say the same; a
/// request can be written and read again; what is answered is one line that a client can read.
public final class WireJsonFuzz {
    /// Less than the wire's, so that short inputs come across it.
    private static final int BOUND = 512;

    private WireJsonFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        Frugal.run(() -> take(data));
    }

    private static void take(byte[] data) {
        List<ParsedLine> said = heard(data, data.length);
        int size = data.length == 0 ? 1 : 1 + (data[0] & 7);
        Frugal.same(said, heard(data, size), "cut into pieces of " + size);
        said.forEach(WireJsonFuzz::check);
    }

    private static List<ParsedLine> heard(byte[] data, int size) {
        List<ParsedLine> said = new ArrayList<>();
        LineBuffer lineBuffer = new LineBuffer(BOUND);
        for (int at = 0; at < data.length; at += size) {
            int length = Math.min(size, data.length - at);
            lineBuffer.feed(ByteBuffer.wrap(data, at, length), new Ear(said));
        }
        return said;
    }

    private static void check(ParsedLine parsedLine) {
        switch (parsedLine) {
            case ControlRequest controlRequest -> {
                comesBack(controlRequest);
                understood(controlRequest);
            }
            case WorkerMessage message -> {
                Frugal.same(true, message.pid() > 0, message);
                answered(message.id() == null ? JsonId.NONE : message.id());
            }
            case MalformedRequest malformedRequest ->
                    readable(
                            ReplyWriter.malformed(malformedRequest),
                            malformedRequest.id(),
                            malformedRequest.message());
        }
    }

    private static void answered(JsonId id) {
        readable(ReplyWriter.done(id, ExitStatus.DONE, "pong"), id, "pong");
    }

    /// As the client writes it. Who writes YAML is read as the JSON that says the same.
    private static void comesBack(ControlRequest controlRequest) {
        ParsedLine again = RequestReader.parse(withoutNewline(controlRequest.line()));
        if (!(again instanceof ControlRequest found)) {
            throw new AssertionError(controlRequest + " comes back as " + again);
        }
        Frugal.same(plain(controlRequest), plain(found), "read again");
        Frugal.same(text(controlRequest.id().json()), text(found.id().json()), "read again");
    }

    private static ControlRequest plain(ControlRequest controlRequest) {
        return new ControlRequest(
                JsonId.NONE,
                controlRequest.command(),
                controlRequest.args(),
                controlRequest.waits(),
                controlRequest.text());
    }

    private static String text(String json) {
        return json.startsWith("\"") ? value(json) : json;
    }

    private static void understood(ControlRequest controlRequest) {
        String message;
        try {
            message =
                    ControlCommand.read(controlRequest.command(), controlRequest.args()).toString();
        } catch (UsageException e) {
            message = String.valueOf(e.getMessage());
        }
        readable(
                ReplyWriter.done(controlRequest.id(), ExitStatus.USAGE, message),
                controlRequest.id(),
                message);
    }

    /// One line, and the same to a client.
    private static void readable(byte[] reply, JsonId id, String message) {
        for (int i = 0; i < reply.length; i++) {
            if ((reply[i] == '\n') != (i == reply.length - 1)) {
                throw new AssertionError("no single line: " + text(reply));
            }
        }
        if (id.dialect() == Dialect.JSON) {
            if (isTooLarge(id)) {
                return;
            }
            ControlReply read = ControlReply.read(withoutNewline(reply));
            Frugal.same(ReplyWriter.wellFormed(message), read.message(), text(reply));
            String found = read.id() == null ? JsonId.NONE.json() : read.id();
            Frugal.same(value(id.json()), value(found), text(reply));
        } else {
            readableYaml(reply, message);
        }
    }

    private static String value(String json) {
        return String.valueOf(JsonReader.read(json));
    }

    /// A number such as 1e999 is echoed as well; only who sends one has to read it.
    private static boolean isTooLarge(JsonId id) {
        return !id.json().startsWith("\"")
                && !id.none()
                && Double.isInfinite(Double.parseDouble(id.json()));
    }

    private static void readableYaml(byte[] reply, String message) {
        String yaml = text(reply).replace("%0A", "\n").replace("%25", "%");
        try {
            YamlRequest.Value value = YamlRequest.read(yaml).get("message");
            String found = value instanceof YamlRequest.Text text ? text.text() : "nothing";
            Frugal.same(ReplyWriter.wellFormed(message), found, yaml);
        } catch (UsageException e) {
            throw new AssertionError("cannot be read: " + yaml, e);
        }
    }

    private static byte[] withoutNewline(byte[] line) {
        return Arrays.copyOf(line, line.length - 1);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private record Ear(List<ParsedLine> said) implements LineBuffer.Taker {
        @Override
        public void line(byte[] line) {
            said.add(RequestReader.parse(line));
        }

        @Override
        public void tooLong(int bound) {
            said.add(new MalformedRequest(JsonId.NONE, "longer than " + bound));
        }
    }
}
