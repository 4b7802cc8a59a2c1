// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.WorkerState;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.manager.TestHosts;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.socket.Connections;
import org.einhyrningsins.posix.socket.ProgramSockets;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.WorkerId;
import org.einhyrningsins.spec.manager.LogSpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Real listeners of workers that are only known.
@Timeout(240)
class ReuseportSteeringIT {
    private static final int CONNECTIONS = 50;

    @TempDir Path directory;

    private final ManagerLog managerLog =
            new ManagerLog(new ByteArrayOutputStream()::writeBytes, LogSpec.DEFAULT);
    private final SocketTable sockets = new SocketTable(managerLog);
    private final ProgramTable programTable = new ProgramTable();
    private final TestHosts hosts = new TestHosts(programTable, sockets, managerLog);
    private final ReuseportSteering reuseportSteering =
            new ReuseportSteering(sockets, programTable);
    private final List<Socket> clients = new ArrayList<>();
    private int port;

    @AfterEach
    void close() throws IOException {
        for (Socket client : clients) {
            client.close();
        }
        sockets.closeAllBut(List.of(), name -> 0);
        hosts.close();
    }

    @Test
    void whoLeavesGetsNothingNewAndGoesWhenWhatWaitedIsServed() throws Exception {
        ProgramSpec web = web();
        sockets.open(List.of(web));
        ProgramHost host = hosts.add(twoUp(web));
        int staying = listener(web, 0);
        int leaving = listener(web, 1);
        assertThat(reuseportSteering.turn(Clock.now())).as("nobody leaves").isNull();
        connect();
        int waiting = ProgramSockets.queued(leaving);
        assertThat(waiting).isPositive();

        host.take(new ProgramEvent.Requested(9, new ProgramCommand.ScaleTo(1)));
        reuseportSteering.changed();
        assertThat(reuseportSteering.turn(Clock.now())).as("looks again").isNotNull();
        connect();
        assertThat(ProgramSockets.queued(leaving)).isEqualTo(waiting);
        assertThat(ProgramSockets.queued(staying)).isEqualTo(2 * CONNECTIONS - waiting);

        reuseportSteering.turn(Clock.now().plus(Duration.ofSeconds(1)));
        assertThat(drains(host)).as("somebody waits").isTrue();
        for (int i = 0; i < waiting; i++) {
            Descriptors.close(Connections.accept(leaving));
        }
        reuseportSteering.turn(Clock.now());
        assertThat(drains(host)).as("somebody may be on the way").isTrue();
        reuseportSteering.turn(Clock.now().plus(Duration.ofSeconds(1)));
        assertThat(drains(host)).isFalse();
        assertThat(reuseportSteering.turn(Clock.now())).isNull();
    }

    private ProgramSpec web() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        String bind = "[{name: http, tcp: \"127.0.0.1:%d\", per-worker: true}]".formatted(port);
        return TestHosts.web(directory, "workers: 2, ack: {mode: manual}, bind: " + bind);
    }

    private static Program twoUp(ProgramSpec spec) {
        Program program = Program.of(spec, Clock.now());
        program = step(program, new ProgramEvent.Requested(1, new ProgramCommand.Start(null)));
        program = step(program, new ProgramEvent.Acked(new WorkerId(0, 1)));
        program = step(program, new ProgramEvent.Acked(new WorkerId(1, 2)));
        assertThat(program.ready()).isEqualTo(2);
        return program;
    }

    private static Program step(Program program, ProgramEvent programEvent) {
        return program.step(programEvent, Clock.now()).program();
    }

    private int listener(ProgramSpec spec, int slot) throws SocketTable.CannotBind {
        return sockets.of(spec, slot).getFirst().fd();
    }

    private void connect() throws IOException {
        for (int i = 0; i < CONNECTIONS; i++) {
            clients.add(new Socket(InetAddress.getLoopbackAddress(), port));
        }
    }

    private static boolean drains(ProgramHost host) {
        for (Slot slot : host.program().slots()) {
            if (slot.leaving().stream()
                    .anyMatch(w -> w.state() instanceof WorkerState.Stopping s && s.draining())) {
                return true;
            }
        }
        return false;
    }
}
