// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.model.SocketKey;
import org.einhyrningsins.manager.snapshot.SocketSnapshot;
import org.einhyrningsins.manager.snapshot.WorkerSnapshot;
import org.einhyrningsins.manager.socket.HeldSockets;
import org.einhyrningsins.manager.socket.SocketHolder;
import org.einhyrningsins.manager.socket.SocketSource;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.manager.socket.SystemdSockets;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.WorkerId;
import org.jspecify.annotations.Nullable;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Takes back the listening sockets of a manager that was killed: out of the service manager, the
/// socket holder, or any worker that has them. A socket is known by its inode.
final class SocketRecovery {
    private final List<SocketSnapshot> recorded;
    private final List<CrashRecovery.Found> programs;
    private final List<CrashRecovery.Found> made;

    /// Definitions in the file.
    private final List<ProgramSpec> wanted;

    private final Map<Integer, List<Integer>> members;
    private final Set<Long> taken = new HashSet<>();
    private final HeldSockets all = new HeldSockets();

    /// Looks among these programs.
    ///
    /// @param recorded the sockets that the manager had, as far as that was written
    /// @param made those of the programs that were made up from what workers carry
    /// @param wanted what the file says
    /// @param members living processes of workers whose own process is gone, by the pid of that
    SocketRecovery(
            List<SocketSnapshot> recorded,
            List<CrashRecovery.Found> programs,
            List<CrashRecovery.Found> made,
            List<ProgramSpec> wanted,
            Map<Integer, List<Integer>> members) {
        this.recorded = recorded;
        this.programs = programs;
        this.made = made;
        this.wanted = wanted;
        this.members = members;
    }

    /// Puts what can be had in the table; what nobody has any more is to be bound.
    ///
    /// @param passed what whoever started us kept
    /// @param keeper of the manager that is gone; null if it had none
    /// @param incomplete whether something of what was written is lost: then it is searched for
    /// @throws SocketTable.CannotBind if one that a worker has for itself cannot be had: another
    ///   one could be bound, and nobody would serve it
    void fetchInto(
            SocketTable table,
            SystemdSockets passed,
            SocketHolder.@Nullable HolderProcess keeper,
            boolean incomplete)
            throws SocketTable.CannotBind {
        if (keeper != null) {
            all.look(keeper);
        }
        for (CrashRecovery.Found found : programs) {
            String name = found.image().program().name();
            found.image().workers().forEach(each -> look(name, each));
        }
        fetchRecorded(table, List.of(passed, all));
        if (incomplete) {
            search(table);
        }
        if (keeper != null && recorded.isEmpty()) {
            passed.add(all.allBut(taken, keeper));
        }
        table.forgetLost();
        all.close();
    }

    /// Returns the reasons why workers would not give theirs, also after a fetch that failed.
    List<String> refusals() {
        return List.copyOf(all.refusals());
    }

    private void fetchRecorded(SocketTable table, List<SocketSource> sources)
            throws SocketTable.CannotBind {
        for (SocketSnapshot socket : recorded) {
            int fd = fetch(socket, sources);
            if (fd < 0 && socket.own() > 0 && !all.refusals().isEmpty()) {
                throw new SocketTable.CannotBind(
                        "cannot fetch socket '%s' of slot %d, %s"
                                .formatted(
                                        socket.spec().name(), socket.own() - 1, socket.address()));
            }
            if (fd >= 0 || socket.own() > 0) {
                table.take(socket, fd);
                taken.add(socket.inode());
            }
        }
    }

    private void look(String program, WorkerSnapshot worker) {
        if (worker.pidfd() >= 0) {
            all.look(program, worker);
        } else {
            String name = program + ":" + worker.id().slot();
            members.getOrDefault(worker.pid(), List.of()).forEach(pid -> all.look(name, pid));
        }
    }

    /// Searches workers for the sockets that are not recorded.
    private void search(SocketTable table) {
        for (CrashRecovery.Found found : programs) {
            for (WorkerSnapshot worker : found.image().workers()) {
                ProgramSpec spec = spec(found.image().program(), worker.id());
                for (int i = 0; i < spec.sockets().size(); i++) {
                    boolean own = spec.sockets().get(i).perWorker() && isMade(found);
                    if (own || table.isClosed(spec, spec.sockets().get(i))) {
                        search(table, found, worker, spec, i);
                    }
                }
            }
        }
        for (ProgramSpec spec : wanted) {
            for (int i = 0; i < spec.sockets().size(); i++) {
                searchElsewhere(table, spec, i);
            }
        }
    }

    /// A socket that one program has, and another is to have, may be with workers of a program of
    /// which nothing is known but its name.
    private void searchElsewhere(SocketTable table, ProgramSpec spec, int index) {
        SocketSpec socket = spec.sockets().get(index);
        if (socket.perWorker() || !SocketKey.of(spec, socket).owner().isEmpty()) {
            return; // that of another worker, or of any address
        }
        for (CrashRecovery.Found found : made) {
            for (WorkerSnapshot worker : found.image().workers()) {
                if (table.isClosed(spec, socket)) {
                    search(table, found, worker, spec, index);
                }
            }
        }
    }

    private void search(
            SocketTable table,
            CrashRecovery.Found found,
            WorkerSnapshot worker,
            ProgramSpec spec,
            int index) {
        String who = found.image().program().name() + ":" + worker.id().slot();
        List<Integer> its = members.getOrDefault(worker.pid(), List.of());
        SocketSnapshot socket = all.find(spec, index, who, worker, its);
        if (socket != null && !taken.add(socket.inode())) {
            JournalSpawn.close(socket.fd());
        } else if (socket != null) {
            table.take(socket, socket.fd());
        }
    }

    private boolean isMade(CrashRecovery.Found found) {
        return made.contains(found) || recorded.isEmpty();
    }

    private static ProgramSpec spec(Program program, WorkerId id) {
        for (Slot slot : program.slots()) {
            for (Worker worker : slot.workers()) {
                if (worker.id().equals(id)) {
                    return worker.version().spec();
                }
            }
        }
        return program.newest();
    }

    private static int fetch(SocketSnapshot socket, List<SocketSource> sources) {
        for (SocketSource source : sources) {
            int fd = source.fetch(socket);
            if (fd >= 0) {
                return fd;
            }
        }
        return -1;
    }
}
