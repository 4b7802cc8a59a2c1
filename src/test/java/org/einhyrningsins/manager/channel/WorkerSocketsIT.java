// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.channel;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.UTF_8;

import jnr.unixsocket.UnixDatagramChannel;
import jnr.unixsocket.UnixSocketAddress;

import org.einhyrningsins.control.wire.WorkerMessage;
import org.einhyrningsins.manager.ForeignClient;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.socket.SocketFileWatch;
import org.einhyrningsins.posix.kernel.PeerCredentials;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.manager.LogSpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

@Timeout(240)
class WorkerSocketsIT {
    private static final int MAX_GUESTS = 256;

    @TempDir Path directory;
    private final ManagerLog managerLog = new ManagerLog(System.err::writeBytes, LogSpec.DEFAULT);
    private final EventLoop eventLoop = new EventLoop(managerLog);
    private final SocketFileWatch files = new SocketFileWatch(eventLoop, managerLog);
    private final List<String> heard = new ArrayList<>();
    private final List<ForeignClient> guests = new ArrayList<>();
    private final List<WorkerSockets> doors = new ArrayList<>();
    private final WorkerSockets.Listener listener =
            new WorkerSockets.Listener() {
                @Override
                public boolean acked(int pid, PeerCredentials sender) {
                    heard.add("ack " + pid + " by " + sender.pid());
                    return pid != 1;
                }

                @Override
                public boolean pinged(WorkerMessage.Ping ping, PeerCredentials sender) {
                    heard.add("ping " + ping.pid() + " by " + sender.pid() + " at " + ping.work());
                    return ping.pid() != 1;
                }

                @Override
                public void notified(PeerCredentials sender, String text) {
                    heard.add(text + " by " + sender.pid());
                }

                @Override
                public void refused(String why) {
                    heard.add("refused");
                }
            };

    @BeforeEach
    void open() throws IOException {
        door();
    }

    private WorkerSockets door() throws IOException {
        String name = WorkerSockets.freeName(directory, "web");
        ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
        WorkerSockets.Place place =
                new WorkerSockets.Place(
                        directory, name, null, () -> Files.createDirectories(directory), files);
        WorkerSockets door = new WorkerSockets(eventLoop, place, buffer, listener);
        doors.add(door);
        return door;
    }

    @AfterEach
    void close() throws IOException {
        for (ForeignClient guest : guests) {
            guest.close();
        }
        doors.forEach(WorkerSockets::close);
        eventLoop.close();
        assertThat(directory).isEmptyDirectory();
    }

    private ForeignClient guest() throws IOException {
        ForeignClient guest = ForeignClient.at(doors.getFirst().ackPath());
        guests.add(guest);
        return guest;
    }

    private void turn() {
        for (int i = 0; i < 20; i++) {
            eventLoop.turn(0);
        }
    }

    private static String ack(int pid) {
        return "{\"id\":1,\"command\":\"worker:ack\",\"pid\":" + pid + "}\n";
    }

    @Test
    void hearsPingsAndShowsOutWhoPingsForAnother() throws IOException {
        ForeignClient guest = guest();
        guest.write("{\"id\":1,\"command\":\"worker:ping\",\"pid\":7,\"request_id\":\"a\"}\n");
        guest.write("{\"id\":2,\"command\":\"worker:ping\",\"pid\":1}\n");
        turn();
        long self = ProcessHandle.current().pid();
        assertThat(heard)
                .containsExactly(
                        "ping 7 by " + self + " at JsonId[json=\"a\", dialect=JSON]",
                        "ping 1 by " + self + " at null");
        assertThat(guest.received())
                .contains("pong")
                .contains("you may not ping for pid 1")
                .contains("\"request_id\":2");
    }

    @Test
    void hearsWhatWasSaidBeforeItIsAskedToListenAndKnowsWhoSaidIt() throws IOException {
        ForeignClient guest = guest();
        guest.write(ack(7));
        guest.close();
        try (UnixDatagramChannel datagrams = UnixDatagramChannel.open()) {
            Path where = doors.getFirst().notifyPath();
            datagrams.send(
                    ByteBuffer.wrap("READY=1".getBytes(UTF_8)),
                    new UnixSocketAddress(where.toFile()));
        }
        doors.getFirst().listen();
        int self = Processes.self();
        assertThat(heard).containsExactly("ack 7 by " + self, "READY=1 by " + self);
    }

    @Test
    void isMadeAgainWhenSomebodyRemovesItsFiles() throws IOException {
        files.begin();
        ForeignClient early = guest();
        Files.delete(doors.getFirst().ackPath());
        Files.delete(doors.getFirst().notifyPath());
        Files.delete(directory);
        turn();
        guest().write(ack(7));
        early.write(ack(8));
        try (UnixDatagramChannel datagrams = UnixDatagramChannel.open()) {
            datagrams.send(
                    ByteBuffer.wrap("READY=1".getBytes(UTF_8)),
                    new UnixSocketAddress(doors.getFirst().notifyPath().toFile()));
        }
        turn();
        int self = Processes.self();
        assertThat(heard)
                .containsExactlyInAnyOrder(
                        "ack 7 by " + self, "ack 8 by " + self, "READY=1 by " + self);
    }

    @Test
    void aChangedModeIsNoReasonToMakeItAgain() throws IOException {
        files.begin();
        Object inode = Files.getAttribute(doors.getFirst().ackPath(), "unix:ino");
        Files.setAttribute(doors.getFirst().ackPath(), "unix:mode", 0666);
        turn();
        assertThat(Files.getAttribute(doors.getFirst().ackPath(), "unix:ino")).isEqualTo(inode);
    }

    @Test
    void whoSaysOneWrongThingIsShownOut() throws IOException {
        for (String wrong :
                List.of("nonsense\n", "{\"command\":\"die\"}\n", ack(1), "y".repeat(5_000))) {
            heard.clear();
            ForeignClient guest = guest();
            guest.write(wrong + ack(7) + ack(7));
            turn();
            assertThat(guest.ended()).as(wrong).isTrue();
            assertThat(heard).as(wrong).doesNotContain("ack 7 by " + Processes.self());
        }
    }

    @Test
    void silentGuestsDoNotKeepAWorkerOut() throws IOException {
        for (int i = 0; i < MAX_GUESTS + 50; i++) {
            guest().write("{");
            eventLoop.turn(0);
        }
        guest().write(ack(7));
        turn();
        assertThat(heard).containsExactly("ack 7 by " + Processes.self());
        assertThat(guests.stream().filter(ForeignClient::ended)).hasSize(51);
        assertThat(guests.getFirst().ended()).as("the oldest went first").isTrue();
    }

    @Test
    void aSecondDoorOfTheNameHasFilesOfItsOwnAndKeepsThem() throws IOException {
        WorkerSockets second = door();
        assertThat(second.ackPath()).isNotEqualTo(doors.getFirst().ackPath());
        doors.removeFirst().close();
        assertThat(second.ackPath()).exists();
        assertThat(second.notifyPath()).exists();
        guest().write(ack(7));
        turn();
        assertThat(heard).hasSize(1);
    }

    @Test
    void whatAKilledManagerLeftIsSwept() throws IOException {
        doors.removeFirst().close();
        Files.createFile(directory.resolve("old.sock"));
        Files.createFile(directory.resolve("old.notify"));
        Path other = Files.createFile(directory.resolve("other"));
        WorkerSockets.removeLeftovers(directory);
        assertThat(directory).isDirectoryNotContaining("glob:**old*");
        assertThat(other).exists();
        Files.delete(other);
        door();
    }
}
