// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import org.einhyrningsins.spec.manager.LogSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;

/// Snapshot of the manager's own state.
///
/// @param release version that wrote this
/// @param boot boot that its pids and moments belong to
/// @param pid the manager's pid
/// @param control path of its control socket
/// @param settings the file's settings, without its programs
/// @param log log settings as they are now
/// @param startedMillis time of its first start, wall clock
/// @param reexecs number of re-execs
/// @param recoveries number of recoveries after it had been killed
/// @param http its HTTP listener; null for none
/// @param stopping true if it was told to stop everything
/// @param madeDirectory true if it created the directory of the control socket, and removes it at
///   the end
/// @param programs locations of their snapshots, in the order of the file; for a re-exec empty
/// @param kept its descriptors, for a re-exec
/// @param trial a reload that waits to be confirmed; null for none
/// @param reload a reload in which programs wait for others that take over from them; null for none
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
