// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec.manager;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;

/// The operator's control socket.
///
/// @param socket its path, absolute; null for the default, which depends on who runs the manager
/// @param mode permission bits of the socket, 0 to 0777
/// @param allow rights of users and groups, by their credentials; null: whoever the mode lets in,
///   everything
/// @param keeper whether a process of its own keeps copies of the sockets
public record ControlSpec(
        @Nullable Path socket, int mode, @Nullable AllowSpec allow, boolean keeper) {
    /// The default path, mode 0600, no keeper.
    public static final ControlSpec DEFAULT = new ControlSpec(null, 0600, null, false);

    /// The mode where credentials decide: whoever is refused is told so, and by which key.
    public static final int OPEN = 0666;

    /// Default path for a classic command line without one, as in einhyrningsins(1).
    public static final Path CLASSIC = Path.of("/tmp/einhorn.sock");

    /// Returns the path for a classic command line with that name, as with einhorn(1); null for no
    /// name.
    public static Path classic(@Nullable String name) {
        return name == null ? CLASSIC : CLASSIC.resolveSibling("einhorn-" + name + ".sock");
    }

    /// True if other users than the manager's own must be able to reach the socket.
    public boolean forOthers() {
        return allow != null && !allow.isEmpty();
    }

    /// The same at another path.
    public ControlSpec withSocket(@Nullable Path path) {
        return new ControlSpec(path, mode, allow, keeper);
    }

    /// Returns these settings as a manager that runs with the others takes them over: see
    /// [ServicesSpec#takenOverBy].
    ControlSpec takenOverBy(ControlSpec running) {
        return new ControlSpec(running.socket, mode, allow, running.keeper);
    }
}
