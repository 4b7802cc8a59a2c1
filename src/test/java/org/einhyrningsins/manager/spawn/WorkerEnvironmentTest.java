// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.spec.BindSpec;
import org.einhyrningsins.spec.LaunchSpec;
import org.einhyrningsins.spec.LogsSpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.SupervisionSpec;
import org.einhyrningsins.spec.TextTemplate;
import org.junit.jupiter.api.Test;

import java.net.InetAddress;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

class WorkerEnvironmentTest {
    @Test
    void whatIsMeantForTheManagerAloneIsNotPassedOn() {
        Map<String, String> own = new LinkedHashMap<>();
        own.put("PATH", "/bin");
        own.put("LISTEN_PID", "1");
        own.put("LISTEN_FDS", "1");
        own.put("LISTEN_FDNAMES", "x");
        own.put("NOTIFY_SOCKET", "/run/systemd/notify");
        own.put("WATCHDOG_USEC", "1");
        own.put("WATCHDOG_PID", "1");
        own.put("EINHORN_SOCK_PATH", "/tmp/x");
        own.put("SERVER_STARTER_PORT", "80=3");
        own.put("EINHYRNINGSINS_JAVA_OPTS", "-Xmx64m");
        own.put("LISTENING", "not one of them");
        assertThat(WorkerEnvironment.inherited(own))
                .isEqualTo(Map.of("PATH", "/bin", "LISTENING", "not one of them"));
    }

    @Test
    void whatTheLauncherSetIsUndone() {
        Map<String, String> own = new LinkedHashMap<>();
        own.put("EINHYRNINGSINS_SET", "MALLOC_ARENA_MAX _JAVA_SR_SIGNUM LANG");
        own.put("EINHYRNINGSINS_ORIG_LANG", "is_IS.UTF-8");
        own.put("LANG", "C.UTF-8");
        own.put("MALLOC_ARENA_MAX", "1");
        own.put("_JAVA_SR_SIGNUM", "40");
        own.put("HOME", "/root");
        assertThat(WorkerEnvironment.inherited(own))
                .isEqualTo(Map.of("LANG", "is_IS.UTF-8", "HOME", "/root"));
    }

    @Test
    void theManagerThatComesNextHearsWhoToTellAndIsNotPassedTheSocketsAgain() {
        Map<String, String> own = new LinkedHashMap<>();
        own.put("NOTIFY_SOCKET", "/run/systemd/notify");
        own.put("WATCHDOG_USEC", "30000000");
        own.put("FDSTORE", "512");
        own.put("LISTEN_FDS", "1");
        own.put("LISTEN_PID", "7");
        own.put("LISTEN_FDNAMES", "web.socket");
        own.put("LISTEN_ON", "is the programs'");
        assertThat(WorkerEnvironment.original(own))
                .containsOnlyKeys("NOTIFY_SOCKET", "WATCHDOG_USEC", "FDSTORE", "LISTEN_ON");
    }

    @Test
    void aWorkerIsToldOfItsSocketsInEveryProtocol() {
        ProgramSpec spec =
                program(
                        socket("http", new SocketSpec.Tcp(InetAddress.ofLiteral("127.0.0.1"), 0)),
                        socket("six", new SocketSpec.Udp(InetAddress.ofLiteral("::1"), 53)),
                        socket("file", new SocketSpec.UnixPath(Path.of("/run/web.sock"))),
                        socket("hidden", new SocketSpec.UnixAbstract("web")));
        List<BoundSocket> bound =
                List.of(
                        new BoundSocket(300, "127.0.0.1:8080", 1),
                        new BoundSocket(301, "[::1]:53", 2),
                        new BoundSocket(302, "unix:/run/web.sock", 3),
                        new BoundSocket(303, "unix:@web", 4));
        Map<String, String> told = new LinkedHashMap<>();
        WorkerEnvironment.announce(told, spec, bound, 5);
        String self = Long.toString(ProcessHandle.current().pid());
        assertThat(told)
                .containsEntry("EINHORN_FD_COUNT", "4")
                .containsEntry("EINHORN_FD_0", "3")
                .containsEntry("EINHORN_FD_3", "6")
                .containsEntry("EINHORN_FD_FAMILY_0", "AF_INET")
                .containsEntry("EINHORN_FD_FAMILY_1", "AF_INET6")
                .containsEntry("EINHORN_FD_FAMILY_2", "AF_UNIX")
                .containsEntry("EINHORN_FD_FAMILY_3", "AF_UNIX")
                .containsEntry("EINHORN_MASTER_PID", self)
                .containsEntry("LISTEN_FDS", "4")
                .containsEntry("LISTEN_FDNAMES", "http:six:file:hidden")
                .containsEntry("SERVER_STARTER_GENERATION", "5")
                .containsEntry(
                        "SERVER_STARTER_PORT",
                        "127.0.0.1:8080=3;[::1]:53=4;/run/web.sock=5;@web=6");
    }

    @Test
    void aWorkerWithoutSocketsIsNotMadeToLookForSome() {
        Map<String, String> told = new LinkedHashMap<>();
        WorkerEnvironment.announce(told, program(), List.of(), 1);
        assertThat(told).containsOnlyKeys("EINHORN_FD_COUNT", "EINHORN_MASTER_PID");
        assertThat(told).containsEntry("EINHORN_FD_COUNT", "0");
    }

    private static SocketSpec socket(String name, SocketSpec.Address address) {
        return new SocketSpec(name, address, true, false, 128, true, SocketSpec.UnixFile.DEFAULT);
    }

    static ProgramSpec program(SocketSpec... sockets) {
        return new ProgramSpec(
                "web",
                1,
                LaunchSpec.of(List.of(TextTemplate.of("true")), Path.of("/"))
                        .withLogs(new LogsSpec.Discard()),
                BindSpec.NONE.withSockets(List.of(sockets)),
                SupervisionSpec.DEFAULT);
    }
}
