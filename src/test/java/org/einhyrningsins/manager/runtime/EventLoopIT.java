// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.spec.manager.LogSpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

@Timeout(240)
class EventLoopIT {
    private final ByteArrayOutputStream logged = new ByteArrayOutputStream();
    private final ManagerLog managerLog = new ManagerLog(logged::writeBytes, LogSpec.DEFAULT);
    private final EventLoop eventLoop = new EventLoop(managerLog);
    private final Set<Integer> open = new HashSet<>();

    @AfterEach
    void close() {
        eventLoop.close();
        open.forEach(Descriptors::close);
    }

    private int[] pipe() {
        int[] pipe = Descriptors.pipe();
        open.add(pipe[0]);
        open.add(pipe[1]);
        return pipe;
    }

    /// What can be read, with a byte in it.
    private int readable() {
        int[] pipe = pipe();
        Descriptors.write(pipe[1], ByteBuffer.wrap(new byte[1]));
        return pipe[0];
    }

    private void close(int fd) {
        Descriptors.close(fd);
        open.remove(fd);
    }

    /// The event of the one that was closed is in the same batch as the one that closes it.
    @Test
    void whoeverGetsAClosedDescriptorsNumberDoesNotGetItsEvents() {
        pipe(); // takes what lower numbers may be free
        int a = readable();
        int b = readable();
        List<String> called = new ArrayList<>();
        EventLoop.Watcher first =
                events -> {
                    called.add("first");
                    for (int fd : new int[] {a, b}) {
                        eventLoop.forget(fd);
                        close(fd);
                    }
                    int[] again = pipe(); // the lowest free numbers; nothing to read at either end
                    assertThat(again).containsExactlyInAnyOrder(a, b);
                    eventLoop.watch(again[0], Poll.IN, e -> called.add("again"));
                    eventLoop.watch(again[1], Poll.IN, e -> called.add("again"));
                };
        eventLoop.watch(a, Poll.IN, first);
        eventLoop.watch(b, Poll.IN, first);
        eventLoop.turn(0);
        assertThat(called).containsExactly("first");
    }

    /// All that is ready comes first, and a deed that fails does not take the next one with it.
    @Test
    void whatNobodyWaitsForIsDoneAtTheEndOfTheTurn() {
        List<String> called = new ArrayList<>();
        for (String name : List.of("a", "b")) {
            int fd = readable();
            eventLoop.watch(
                    fd,
                    Poll.IN,
                    events -> {
                        called.add(name);
                        eventLoop.forget(fd);
                        eventLoop.afterwards(
                                () -> {
                                    eventLoop.afterwards(() -> called.add("last"));
                                    throw new IllegalStateException("a bug");
                                });
                        eventLoop.afterwards(() -> called.add("deed"));
                    });
        }
        eventLoop.turn(0);
        assertThat(called).containsExactly("a", "b", "deed", "deed", "last", "last");
        assertThat(logged.toString(UTF_8)).contains("a bug");
        eventLoop.turn(0);
        assertThat(called).hasSize(6);
    }

    @Test
    void whatIsForgottenIsNotCalledAndNotChanged() {
        int a = readable();
        eventLoop.watch(
                a,
                Poll.IN,
                events -> {
                    throw new AssertionError("it was forgotten");
                });
        eventLoop.forget(a);
        eventLoop.forget(a);
        eventLoop.change(a, Poll.IN);
        eventLoop.turn(0);
        assertThat(logged.size()).isZero();
    }

    @Test
    void aBugInOneWatcherLeavesTheOthersTheirTurn() {
        List<String> called = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            eventLoop.watch(
                    readable(),
                    Poll.IN,
                    events -> {
                        called.add("called");
                        throw new IllegalStateException("odd");
                    });
        }
        eventLoop.turn(0);
        assertThat(called).hasSize(3);
        assertThat(logged.toString(UTF_8)).contains("IllegalStateException: odd");
    }
}
