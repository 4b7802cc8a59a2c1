// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.core.model.WorkerExit;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.spawn.MonitorRecord;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.Set;

/// Files in which the monitors of jobs write how their workers ended ([MonitorRecord]): in the
/// state directory, one for each worker, from its start until the manager has seen its end.
public final class JobRecords {
    private static final String PREFIX = "run-";
    private static final int NOT_EXECUTED = 127;

    private final StateDirectory state;

    public JobRecords(StateDirectory state) {
        this.state = state;
    }

    /// Makes the file of a worker that is about to start.
    ///
    /// @return a descriptor of it; the caller closes it
    /// @throws IOException if it cannot be made: then its end would be known only while this
    ///   manager lives
    int open(String program, WorkerId id) throws IOException {
        try {
            return state.openEmpty(name(program, id));
        } catch (PosixException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /// Reads how a worker ended; null if its monitor wrote nothing, as when it was killed itself.
    public MonitorRecord.@Nullable End end(String program, WorkerId id) {
        try {
            byte[] content = state.read(name(program, id), MonitorRecord.MAX_BYTES);
            return content == null ? null : MonitorRecord.read(content);
        } catch (IOException e) {
            return null;
        }
    }

    /// Removes the file.
    public void remove(String program, WorkerId id) {
        state.delete(name(program, id));
    }

    /// Removes the files of workers that are not among those, by their names.
    ///
    /// @param living as `PROGRAM:SLOT:INCARNATION`
    public void keepOnly(Set<String> living) {
        for (String name : state.names(PREFIX)) {
            if (!living.contains(name.substring(PREFIX.length()))) {
                state.delete(name);
            }
        }
    }

    private static String name(String program, WorkerId id) {
        return PREFIX + program + ":" + id.slot() + ":" + id.incarnation();
    }

    /// Returns an end as the exit of a worker.
    public static WorkerExit exit(MonitorRecord.End end) {
        return end.failure() == null
                ? new WorkerExit(end.code(), end.signal(), end.core(), 0, false, false)
                : new WorkerExit(NOT_EXECUTED, 0);
    }
}
