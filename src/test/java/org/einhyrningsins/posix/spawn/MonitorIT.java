// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.spawn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.einhyrningsins.posix.Nursery;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.ChildPrivileges;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.posix.kernel.ProcessExit;
import org.einhyrningsins.posix.process.Children;
import org.einhyrningsins.posix.process.ProcessGroups;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Limit;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Resource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// A monitor writes down how the process ended that it waited for, whoever lives at that moment.
@Timeout(300)
class MonitorIT {
    private static final int NOBODY = 65_534;

    @TempDir Path directory;
    private Path file = Path.of("/");
    private int record = -1;
    private int nothing = -1;

    @BeforeEach
    void open() {
        file = directory.resolve("record");
        record = Descriptors.openEmpty(file);
        nothing = Descriptors.openNull();
    }

    @AfterEach
    void nothingIsLeftBehind() throws Exception {
        Descriptors.close(record);
        Descriptors.close(nothing);
        assertThat(Nursery.isChildless()).isTrue();
    }

    private SpawnedChild start(Nursery child) throws SpawnException {
        child.record = record;
        child.directory = child.directory.equals("/") ? directory.toString() : child.directory;
        return child.spawner.spawn(child.order(nothing, nothing));
    }

    private ProcessExit awaited(SpawnedChild child) {
        ProcessExit exit = Children.await(child.pidfd());
        Descriptors.close(child.pidfd());
        return exit;
    }

    private MonitorRecord.@Nullable End end() throws Exception {
        return MonitorRecord.read(Files.readAllBytes(file));
    }

    @Test
    void anExitStatusIsWrittenDownAndIsTheMonitorsOwn() throws Exception {
        ProcessExit exit = awaited(start(Nursery.script("exit 42")));

        assertThat(end()).isEqualTo(new MonitorRecord.End(42, 0, false, null));
        assertThat(exit.code()).isEqualTo(42);
    }

    @Test
    void aSignalIsWrittenDown() throws Exception {
        ProcessExit exit = awaited(start(Nursery.script("kill -USR1 $$")));

        assertThat(end()).isEqualTo(new MonitorRecord.End(0, 10, false, null));
        assertThat(exit.code()).isEqualTo(128 + 10);
    }

    @Test
    void nothingIsWrittenWhileTheProcessLives() throws Exception {
        SpawnedChild child = start(Nursery.script("sleep 600"));

        assertThat(end()).isNull();

        ProcessGroups.killGroup(child.pid(), Signal.TERM);
        awaited(child);
        assertThat(end()).isEqualTo(new MonitorRecord.End(0, 15, false, null));
    }

    @Test
    void aSignalToTheMonitorAloneEndsNothing() throws Exception {
        Path go = directory.resolve("go");
        SpawnedChild child = start(script("until [ -e " + go + " ]; do sleep 0.01; done"));

        pid();
        for (Signal signal : List.of(Signal.TERM, Signal.INT, Signal.HUP, Signal.USR1)) {
            Processes.kill(child.pidfd(), signal);
        }
        Files.createFile(go);

        awaited(child);
        assertThat(end()).isEqualTo(new MonitorRecord.End(0, 0, false, null));
    }

    /// A script that says when it runs; waits for that.
    private Nursery script(String script) {
        return Nursery.script("echo $$ > pid; mv pid started; " + script);
    }

    private String pid() throws Exception {
        Path started = directory.resolve("started");
        while (!Files.exists(started)) {
            Thread.onSpinWait();
        }
        return Files.readString(started).strip();
    }

    @Test
    void aSignalBeforeTheProcessRunsIsForIt() throws Exception {
        SpawnedChild child = start(Nursery.script("sleep 600"));

        ProcessGroups.killGroup(child.pid(), Signal.INT);

        awaited(child);
        assertThat(end()).isEqualTo(new MonitorRecord.End(0, 2, false, null));
    }

    @Test
    void aKillOfTheGroupLeavesAnEmptyRecord() throws Exception {
        SpawnedChild child = start(Nursery.script("sleep 600"));

        ProcessGroups.killGroup(child.pid(), Signal.KILL);

        assertThat(awaited(child).signal()).isEqualTo(9);
        assertThat(end()).isNull();
    }

