// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import static java.util.Objects.requireNonNull;

import org.einhyrningsins.config.RandomConfiguration;
import org.einhyrningsins.config.print.DefinitionSettings;
import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.plan.ReloadPlan;
import org.einhyrningsins.core.plan.SocketMove;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.snapshot.SocketSnapshot;
import org.einhyrningsins.posix.kernel.BoundSocket;
import org.einhyrningsins.posix.socket.ProgramSockets;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.manager.LogSpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SplittableRandom;

/// Real sockets, of files that change.
@Timeout(240)
class SocketTableIT {
    private static final int SEEDS = 30;

    @TempDir Path directory;

    private final SocketTable table =
            new SocketTable(
                    new ManagerLog(new ByteArrayOutputStream()::writeBytes, LogSpec.DEFAULT));

    @AfterEach
    void close() {
        table.closeAllBut(List.of(), name -> 0);
    }

    @Test
    void keepsOpensAndClosesWhatThePlanSays() throws Exception {
        int kept = 0;
        int renamed = 0;
        for (int seed = 1; seed <= SEEDS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            String mark = "einhyrningsins-test-" + ProcessHandle.current().pid();
            RandomConfiguration file = new RandomConfiguration(random, mark);
            SequencedMap<String, ProgramSpec> now = load(file);
            table.open(now.values());
            for (int i = 0; i < 4; i++) {
                file.change();
                SequencedMap<String, ProgramSpec> next = load(file);
                Map<String, Long> before = inodes(now);
                ReloadPlan reloadPlan = plan(now, next);
                table.open(next.values(), reloadPlan.sockets());
                assertThat(inodes(now)).as("until nobody uses them").isEqualTo(before);
                table.closeAllBut(next.values(), name -> 1);
                Map<String, Long> after = inodes(next);
                for (SocketMove move : reloadPlan.sockets()) {
                    String from = String.valueOf(move.from());
                    String to = String.valueOf(move.to());
                    switch (move.kind()) {
                        case KEPT -> assertThat(after.get(to)).isEqualTo(before.get(from));
                        case OPENED -> assertThat(before).doesNotContainValue(after.get(to));
                        case CLOSED -> assertThat(open(before.get(from))).as(from).isFalse();
                    }
                    kept += move.kind() == SocketMove.Kind.KEPT ? 1 : 0;
                    renamed += move.renamed() ? 1 : 0;
                }
                assertThat(reloadPlan.sockets()).hasSizeGreaterThanOrEqualTo(after.size());
                now = next;
            }
            table.closeAllBut(List.of(), name -> 0);
        }
        assertThat(kept).isGreaterThan(100);
        assertThat(renamed).isGreaterThan(20);
    }

    @Test
    void bindsAllOrNothingAndKeepsTheRest() throws Exception {
        SequencedMap<String, ProgramSpec> now = load("{name: a, tcp: \"127.0.0.1:0\"}");
        table.open(now.values());
        Map<String, Long> before = inodes(now);
        SequencedMap<String, ProgramSpec> next =
                load(
                        "{name: renamed, tcp: \"127.0.0.1:0\"}, {name: new, udp: \"127.0.0.1:0\"},"
                                + " {name: bad, unix: /nonexistent/socket}");
        ReloadPlan reloadPlan = plan(now, next);
        assertThatThrownBy(() -> table.open(next.values(), reloadPlan.sockets()))
                .isInstanceOf(SocketTable.CannotBind.class)
                .hasMessageContaining("socket 'bad' of 'p'");
        assertThat(inodes(now)).isEqualTo(before);
        assertThat(inodes(next)).containsValues(0L); // not bound
        assertThat(open(before.get("p/a"))).isTrue();
    }

    /// An address that only a version has that may come back: nobody waits there for ever, and
    /// nobody else gets it.
    @Test
    void whatNobodyServesRefusesAndKeepsItsPort() throws Exception {
        int port = freePort();
        SequencedMap<String, ProgramSpec> older =
                load("{name: a, tcp: \"127.0.0.1:" + port + "\"}");
        table.open(older.values());
        Map<String, Long> before = inodes(older);
        assertThat(connects(port)).isTrue();
        assertThat(table.stopListeningExcept(older.values())).isFalse();
        assertThat(connects(port)).as("as long as somebody serves").isTrue();
        assertThat(table.stopListeningExcept(List.of()))
                .as("who is born next finds it anew")
                .isTrue();
        assertThat(table.stopListeningExcept(List.of())).as("it rests already").isFalse();
        assertThat(connects(port)).isFalse();
        try (ServerSocket other = new ServerSocket()) {
            other.setReuseAddress(true);
            var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
            assertThatThrownBy(() -> other.bind(address)).isInstanceOf(BindException.class);
        }
        table.startListening(requireNonNull(older.get("p")));
        assertThat(connects(port)).isTrue();
        assertThat(inodes(older)).isEqualTo(before);
        table.stopListeningExcept(List.of());
        table.open(older.values());
        assertThat(connects(port)).as("as a reload has it").isTrue();
    }

