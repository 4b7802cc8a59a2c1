// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.manager.channel.WorkerSockets;
import org.einhyrningsins.manager.snapshot.WorkerSocketsSnapshot;
import org.einhyrningsins.manager.spawn.WorkerProcess;
import org.einhyrningsins.spec.ProgramSpec;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The worker sockets of one program, one [WorkerSockets] for each user that its workers run as:
/// only that user can reach them. There are two while a newer definition has another user.
final class ProgramWorkerSockets {
    private final WorkerSockets.Opener opener;
    private final WorkerSockets.Listener listener;
    private final Map<String, WorkerSockets> byUser = new HashMap<>();

    ProgramWorkerSockets(WorkerSockets.Opener opener, WorkerSockets.Listener listener) {
        this.opener = opener;
        this.listener = listener;
    }

    /// Takes over sockets that another manager had opened.
    void resume(WorkerSocketsSnapshot image) throws IOException {
        byUser.put(image.user(), opener.resume(image, listener));
    }

    /// The sockets for workers of that definition, opened if they are not open.
    WorkerSockets of(ProgramSpec spec) throws IOException {
        String user = spec.identity().user() == null ? "" : spec.identity().user();
        WorkerSockets sockets = byUser.get(user);
        if (sockets == null) {
            sockets = opener.open(spec, listener);
            byUser.put(user, sockets);
        }
        return sockets;
    }

    /// Opens the sockets for workers of that definition, if they are not open.
    ///
    /// @return closes those again that this opened
    Runnable prepare(ProgramSpec spec) throws IOException {
        Set<String> before = Set.copyOf(byUser.keySet());
        of(spec);
        return () -> {
            for (String user : List.copyOf(byUser.keySet())) {
                WorkerSockets sockets = before.contains(user) ? null : byUser.remove(user);
                if (sockets != null) {
                    sockets.close();
                }
            }
        };
    }

    /// Takes up all that workers have said at these sockets until now.
    void listen() {
        byUser.values().forEach(WorkerSockets::listen);
    }

    /// Closes the connection that a worker was started with.
    ///
    /// @return false if it was not connected any more
    boolean disconnect(WorkerProcess process) {
        boolean connected = false;
        for (WorkerSockets sockets : byUser.values()) {
            connected |= sockets.disconnect(process.channels().ackSocket(), process.pid());
        }
        return connected;
    }

    /// State of the open sockets, for another manager to go on with.
    List<WorkerSocketsSnapshot> images() {
        List<WorkerSocketsSnapshot> images = new ArrayList<>();
        byUser.forEach((user, sockets) -> images.add(sockets.image(user)));
        return images;
    }

    void close() {
        byUser.values().forEach(WorkerSockets::close);
        byUser.clear();
    }
}
