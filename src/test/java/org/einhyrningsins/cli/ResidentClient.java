// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;

import org.einhyrningsins.cli.client.ControlProgram;
import org.einhyrningsins.cli.terminal.TextOutput;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The control client without its start: runs command lines for scenarios in this process.
///
/// A scenario gives some hundred commands, and starting a JVM for each costs more than all the rest
/// of it. Whoever connects to [#path()] sends one JSON array of words and closes that direction;
/// the answer is `{"code": …, "out": …, "err": …}`. Each connection has a thread of its own.
public final class ResidentClient implements AutoCloseable {
    private static final JsonFactory JSON = new JsonFactory();

    private final Path directory;
    private final ServerSocketChannel door;

    private ResidentClient(Path directory, ServerSocketChannel door) {
        this.directory = directory;
        this.door = door;
    }

    /// Listens at once.
    public static ResidentClient open() throws IOException {
        Path directory = Files.createTempDirectory("client");
        ServerSocketChannel door = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        ResidentClient client = new ResidentClient(directory, door);
        door.bind(UnixDomainSocketAddress.of(client.path()));
        Thread.ofPlatform().daemon().name("resident client").start(client::serve);
        return client;
    }

    /// The socket.
    public Path path() {
        return directory.resolve("socket");
    }

    @Override
    public void close() throws IOException {
        door.close();
        Files.deleteIfExists(path());
        Files.delete(directory);
    }

    /// What a command line came to: its exit status, what it printed, and its errors.
    public record Outcome(int code, String out, String err) {}

    /// Runs a command line in the calling thread.
    public static Outcome run(String... words) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code =
                new ControlProgram(Map.of(), new TextOutput(out), new TextOutput(err)).run(words);
        return new Outcome(
                code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private void serve() {
        try {
            while (true) {
                SocketChannel asker = door.accept();
                Thread.ofPlatform().daemon().name("client").start(() -> answer(asker));
            }
        } catch (ClosedChannelException closed) {
            return;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void answer(SocketChannel asker) {
        try (asker;
                InputStream asked = Channels.newInputStream(asker);
                OutputStream answer = Channels.newOutputStream(asker)) {
            answer.write(json(run(words(asked.readAllBytes()))).getBytes(StandardCharsets.UTF_8));
        } catch (IOException gone) {
            System.err.println("a scenario did not wait for its answer: " + gone);
        }
    }

    private static String[] words(byte[] json) throws IOException {
        List<String> words = new ArrayList<>();
        try (JsonParser parser = JSON.createParser(json)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.VALUE_STRING) {
                words.add(parser.getText());
            }
        }
        return words.toArray(String[]::new);
    }

    private static String json(Outcome outcome) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeNumberField("code", outcome.code());
            json.writeStringField("out", outcome.out());
            json.writeStringField("err", outcome.err());
            json.writeEndObject();
        }
        return text.toString();
    }
}