    @Test
    void aProgramThatIsMissingIsWrittenDownWithItsStep() throws Exception {
        Nursery child = new Nursery();
        child.executable = "/nowhere/program";

        awaited(start(child));

        MonitorRecord.End end = Objects.requireNonNull(end());
        assertThat(end.failure())
                .isEqualTo("execve /nowhere/program: no such file or directory (ENOENT)");
    }

    @Test
    void aDirectoryThatIsMissingIsWrittenDownWithItsStep() throws Exception {
        Nursery child = new Nursery();
        child.directory = "/nowhere";

        awaited(start(child));

        MonitorRecord.End end = Objects.requireNonNull(end());
        assertThat(end.failure()).isEqualTo("chdir /nowhere: no such file or directory (ENOENT)");
    }

    @Test
    void theProcessHasItsDescriptorsAndNoOthers() throws Exception {
        Path out = directory.resolve("out");
        Nursery child = Nursery.script("ls -l /proc/self/fd > " + out);
        child.more = List.of(-1, nothing);

        awaited(start(child));

        String list = Files.readString(out);
        assertThat(list)
                .contains(" 4 -> /dev/null")
                .doesNotContain("record")
                .doesNotContain("memfd");
    }

    @Test
    void theProcessHasItsLimitsItsPlaceInMemoryAndAnEmptyMask() throws Exception {
        Path out = directory.resolve("out");
        Nursery child =
                Nursery.script(
                        "ulimit -n > %1$s; cat /proc/self/oom_score_adj >> %1$s; grep SigBlk /proc/self/status >> %1$s"
                                .formatted(out));
        child.limits = Map.of(Resource.NOFILE, new Limit(77, 77));
        child.confinement =
                new ChildConfinement(
                        ChildPrivileges.KEPT, new ChildScheduling(123, List.of(), null), -1);
        child.more = List.of(-1, nothing);

        awaited(start(child));

        assertThat(Files.readString(out)).isEqualTo("77\n123\nSigBlk:\t0000000000000000\n");
    }

    @Test
    void theProcessKnowsItsOwnPid() throws Exception {
        Path out = directory.resolve("out");
        Nursery child = Nursery.script("[ $OWN = $$ ] && echo same > " + out);
        child.ownPid = List.of("OWN");

        awaited(start(child));

        assertThat(out).hasContent("same");
    }

    @Test
    void anotherUsersProcessCannotTouchItsMonitor() throws Exception {
        assumeTrue(Processes.user() == 0, "needs root");
        Nursery child = Nursery.script("kill -KILL $PPID; kill -KILL 0; exit 5");
        child.credentials = new Credentials(NOBODY, NOBODY, List.of());

        awaited(start(child));

        MonitorRecord.End end = Objects.requireNonNull(end());
        assertThat(end.signal()).isEqualTo(9); // it killed itself with its group, and nobody else
    }

    @Test
    void whoKillsTheMonitorKillsTheProcess() throws Exception {
        SpawnedChild child = start(script("exec sleep 600"));
        Path process = Path.of("/proc", pid());

        Processes.kill(child.pidfd(), Signal.KILL);

        awaited(child);
        while (Files.exists(process) && !state(process).equals("Z")) {
            Thread.onSpinWait();
        }
        assertThat(end()).isNull();
    }

    private static String state(Path process) {
        try {
            return Files.readString(process.resolve("stat")).replaceAll(".*\\) (.).*\\n", "$1");
        } catch (IOException gone) {
            return "Z";
        }
    }

    @Test
    void itIsSmall() throws Exception {
        SpawnedChild child = start(script("sleep 600"));
        pid();

        String status = Files.readString(Path.of("/proc", Integer.toString(child.pid()), "status"));
        ProcessGroups.killGroup(child.pid(), Signal.KILL);
        awaited(child);

        assertThat(status).contains("Name:\teinhyrn-monitor\n");
        assertThat(status.replaceAll("(?s).*VmRSS:\\s*(\\d+) kB.*", "$1"))
                .matches(text -> Integer.parseInt(text) < 400);
    }
}
