// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.einhyrningsins.posix.Nursery;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.ChildPrivileges;
import org.einhyrningsins.posix.process.Children;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.process.SandboxSpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Children in a sandbox try what they may not.
@Timeout(120)
class LandlockIT {
    private static final List<Path> USUAL =
            List.of(Path.of("/usr"), Path.of("/bin"), Path.of("/lib"), Path.of("/lib64"));
    private static final List<Path> DEVICES = List.of(Path.of("/dev/null"));

    @TempDir Path directory;

    @BeforeEach
    void thereIsLandlock() {
        assumeTrue(Landlock.abi() >= 4, "this kernel has no Landlock of version 4");
    }

    private static int filled(Landlock.Rules rules) {
        int ruleset = Landlock.ruleset(rules);
        Landlock.fill(ruleset, rules);
        return ruleset;
    }

    private String in(Landlock.Rules rules, String script) throws Exception {
        int ruleset = filled(rules);
        try {
            Nursery child = Nursery.script(script + " 2>&1");
            child.confinement =
                    new ChildConfinement(
                            new ChildPrivileges(true, ChildPrivileges.UNTOUCHED, false, false),
                            ChildScheduling.INHERITED,
                            ruleset);
            return child.output();
        } finally {
            Descriptors.close(ruleset);
        }
    }

    private Landlock.Rules rules(
            List<Path> read,
            List<Path> write,
            @Nullable List<Integer> connect,
            @Nullable List<Integer> bind) {
        return new Landlock.Rules(USUAL, DEVICES, read, write, connect, bind, List.of());
    }

    @Test
    void readsWhatIsNamedAndNothingElse() throws Exception {
        Path named =
                Files.writeString(
                        Files.createDirectory(directory.resolve("a")).resolve("f"), "yes");
        Path other =
                Files.writeString(Files.createDirectory(directory.resolve("b")).resolve("f"), "no");
        Landlock.Rules rules = rules(List.of(named.getParent()), List.of(), null, null);
        assertThat(in(rules, "cat " + named)).isEqualTo("yes");
        assertThat(in(rules, "cat " + other)).contains("Permission denied");
        assertThat(in(rules, "echo x > " + named + "; cat " + named))
                .contains("ermission denied")
                .endsWith("yes");
        assertThat(in(rules, "ls /root")).contains("Permission denied");
    }

    @Test
    void writesWhereThatIsNamed() throws Exception {
        Path data = Files.createDirectory(directory.resolve("data"));
        Landlock.Rules rules = rules(List.of(), List.of(data), null, null);
        String script =
                "cd " + data + " && mkdir d && echo x > d/f && mv d/f g && rm -r d && cat g";
        assertThat(in(rules, script)).isEqualTo("x\n");
        assertThat(in(rules, "echo x > " + directory + "/f")).contains("ermission denied");
        assertThat(in(rules, "echo x > /dev/null && echo so")).isEqualTo("so\n");
    }

    @Test
    void aSingleFileCanBeNamed() throws Exception {
        Path file = Files.createFile(directory.resolve("f"));
        Landlock.Rules rules = rules(List.of(), List.of(file), null, null);
        assertThat(in(rules, "echo x > " + file + " && cat " + file)).isEqualTo("x\n");
    }

    /// Its descriptors are what they are without, and what it starts is in there too.
    @Test
    void leavesNothingOpenAndHoldsForAllThatItStarts() throws Exception {
        int ruleset =
                filled(
                        new Landlock.Rules(
                                List.of(Path.of("/usr"), Path.of("/proc"), Path.of("/bin")),
                                DEVICES,
                                List.of(),
                                List.of(),
                                null,
                                null,
                                List.of()));
        int extra = Descriptors.openNull();
        Nursery child = Nursery.script("ls /proc/$$/fd | xargs; sh -c 'sh -c \"ls /root\"' 2>&1");
        child.more = new ArrayList<>(List.of(extra, extra));
        child.orphaned = org.einhyrningsins.spec.Signal.TERM;
        child.confinement =
                new ChildConfinement(
                        new ChildPrivileges(true, ChildPrivileges.UNTOUCHED, false, false),
                        ChildScheduling.INHERITED,
                        ruleset);
        String output = child.output();
        Descriptors.close(extra);
        Descriptors.close(ruleset);
        assertThat(output).startsWith("0 1 2 3 4\n").contains("Permission denied");
    }

