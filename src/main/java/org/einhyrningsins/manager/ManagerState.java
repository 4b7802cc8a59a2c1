// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.manager.control.ControlServer;
import org.einhyrningsins.manager.control.PendingCommand;
import org.einhyrningsins.manager.handover.SnapshotBuilder;
import org.einhyrningsins.manager.handover.SnapshotWriter;
import org.einhyrningsins.manager.page.PageData;
import org.einhyrningsins.manager.runtime.RuntimePaths;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.manager.snapshot.ManagerSnapshot;
import org.einhyrningsins.manager.snapshot.PendingCommandSnapshot;
import org.einhyrningsins.manager.snapshot.PendingConfirmationSnapshot;
import org.einhyrningsins.manager.snapshot.ReloadSnapshot;
import org.einhyrningsins.manager.snapshot.SocketSnapshot;
import org.einhyrningsins.manager.snapshot.StateJournal;
import org.einhyrningsins.posix.file.FileStamp;
import org.einhyrningsins.posix.kernel.OpenFileLimits;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// The state of the manager as snapshots and pages have it, collected from its parts.
final class ManagerState implements SnapshotBuilder.Source, SnapshotWriter.Participant {
    private final ManagerParts parts;
    private ManagerSnapshot.History history = ManagerSnapshot.History.fresh();

    ManagerState(ManagerParts parts) {
        this.parts = parts;
    }

    void continueFrom(ManagerSnapshot.History before) {
        history = before;
    }

    /// Records it in a state directory from now on.
    ///
    /// @param journal descriptor of its journal, which is locked
    void record(StateDirectory state, int journal) {
        SnapshotWriter writer =
                new SnapshotWriter(state, parts.programTable, parts.runtime.managerLog(), journal);
        parts.workers.spawner().journalTo(writer.notes());
        writer.addParticipant(this);
        parts.recorder.open(writer);
        parts.files.facts().store().open(state);
        parts.runtime.history().open(state);
        watchDirectory();
        if (settings().control().keeper()) {
            parts.sockets.openHolder(state);
        }
    }

    private void watchDirectory() {
        SnapshotWriter writer = parts.recorder.writer();
        if (writer != null) {
            parts.sockets
                    .files()
                    .watchDirectory(parts.files.paths().state().path(), writer::suspect);
        }
    }

    @Override
    public void writtenAgain(StateJournal stateJournal) throws IOException {
        parts.workers.spawner().journalTo(stateJournal);
        parts.sockets.writtenAgain();
        parts.overrides.adoptCurrent();
        parts.runtime.history().whatWasLost();
        watchDirectory();
    }

    /// The manager's own numbers on the metrics page.
    PageData.Manager numbers() {
        ControlServer control = control();
        int clients = control == null ? 0 : control.count();
        return new PageData.Manager(
                history.startedMillis(),
                history.reexecs(),
                history.recoveries(),
                clients,
                OpenFileLimits.openFiles().soft());
    }

    // ---- the source of snapshots

    @Override
    public RuntimePaths paths() {
        return parts.files.paths();
    }

    @Override
    public ServicesSpec settings() {
        return parts.settings.last();
    }

    @Override
    public ManagerSnapshot.History history() {
        return history;
    }

    @Override
    public boolean stopping() {
        return parts.shutdown.stopping();
    }

    @Override
    public @Nullable ControlServer control() {
        return parts.files.control();
    }

    @Override
    public int journal() {
        return parts.recorder.journal();
    }

    @Override
    public @Nullable SocketSnapshot http() {
        return parts.settings.http().image();
    }

    @Override
    public @Nullable PendingConfirmationSnapshot trial() {
        return parts.reloader.trials().image();
    }

    @Override
    public @Nullable ReloadSnapshot reload() {
        return parts.commandDispatcher.programs().handovers().image();
    }

    @Override
    public List<PendingCommandSnapshot> commands() {
        List<PendingCommandSnapshot> open =
                new ArrayList<>(parts.commandDispatcher.pending().images());
        for (PendingCommand asked : parts.shutdown.waiting()) {
            add(open, asked, PendingCommandSnapshot.About.END);
        }
        PendingCommand reexec = parts.commands.reexecRequest().conversation();
        if (reexec != null) {
            add(open, reexec, PendingCommandSnapshot.About.REPLACEMENT);
        }
        return open;
    }

    private static void add(
            List<PendingCommandSnapshot> to,
            PendingCommand asked,
            PendingCommandSnapshot.About about) {
        PendingCommandSnapshot image = asked.image(List.of(), about);
        if (image != null) {
            to.add(image);
        }
    }

    @Override
    public List<FileStamp> configFiles() {
        return parts.reloader.files().active();
    }

    @Override
    public long nextTicket() {
        return parts.commandDispatcher.pending().nextTicket();
    }
}
