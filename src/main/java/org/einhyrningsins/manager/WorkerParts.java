// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.manager.program.OrphanReaper;
import org.einhyrningsins.manager.program.ProbeRunner;
import org.einhyrningsins.manager.program.ProcessGroupWatch;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.program.WorkerServices;
import org.einhyrningsins.manager.runtime.RuntimePaths;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.manager.spawn.JobRecords;
import org.einhyrningsins.manager.spawn.WorkerCgroups;
import org.einhyrningsins.manager.spawn.WorkerCredentials;
import org.einhyrningsins.manager.spawn.WorkerEnvironment;
import org.einhyrningsins.manager.spawn.WorkerOutput;
import org.einhyrningsins.manager.spawn.WorkerSpawner;

/// The parts that deal with worker processes: they start, read, probe and end those of all
/// programs.
record WorkerParts(
        WorkerCgroups cgroups,
        WorkerCredentials credentials,
        OrphanReaper orphanReaper,
        ProcessGroupWatch groups,
        ProbeRunner probeRunner,
        WorkerOutput output,
        WorkerSpawner spawner) {

    /// Makes them for the programs of a table.
    ///
    /// @param nothing descriptor of /dev/null
    static WorkerParts of(
            ManagerRuntime runtime,
            ProgramTable programTable,
            SocketTable sockets,
            WorkerOutput output,
            int nothing) {
        WorkerCgroups cgroups = new WorkerCgroups(runtime.managerLog());
        WorkerCredentials credentials = new WorkerCredentials();
        return new WorkerParts(
                cgroups,
                credentials,
                new OrphanReaper(programTable, cgroups, credentials, runtime.managerLog()),
                new ProcessGroupWatch(runtime.eventLoop()),
                new ProbeRunner(runtime.eventLoop(), runtime.buffer()),
                output,
                new WorkerSpawner(
                        WorkerEnvironment.inherited(System.getenv()),
                        sockets,
                        cgroups,
                        credentials,
                        nothing,
                        output));
    }

    /// Services for the hosts of programs.
    WorkerServices services() {
        return new WorkerServices(spawner, probeRunner, orphanReaper, groups);
    }

    /// Uses the control groups and the credential files that belong to these paths.
    void begin(RuntimePaths paths) {
        cgroups.begin(paths.managerTag());
        credentials.begin(paths.credentials());
        spawner.recordIn(new JobRecords(paths.state()));
    }
}
