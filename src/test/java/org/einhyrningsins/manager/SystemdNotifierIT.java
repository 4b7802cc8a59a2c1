// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.snapshot.SocketSnapshot;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.kernel.Datagram;
import org.einhyrningsins.posix.socket.Datagrams;
import org.einhyrningsins.posix.socket.ProgramSockets;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.manager.LogSpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Real datagrams, to a socket that may be full or gone; the time is the test's.
@Timeout(240)
class SystemdNotifierIT {
    private static final SocketSpec LOOPBACK =
            new SocketSpec(
                    "http",
                    new SocketSpec.Tcp(InetAddress.ofLiteral("127.0.0.1"), 0),
                    true,
                    false,
                    16,
                    false,
                    SocketSpec.UnixFile.DEFAULT);

    @TempDir Path directory;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final ManagerLog managerLog = new ManagerLog(said::writeBytes, LogSpec.DEFAULT);
    private final Map<String, String> environment = new HashMap<>();
    private final ProgramTable programTable = new ProgramTable();
    private final List<BoundSocket> open = new ArrayList<>();
    private Moment now = Clock.now();
    private int systemd;

    @BeforeEach
    void listen() {
        Path address = directory.resolve("notify");
        systemd = Datagrams.bind(address, 0600);
        environment.put("NOTIFY_SOCKET", address.toString());
    }

    @AfterEach
    void close() {
        Descriptors.close(systemd);
        open.forEach(boundSocket -> Descriptors.close(boundSocket.fd()));
    }

    @Test
    void theSocketsAreSafeBeforeItSaysThatItIsUp() {
        SystemdNotifier service = service();
        SocketSnapshot socket = socket();
        service.keep(List.of(socket));
        service.turn(now, false);
        assertThat(heard())
                .containsExactly(
                        "FDSTORE=1\nFDNAME=" + SystemdFdStore.name(socket) + "\nFDPOLL=0",
                        "READY=1",
                        "STATUS=0 programs, 0 of 0 workers up");
        service.keep(List.of());
        assertThat(service.turn(now, false)).isNull();
        assertThat(heard())
                .containsExactly("FDSTOREREMOVE=1\nFDNAME=" + SystemdFdStore.name(socket));
    }

    @Test
    void whatIsKeptAlreadyIsNotGivenAgain() {
        SocketSnapshot kept = socket();
        String gone = SystemdFdStore.PREFIX + "1-gone";
        List<String> before = List.of(SystemdFdStore.name(kept), gone, "web.socket");
        SystemdNotifier service = service(before);
        service.keep(List.of(kept));
        service.turn(now, false);
        assertThat(heard()).startsWith("FDSTOREREMOVE=1\nFDNAME=" + gone, "READY=1").hasSize(3);
    }

    @Test
    void noMoreThanItKeeps() {
        environment.put("FDSTORE", "1");
        SystemdNotifier service = service();
        service.keep(List.of(socket(), socket()));
        service.turn(now, false);
        assertThat(heard()).filteredOn(text -> text.startsWith("FDSTORE=")).hasSize(1);
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("systemd keeps 1 of 2 sockets");
    }

    @Test
    void aReloadHasABeginAndAnEndAndTwoHaveOneEnd() {
        SystemdNotifier service = service();
        service.turn(now, false);
        heard();
        Runnable first = service.reloading();
        Runnable second = service.reloading();
        first.run();
        service.turn(now, false);
        assertThat(heard()).hasSize(2).allMatch(text -> text.startsWith("RELOADING=1\nMONO"));
        second.run();
        service.turn(now, false);
        assertThat(heard()).containsExactly("READY=1");
    }

    @Test
    void howItGoesIsToldAsSoonAsAReloadIsOver() {
        SystemdNotifier service = service();
        service.turn(now, false);
        Runnable reload = service.reloading();
        service.turn(Clock.now(), false);
        assertThat(heard()).endsWith("STATUS=reloading: 0 programs, 0 of 0 workers up");
        reload.run();
        service.turn(Clock.now(), false);
        assertThat(heard()).containsExactly("READY=1", "STATUS=0 programs, 0 of 0 workers up");
    }

    /// systemd would call it started.
    @Test
    void whoCannotStartWasNeverReadyAndLeavesTheNextOneWhatIsKept() {
        SystemdNotifier service = service(List.of(SystemdFdStore.PREFIX + "1-kept"));
        service.keep(List.of(socket()));
        service.end();
        assertThat(heard()).isEmpty();
    }

    @Test
    void nothingIsReadyAnyMoreWhenItStops() {
        SystemdNotifier service = service();
        Runnable reload = service.reloading();
        service.turn(now, true);
        reload.run();
        service.turn(now, true);
        service.end();
        assertThat(heard())
                .filteredOn(text -> !text.startsWith("STATUS="))
                .satisfiesExactly(
                        text -> assertThat(text).isEqualTo("READY=1"),
                        text -> assertThat(text).startsWith("RELOADING=1"),
                        text -> assertThat(text).isEqualTo("STOPPING=1"));
    }

    @Test
    void timeIsAskedForAgainAndAgainWhileAReloadOrAStopIsUnderWay() throws IOException {
        TestHosts hosts = hosts();
        SystemdNotifier service = service();
        service.turn(now, false);
        assertThat(heard()).as("nothing ends").noneMatch(SystemdNotifierIT::extended);
        Runnable reload = service.reloading();
        service.turn(Clock.now(), false);
        now = Clock.now();
        assertThat(heard()).contains("EXTEND_TIMEOUT_USEC=60000000");
        service.turn(now.plus(Duration.ofSeconds(10)), false);
        assertThat(heard()).as("not yet").noneMatch(SystemdNotifierIT::extended);
        service.turn(now.plus(Duration.ofSeconds(21)), false);
        assertThat(heard()).contains("EXTEND_TIMEOUT_USEC=60000000");
        reload.run();
        service.turn(Clock.now(), false);
        service.turn(now.plus(Duration.ofSeconds(60)), false);
        assertThat(heard()).as("it is over").noneMatch(SystemdNotifierIT::extended);
        service.turn(now.plus(Duration.ofSeconds(61)), true);
        assertThat(heard()).contains("STOPPING=1", "EXTEND_TIMEOUT_USEC=60000000");
        hosts.close();
    }

