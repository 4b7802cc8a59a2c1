// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.control;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.einhyrningsins.control.report.ReplyWriter;
import org.einhyrningsins.control.wire.ControlRequest;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.manager.ForeignClient;
import org.einhyrningsins.manager.HostFacts;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.spec.manager.AllowSpec;
import org.einhyrningsins.spec.manager.ControlSpec;
import org.einhyrningsins.spec.manager.LogSpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

@Timeout(240)
class ControlServerIT {
    private static final String HELLO = "{\"id\":1,\"command\":\"hello\"}\n";
    private static final int MAX_CLIENTS = 512;

    @TempDir Path directory;
    private final ByteArrayOutputStream logged = new ByteArrayOutputStream();
    private final ManagerLog managerLog = new ManagerLog(logged::writeBytes, LogSpec.DEFAULT);
    private final EventLoop eventLoop = new EventLoop(managerLog);
    private final List<ForeignClient> clients = new ArrayList<>();
    private final List<String> asked = new ArrayList<>();
    private Path path = Path.of("/");
    private int replyBytes = 10;
    private ControlServer server = null_();

    @SuppressWarnings({"NullAway", "DataFlowIssue"}) // made before each test
    private static ControlServer null_() {
        return null;
    }

    @BeforeEach
    void open() {
        path = directory.resolve("c.sock");
        ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
        server = open(path, buffer);
    }

    @AfterEach
    void close() throws IOException {
        for (ForeignClient client : clients) {
            client.close();
        }
        server.close();
        eventLoop.close();
        assertThat(path).doesNotExist();
        assertThat(logged.toString(UTF_8)).isEmpty();
    }

    private ControlServer open(Path at, ByteBuffer buffer) {
        return new ControlServer(
                eventLoop, at, ControlSpec.DEFAULT, anybody(), buffer, this::answer);
    }

    private AccessControl anybody() {
        return HostFacts.access(ControlSpec.DEFAULT, managerLog);
    }

    private void answer(
            ControlConnection client, AccessControl.Role role, ControlRequest controlRequest) {
        asked.add(controlRequest.command());
        switch (controlRequest.command()) {
            case "follow" -> client.follow(controlRequest.id(), java.util.Set.of(), false);
            case "wait" -> new PendingCommand(client, controlRequest.id()).addProgram();
            case "open" -> server.admit(ControlSpec.DEFAULT, anybody());
            default ->
                    client.send(
                            ReplyWriter.done(
                                    controlRequest.id(), ExitStatus.DONE, "x".repeat(replyBytes)));
        }
    }

    private ForeignClient connect() throws IOException {
        ForeignClient client = ForeignClient.at(path);
        clients.add(client);
        eventLoop.turn(0); // takes it out of the queue, where few have room
        return client;
    }

    private void turnUntil(BooleanSupplier fact) {
        for (int i = 0; i < 20_000 && !fact.getAsBoolean(); i++) {
            eventLoop.turn(1_000_000);
        }
        assertThat(fact.getAsBoolean()).isTrue();
    }

    private static boolean answered(ForeignClient client) {
        try {
            return client.received().endsWith("\n");
        } catch (IOException e) {
            return false;
        }
    }