    @Test
    void connectsAndBindsWhereThatIsNamed() throws Exception {
        try (ServerSocket one = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                ServerSocket two = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Landlock.Rules rules =
                    rules(List.of(), List.of(), List.of(one.getLocalPort()), List.of());
            assertThat(in(rules, connect(one))).contains("connected");
            assertThat(in(rules, connect(two))).contains("PermissionError");
            assertThat(in(rules, python("s.bind(('127.0.0.1', 0))"))).contains("PermissionError");
            Landlock.Rules free = rules(List.of(), List.of(), null, List.of(0));
            assertThat(in(free, connect(two))).contains("connected");
            assertThat(in(free, python("s.bind(('127.0.0.1', 0))"))).contains("connected");
        }
    }

    private static String connect(ServerSocket to) {
        return python("s.connect(('127.0.0.1', " + to.getLocalPort() + "))");
    }

    private static String python(String line) {
        return "python3 -IS -c \"import socket; s = socket.socket(); "
                + line
                + "; print('connected')\"";
    }

    /// It reaches what it starts, and is itself reached by those outside.
    @Test
    void signalsAndAbstractSocketsOfOthersAreOutOfScope() throws Exception {
        assumeTrue(Landlock.abi() >= 6, "this kernel's Landlock has no scopes");
        String script =
                "kill -0 %d && echo signalled; sleep 9 & kill $! && echo own; "
                                .formatted(Processes.self())
                        + "python3 -IS -c 'import socket; s = socket.socket(socket.AF_UNIX); "
                        + "s.bind(chr(0) + str(%d)); s.listen(); ".formatted(Processes.self())
                        + "socket.socket(socket.AF_UNIX).connect(s.getsockname()); print(2)'";
        List<SandboxSpec.Scope> all = List.of(SandboxSpec.Scope.values());
        Landlock.Rules scoped =
                new Landlock.Rules(USUAL, DEVICES, List.of(), List.of(), null, null, all);
        assertThat(in(scoped, script)).doesNotContain("signalled").contains("own\n2\n");
        Landlock.Rules free = rules(List.of(), List.of(), null, null);
        assertThat(in(free, script)).contains("signalled\nown\n2\n");
        String other =
                "python3 -IS -c 'import socket; socket.socket(socket.AF_UNIX)"
                        + ".connect(chr(0) + \"%s\"); print(3)'";
        String name = "einhyrningsins-test-" + Processes.self();
        Process server =
                new ProcessBuilder(
                                "python3",
                                "-IS",
                                "-c",
                                "import socket, time; s = socket.socket(socket.AF_UNIX);"
                                        + (" s.bind(chr(0) + '" + name + "'); s.listen();")
                                        + " print(flush=True); time.sleep(60)")
                        .start();
        try {
            assertThat(server.getInputStream().read()).isEqualTo('\n');
            assertThat(in(scoped, other.formatted(name))).contains("not permitted");
            assertThat(in(free, other.formatted(name))).isEqualTo("3\n");
        } finally {
            server.destroyForcibly().waitFor();
        }
    }

    /// The child has its ruleset before that is filled, and waits meanwhile.
    @Test
    void whatIsFilledBehindAGateCounts() throws Exception {
        Path named = Files.writeString(directory.resolve("f"), "yes");
        Landlock.Rules rules = rules(List.of(named), List.of(), null, null);
        int ruleset = Landlock.ruleset(rules);
        ChildGate childGate = ChildGate.closed();
        Nursery child = Nursery.script("cat " + named);
        child.confinement =
                new ChildConfinement(
                        new ChildPrivileges(true, ChildPrivileges.UNTOUCHED, false, false),
                        ChildScheduling.INHERITED,
                        ruleset,
                        childGate);
        int[] pipe = Descriptors.pipe();
        int nothing = Descriptors.openNull();
        PendingChild pendingChild = child.spawner.begin(child.order(nothing, pipe[1]), "", -1, 0);
        childGate.childStarted();
        Descriptors.close(pipe[1]);
        assertThat(pendingChild.underWay()).isTrue();
        Landlock.fill(ruleset, rules);
        assertThat(childGate.open()).isTrue();
        assertThat(pendingChild.await(-1)).isTrue();
        assertThat(Nursery.readAll(pipe[0])).isEqualTo("yes");
        Children.await(pendingChild.child().pidfd());
        Descriptors.close(pendingChild.child().pidfd());
        Descriptors.close(pipe[0]);
        Descriptors.close(nothing);
        Descriptors.close(ruleset);
    }

    @Test
    void aPathThatIsNotThereIsAnError() {
        Path missing = directory.resolve("missing");
        assertThatThrownBy(() -> filled(rules(List.of(missing), List.of(), null, null)))
                .hasMessageContaining("missing")
                .hasMessageContaining("ENOENT");
    }
}
