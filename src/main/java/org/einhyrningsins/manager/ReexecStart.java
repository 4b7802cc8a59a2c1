// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.core.model.VersionOrigin;
import org.einhyrningsins.manager.control.ControlConnection;
import org.einhyrningsins.manager.control.ControlServer;
import org.einhyrningsins.manager.control.PeerNames;
import org.einhyrningsins.manager.control.PendingCommand;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.RuntimePaths;
import org.einhyrningsins.manager.runtime.StartException;
import org.einhyrningsins.manager.snapshot.ManagerSnapshot;
import org.einhyrningsins.manager.snapshot.PendingCommandSnapshot;
import org.einhyrningsins.manager.snapshot.ProgramSnapshot;
import org.einhyrningsins.manager.snapshot.ReexecSnapshot;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.OpenFileLimits;
import org.einhyrningsins.spec.manager.BuildInfo;
import org.einhyrningsins.spec.manager.HttpSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.List;

/// The start of a manager in the process of another, after a re-exec: workers, sockets, clients and
/// commands go on as they are. Should it fail, nothing of what is there may be removed: whoever
/// comes next needs it.
final class ReexecStart {
    private final ManagerParts parts;
    private final ChildReaper children;
    private final ReexecSnapshot image;
    private final ManagerSnapshot before;

    ReexecStart(ManagerParts parts, ChildReaper children, ReexecSnapshot image) {
        this.parts = parts;
        this.children = children;
        this.image = image;
        this.before = image.manager();
    }

    /// Goes on where the manager before stopped.
    void run() throws StartException, IOException {
        image.descriptors().forEach(fd -> Descriptors.setInherited(fd, false));
        OpenFileLimits.rememberInherited(image.openFiles());
        resumeSettings();
        ManagerStart.startLogAndSignals(parts, children);
        ControlServer control = resumeControl();
        resumeSockets();
        resumePrograms();
        image.clients().forEach(each -> resumeWaits(control.client(each.fd())));
        parts.overrides.adoptCurrent();
        parts.commandDispatcher.pending().resume(image.nextTicket());
        parts.commandDispatcher.programs().handovers().resume(before.pending().reload());
        parts.reloader.trials().resume(before.pending().trial());
        parts.reloader
                .files()
                .resume(image.configFiles() == null ? List.of() : image.configFiles());
        image.conversations().forEach(each -> resume(each, control));
        children.childDied(); // perhaps while there was no manager
        parts.workers.orphanReaper().begin();
        parts.sockets.files().begin();
        String took = Math.round((Clock.now().nanos() - image.leftAt()) / 1e6) + " ms";
        parts.runtime
                .managerLog()
                .info("", "einhyrningsins " + BuildInfo.text() + " goes on, away for " + took);
        parts.commands.reexecRequest().done(took);
    }

    /// Takes over the settings, the paths that follow from them, and the state directory.
    private void resumeSettings() {
        parts.state.continueFrom(before.history().reexeced());
        parts.shutdown.resume(before.pending().stopping());
        parts.settings.resume(before.settings());
        parts.runtime.managerLog().configure(before.configuration().log());
        RuntimePaths paths = parts.files.open(parts.runtime.options().over(before.settings()));
        paths.resume(before.configuration().madeDirectory(), before.descriptor("lock"));
        parts.workers.begin(paths);
        if (before.descriptor("notes") >= 0) {
            parts.state.record(paths.state(), before.descriptor("notes"));
        }
    }

    private ControlServer resumeControl() {
        ManagerRuntime runtime = parts.runtime;
        ControlServer control =
                new ControlServer(
                        runtime.eventLoop(),
                        parts.files.paths().control(),
                        before,
                        HostFacts.access(before.settings().control(), runtime.managerLog()),
                        image.clients(),
                        runtime.buffer(),
                        parts.commandDispatcher);
        parts.files.open(control);
        return control;
    }

    private void resumeSockets() {
        before.sockets().forEach(socket -> parts.sockets.table().take(socket, socket.fd()));
        if (before.http() != null) {
            HttpSpec spec = before.settings().http();
            parts.settings.http().resume(before.http(), spec == null ? List.of() : spec.hosts());
        }
    }

    private void resumePrograms() throws IOException {
        for (ProgramSnapshot program : image.programs()) {
            parts.programs.resume(program);
        }
        parts.programTable
                .everyHost()
                .forEach(host -> parts.runtime.history().programChanged(host.program()));
        // the first snapshot that it writes must name them all
        parts.recorder.changed(parts.programTable.everyHost());
    }

    private void resumeWaits(@Nullable ControlConnection client) {
        if (client != null && !client.conditions().isEmpty()) {
            parts.commandDispatcher.conditions().resume(client);
        }
    }

    /// Answers whoever waits when what was asked for is done.
    private void resume(PendingCommandSnapshot asked, ControlServer control) {
        ControlConnection client = control.client(asked.client());
        if (client == null) {
            return;
        }
        String by = new PeerNames().asker(client.peer(), null);
        PendingCommand pendingCommand =
                new PendingCommand(client, asked).from(Clock.origin(VersionOrigin.Made.RELOAD, by));
        switch (asked.about()) {
            case PROGRAMS ->
                    parts.commandDispatcher.pending().resume(pendingCommand, asked.tickets());
            case END -> parts.shutdown.resume(pendingCommand);
            case REPLACEMENT -> parts.commands.reexecRequest().resume(pendingCommand);
        }
    }
}