    private void assertAnswers() throws IOException {
        ForeignClient client = connect();
        client.write(HELLO);
        turnUntil(() -> answered(client));
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.count();
        }
    }

    @Test
    void aLineMayComeByteByByteAndSeveralAtOnce() throws IOException {
        ForeignClient client = connect();
        for (byte b : HELLO.getBytes(UTF_8)) {
            client.write(new byte[] {b});
            eventLoop.turn(0);
        }
        client.write(HELLO + HELLO + "{\"id\"");
        turnUntil(() -> asked.size() == 3);
        client.close();
        eventLoop.turn(0);
        assertAnswers();
    }

    @Test
    void oneWhoHasReadEverythingGetsAReplyOfAnyLength() throws IOException {
        replyBytes = 5 * 1024 * 1024;
        ForeignClient client = connect();
        client.write(HELLO);
        turnUntil(() -> answered(client));
        assertThat(client.received()).hasSizeGreaterThan(replyBytes);
    }

    @Test
    void oneThatAsksAndNeverReadsLosesItsConnectionAndIsNotObeyedAnyMore() throws IOException {
        replyBytes = 100_000;
        ForeignClient client = connect();
        client.write(HELLO.repeat(200)); // 20 MB of replies
        for (int i = 0; i < 100; i++) {
            eventLoop.turn(0);
        }
        turnUntil(client::ended);
        assertThat(asked.size()).isLessThan(30);
        assertAnswers();
    }

    @Test
    void followersThatNeverReadLeaveRoomForTheNext() throws IOException {
        long before = descriptors();
        for (int i = 0; i < MAX_CLIENTS; i++) {
            connect().write("{\"id\":1,\"command\":\"follow\"}\n");
        }
        turnUntil(() -> asked.size() == MAX_CLIENTS);
        String message = "y".repeat(60_000);
        int told = 0; // 40 are more to each than the socket and the bound take
        while (descriptors() - before >= MAX_CLIENTS + 10 && told++ < 40) {
            server.forEachClient(client -> client.notifyFollower("web", message));
        }
        assertThat(descriptors() - before).isLessThan(MAX_CLIENTS + 10);
        assertAnswers();
    }

    @Test
    void aCrowdOfFollowersDoesNotKeepTheNextOneOut() throws IOException {
        for (int i = 0; i < MAX_CLIENTS; i++) {
            connect().write("{\"id\":1,\"command\":\"follow\"}\n");
        }
        turnUntil(() -> asked.size() == MAX_CLIENTS);
        assertAnswers();
        assertThat(clients.stream().filter(ForeignClient::ended)).hasSize(1);
    }

    @Test
    void whereAllWaitForAnOutcomeTheNextOneIsToldSo() throws IOException {
        for (int i = 0; i < MAX_CLIENTS; i++) {
            connect().write("{\"id\":1,\"command\":\"wait\"}\n");
        }
        turnUntil(() -> asked.size() == MAX_CLIENTS);
        ForeignClient late = connect();
        turnUntil(late::ended);
        assertThat(late.received()).contains("takes no more; try again", "\"code\":1");
        assertThat(clients.stream().filter(ForeignClient::ended)).containsExactly(late);
    }

    @Test
    void bytesThatAreNoRequestAreSilence() throws IOException {
        ForeignClient dribbles = connect();
        ForeignClient asks = connect();
        asks.write(HELLO);
        turnUntil(() -> answered(asks));
        for (int i = 0; i < MAX_CLIENTS - 1; i++) {
            dribbles.write(" ");
            connect();
        }
        turnUntil(dribbles::ended);
        assertThat(asks.ended()).isFalse();
    }

    @Test
    void idleClientsMakeRoomAndThoseWhoWaitStay() throws IOException {
        ForeignClient waits = connect();
        waits.write("{\"id\":1,\"command\":\"wait\"}\n");
        turnUntil(() -> asked.contains("wait"));
        for (int i = 0; i < 600; i++) {
            connect().write("{\"id\":1,");
            eventLoop.turn(0);
        }
        assertAnswers();
        assertThat(waits.ended()).isFalse();
        assertThat(clients.stream().filter(ForeignClient::ended)).hasSizeBetween(89, 100);
    }

    @Test
    void theLongestLinesOfAllClientsTogetherAreBounded() throws IOException {
        byte[] much = "z".repeat(60_000).getBytes(UTF_8);
        for (int i = 0; i < 300; i++) { // 18 MB
            ForeignClient client = connect();
            client.write(much);
            for (int turn = 0; turn < 10; turn++) {
                eventLoop.turn(0);
            }
        }
        assertThat(clients.stream().filter(client -> !client.ended()))
                .hasSizeLessThan(150)
                .hasSizeGreaterThan(100);
        assertAnswers();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{\"id\":1,\"command\":\"bye\"}\n"})
    void whoIsTakenUpDuringARequestDoesNotMixWithWhoeverAsked(String late) throws IOException {
        ForeignClient other = connect();
        other.write("{\"id\":1,\"command\":\"old\"}\n".repeat(100));
        turnUntil(() -> asked.size() == 100);
        asked.clear();
        ControlSpec few = new ControlSpec(null, 0600, new AllowSpec(List.of(), List.of()), false);
        server.admit(few, HostFacts.access(few, managerLog));
        ForeignClient asks = connect();
        eventLoop.turn(0); // so that the kernel tells of the request before it tells of the queue
        asks.write("{\"id\":1,\"command\":\"open\"}\n" + HELLO);
        ForeignClient queued = ForeignClient.at(path);
        clients.add(queued);
        queued.write(late);
        turnUntil(() -> asked.contains("hello"));
        asked.remove("bye");
        assertThat(asked).containsExactly("open", "hello");
    }

    @Test
    void whoAsksForMuchAtOnceLetsOthersHaveTheirTurns() throws IOException {
        ForeignClient many = connect();
        ForeignClient one = connect();
        many.write("{\"id\":1,\"command\":\"many\"}\n".repeat(100));
        one.write(HELLO);
        turnUntil(() -> asked.contains("hello"));
        assertThat(asked).hasSizeLessThan(5);
        turnUntil(() -> asked.size() == 101);
    }

    /// They say nothing, so none of them is worth a turn.
    @Test
    void emptyLinesCostNoTurns() throws IOException {
        ForeignClient client = connect();
        client.write("\n".repeat(20_000) + "{\"id\":1,\"command\":\"version\"}\n");
        for (int turns = 0; turns < 10 && asked.isEmpty(); turns++) {
            eventLoop.turn(0);
        }
        assertThat(asked).containsExactly("version");
    }

    @Test
    void aLineWithoutEndIsToldOfOnceAndSkipped() throws IOException {
        ForeignClient client = connect();
        byte[] chunk = "a".repeat(64 * 1024).getBytes(UTF_8);
        long sent = 0;
        while (sent < 10_000_000) {
            sent += client.write(chunk);
            eventLoop.turn(0);
        }
        turnUntil(() -> answered(client));
        assertThat(client.received().lines()).singleElement().asString().contains("longer than");
        long left = 1; // the newline may have to wait for room
        while (left > 0) {
            left -= client.write(new byte[] {'\n'});
            eventLoop.turn(0);
        }
        client.write(HELLO);
        turnUntil(() -> asked.size() == 1);
    }

    @Test
    void aStaleFileIsReplacedAndOneThatSomebodyAnswersAtIsNot() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(1024);
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> open(path, buffer))
                .hasMessageContaining("EADDRINUSE");
        assertAnswers();
    }

    @Test
    void leavesTheFileOfWhoeverTookItsPlace() throws IOException {
        Files.delete(path);
        Files.createFile(path);
        server.close();
        assertThat(path).exists();
        Files.delete(path);
        ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
        server = open(path, buffer);
        assertAnswers();
    }
}
