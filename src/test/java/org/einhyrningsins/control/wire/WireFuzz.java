// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import org.einhyrningsins.control.report.Replies;
import org.einhyrningsins.fuzz.Frugal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Bytes at the control socket, in either dialect. However they are cut, they say the same; a
/// request can be written and read again; what is answered is one line that a client can read.
public final class WireFuzz {
    /// Less than the wire's, so that short inputs come across it.
    private static final int BOUND = 512;

    private WireFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        Frugal.run(() -> take(data));
    }

    private static void take(byte[] data) {
        List<Parsed> said = heard(data, data.length);
        int size = data.length == 0 ? 1 : 1 + (data[0] & 7);
        Frugal.same(said, heard(data, size), "cut into pieces of " + size);
        said.forEach(WireFuzz::check);
    }

    private static List<Parsed> heard(byte[] data, int size) {
        List<Parsed> said = new ArrayList<>();
        Lines lines = new Lines(BOUND);
        for (int at = 0; at < data.length; at += size) {
            int length = Math.min(size, data.length - at);
            lines.feed(ByteBuffer.wrap(data, at, length), new Ear(said));
        }
        return said;
    }

    private static void check(Parsed parsed) {
        switch (parsed) {
            case Request request -> {
                comesBack(request);
                understood(request);
            }
            case WorkerMessage message -> {
                Frugal.same(true, message.pid() > 0, message);
                answered(message.id() == null ? JsonId.NONE : message.id());
            }
            case Malformed malformed ->
                    readable(Replies.malformed(malformed), malformed.id(), malformed.message());
        }
    }

    private static void answered(JsonId id) {
        readable(Replies.done(id, ExitStatus.DONE, "pong"), id, "pong");
    }

    /// As the client writes it. Who writes YAML is read as the JSON that says the same.
    private static void comesBack(Request request) {
        Parsed again = Requests.parse(withoutNewline(request.line()));
        if (!(again instanceof Request found)) {
            throw new AssertionError(request + " comes back as " + again);
        }
        Frugal.same(plain(request), plain(found), "read again");
        Frugal.same(text(request.id().json()), text(found.id().json()), "read again");
    }

    private static Request plain(Request request) {
        return new Request(
                JsonId.NONE, request.command(), request.args(), request.waits(), request.text());
    }

    private static String text(String json) {
        return json.startsWith("\"") ? new JsonCursor(json).string() : json;
    }

    private static void understood(Request request) {
        String message;
        try {
            message = Order.read(request.command(), request.args()).toString();
        } catch (UsageException e) {
            message = String.valueOf(e.getMessage());
        }
        readable(Replies.done(request.id(), ExitStatus.USAGE, message), request.id(), message);
    }

    /// One line, and the same to a client.
    private static void readable(byte[] reply, JsonId id, String message) {
        for (int i = 0; i < reply.length; i++) {
            if ((reply[i] == '\n') != (i == reply.length - 1)) {
                throw new AssertionError("no single line: " + text(reply));
            }
        }
        if (id.dialect() == Dialect.JSON) {
            Reply read = Reply.read(withoutNewline(reply));
            Frugal.same(Replies.wellFormed(message), read.message(), text(reply));
            Frugal.same(id.json(), read.id() == null ? JsonId.NONE.json() : read.id(), text(reply));
        } else {
            readableYaml(reply, message);
        }
    }

    private static void readableYaml(byte[] reply, String message) {
        String yaml = text(reply).replace("%0A", "\n").replace("%25", "%");
        try {
            YamlLine.Value value = YamlLine.read(yaml).get("message");
            String found = value instanceof YamlLine.Text text ? text.text() : "nothing";
            Frugal.same(Replies.wellFormed(message), found, yaml);
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

    private record Ear(List<Parsed> said) implements Lines.Taker {
        @Override
        public void line(byte[] line) {
            said.add(Requests.parse(line));
        }

        @Override
        public void tooLong(int bound) {
            said.add(new Malformed(JsonId.NONE, "longer than " + bound));
        }
    }
}
