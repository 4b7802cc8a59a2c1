// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.manager.snapshot.StateJournal;
import org.einhyrningsins.manager.snapshot.WorkerSnapshot;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.BootId;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.LogsSpec;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// Finds the process of a start that the state journal tells of.
final class JournalSpawn {
    private JournalSpawn() {}

    /// Opens the process of a start, known by its pid and when it started.
    ///
    /// @return its pidfd; -1 if it is gone
    static int open(StateJournal.SpawnNote birth) {
        int pidfd = birth.pid() > 1 ? Processes.open(birth.pid()) : -1;
        if (pidfd >= 0 && ProcReader.isWorker(birth.pid(), birth.ticks())) {
            return pidfd;
        }
        close(pidfd);
        return -1;
    }

    /// Makes the snapshot of a worker of which nothing but its start was written.
    ///
    /// @param pidfd of its process; -1 if that is gone
    static WorkerSnapshot worker(Program program, StateJournal.SpawnNote birth, int pidfd) {
        LogsSpec logs = program.newest().logs();
        WorkerSnapshot.ProcessState process =
                new WorkerSnapshot.ProcessState(
                        birth.pid(),
                        birth.ticks(),
                        pidfd,
                        -1,
                        Clock.wallMillis() - age(birth).toMillis(),
                        true);
        Path file = logs.file(birth.id().slot());
        WorkerSnapshot.Log log = new WorkerSnapshot.Log(file, 0, null);
        return new WorkerSnapshot(birth.id(), process, -1, log, "", List.of());
    }

    /// The time that has passed since a start.
    static Duration age(StateJournal.SpawnNote birth) {
        long ticks = Math.max(0, BootId.ticks() - birth.ticks());
        return Duration.ofMillis(ticks * 1000 / BootId.TICKS_A_SECOND);
    }

    /// Closes a descriptor; -1 is none.
    static void close(int fd) {
        if (fd >= 0) {
            Descriptors.close(fd);
        }
    }
}
