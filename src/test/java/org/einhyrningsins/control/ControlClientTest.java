// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.control.report.ReplyWriter;
import org.einhyrningsins.control.wire.ControlException;
import org.einhyrningsins.control.wire.ControlReply;
import org.einhyrningsins.control.wire.ControlRequest;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

class ControlClientTest {
    private static final JsonId ID = JsonId.of(1);
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final byte[] DONE = ReplyWriter.done(ID, ExitStatus.FAILED, "it failed");

    @TempDir Path directory;

    private final List<String> progress = new ArrayList<>();

    @Test
    void handsOnProgressAndEndsWithTheVerdict() throws Exception {
        byte[] first = ReplyWriter.progress(ID, "one");
        byte[] second = ReplyWriter.progress(ID, "two");
        try (TestManager manager = new TestManager(List.of(first, second, DONE))) {
            ControlReply end = ask(manager.socket(), LONG);
            assertThat(end.message()).isEqualTo("it failed");
            assertThat(end.code()).isEqualTo(1);
            assertThat(progress).containsExactly("one", "two");
            assertThat(manager.asked())
                    .isEqualTo(new ControlRequest(ID, "reload", List.of("web"), true, true));
        }
    }

    @Test
    void leavesOutWhatAnswersSomebodyElse() throws Exception {
        byte[] other = ReplyWriter.done(JsonId.of(2), ExitStatus.DONE, "not yours");
        try (TestManager manager = new TestManager(List.of(other, DONE))) {
            assertThat(ask(manager.socket(), LONG).message()).isEqualTo("it failed");
        }
    }

    @Test
    void readsAReplyLongerThanItsBuffer() throws Exception {
        String text = "x".repeat(1_000_000);
        byte[] reply = ReplyWriter.done(ID, ExitStatus.DONE, text);
        try (TestManager manager = new TestManager(List.of(reply))) {
            assertThat(ask(manager.socket(), LONG).message()).isEqualTo(text);
        }
    }

    @Test
    void stopsListeningWhenTheHandlerHasHeardEnough() throws Exception {
        byte[] event = ReplyWriter.progress(ID, "event");
        try (TestManager manager = new TestManager(List.of(event, TestManager.SILENCE));
                ControlClient controlClient = ControlClient.connect(manager.socket(), LONG)) {
            ControlReply last =
                    controlClient.send("events", List.of(), true, true, controlReply -> false);
            assertThat(last.message()).isEqualTo("event");
        }
    }

    @Test
    void saysThatNoManagerIsThere() throws Exception {
        Path nowhere = directory.resolve("none");
        fails(nowhere, LONG, ExitStatus.NO_MANAGER, "no such file");
        Path stale = directory.resolve("stale");
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(stale));
        }
        fails(stale, LONG, ExitStatus.NO_MANAGER, "nobody listens");
    }

    @Test
    void saysThatAPathIsTooLong() {
        fails(directory.resolve("x".repeat(120)), LONG, ExitStatus.USAGE, "107 bytes");
    }

    @Test
    void saysThatTheManagerWentAway() throws Exception {
        try (TestManager manager = new TestManager(List.of())) {
            fails(manager.socket(), LONG, ExitStatus.NO_MANAGER, "went away");
        }
    }

    @Test
    void givesUpWhenTimeIsUp() throws Exception {
        byte[] first = ReplyWriter.progress(ID, "one");
        try (TestManager manager = new TestManager(List.of(first, TestManager.SILENCE))) {
            fails(manager.socket(), Duration.ofMillis(300), ExitStatus.TIMED_OUT, "go on");
            assertThat(progress).containsExactly("one");
        }
    }

    @Test
    void givesUpOnAManagerThatDoesNotEvenAccept() throws Exception {
        Path deaf = directory.resolve("deaf");
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(deaf), 1);
            for (int i = 0; i < 3; i++) {
                fails(deaf, Duration.ofMillis(300), ExitStatus.TIMED_OUT, "no answer");
            }
        }
    }

    @Test
    void saysThatItDoesNotUnderstand() throws Exception {
        byte[] html = "<html>\n".getBytes(StandardCharsets.UTF_8);
        try (TestManager manager = new TestManager(List.of(html))) {
            fails(manager.socket(), LONG, ExitStatus.BUG, "cannot understand");
        }
    }

    private ControlReply ask(Path socket, Duration patience) throws ControlException {
        try (ControlClient controlClient = ControlClient.connect(socket, patience)) {
            return controlClient.send(
                    "reload",
                    List.of("web"),
                    true,
                    true,
                    controlReply -> progress.add(controlReply.message()));
        }
    }

    private void fails(Path socket, Duration patience, ExitStatus status, String why) {
        assertThatThrownBy(() -> ask(socket, patience))
                .isInstanceOfSatisfying(
                        ControlException.class, e -> assertThat(e.status()).isEqualTo(status))
                .hasMessageContaining(why);
    }
}
