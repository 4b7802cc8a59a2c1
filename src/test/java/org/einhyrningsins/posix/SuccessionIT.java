// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.MemoryFiles;
import org.einhyrningsins.posix.kernel.BootId;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Children;
import org.einhyrningsins.posix.process.ProcessGroups;
import org.einhyrningsins.posix.process.ProcessImage;
import org.einhyrningsins.posix.process.ProcessStatus;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.posix.socket.Connections;
import org.einhyrningsins.posix.socket.Sockets;
import org.einhyrningsins.posix.spawn.SpawnedChild;
import org.einhyrningsins.posix.spawn.Spawner;
import org.einhyrningsins.spec.Signal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// What a manager needs to go on for another.
final class SuccessionIT {
    @Test
    void memoryHoldsWhatItWasGiven() {
        byte[] content = "x".repeat(100_000).getBytes(StandardCharsets.UTF_8);
        int fd = MemoryFiles.memory("test", content);
        assertThat(Descriptors.readAll(fd, 1_000_000)).isEqualTo(content);
        assertThat(Descriptors.readAll(fd, 10)).hasSize(10);
        Descriptors.close(fd);
    }

    @Test
    void fetchesASocketOutOfAWorker() throws Exception {
        int nothing = Descriptors.openNull();
        int[] pair = Connections.pair();
        SpawnedChild child =
                Nursery.SPAWNER.spawn(Nursery.script("exec sleep 100").order(nothing, pair[1]));
        int fetched = Processes.fetch(child.pidfd(), 1);
        assertThat(Sockets.inode(fetched)).isEqualTo(Sockets.inode(pair[1]));
        assertThat(Sockets.listens(fetched)).isFalse();
        assertThat(Children.isChild(child.pid())).isTrue();
        assertThatThrownBy(() -> Processes.fetch(child.pidfd(), 77))
                .isInstanceOfSatisfying(
                        PosixException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBADF));
        ProcessGroups.killGroup(child.pid(), Signal.KILL);
        Children.await(child.pidfd());
        for (int fd : List.of(nothing, pair[0], pair[1], fetched, child.pidfd())) {
            Descriptors.close(fd);
        }
    }

    @Test
    void aChildNotesItselfBeforeItIsAnythingElse(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("notes");
        int notes = Descriptors.lock(file);
        Spawner spawner = new Spawner();
        spawner.journalTo(notes);
        int nothing = Descriptors.openNull();
        long before = BootId.ticks();
        SpawnedChild child =
                spawner.spawn(
                        Nursery.script("exit 0").order(nothing, nothing),
                        "born web 0 ",
                        Spawner.OWN_CGROUP);
        assertThat(Files.readString(file).replace("\0", ""))
                .isEqualTo("born web 0 " + child.pid() + "\n");
        assertThat(ProcessStatus.startTime(child.pid())).isBetween(before - 1, before + 500);
        Children.await(child.pidfd());
        Descriptors.close(child.pidfd());
        Descriptors.close(notes);
        Descriptors.close(nothing);
    }

    @Test
    void whoCannotBeNotedIsBornAllTheSame() throws Exception {
        Spawner spawner = new Spawner();
        int nothing = Descriptors.openNull();
        spawner.journalTo(9_999);
        SpawnedChild child =
                spawner.spawn(
                        Nursery.script("exit 0").order(nothing, nothing),
                        "born web 0 ",
                        Spawner.OWN_CGROUP);
        Children.await(child.pidfd());
        Descriptors.close(child.pidfd());
        Descriptors.close(nothing);
    }

    @Test
    void anExecThatFailsChangesNothing() {
        int kept = Descriptors.openNull();
        PosixException why =
                ProcessImage.exec(
                        "/nonexistent/program", List.of("program"), List.of(), List.of(kept));
        assertThat(why.errno()).isEqualTo(Errno.ENOENT);
        assertThat(why).hasMessageContaining("/nonexistent/program");
        Descriptors.close(kept);
    }

    @Test
    void knowsItsBoot() {
        assertThat(BootId.name()).isEqualTo(BootId.name()).contains("pid:[");
    }
}
