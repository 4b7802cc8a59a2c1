// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.channel;

import org.einhyrningsins.manager.runtime.Loop;
import org.einhyrningsins.manager.runtime.Premises;
import org.einhyrningsins.manager.snapshot.DoorImage;
import org.einhyrningsins.manager.socket.SocketFiles;
import org.einhyrningsins.posix.kernel.Accounts;
import org.einhyrningsins.posix.kernel.Credentials;
import org.einhyrningsins.spec.IdentitySpec;
import org.einhyrningsins.spec.ProgramSpec;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;

/// Opens the worker sockets of programs, in the directory that is theirs.
public final class WorkerDoors implements WorkerDoor.Opener {
    private final Loop loop;
    private final Premises premises;
    private final SocketFiles files;
    private final ByteBuffer buffer;

    /// @param buffer to read into; the loop's thread's own
    public WorkerDoors(Loop loop, Premises premises, SocketFiles files, ByteBuffer buffer) {
        this.loop = loop;
        this.premises = premises;
        this.files = files;
        this.buffer = buffer;
    }

    @Override
    public WorkerDoor open(ProgramSpec spec, WorkerDoor.Listener listener) throws IOException {
        IdentitySpec identity = spec.identity();
        Credentials owner =
                identity.user() == null
                        ? null
                        : Accounts.credentials(identity.user(), identity.group());
        String name = WorkerDoor.freeName(premises.workers(), spec.name());
        return new WorkerDoor(loop, place(name, owner), buffer, listener);
    }

    @Override
    public WorkerDoor resume(DoorImage image, WorkerDoor.Listener listener) throws IOException {
        WorkerDoor.Place place = place(image.name(), image.owner());
        return image.acks() < 0
                ? new WorkerDoor(loop, place, buffer, listener)
                : new WorkerDoor(loop, place, image, buffer, listener);
    }

    private WorkerDoor.Place place(String name, @Nullable Credentials owner) {
        return new WorkerDoor.Place(premises.workers(), name, owner, premises::makeWorkers, files);
    }
}
