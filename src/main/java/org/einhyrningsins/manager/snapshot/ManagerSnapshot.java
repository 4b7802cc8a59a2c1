// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.einhyrningsins.spec.manager.LogSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;

/// What is the manager's own.
///
/// @param release which version wrote this
/// @param boot which run of the machine its pids and moments are of
/// @param pid the manager's
/// @param control path of its control socket
/// @param settings what the file says, but for its programs
/// @param log as it is now
/// @param startedMillis when it was first started, wall clock
/// @param reexecs how often it went on as another program
/// @param recoveries how often it went on after it had been killed
/// @param http where its listener is bound, if it is one; else null
/// @param stopping it was told to stop everything
/// @param madeDirectory of the control socket, which is removed at the end
/// @param programs where their images are, in the order of the file; for a re-exec empty
/// @param kept its descriptors, for a re-exec
/// @param trial a reload that waits to be confirmed; null if none does
/// @param reload one in which programs wait for others that take over from them; null if none does
public record ManagerSnapshot(
        String release,
        String boot,
        int pid,
        Path control,
        ServicesSpec settings,
        LogSpec log,
        long startedMillis,
        long reexecs,
        long recoveries,
        @Nullable SocketSnapshot http,
        boolean stopping,
        boolean madeDirectory,
        List<String> programs,
        List<SocketSnapshot> sockets,
        List<KeptDescriptor> kept,
        @Nullable PendingConfirmationSnapshot trial,
        @Nullable ReloadSnapshot reload) {
    /// The descriptor of that name; -1 if there is none.
    public int descriptor(String name) {
        for (KeptDescriptor descriptor : kept) {
            if (descriptor.name().equals(name)) {
                return descriptor.fd();
            }
        }
        return -1;
    }
}