    @Test
    void noTimeIsAskedForWhereNothingHasADeadline() {
        SystemdNotifier service = service();
        service.reloading();
        service.turn(Clock.now(), false);
        service.turn(Clock.now(), true);
        assertThat(heard()).noneMatch(SystemdNotifierIT::extended);
    }

    private static boolean extended(String text) {
        return text.startsWith("EXTEND_TIMEOUT_USEC=");
    }

    /// With a program that is starting.
    private TestHosts hosts() throws IOException {
        TestHosts hosts = new TestHosts(programTable, new SocketTable(managerLog), managerLog);
        Program web = Program.of(TestHosts.web(directory, "workers: 1"), Clock.now());
        ProgramEvent start = new ProgramEvent.Requested(1, new ProgramCommand.Start(null));
        hosts.add(web.step(start, Clock.now()).program());
        return hosts;
    }

    @Test
    void whatThereIsNoRoomForIsSaidLaterInItsOrder() {
        SystemdNotifier service = service();
        Moment later = now.plus(Duration.ofMillis(200));
        int reloads = 0;
        while (!later.equals(service.turn(now, false))) {
            service.reloading().run();
            reloads++;
        }
        List<String> texts = heard();
        service.turn(now, true);
        assertThat(heard()).as("before its time").isEmpty();
        service.turn(later, true);
        texts.addAll(heard());
        assertThat(texts.removeIf(text -> text.startsWith("STATUS="))).isTrue();
        assertThat(texts).hasSize(2 * reloads + 2).endsWith("READY=1", "STOPPING=1");
        for (int i = 0; i < reloads; i++) {
            assertThat(texts.get(2 * i)).isEqualTo("READY=1");
            assertThat(texts.get(2 * i + 1)).startsWith("RELOADING=1");
        }
    }

    @Test
    void nobodyThereIsSaidOnceAndTriedWithTheNextNews() {
        Descriptors.close(systemd);
        SystemdNotifier service = service();
        service.keep(List.of(socket()));
        assertThat(service.turn(now, false)).isNull();
        service.reloading().run();
        service.turn(now, false);
        assertThat(said.toString(StandardCharsets.UTF_8)).containsOnlyOnce("cannot tell");
        systemd = Datagrams.bind(directory.resolve("notify"), 0600);
        service.reloading().run();
        service.turn(now, false);
        assertThat(heard().getFirst()).startsWith("FDSTORE=1");
    }

    @Test
    void signsOfLifeComeTwiceInTheTime() {
        environment.put("WATCHDOG_USEC", "3000000");
        environment.put("WATCHDOG_PID", Long.toString(ProcessHandle.current().pid()));
        SystemdNotifier service = service();
        Moment next = service.turn(now, false);
        assertThat(next).isEqualTo(now.plus(Duration.ofMillis(1500)));
        assertThat(heard()).contains("WATCHDOG=1");
        service.turn(now.plus(Duration.ofMillis(1499)), false);
        assertThat(heard()).isEmpty();
        service.turn(now.plus(Duration.ofMillis(1500)), false);
        assertThat(heard()).containsExactly("WATCHDOG=1");
    }

    @Test
    void aWatchdogOfSomebodyElseIsNotOurs() {
        environment.put("WATCHDOG_USEC", "3000000");
        environment.put("WATCHDOG_PID", "1");
        SystemdNotifier service = service();
        assertThat(service.turn(now, false)).isNull();
        assertThat(heard()).doesNotContain("WATCHDOG=1");
    }

    @Test
    void withoutASocketThereIsNothingToSay() {
        environment.remove("NOTIFY_SOCKET");
        SystemdNotifier service = service();
        service.keep(List.of(socket()));
        service.reloading().run();
        assertThat(service.turn(now, true)).isNull();
        service.end();
    }

    @Test
    void namesAreSuchAsSystemdTakes() {
        SocketSnapshot odd =
                new SocketSnapshot(
                        "", LOOPBACK, new BoundSocket(3, "unix:/ö \n:" + "x".repeat(300), 7), 0);
        assertThat(SystemdFdStore.name(odd))
                .startsWith("einhyrningsins-7-unix_/____xxx")
                .hasSize(255)
                .matches("[!-9;-~]+");
    }

    private SystemdNotifier service() {
        return service(List.of());
    }

    private SystemdNotifier service(List<String> before) {
        SystemdNotifier service =
                new SystemdNotifier(environment, before, programTable, managerLog);
        now = Clock.now();
        return service;
    }

    private SocketSnapshot socket() {
        BoundSocket boundSocket = ProgramSockets.bind(LOOPBACK);
        open.add(boundSocket);
        return new SocketSnapshot("", LOOPBACK, boundSocket, 0);
    }

    /// What was said since it was last asked.
    private List<String> heard() {
        List<String> texts = new ArrayList<>();
        Datagram next = Datagrams.receive(systemd);
        while (next != null) {
            texts.add(new String(next.text(), StandardCharsets.UTF_8));
            next = Datagrams.receive(systemd);
        }
        return texts;
    }
}
