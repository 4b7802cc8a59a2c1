// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import org.einhyrningsins.manager.control.ControlServer;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.RuntimePaths;
import org.einhyrningsins.manager.snapshot.KeptDescriptor;
import org.einhyrningsins.manager.snapshot.ManagerSnapshot;
import org.einhyrningsins.manager.snapshot.PendingCommandSnapshot;
import org.einhyrningsins.manager.snapshot.PendingConfirmationSnapshot;
import org.einhyrningsins.manager.snapshot.ProgramSnapshot;
import org.einhyrningsins.manager.snapshot.ReexecSnapshot;
import org.einhyrningsins.manager.snapshot.ReloadSnapshot;
import org.einhyrningsins.manager.snapshot.SocketSnapshot;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.posix.file.FileStamp;
import org.einhyrningsins.posix.kernel.BootId;
import org.einhyrningsins.posix.kernel.OpenFileLimits;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.manager.BuildInfo;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// Builds the snapshots by which another manager goes on: the manager's own, which is written to
/// the state directory, and the one of everything, which a re-exec hands over.
public final class SnapshotBuilder {
    private final SocketTable sockets;
    private final ProgramTable programTable;
    private final ManagerLog managerLog;
    private final Source source;

    /// The state of the manager that is in none of the tables.
    public interface Source {
        RuntimePaths paths();

        ServicesSpec settings();

        ManagerSnapshot.History history();

        /// True if everything is being stopped.
        boolean stopping();

        /// The control socket; null before it is open.
        @Nullable ControlServer control();

        /// The descriptor of the state journal; -1 if there is none.
        int journal();

        /// The HTTP listener; null if there is none.
        @Nullable SocketSnapshot http();

        /// The reload that is to be confirmed; null if there is none.
        @Nullable PendingConfirmationSnapshot trial();

        /// The reload in which programs wait for each other; null if there is none.
        @Nullable ReloadSnapshot reload();

        /// The commands that are not answered yet.
        List<PendingCommandSnapshot> commands();

        /// The files whose content runs.
        List<FileStamp> configFiles();

        /// The ticket that the next command gets.
        long nextTicket();
    }

    public SnapshotBuilder(
            SocketTable sockets, ProgramTable programTable, ManagerLog managerLog, Source source) {
        this.sockets = sockets;
        this.programTable = programTable;
        this.managerLog = managerLog;
        this.source = source;
    }

    /// Builds the snapshot of everything.
    public ReexecSnapshot everything() {
        List<ProgramSnapshot> programs = new ArrayList<>();
        for (ProgramHost host : programTable.everyHost()) {
            programs.add(host.image(programTable.get(host.name()) != host));
        }
        ControlServer control = source.control();
        return new ReexecSnapshot(
                manager(List.of()),
                programs,
                control == null ? List.of() : control.clients(),
                source.commands(),
                source.nextTicket(),
                OpenFileLimits.inheritedOpenFiles(),
                Clock.now().nanos(),
                source.configFiles());
    }

    /// Builds the snapshot of what is the manager's own.
    ///
    /// @param files names of the files with the snapshots of its programs; none for a re-exec
    public ManagerSnapshot manager(List<String> files) {
        RuntimePaths paths = source.paths();
        return new ManagerSnapshot(
                new ManagerSnapshot.Instance(BuildInfo.text(), BootId.name(), Processes.self()),
                source.history(),
                new ManagerSnapshot.Configuration(
                        paths.control(),
                        paths.madeForControl(),
                        source.settings().withoutPrograms(),
                        managerLog.spec()),
                new ManagerSnapshot.Descriptors(
                        source.http(), sockets.images(), descriptors(paths)),
                new ManagerSnapshot.Pending(source.stopping(), source.trial(), source.reload()),
                files);
    }

    private List<KeptDescriptor> descriptors(RuntimePaths paths) {
        List<KeptDescriptor> kept = new ArrayList<>();
        ControlServer control = source.control();
        if (control != null) {
            kept.add(new KeptDescriptor("control", control.listener()));
        }
        if (source.journal() >= 0) {
            kept.add(new KeptDescriptor("notes", source.journal()));
        }
        if (paths.lock() >= 0) {
            kept.add(new KeptDescriptor("lock", paths.lock()));
        }
        return kept;
    }
}
