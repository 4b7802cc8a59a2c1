// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.http;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.einhyrningsins.control.report.StatusReport;
import org.einhyrningsins.manager.page.PageData;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.snapshot.SocketSnapshot;
import org.einhyrningsins.manager.socket.SocketFileWatch;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.posix.Scarcity;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.socket.Connections;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.manager.HttpSpec;
import org.einhyrningsins.spec.manager.LogSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

@Timeout(240)
class HttpListenerIT {
    private static final int PLENTY = 12;
    private static final long QUIET_NANOS = 200_000_000;

    @TempDir Path directory;

    private final ByteArrayOutputStream logged = new ByteArrayOutputStream();
    private final ManagerLog managerLog = new ManagerLog(logged::writeBytes, LogSpec.DEFAULT);
    private final EventLoop eventLoop = new EventLoop(managerLog);
    private final HttpListener door = door();

    private HttpListener door() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
        return new HttpListener(
                eventLoop,
                buffer,
                managerLog,
                new SocketFileWatch(eventLoop, managerLog),
                new Nothing());
    }

    private static final class Nothing implements HttpServer.DataSource {
        @Override
        public PageData snapshot() {
            var status = new StatusReport("1", 1, 0, "services.yaml", -1, List.of());
            return new PageData(status, List.of(), new PageData.Manager(0, 0, 0, 0, 1024));
        }

        @Override
        public List<String> unready() {
            return List.of();
        }
    }

    /// A reload is a transaction: from when it begins to change things, it may not fail.
    @Test
    void whatCouldBePreparedIsSettledHoweverFewDescriptorsAreLeft() throws Exception {
        change("first"); // all classes are loaded before files run out
        change("here");
        Descriptors.close(Connections.connect(here())); // whoever accepts keeps some in reserve
        rest();
        long sockets = Scarcity.open("socket:");
        long pipes = Scarcity.open("pipe:");
        int refused = 0;
        for (int free = PLENTY; free >= 0; free--) {
            String before = here();
            String wanted = "with " + free;
            boolean changed = changes(wanted, free);
            refused += changed ? 0 : 1;
            rest();
            assertThat(here()).endsWith(changed ? wanted : before);
            Descriptors.close(Connections.connect(here()));
            // those of tests before this one may be closed meanwhile
            sockets = noMore(wanted, Scarcity.open("socket:"), sockets);
            pipes = noMore(wanted, Scarcity.open("pipe:"), pipes);
        }
        assertThat(refused).isBetween(3, PLENTY);
        door.close();
        rest();
        eventLoop.close();
    }

    private static long noMore(String when, long now, long before) {
        assertThat(now).as(when).isLessThanOrEqualTo(before);
        return now;
    }

    @Test
    void whatIsForgoneLeavesNothingAndWhatIsThereStays() throws Exception {
        change("here");
        rest();
        String before = here();
        long sockets = Scarcity.open("socket:");
        door.prepare(spec("other"));
        assertThat(directory.resolve("other")).exists();
        door.rollBack();
        door.prepare(spec("here"));
        door.rollBack();
        door.commit();
        assertThat(here()).isEqualTo(before);
        assertThat(directory.resolve("other")).doesNotExist();
        assertThat(Scarcity.open("socket:")).isEqualTo(sockets);
        Descriptors.close(Connections.connect(before));
        door.close();
        rest();
        eventLoop.close();
    }

    /// A manager that has just replaced another goes on without the page rather than not at all.
    @Test
    void aListenerThatNobodyCanServeIsGivenUp() throws Exception {
        change("here");
        rest();
        SocketSnapshot image = Objects.requireNonNull(door.image());
        long pipes = Scarcity.open("pipe:");
        HttpListener next = door();
        Scarcity scarcity = new Scarcity(0);
        try {
            next.resume(image, List.of());
        } finally {
            scarcity.end();
        }
        assertThat(next.spec()).isNull();
        assertThat(logged.toString(UTF_8)).contains("no more metrics and status page", "EMFILE");
        assertThat(directory.resolve("here")).doesNotExist();
        assertThat(Scarcity.open("pipe:")).isEqualTo(pipes);
        next.close();
        eventLoop.close();
    }

    private boolean changes(String name, int free) {
        Scarcity scarcity = new Scarcity(free);
        try {
            change(name);
            return true;
        } catch (SocketTable.CannotBind refused) {
            door.rollBack();
            return false;
        } finally {
            scarcity.end();
        }
    }

    private void change(String name) throws SocketTable.CannotBind {
        door.prepare(spec(name));
        door.commit();
    }

    private HttpSpec spec(String name) {
        var address = new SocketSpec.UnixPath(directory.resolve(name));
        var file = SocketSpec.UnixFile.DEFAULT;
        return new HttpSpec(
                new SocketSpec(HttpSpec.NAME, address, false, true, HttpSpec.BACKLOG, false, file),
                List.of());
    }

    private String here() {
        SocketSnapshot image = Objects.requireNonNull(door.image());
        return image.address();
    }

    /// Until nothing happens for a while: who makes pages of a server that is closed rings once
    /// more, and what was accepted is closed when its end is heard of.
    private void rest() throws IOException {
        long began;
        do {
            began = System.nanoTime();
            eventLoop.turn(QUIET_NANOS);
        } while (System.nanoTime() - began < QUIET_NANOS);
    }
}
