// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.channel;

import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.manager.runtime.RuntimePaths;
import org.einhyrningsins.manager.snapshot.WorkerSocketsSnapshot;
import org.einhyrningsins.manager.socket.SocketFileWatch;
import org.einhyrningsins.posix.kernel.Accounts;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.process.ProcessIdentitySpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;

/// Opens the worker sockets of programs, in the directory that is theirs.
public final class WorkerSocketFactory implements WorkerSockets.Opener {
    private final EventLoop eventLoop;
    private final RuntimePaths runtimePaths;
    private final SocketFileWatch files;
    private final ByteBuffer buffer;

    /// Opens worker sockets in the directory of these paths.
    ///
    /// @param buffer to read into; the loop's thread's own
    public WorkerSocketFactory(
            EventLoop eventLoop,
            RuntimePaths runtimePaths,
            SocketFileWatch files,
            ByteBuffer buffer) {
        this.eventLoop = eventLoop;
        this.runtimePaths = runtimePaths;
        this.files = files;
        this.buffer = buffer;
    }

    @Override
    public WorkerSockets open(ProgramSpec spec, WorkerSockets.Listener listener)
            throws IOException {
        ProcessIdentitySpec identity = spec.identity();
        Credentials owner =
                identity.user() == null
                        ? null
                        : Accounts.credentials(identity.user(), identity.group());
        String name = WorkerSockets.freeName(runtimePaths.workers(), spec.name());
        return new WorkerSockets(eventLoop, place(name, owner), buffer, listener);
    }

    @Override
    public WorkerSockets resume(WorkerSocketsSnapshot image, WorkerSockets.Listener listener)
            throws IOException {
        WorkerSockets.Place place = place(image.name(), image.owner());
        return image.acks() < 0
                ? new WorkerSockets(eventLoop, place, buffer, listener)
                : new WorkerSockets(eventLoop, place, image, buffer, listener);
    }

    private WorkerSockets.Place place(String name, @Nullable Credentials owner) {
        return new WorkerSockets.Place(
                runtimePaths.workers(), name, owner, runtimePaths::makeWorkers, files);
    }
}
