// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.core.model.ProgramVersion;
import org.einhyrningsins.manager.channel.WorkerSockets;
import org.einhyrningsins.manager.spawn.SpawnRefusedException;
import org.einhyrningsins.manager.spawn.SpawnTemplate;
import org.einhyrningsins.manager.spawn.WorkerSpawner;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;

/// Cache of the spawn templates of one program. It holds two, since at most two versions are in
/// use: the one that serves and the one that is to.
final class SpawnTemplates {
    private final WorkerSpawner workerSpawner;
    private final ProgramWorkerSockets workerSockets;
    private final Path controlSocket;
    private @Nullable SpawnTemplate latest;
    private @Nullable SpawnTemplate earlier;

    SpawnTemplates(
            WorkerSpawner workerSpawner, ProgramWorkerSockets workerSockets, Path controlSocket) {
        this.workerSpawner = workerSpawner;
        this.workerSockets = workerSockets;
        this.controlSocket = controlSocket;
    }

    /// The template for workers of that version, made if it is not remembered.
    SpawnTemplate of(ProgramVersion version) throws SpawnRefusedException, IOException {
        SpawnTemplate known = latest;
        if (known != null && known.version().equals(version)) {
            return known;
        }
        SpawnTemplate other = earlier;
        earlier = known;
        latest = other != null && other.version().equals(version) ? other : make(version);
        return latest;
    }

    private SpawnTemplate make(ProgramVersion version) throws SpawnRefusedException, IOException {
        WorkerSockets sockets = sockets(version.spec());
        Path acks =
                switch (version.spec().managerLink().workerSocket()) {
                    case OWN -> sockets.ackPath();
                    case CONTROL -> controlSocket;
                };
        return workerSpawner.blueprint(version, acks, sockets.notifyPath());
    }

    private WorkerSockets sockets(ProgramSpec spec) throws SpawnRefusedException, IOException {
        try {
            return workerSockets.of(spec);
        } catch (PosixException e) {
            throw new SpawnRefusedException("cannot make its worker sockets: " + e.getMessage());
        }
    }

    /// Forgets all: sockets of the program have other descriptors than before.
    void clear() {
        latest = null;
        earlier = null;
    }

    /// Has the executable looked for again at the next spawn: it may be elsewhere by now.
    void forgetExecutables() {
        if (latest != null) {
            latest.forgetExecutable();
        }
        if (earlier != null) {
            earlier.forgetExecutable();
        }
    }
}
