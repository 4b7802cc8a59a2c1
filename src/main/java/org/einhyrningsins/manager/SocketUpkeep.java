// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.SocketKey;
import org.einhyrningsins.core.model.VersionOrigin;
import org.einhyrningsins.manager.control.PendingCommand;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ReuseportSteering;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.StateDirectory;
import org.einhyrningsins.manager.socket.SocketFileWatch;
import org.einhyrningsins.manager.socket.SocketHolder;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.manager.socket.SystemdSockets;
import org.einhyrningsins.manager.socket.UnixSocketFiles;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.List;

/// The listening sockets of all programs and their upkeep: closes those that no definition needs,
/// renews the files of UNIX sockets, and has copies kept outside of the manager.
final class SocketUpkeep {
    private final ManagerParts parts;
    private final SocketTable table;
    private final SystemdSockets passed;
    private final SocketFileWatch files;
    private final ReuseportSteering steering;
    private @Nullable UnixSocketFiles unixSocketFiles;
    private @Nullable SocketHolder holder;

    /// Looked after at the end of a turn, when all that one request changes is changed: a reload
    /// binds the sockets of all programs before the first of them takes over its definition.
    private boolean closeRequested = true;

    /// Offers the sockets that whoever started the manager passed to it.
    SocketUpkeep(ManagerParts parts) {
        ManagerRuntime runtime = parts.runtime;
        this.parts = parts;
        table = new SocketTable(runtime.managerLog());
        files = new SocketFileWatch(runtime.eventLoop(), runtime.managerLog());
        steering = new ReuseportSteering(table, parts.programTable);
        passed = SystemdSockets.inherited(System.getenv(), runtime.managerLog());
        table.offer(passed);
        table.whenJoined(this::persistNewSockets);
    }

    SocketTable table() {
        return table;
    }

    /// The sockets that whoever started the manager passed to it.
    SystemdSockets passed() {
        return passed;
    }

    SocketFileWatch files() {
        return files;
    }

    // ---- copies and files

    /// Looks after the files of UNIX sockets, and writes theirs to this directory.
    void open(StateDirectory state) {
        unixSocketFiles =
                new UnixSocketFiles(
                        table, files, state.path(), parts.runtime.managerLog(), this::rollOnto);
    }

    /// Has a process of its own keep copies of all sockets (`control.keeper`).
    void openHolder(StateDirectory state) {
        holder = new SocketHolder(state, parts.runtime.eventLoop(), parts.runtime.managerLog());
        closeRequested = true;
    }

    /// The state directory was lost and is written again.
    void writtenAgain() throws IOException {
        if (holder != null) {
            holder.noteAgain();
        }
    }

    /// Has the holder keep the sockets as they are now.
    ///
    /// @return false if that failed
    boolean keepCopies() {
        return holder == null || holder.hold(table.images());
    }

    /// Ends the holder.
    void endHolder() {
        if (holder != null) {
            holder.end();
        }
    }

    // ---- changes

    /// Sockets may be over: that is looked at when this turn of the loop ends.
    void requestClose() {
        closeRequested = true;
    }

    /// The state of a program changed, and with it perhaps which workers accept.
    void stepped() {
        steering.changed();
    }

    /// Closes what no definition needs, and listens no more where nobody serves.
    void closeUnused() {
        List<ProgramSpec> handedOver = parts.commandDispatcher.programs().handovers().definitions();
        List<ProgramSpec> inUse = parts.reloader.inUse();
        inUse.addAll(handedOver);
        table.closeAllBut(inUse, parts.programTable::slots);
        List<ProgramSpec> inService = parts.programTable.inService();
        inService.addAll(handedOver);
        if (table.stopListeningExcept(inService)) {
            parts.programTable.everyHost().forEach(ProgramHost::socketsChanged);
        }
    }

    /// Does what the changes of this turn call for.
    void finishTurn() {
        if (!closeRequested) {
            return;
        }
        // a version that may come back may be in the way
        parts.reloader.makeWay(parts.programTable.neededByStaying());
        closeRequested = false;
        closeUnused();
        if (unixSocketFiles != null) {
            unixSocketFiles.sync();
        }
        steering.changed();
        parts.service.keep(table.images());
        keepCopies();
    }

    /// A socket was bound for a worker that is about to be started. Were the manager killed before
    /// the next one can know of it, that one would bind another, which nobody serves.
    private void persistNewSockets() {
        closeRequested = true;
        if (parts.recorder.writeSocket()) {
            keepCopies();
        }
    }

    /// A socket was bound anew: workers that have the old one cannot be reached.
    private void rollOnto(SocketKey key) {
        closeRequested = true;
        parts.programTable.everyHost().forEach(ProgramHost::socketsChanged);
        for (ProgramHost host : List.copyOf(parts.programTable.all())) {
            ProgramSpec newest = host.program().newest();
            OperatorOverride.Rollback rollback = host.program().newestVersion().rollback();
            boolean has =
                    newest.sockets().stream().anyMatch(s -> SocketKey.of(newest, s).equals(key));
            if (has && !parts.shutdown.stopping()) {
                parts.runtime
                        .managerLog()
                        .warn(host.name(), "is rolled onto the new socket at " + table.path(key));
                PendingCommand nobody =
                        PendingCommand.withoutClient(
                                Clock.origin(VersionOrigin.Made.RELOAD, "the manager"));
                nobody.addProgram();
                parts.commandDispatcher
                        .programs()
                        .ask(host, new ProgramCommand.Apply(newest, true, rollback), nobody);
            }
        }
    }

    // ---- time

    /// Does what is due of the files of sockets that vanished and of the steering of connections.
    ///
    /// @return when to come again; null if time alone changes nothing
    @Nullable Moment runDueWork(Moment now) {
        return Moment.earlier(steering.turn(now), files.retry(now));
    }

    /// Renews the files of UNIX sockets, after the state directory is there again, if it is to be.
    ///
    /// @return when to come again; null if time alone changes nothing
    @Nullable Moment renewFiles(Moment now) {
        return unixSocketFiles == null ? null : unixSocketFiles.relinkMissing(now);
    }
}
