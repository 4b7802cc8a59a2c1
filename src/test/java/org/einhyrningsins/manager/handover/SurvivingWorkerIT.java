// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.posix.process.ProcessGroups;
import org.einhyrningsins.posix.process.ProcessStatus;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.WorkerId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

class SurvivingWorkerIT {
    private static final Path DOORS = Path.of("/run/it-" + Processes.self() + ".workers");

    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void end() {
        started.forEach(Process::destroyForcibly);
    }

    /// A shell that has its own pid in its variables, as a worker has, and leads a process group.
    private int worker(String mark, String pid, Path doors) throws IOException {
        String script =
                "import os,time; os.setpgid(0,0) if os.getpgid(0)!=os.getpid() else 0;"
                        + "os.environ.update({'EINHYRNINGSINS_WORKER':'"
                        + mark
                        + "','EINHYRNINGSINS_PID':"
                        + pid
                        + ",'EINHYRNINGSINS_DEFINITION':'7:abc','NOTIFY_SOCKET':'"
                        + doors
                        + "/web.notify'});"
                        + "os.execvpe('sh',['sh','-c','echo up; exec sleep 60'],os.environ)";
        ProcessBuilder builder = new ProcessBuilder("python3", "-c", script);
        Process process = builder.start();
        started.add(process);
        process.inputReader().readLine();
        return Math.toIntExact(process.pid());
    }

    /// A shell that ended and that nobody reaps, and what it left in its process group.
    ///
    /// @return the shell's pid
    private int leaderless(String mark, Path doors) throws IOException {
        String script =
                """
                import os, time
                pid = os.fork()
                if pid == 0:
                    os.setpgid(0, 0)
                    os.environ.update({
                        'EINHYRNINGSINS_WORKER': '%s', 'EINHYRNINGSINS_PID': str(os.getpid()),
                        'EINHYRNINGSINS_DEFINITION': '7:abc', 'NOTIFY_SOCKET': '%s/web.notify'})
                    os.execvp('sh', ['sh', '-c', 'sleep 60 >/dev/null &'])
                os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
                print(pid, flush=True)
                time.sleep(60)
                """
                        .formatted(mark, doors);
        Process process = new ProcessBuilder("python3", "-c", script).start();
        started.add(process);
        return Integer.parseInt(process.inputReader().readLine());
    }

    private static List<SurvivingWorker> found() {
        return SurvivingWorker.all(DOORS, Map.of());
    }

    @Test
    void isKnownByWhatItCarries() throws IOException {
        int pid = worker("web:2:9", "str(os.getpid())", DOORS);
        assertThat(found())
                .singleElement()
                .satisfies(
                        one -> {
                            assertThat(one.pid()).isEqualTo(pid);
                            assertThat(one.claim().program()).isEqualTo("web");
                            assertThat(one.claim().id()).isEqualTo(new WorkerId(2, 9));
                            assertThat(one.claim().generation()).isEqualTo(7);
                            assertThat(one.claim().sum()).isEqualTo("abc");
                            assertThat(one.claim().door()).isEqualTo("web");
                            assertThat(one.user()).isEqualTo(ProcessStatus.realUser(pid));
                            assertThat(one.startTicks()).isEqualTo(ProcessStatus.startTime(pid));
                        });
    }

    /// The worker is what is left of it, whose pid is that of the dead one, which a process group
    /// keeps for as long as anybody is in it.
    @Test
    void isWhatIsLeftOfItsProcessGroup() throws IOException {
        int shell = leaderless("web:2:9", DOORS);
        List<Integer> left = ProcessGroups.members(Set.of(shell)).getOrDefault(shell, List.of());
        try {
            assertThat(left).as("in the group of the shell, which is dead").hasSize(1);
            assertThat(ProcessStatus.startTime(shell)).as("it is not reaped").isPositive();
            assertThat(found())
                    .singleElement()
                    .satisfies(
                            one -> {
                                assertThat(one.pid()).isEqualTo(shell);
                                assertThat(one.members()).isEqualTo(left);
                                assertThat(one.claim().program()).isEqualTo("web");
                                assertThat(one.claim().id()).isEqualTo(new WorkerId(2, 9));
                                assertThat(one.claim().generation()).isEqualTo(7);
                                assertThat(one.claim().door()).isEqualTo("web");
                                long started = ProcessStatus.startTime(left.getFirst());
                                assertThat(one.startTicks()).isEqualTo(started);
                                assertThat(JournalSpawn.open(one.birth())).isNegative();
                            });
        } finally {
            left.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
        }
    }

    /// A child that leads a group of its own has its parent's variables, and so has a copy of them.
    @Test
    void whoMerelyInheritedItsVariablesIsNone() throws IOException {
        worker("web:2:9", "'1'", DOORS);
        assertThat(found()).isEmpty();
    }

    @Test
    void anotherManagersIsNone() throws IOException {
        worker("web:2:9", "str(os.getpid())", Path.of(DOORS + "2"));
        assertThat(found()).isEmpty();
    }

    @Test
    void whatMakesNoSenseIsNone() throws IOException {
        worker("web:two:9", "str(os.getpid())", DOORS);
        worker("web", "str(os.getpid())", DOORS);
        assertThat(found()).isEmpty();
    }

    @Test
    void aStrangersIsLeftAlone() {
        WorkerId id = new WorkerId(0, 1);
        int other = Processes.user() + 7;
        SurvivingWorker.Claim claim = new SurvivingWorker.Claim("web", id, 1, "", null);
        SurvivingWorker forged = new SurvivingWorker(2, List.of(), claim, other, false, 5);
        assertThat(forged.mayBelongTo(-1)).isFalse();
        assertThat(forged.mayBelongTo(other + 1)).isFalse();
        assertThat(forged.mayBelongTo(other)).as("as its program's user").isTrue();
        SurvivingWorker grouped = new SurvivingWorker(2, List.of(), claim, other, true, 5);
        assertThat(grouped.mayBelongTo(-1)).as("in a group that only we make").isTrue();
    }
}
