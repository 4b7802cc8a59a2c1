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
    /// Maximum time from a note to the start of its child, in ticks. No other process gets the same
    /// pid that soon.
    private static final long LATEST_TICKS = 500;

    private JournalSpawn() {}

    /// Opens the process of a start, known by its pid and when it started.
    ///
    /// @return its pidfd; -1 if it is gone
    static int open(StateJournal.SpawnNote birth) {
        int pidfd = birth.pid() > 1 ? Processes.open(birth.pid()) : -1;
        long started = pidfd < 0 ? -1 : ProcReader.startTimeIfAlive(birth.pid());
        // the clock of the note and that of the process may round differently
        if (started >= birth.ticks() - 1 && started <= birth.ticks() + LATEST_TICKS) {
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
                        pidfd < 0 ? birth.ticks() : ProcReader.startTime(birth.pid()),
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
