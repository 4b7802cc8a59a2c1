// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.posix.Nursery;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.spawn.SpawnedChild;
import org.einhyrningsins.spec.Signal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

@Timeout(240)
class ProcessesIT {
    @TempDir Path directory;

    @Test
    void knowsItself() {
        assertThat(Processes.self()).isEqualTo((int) ProcessHandle.current().pid());
        assertThat(ProcessStatus.startTime(Processes.self())).isPositive();
        assertThat(ProcessStatus.startTime(Integer.MAX_VALUE)).isEqualTo(-1);
    }

    @Test
    void knowsWhoDescendsFromWhom() throws Exception {
        int nothing = Descriptors.openNull();
        SpawnedChild child =
                Nursery.SPAWNER.spawn(Nursery.script("kill -STOP $$").order(nothing, nothing));
        assertThat(ProcessTree.isDescendant(child.pid(), Processes.self())).isTrue();
        assertThat(ProcessTree.isDescendant(child.pid(), child.pid())).isTrue();
        assertThat(ProcessTree.isDescendant(Processes.self(), child.pid())).isFalse();
        assertThat(ProcessGroups.killGroup(child.pid(), Signal.KILL)).isTrue();
        Children.await(child.pidfd());
        assertThat(ProcessGroups.killGroup(child.pid(), Signal.KILL)).isFalse();
        assertThat(Processes.open(child.pid())).isEqualTo(-1);
        Descriptors.close(child.pidfd());
        Descriptors.close(nothing);
    }

    @Test
    void refusesToKillEverybody() {
        assertThatThrownBy(() -> ProcessGroups.killGroup(1, Signal.TERM))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ProcessGroups.killGroup(0, Signal.TERM))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void reapsOrphansAndNobodyElse() throws Exception {
        int nothing = Descriptors.openNull();
        SpawnedChild ours = Nursery.SPAWNER.spawn(Nursery.script("exit 5").order(nothing, nothing));
        try (Poll poll = Poll.open()) {
            poll.add(ours.pidfd(), Poll.IN, 0);
            assertThat(poll.await(10_000_000_000L)).isEqualTo(1);
        }
        assertThat(Children.reapOrphans(pid -> pid == ours.pid())).isZero();
        assertThat(Nursery.isChildless()).isFalse();
        assertThat(Children.reapOrphans(pid -> false)).isOne();
        assertThat(Nursery.isChildless()).isTrue();
        Descriptors.close(ours.pidfd());
        Descriptors.close(nothing);
    }

    @Test
    void anOrphanThatAnotherThreadReapsMeanwhileIsNoError() throws Exception {
        int nothing = Descriptors.openNull();
        SpawnedChild child =
                Nursery.SPAWNER.spawn(Nursery.script("exit 5").order(nothing, nothing));
        try (Poll poll = Poll.open()) {
            poll.add(child.pidfd(), Poll.IN, 0);
            assertThat(poll.await(10_000_000_000L)).isEqualTo(1);
        }
        assertThat(Children.reapOrphans(pid -> Children.reap(child.pidfd()) == null)).isOne();
        assertThat(Nursery.isChildless()).isTrue();
        Descriptors.close(child.pidfd());
        Descriptors.close(nothing);
    }

    @Test
    void findsExecutablesAsExecvpWould() throws Exception {
        file("there", "rwxr-xr-x");
        file("plain", "rw-r--r--");
        Files.createDirectory(directory.resolve("folder"));
        String here = directory.toString();
        assertThat(ExecutableSearch.find("sh", "/", "/nowhere:/bin")).isEqualTo("/bin/sh");
        assertThat(ExecutableSearch.find("./there", here, "")).isEqualTo(here + "/there");
        assertThat(ExecutableSearch.find("there", here, "/bin:")).isEqualTo(here + "/there");
        assertThat(reason("nothing", "/bin:" + here)).isEqualTo(Errno.ENOENT);
        assertThat(reason("plain", here + ":/bin")).isEqualTo(Errno.EACCES);
        assertThat(reason("./folder", "")).isEqualTo(Errno.EISDIR);
        assertThat(reason("./there/x", "")).isEqualTo(Errno.ENOTDIR);
    }

    private Errno reason(String command, String path) {
        try {
            ExecutableSearch.find(command, directory.toString(), path);
        } catch (PosixException e) {
            return e.errno();
        }
        throw new AssertionError("found " + command);
    }

    private void file(String name, String mode) throws Exception {
        Path file = Files.writeString(directory.resolve(name), "#!/bin/sh\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }
}
