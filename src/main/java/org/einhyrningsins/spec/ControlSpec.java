// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;

/// The operator's control socket.
///
/// @param socket its path, absolute; null for the default, which depends on who runs the manager
/// @param mode permission bits of the socket, 0 to 0777; the directory is 0700 if we make it
/// @param keeper whether a process of its own keeps copies of the sockets
public record ControlSpec(@Nullable Path socket, int mode, boolean keeper) {
    /// The default path, mode 0600, no keeper.
    public static final ControlSpec DEFAULT = new ControlSpec(null, 0600, false);

    /// Where it is for a classic command line that does not say, as in einhyrningsins(1).
    public static final Path CLASSIC = Path.of("/tmp/einhorn.sock");
}
