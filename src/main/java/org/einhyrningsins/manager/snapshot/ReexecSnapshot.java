// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.einhyrningsins.posix.file.FileStamp;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Limit;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// Snapshot of all that a manager hands on in a re-exec.
///
/// @param clients clients at the control socket
/// @param conversations their commands that are not answered yet
/// @param nextTicket ticket of the next question to a program
/// @param openFiles limit that the first manager was started with, and that workers get
/// @param configFiles the files whose content runs; null in older images
/// @param leftAt time when the old manager stopped to serve, nanoseconds on the clock of this boot
public record ReexecSnapshot(
        ManagerSnapshot manager,
        List<ProgramSnapshot> programs,
        List<ControlConnectionSnapshot> clients,
        List<PendingCommandSnapshot> conversations,
        long nextTicket,
        Limit openFiles,
        long leftAt,
        @Nullable List<FileStamp> configFiles) {

    /// Returns every descriptor that is handed on.
    public List<Integer> descriptors() {
        List<Integer> all = new ArrayList<>();
        manager.descriptors().kept().forEach(kept -> all.add(kept.fd()));
        if (manager.http() != null) {
            all.add(manager.http().fd());
        }
        manager.sockets().forEach(socket -> all.add(socket.fd()));
        clients.forEach(client -> all.add(client.fd()));
        for (ProgramSnapshot program : programs) {
            program.kept().forEach(kept -> all.add(kept.fd()));
            for (WorkerSnapshot worker : program.workers()) {
                all.add(worker.pidfd());
                worker.kept().forEach(kept -> all.add(kept.fd()));
            }
            for (WorkerSocketsSnapshot door : program.workerSockets()) {
                all.add(door.acks());
                all.add(door.notifications());
                door.clients().forEach(guest -> all.add(guest.fd()));
            }
        }
        return all;
    }
}