    @Test
    void whatCannotRestIsClosedAndBoundAgain() throws Exception {
        Path file = directory.resolve("x.sock");
        SequencedMap<String, ProgramSpec> older =
                load(
                        "{name: a, tcp: \"127.0.0.1:0\"}, {name: b, udp: \"127.0.0.1:0\"}, {name:"
                                + " c, unix: "
                                + file
                                + "}, {name: d, tcp: \"127.0.0.1:"
                                + freePort()
                                + "\", per-worker: true}");
        table.open(older.values());
        List<Long> before = List.copyOf(inodes(older).values());
        assertThat(table.stopListeningExcept(List.of())).isTrue();
        for (long inode : before) {
            assertThat(open(inode)).isFalse();
        }
        assertThat(file).doesNotExist();
        table.startListening(requireNonNull(older.get("p")));
        assertThat(inodes(older).values()).doesNotContain(0L);
        assertThat(file).exists();
    }

    /// systemd may start us again for who connects.
    @Test
    void whatSomebodyElseBoundIsLeftAsItIs() throws Exception {
        int port = freePort();
        SequencedMap<String, ProgramSpec> older =
                load("{name: a, tcp: \"127.0.0.1:" + port + "\"}");
        ProgramSpec program = requireNonNull(older.get("p"));
        BoundSocket boundSocket = ProgramSockets.bind(program.sockets().getFirst());
        SocketSnapshot image = new SocketSnapshot("", program.sockets().getFirst(), boundSocket, 0);
        table.take(image.ofSomebodyElse(true), boundSocket.fd());
        assertThat(table.stopListeningExcept(List.of())).isFalse();
        assertThat(connects(port)).isTrue();
        assertThat(table.images().getFirst().foreign()).as("for the next manager").isTrue();
    }

    @Test
    void modeAndOwnerOfAnOpenSocketChangeForAllOrForNone() throws Exception {
        String one = "{name: a, unix: " + directory.resolve("a") + modes("0600");
        String two = "{name: b, unix: " + directory.resolve("b") + modes("0600");
        SequencedMap<String, ProgramSpec> now = load(one + ", " + two);
        table.open(now.values());
        Map<String, Long> before = inodes(now);
        assertThat(mode("a") + mode("b")).isEqualTo("rw-------rw-------");

        String other = one.replace("0600", "0640");
        String bad = two.replace("mode: \"0600\"", "mode: \"0660\", owner: nobody-of-that-name");
        SequencedMap<String, ProgramSpec> next = load(other + ", " + bad);
        assertThatThrownBy(() -> table.open(next.values(), plan(now, next).sockets()))
                .isInstanceOf(SocketTable.CannotBind.class)
                .hasMessageContaining("mode and owner of socket 'b' of 'p'")
                .hasMessageContaining("nobody-of-that-name");
        assertThat(mode("a") + mode("b")).isEqualTo("rw-------rw-------");

        SequencedMap<String, ProgramSpec> last = load(other + ", " + two.replace("0600", "0660"));
        table.open(last.values(), plan(now, last).sockets());
        assertThat(mode("a") + mode("b")).isEqualTo("rw-r-----rw-rw----");
        assertThat(inodes(last)).isEqualTo(before);

        SequencedMap<String, ProgramSpec> none = load(one.replace(modes("0600"), "}"));
        String asBound = none.firstEntry().getValue().sockets().getFirst().name();
        table.open(none.values(), plan(last, none).sockets());
        table.open(load("{name: c, unix: " + directory.resolve("c") + "}").values());
        assertThat(mode(asBound)).as("not given any more").isEqualTo(mode("c"));
    }

    private static String modes(String mode) {
        return ", mode: \"" + mode + "\"}";
    }

    private String mode(String name) throws IOException {
        return PosixFilePermissions.toString(
                Files.getPosixFilePermissions(directory.resolve(name)));
    }

    private static int freePort() throws IOException {
        try (ServerSocket any = new ServerSocket(0)) {
            return any.getLocalPort();
        }
    }

    private static boolean connects(int port) throws IOException {
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return client.isConnected();
        } catch (ConnectException refused) {
            return false;
        }
    }

    private SequencedMap<String, ProgramSpec> load(RandomConfiguration file) throws IOException {
        return file.load(directory.resolve("services.yaml")).programs();
    }

    private SequencedMap<String, ProgramSpec> load(String bind) throws IOException {
        Path file = directory.resolve("services.yaml");
        Files.writeString(file, "programs: {p: {command: [./x], bind: [" + bind + "]}}");
        LoadEnvironment machine = new LoadEnvironment(Map.of(), 1, name -> true, name -> true);
        return ((LoadResult.Valid) ConfigLoader.load(file, machine)).services().programs();
    }

    private static ReloadPlan plan(
            SequencedMap<String, ProgramSpec> now, SequencedMap<String, ProgramSpec> next) {
        SequencedMap<String, Program> programs = new LinkedHashMap<>();
        now.forEach((name, spec) -> programs.put(name, Program.of(spec, new Moment(0))));
        return ReloadPlan.between(
                new ReloadPlan.Now(programs, now.values()), next, Set.of(), DefinitionSettings::of);
    }

    private Map<String, Long> inodes(SequencedMap<String, ProgramSpec> programs) {
        Map<String, Long> inodes = new HashMap<>();
        for (ProgramSpec program : programs.values()) {
            List<BoundSocket> bound = table.of(program);
            for (int i = 0; i < bound.size(); i++) {
                String name = program.name() + "/" + program.sockets().get(i).name();
                inodes.put(name, bound.get(i).inode());
            }
        }
        return inodes;
    }

    private static boolean open(@Nullable Long inode) throws IOException {
        try (var files = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path file : files) {
                if (Files.isSymbolicLink(file)
                        && Files.readSymbolicLink(file)
                                .toString()
                                .equals("socket:[" + inode + "]")) {
                    return true;
                }
            }
        }
        return false;
    }
}
